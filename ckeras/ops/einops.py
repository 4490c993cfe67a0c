"""Axes rearranged after a pattern."""

import math
import re

from ckeras.ops.numpy.manipulation import permuted, reshaped
from ckeras.ops.promotion import as_value
from ckeras.ops.registry import op

__all__ = ["rearrange"]


def _groups(side):
    """The names of a pattern's side: a list for each axis."""
    return [group.strip("()").split() for group in re.findall(r"\(.*?\)|\w+", side)]


@op
def rearrange(tensor, pattern, **axes_lengths):
    """Splits, reorders and joins axes after a pattern of their names.

    Args:
        tensor: a tensor.
        pattern: names of its axes and, after `->`, of the result's. Names in
            parentheses make up one axis together.
        **axes_lengths: sizes of names in parentheses; one of each may be left out.

    Raises:
        ValueError: if the pattern does not fit the tensor.

    Example:
        >>> import ckeras
        >>> x = ckeras.ops.zeros((2, 6, 3))
        >>> ckeras.ops.rearrange(x, "b (h w) c -> b h (w c)", h=2).shape
        (2, 2, 9)
    """
    x = as_value(tensor)
    left, arrow, right = pattern.partition("->")
    before, after = _groups(left), _groups(right)
    names = [name for group in before for name in group]
    wanted = [name for group in after for name in group]
    if (
        not arrow
        or len(before) != len(x.shape)
        or sorted(names) != sorted(wanted)
        or len({*names}) != len(names)
    ):
        raise ValueError(
            f"`rearrange`: the pattern {pattern!r} must name each axis of the tensor "
            f"on both sides. Received: tensor.shape={x.shape}"
        )
    sizes = {}
    for group, size in zip(before, x.shape, strict=True):
        known = math.prod([axes_lengths[a] for a in group if a in axes_lengths])
        missing = [a for a in group if a not in axes_lengths]
        rest = size // known if missing and known else 1
        if len(missing) > 1 or known * rest != size:
            raise ValueError(
                f"`rearrange`: an axis of size {size} cannot be split into {group} "
                f"with {axes_lengths}."
            )
        sizes.update({a: axes_lengths.get(a, rest) for a in group})
    split = reshaped(x, [sizes[a] for a in names])
    moved = permuted(split, [names.index(a) for a in wanted])
    return reshaped(moved, [math.prod([sizes[a] for a in group]) for group in after])
