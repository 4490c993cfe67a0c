"""Loops over the rows of tensors."""

import builtins

import numpy as np

from ckeras.engine import control
from ckeras.engine.primitive import Spec
from ckeras.engine.symbolic.inference import infer
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.tracing import trace
from ckeras.ops.control.structures import Carried, Widened, leaves, packed
from ckeras.ops.numpy.joining import concatenate, stack
from ckeras.ops.numpy.manipulation import reshaped, sliced
from ckeras.ops.promotion import as_value, constant, static_int
from ckeras.ops.registry import op

__all__ = ["map", "scan", "vectorized_map"]


@op
def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """Runs `carry, y = f(carry, x)` along the first axis of `xs`.

    In a compiled function this is one step, which runs f as often as needed.

    Args:
        f: function of the carried value and one slice; returns the new carried value,
            in the same structure, shapes and types, and a slice of the result.
        init: the first carried value, nested as you like.
        xs: nested tensors to run over; None to run `length` times.
        length: number of runs; the length of `xs` by default.
        reverse: whether to run from the end.
        unroll: how many runs one iteration of a compiled loop does; True for all.

    Returns:
        The last carried value, and the ys stacked along a new first axis.

    Raises:
        TypeError: if f is no function, does not return a pair, or changes the carried
            value's structure, shape or type.
        ValueError: if neither `xs` nor `length` is given, or they disagree, or for an
            `unroll` that is no positive integer or boolean.
    """
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f}")
    if not isinstance(unroll, bool) and (not isinstance(unroll, int) or unroll < 1):
        raise ValueError(
            "`unroll` must be an positive integer or boolean. "
            f"Received: unroll={unroll}"
        )
    n = _scan_length(xs, length)
    loop = _Scan("scan", f, init, xs, n, reverse)
    unroll = builtins.max(n, 1) if unroll is True else int(unroll)
    return loop.run(builtins.max(unroll, 1))


def scan_some(f, init, xs, count, reverse=False):
    """`scan` of the first rows only, in a trace; the results of other rows are zeros.

    Where f assigns variables, it is run for all rows nevertheless.

    Args:
        f, init, xs: see `scan`.
        count: how many rows, int64; at most those of `xs`.
        reverse: whether to begin with the last of these.
    """
    return _Scan("scan", f, init, xs, _length(xs), reverse, count).run(1)


@op
def map(f, xs):
    """f of each slice of `xs` along the first axis, stacked.

    In a compiled function this is one step, which runs f as often as needed.

    Args:
        f: function of a slice, which may return nested tensors.
        xs: nested tensors.
    """
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f}")
    loop = _Scan("map", lambda _, x: (None, f(x)), None, xs, _length(xs), False)
    return loop.run(1)[1]


@op
def vectorized_map(function, elements):
    """`function` of each slice of `elements` along the first axis, stacked.

    Args:
        function: function of a slice, which may return nested tensors.
        elements: nested tensors.
    """
    return map(function, elements)


def _length(xs):
    values = [as_value(x) for x in leaves(xs)]
    if not values or builtins.any(not x.shape for x in values):
        raise ValueError(
            "The values to run over must be tensors with at least one axis. "
            f"Received: shapes {[tuple(x.shape) for x in values]}"
        )
    lengths = {x.shape[0] for x in values}
    if len(lengths) != 1:
        raise ValueError(
            "The values to run over must agree in their first axis. "
            f"Received: lengths {sorted(lengths)}"
        )
    return lengths.pop()


def _scan_length(xs, length):
    if not leaves(xs):
        if length is None:
            raise ValueError("Got no `xs` to scan over and `length` not provided.")
        return static_int(length, "scan", "length")
    n = _length(xs)
    if length is not None and static_int(length, "scan", "length") != n:
        raise ValueError(
            f"`scan`: `length` must be the length of `xs`, {n}. "
            f"Received: length={length}"
        )
    return n


def _joined(parts):
    return parts[0] if len(parts) == 1 else concatenate(list(parts), 0)


