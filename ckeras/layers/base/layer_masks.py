"""Masks: which timesteps count. They travel as `_keras_mask` of tensors."""

import warnings

from ckeras.engine import tree
from ckeras.engine.symbolic.masks import get_keras_mask as get_mask
from ckeras.engine.symbolic.masks import set_keras_mask as set_mask

__all__ = ["get_mask", "pass_masks", "set_mask", "take_masks"]


def take_masks(spec, kwargs):
    """Fills in the mask arguments that the caller left out.

    Args:
        spec: the call's `CallSpec`.
        kwargs: keyword arguments of the call; masks are added.

    Returns:
        The masks of the first argument, in its structure.
    """
    if len(spec.tensors) == 1:
        wanted = {"mask": next(iter(spec.tensors.values()))}
    else:
        wanted = {f"{name}_mask": value for name, value in spec.tensors.items()}
    for name, value in wanted.items():
        left_out = name in spec.arguments and spec.arguments[name] is None
        # A positional None stays: it cannot be given twice.
        if left_out and (name not in spec.given or name in kwargs):
            kwargs[name] = tree.map_structure(get_mask, value)
    if kwargs.get("mask") is not None:
        return kwargs["mask"]
    return tree.map_structure(get_mask, spec.first)


def pass_masks(layer, inputs, outputs, mask):
    """Gives the outputs their masks, or warns that they are lost."""
    if not layer.supports_masking:
        if any(m is not None for m in tree.flatten(mask)):
            warnings.warn(
                f"Layer '{layer.name}' (of type {type(layer).__name__}) was passed an "
                "input with a mask attached to it. However, this layer does not "
                "support masking and will therefore destroy the mask information. "
                "Downstream layers will not see the mask.",
                stacklevel=4,
            )
        return
    flat = tree.flatten(outputs)
    if all(get_mask(x) is not None for x in flat):
        return
    masks = layer.compute_mask(inputs, mask)
    if masks is None:
        return
    for x, m in zip(flat, tree.flatten(masks), strict=False):
        if m is not None and get_mask(x) is None:
            set_mask(x, m)
