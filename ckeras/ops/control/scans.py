"""Loops over the rows of tensors."""

import builtins

import numpy as np

from ckeras.engine import control, trace, tree
from ckeras.engine.primitive import Spec
from ckeras.engine.symbolic.keras_tensor import KerasTensor
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


class _Scan:
    """One call of `scan` or `map`."""

    def __init__(self, name, f, init, xs, n, reverse):
        self.name, self.f, self.n, self.reverse = name, f, n, reverse
        self.carried = Carried(name, init)
        self.xs = xs
        self.x_values = [as_value(x) for x in leaves(xs)]
        self.y = None  # what f returned last: the structure of the result

    def run(self, block):
        """The last carried value and the stacked results.

        Args:
            block: how many rows one iteration of a compiled loop takes.
        """
        if self.n == 0 or (trace.current() is not None and block < self.n):
            last, stacks = self._record_blocks(block) if self.n else self._nothing()
        else:
            last, rows = self._rows(self.carried.values, self.x_values, self.n)
            stacks = [stack(column) for column in zip(*rows, strict=True)]
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

    def _rows(self, values, stacks, n):
        """`_call` on each of n rows, one after the other."""
        results = []
        for i in reversed(range(n)) if self.reverse else range(n):
            rows = [reshaped(sliced(x, 0, i, i + 1), x.shape[1:]) for x in stacks]
            values, ys = self._call_widening(values, rows)
            results.append(ys)
        return values, results[::-1] if self.reverse else results

    def _call_widening(self, values, rows):
        if trace.current() is not None:
            return self._call(values, rows)
        try:
            return self._call(values, rows)
        except Widened as widened:
            return widened.values, [as_value(y) for y in leaves(self.y)]

    def _record_blocks(self, block):
        """A loop over blocks of rows, then (or before) the rows that are left."""
        whole = self.n // block * block
        rest = self.n - whole
        first = rest if self.reverse else 0
        parts = [(0, rest), (rest, self.n)] if self.reverse else [(0, whole)]
        if not self.reverse and rest:
            parts.append((whole, self.n))
        parts = [(a, b) for a, b in parts if b > a]
        del first
        values, pieces = self.carried.values, []
        for start, end in reversed(parts) if self.reverse else parts:
            xs = [sliced(x, 0, start, end) for x in self.x_values]
            if (end - start) % block:
                values, rows = self._rows(values, xs, end - start)
                stacks = [stack(column) for column in zip(*rows, strict=True)]
            else:
                values, stacks = self._record(values, xs, end - start, block)
            pieces.append(stacks)
        if self.reverse:
            pieces.reverse()
        joined = [
            p[0] if len(p) == 1 else concatenate(p, 0) for p in zip(*pieces, strict=True)
        ]
        return values, joined

    def _record(self, values, xs, n, block):
        if block > 1:
            xs = [reshaped(x, (n // block, block, *x.shape[1:])) for x in xs]
        m = len(values)

        def step(*symbols):
            if block == 1:
                values, ys = self._call(symbols[:m], symbols[m:])
                return [*values, *ys]
            values, rows = self._rows(symbols[:m], symbols[m:], block)
            return [*values, *map_columns(rows)]

        def map_columns(rows):
            return [stack(column) for column in zip(*rows, strict=True)]

        while True:
            specs = self.carried.specs
            rows = [Spec(tuple(x.shape[1:]), x.dtype) for x in xs]
            try:
                body = control.Body(step, [*specs, *rows])
                break
            except Widened:
                values = self.carried.values
        last, stacks = control.loop(
            body, values, xs, limit=n // block, reverse=self.reverse
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

        specs = trace.infer(results, first, rows)
        empty = [constant(np.zeros((0, *s.shape)), s.dtype) for s in specs]
        return self.carried.values, empty
