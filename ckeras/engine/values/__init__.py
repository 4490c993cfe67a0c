"""What numbers live in: tensors, variables, arenas, and the types they may have."""
