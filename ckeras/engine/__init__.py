"""Tensors, traces, gradients and plans: what every public module stands on.

Nothing here knows of layers or models; kernels are reached through `plan` alone.
"""
