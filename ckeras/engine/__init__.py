"""Tensors, traces, gradients and plans: what every public module stands on.

Nothing here knows of layers or models; kernels are reached through `plan` alone.
"""

from ckeras.engine.scope import in_symbolic_scope
from ckeras.engine.symbolic.masks import get_keras_mask, set_keras_mask

__all__ = ["get_keras_mask", "in_symbolic_scope", "set_keras_mask"]
