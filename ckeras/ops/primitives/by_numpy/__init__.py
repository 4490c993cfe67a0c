"""Primitives without a kernel: NumPy computes them, as steps that take the GIL."""
