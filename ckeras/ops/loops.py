"""Loops along an axis, unrolled: their lengths are known when they are traced."""

import builtins

from ckeras.engine import tree
from ckeras.ops.numpy.joining import concatenate, stack
from ckeras.ops.numpy.manipulation import flip, reshaped, sliced
from ckeras.ops.promotion import as_axis, as_value, static_int
from ckeras.ops.registry import op

__all__ = [
    "associative_scan",
    "map",
    "scan",
    "vectorized_map",
]


def _length(xs):
    lengths = {as_value(x).shape[0] for x in tree.flatten(xs)}
    if len(lengths) != 1:
        raise ValueError(
            "The values to run over must agree in their first axis. "
            f"Received: lengths {sorted(lengths)}"
        )
    return lengths.pop()


def _row(xs, i):
    def take(x):
        return reshaped(sliced(x, 0, i, i + 1), x.shape[1:])

    return tree.map_structure(take, tree.map_structure(as_value, xs))


def _stacked(rows):
    return tree.map_structure(lambda *parts: stack(parts), *rows)


@op
def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """Runs `carry, y = f(carry, x)` along the first axis of `xs`.

    Args:
        f: function of the carried value and one slice.
        init: the first carried value.
        xs: nested tensors to run over; None to run `length` times.
        length: number of runs.
        reverse: whether to run from the end.
        unroll: for compatibility; the loop is always unrolled.

    Returns:
        The last carried value, and the ys stacked along a new first axis.
    """
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f}")
    if xs is None and length is None:
        raise ValueError("Got no `xs` to scan over and `length` not provided.")
    n = _length(xs) if xs is not None else static_int(length, "scan", "length")
    carry, rows = init, []
    for i in reversed(range(n)) if reverse else range(n):
        carry, y = f(carry, None if xs is None else _row(xs, i))
        rows.append(y)
    if reverse:
        rows.reverse()
    if not rows or builtins.all(y is None for y in rows):
        return carry, None
    return carry, _stacked(rows)


@op
def map(f, xs):
    """f of each slice of `xs` along the first axis, stacked."""
    return _stacked([f(_row(xs, i)) for i in range(_length(xs))])


@op
def vectorized_map(function, elements):
    """`function` of each slice of `elements` along the first axis, stacked."""
    return map(function, elements)


@op
def associative_scan(f, elems, reverse=False, axis=0):
    """x0, f(x0, x1), f(f(x0, x1), x2), … along an axis, for an associative f.

    Args:
        f: function of two slices (or nested slices) that works on whole stacks.
        elems: nested tensors to run over.
        reverse: whether to run from the end.
        axis: the axis to run along.
    """
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f}")
    values = tree.map_structure(as_value, elems)
    if reverse:
        values = tree.map_structure(lambda x: flip(x, axis), values)
    n = {
        x.shape[as_axis(axis, len(x.shape), "associative_scan")]
        for x in tree.flatten(values)
    }
    if len(n) != 1:
        raise ValueError(
            "`associative_scan`: `elems` must agree in the axis to run along. "
            f"Received: lengths {sorted(n)}"
        )

    def part(i):
        return tree.map_structure(
            lambda x: sliced(x, as_axis(axis, len(x.shape), "scan"), i, i + 1), values
        )

    rows = [part(0)]
    for i in range(1, n.pop()):
        rows.append(f(rows[-1], part(i)))
    result = tree.map_structure(lambda *p: concatenate(p, axis), *rows)
    if reverse:
        result = tree.map_structure(lambda x: flip(x, axis), result)
    return result
