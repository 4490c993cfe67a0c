"""Gradients of the user's own."""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine.gradient import GradientTape

X = np.array([1.0, 2.0, 100.0], "float32")


def gradients(fn, *arrays):
    """The gradients of a function's sum at once and compiled."""

    def call(*values):
        with GradientTape() as tape:
            tape.watch(list(values))
            results = ckeras.tree.flatten(fn(*values))
            total = sum(ops.sum(r) for r in results)
        return tape.gradient(total, list(values))

    now = call(*map(ops.convert_to_tensor, arrays))
    for a, b in zip(now, ckeras.function(call)(*arrays), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    return now


def test_one_result():
    @ops.custom_gradient
    def log1pexp(x):
        e = ops.exp(x)
        return ops.log(1 + e), lambda upstream: upstream * (1.0 - 1.0 / (1 + e))

    (found,) = gradients(log1pexp, X)
    np.testing.assert_allclose(found, [0.7310586, 0.8807971, 1.0], rtol=1e-5)


def test_several_results_and_arguments():
    @ops.custom_gradient
    def pair(x, pairs):
        y, z = pairs

        def rule(upstream):
            a, b = upstream["a"], upstream["b"][0]
            return a * 10, (b * 20, ops.sum(a) + b)

        return {"a": x * y, "b": [z + 1]}, rule

    found = gradients(lambda x, y, z: pair(x, (y, z)), X, X + 1, X + 2)
    for gradient, expected in zip(found, (10, 20, 4), strict=True):
        np.testing.assert_array_equal(gradient, np.full(3, expected))


def test_variables_are_arguments_like_others():
    v = ckeras.Variable(X)
    double = ops.custom_gradient(lambda x: (x * 2, lambda d: d * 7))
    with GradientTape() as tape:
        y = ops.sum(double(v))
    np.testing.assert_array_equal(tape.gradient(y, v), np.full(3, 7.0))


def test_inside_a_loop():
    double = ops.custom_gradient(lambda x: (x * 2, lambda d: d * 3))
    (found,) = gradients(lambda x: ops.fori_loop(0, 4, lambda i, v: double(v), x), X)
    np.testing.assert_array_equal(found, np.full(3, 81.0))


def test_refusals():
    with pytest.raises(TypeError, match="expects a function"):
        ops.custom_gradient(3)
    with pytest.raises(TypeError, match="must return a pair"):
        ops.custom_gradient(lambda x: x)(X)
    two = ops.custom_gradient(lambda x, y: (x + y, lambda d: d))
    with pytest.raises(ValueError, match=r"each of its 2 arguments. Received: 1"):
        gradients(two, X, X)
