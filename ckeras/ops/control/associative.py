"""Prefixes under an associative function, in a logarithmic number of calls.

Blelloch, "Prefix sums and their applications" (1990): pairs are combined, the prefixes
of the pairs are found in the same way, and those between them take one more call.
"""

from ckeras.engine import tree
from ckeras.ops.control.structures import describe
from ckeras.ops.numpy.joining import concatenate, stack
from ckeras.ops.numpy.manipulation import flip, reshaped
from ckeras.ops.primitives import movement
from ckeras.ops.promotion import as_axis, as_value
from ckeras.ops.registry import op

__all__ = ["associative_scan"]


@op
def associative_scan(f, elems, reverse=False, axis=0):
    """x0, f(x0, x1), f(f(x0, x1), x2), … along an axis, for an associative f.

    Args:
        f: function of two stacks (or nested stacks) of elements, which combines them
            element by element and returns a stack of the same shape.
        elems: nested tensors to run over.
        reverse: whether to run from the end.
        axis: the axis to run along.

    Returns:
        Nested tensors of the shapes of `elems`.

    Raises:
        TypeError: if f is no function, or returns another structure or shape.
        ValueError: if the tensors' lengths along the axis differ.
    """
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f}")
    values = [as_value(x) for x in tree.flatten(elems)]
    axes = [as_axis(axis, len(x.shape), "associative_scan") for x in values]
    lengths = {x.shape[a] for x, a in zip(values, axes, strict=True)}
    if len(lengths) != 1:
        raise ValueError(
            "Array inputs to associative_scan must have the same first dimension. "
            f"(saw: {[tuple(x.shape) for x in values]})"
        )

    def combine(a, b):
        result = f(tree.pack_sequence_as(elems, a), tree.pack_sequence_as(elems, b))
        flat = [as_value(x) for x in tree.flatten(result)]
        if [x.shape for x in flat] != [x.shape for x in a]:
            raise TypeError(
                "`associative_scan`: `f` must return what it gets, in structure and "
                f"shapes. Expected: {describe(tree.pack_sequence_as(elems, a))}. "
                f"Received: {describe(result)}"
            )
        return flat

    if reverse:
        values = [flip(x, a) for x, a in zip(values, axes, strict=True)]
    values = _prefixes(combine, values, axes, lengths.pop())
    if reverse:
        values = [flip(x, a) for x, a in zip(values, axes, strict=True)]
    return tree.pack_sequence_as(elems, values)


def _prefixes(combine, values, axes, n):
    """The prefixes of n elements."""
    if n < 2:
        return values
    half = n // 2
    pairs = combine(
        _every_second(values, axes, 0, half), _every_second(values, axes, 1, half)
    )
    odd = _prefixes(combine, pairs, axes, half)
    first = _part(values, axes, 0, 1, 1)
    even, more = first, (n + 1) // 2 - 1
    if more:
        later = combine(
            _part(odd, axes, 0, more, 1), _every_second(values, axes, 2, more)
        )
        even = [
            concatenate([a, b], axis)
            for a, b, axis in zip(first, later, axes, strict=True)
        ]
    return [_interleaved(*parts) for parts in zip(even, odd, axes, strict=True)]


def _every_second(values, axes, start, count):
    return _part(values, axes, start, count, 2)


def _part(values, axes, start, count, step):
    """`count` elements from `start` on, of each tensor along its axis."""
    parts = []
    for x, axis in zip(values, axes, strict=True):
        shape, starts, strides = list(x.shape), [0] * len(x.shape), [1] * len(x.shape)
        shape[axis], starts[axis], strides[axis] = count, start, step
        parts.append(
            movement.slice(
                x, start=tuple(starts), shape=tuple(shape), strides=tuple(strides)
            )
        )
    return parts


def _interleaved(even, odd, axis):
    """even[0], odd[0], even[1], …; `even` may have one element more."""
    half = odd.shape[axis]
    (head,) = _part([even], [axis], 0, half, 1)
    shape = list(odd.shape)
    shape[axis] *= 2
    joined = reshaped(stack([head, odd], axis + 1), tuple(shape))
    if even.shape[axis] == half:
        return joined
    (last,) = _part([even], [axis], half, 1, 1)
    return concatenate([joined, last], axis)
