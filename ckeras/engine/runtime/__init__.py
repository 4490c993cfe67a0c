"""What runs a plan: steps of kernels, one after the other, without Python."""
