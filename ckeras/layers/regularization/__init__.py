"""Layers that keep models from learning their data by heart."""
