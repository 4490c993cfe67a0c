"""Layers that keep activations at mean 0 and variance 1, or the like."""
