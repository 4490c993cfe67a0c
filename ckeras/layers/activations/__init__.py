"""Activations as layers of their own."""
