"""Loops and branches nested at random: compiled as at once, two derivatives deep."""

import random

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine.function import Function
from ckeras.engine.passes import switched_off
from ckeras.engine.tracing.gradient import GradientTape

PLAIN = [
    ops.sin,
    lambda x: x * 0.5 + 0.1,
    lambda x: ops.tanh(x) * x,
    lambda x: x / (1 + x * x),
    lambda x: ops.flip(x, 0) + ops.sum(x) * 0.01,
]


def counted(f, g, n):
    def body(i, v):
        return f(v) + ops.cast(i, "float64") * 0.1 * g(v)

    return lambda x: ops.fori_loop(0, n, body, x)


def limited(f, n):
    def call(x):
        return ops.while_loop(
            lambda i, v: ops.logical_and(i < n + 2, ops.sum(ops.abs(v)) < 4),
            lambda i, v: (i + 1, f(v) * 1.3 + 0.05 * x),
            (0, x),
            maximum_iterations=n + 1,
        )[1]

    return call


def scanned(f, g, h, reverse):
    def call(x):
        last, (ys, carried) = ops.scan(
            lambda c, r: (f(c) * 0.5 + r, (g(c), c)),
            h(x),
            ops.stack([x, x * 0.5, x - 0.2]),
            reverse=reverse,
        )
        return last + ops.sum(ys, 0) * 0.1 + carried[1]

    return call


def mapped(f):
    return lambda x: ops.sum(
        ops.map(lambda r: f(x) * r, ops.stack([x[0], x[1] * 0.3])), 0
    )


def chosen(f, g, threshold):
    return lambda x: ops.cond(ops.sum(x) > threshold, lambda: f(x), lambda: g(x) * x)


def switched(*branches):
    return lambda x: ops.switch(ops.cast(ops.abs(ops.sum(x)) * 3, "int32"), branches, x)


def build(rng, depth):
    """A random function from four numbers to four numbers."""
    if depth == 0 or rng.random() < 0.25:
        return rng.choice(PLAIN)
    f, g, h = (build(rng, depth - 1) for _ in range(3))
    n, threshold, reverse = rng.randrange(1, 4), rng.uniform(-1, 1), rng.random() < 0.5
    makers = [
        lambda: counted(f, g, n),
        lambda: limited(f, n),
        lambda: scanned(f, g, h, reverse),
        lambda: mapped(f),
        lambda: chosen(f, g, threshold),
        lambda: switched(f, g, h),
    ]
    return rng.choice(makers)()


def derivatives(f):
    """A function's value, gradient, and the gradient of the gradient's square."""

    def call(x):
        with GradientTape() as outer:
            outer.watch(x)
            with GradientTape() as inner:
                inner.watch(x)
                y = ops.sum(f(x) ** 2)
            first = inner.gradient(y, x)
            square = ops.sum(first * first)
        return y, first, outer.gradient(square, x)

    return call


@pytest.mark.parametrize("seed", range(24))
def test_compiled_as_at_once(seed):
    call = derivatives(build(random.Random(seed), 3))
    x = np.random.default_rng(seed).normal(size=4)
    expected = call(ops.convert_to_tensor(x))
    found = [Function(call)(x), Function(call, share_buffers=False)(x)]
    with switched_off():
        found.append(Function(call)(x))
    for results in found:
        for a, b in zip(results, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)
