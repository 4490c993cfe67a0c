"""Layers that read sequences step by step."""