class _Scan:
    """One call of `scan` or `map`."""

    def __init__(self, name, f, init, xs, n, reverse, count=None):
        self.name, self.f, self.n, self.reverse = name, f, n, reverse
        self.count = count
        self.carried = Carried(name, init)
        self.xs = xs
        self.x_values = [as_value(x) for x in leaves(xs)]
        self.y = None  # what f returned last: the structure of the result

    def run(self, block):
        """The last carried value and the stacked results.

        Args:
            block: how many rows one iteration of a compiled loop takes.
        """
        if self.n == 0:
            last, stacks = self._nothing()
        elif trace.current() is None:
            last, stacks = self._one_by_one(self.carried.values, self.x_values, self.n)
        else:
            last, stacks = self._record_blocks(block)
        return self.carried.pack(last), packed(self.y, stacks)

    def _call(self, values, rows):
        """New flat carried values and flat results for one row."""
        result = self.f(self.carried.pack(values), packed(self.xs, rows))
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise TypeError(
                "`ops.scan`: `f` must return a pair, the new carried value and a "
                f"result. Received: {result!r}"
            )
        carry, self.y = result
        return self.carried.check(carry), [as_value(y) for y in leaves(self.y)]

    def _one_by_one(self, values, stacks, n):
        """`_call` on each of n rows; the last carried values and stacked results."""
        results = []
        for i in reversed(range(n)) if self.reverse else range(n):
            rows = [reshaped(sliced(x, 0, i, i + 1), x.shape[1:]) for x in stacks]
            try:
                values, ys = self._call(values, rows)
            except Widened as widened:
                if trace.current() is not None:
                    raise
                values, ys = widened.values, [as_value(y) for y in leaves(self.y)]
            results.append(ys)
        if self.reverse:
            results.reverse()
        return values, [stack(column) for column in zip(*results, strict=True)]

    def _record_blocks(self, block):
        """A loop over whole blocks of rows, and the rows that are left at its end."""
        rest = self.n % block
        cut = rest if self.reverse else self.n - rest
        parts = [(0, cut), (cut, self.n)]
        values, pieces = self.carried.values, []
        for start, end in reversed(parts) if self.reverse else parts:
            n = end - start
            if n == 0:
                continue
            xs = [sliced(x, 0, start, end) for x in self.x_values]
            if n <= block and self.count is None:
                values, stacks = self._one_by_one(values, xs, n)
            else:
                values, stacks = self._record(values, xs, n, block)
            pieces.append(stacks)
        if self.reverse:
            pieces.reverse()
        return values, [_joined(column) for column in zip(*pieces, strict=True)]

    def _record(self, values, xs, n, block):
        """A loop whose body takes `block` rows, of which n are a multiple."""
        m = len(values)
        if block > 1:
            xs = [reshaped(x, (n // block, block, *x.shape[1:])) for x in xs]

        def step(*symbols):
            if block == 1:
                values, ys = self._call(symbols[:m], symbols[m:])
            else:
                values, ys = self._one_by_one(symbols[:m], symbols[m:], block)
            return [*values, *ys]

        rows = [Spec(tuple(x.shape[1:]), x.dtype) for x in xs]
        while True:
            try:
                body = control.Body(step, [*self.carried.specs, *rows])
                break
            except Widened:  # a Python number met a wider type, in which it starts now
                values = self.carried.values
        count = None if body.writes else self.count
        last, stacks = control.loop(
            body, values, xs, limit=n // block, reverse=self.reverse, count=count
        )
        if block > 1:
            stacks = [reshaped(y, (n, *y.shape[2:])) for y in stacks]
        return last, stacks

    def _nothing(self):
        """No row at all: the first values, and results without rows."""
        rows = [KerasTensor(x.shape[1:], x.dtype) for x in self.x_values]
        first = [KerasTensor(v.shape, v.dtype) for v in self.carried.values]

        def results(values, rows):
            return self._call(values, rows)[1]

        specs = infer(results, first, rows)
        empty = [constant(np.zeros((0, *s.shape)), s.dtype) for s in specs]
        return self.carried.values, empty
