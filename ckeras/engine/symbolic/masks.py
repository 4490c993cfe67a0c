"""Masks of tensors and placeholders: which of their timesteps count."""

__all__ = ["get_keras_mask", "set_keras_mask"]


def get_keras_mask(x):
    """The mask that `x` carries, or None."""
    return getattr(x, "_keras_mask", None)


def set_keras_mask(x, mask):
    """Makes `x` carry a mask."""
    x._keras_mask = mask
