"""Layers that weigh values by how well keys fit queries."""
