"""Cells: one timestep of a recurrent layer."""
