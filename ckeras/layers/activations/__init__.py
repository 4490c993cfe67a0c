"""Activation functions with options or weights, as layers."""
