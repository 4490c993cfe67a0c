"""Layers that change shapes only."""
