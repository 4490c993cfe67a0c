"""Max pooling beside a convolution: the same numbers in fewer passes through memory."""

import numpy as np
import pytest

from ckeras import GradientTape, function, ops
from ckeras.engine import passes

BOTH = "pooled_convolutions", "pooled_gradients"


def images(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def convolved(x, w, b, activation="relu", padding="same", pool=2, strides=1):
    y = ops.conv(x, w, strides=strides, padding=padding) + b
    y = y if activation is None else getattr(ops, activation)(y)
    return ops.max_pool(y, pool)


def with_and_without(f, *arrays):
    """Results with the passes and without, and both plans as text."""
    with_them = function(lambda *a: f(*a))
    found = with_them(*arrays)
    without = function(lambda *a: f(*a))
    with passes.switched_off(*BOTH):
        wanted = without(*arrays)
    return found, wanted, str(with_them.plan), str(without.plan)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["relu", None])
@pytest.mark.parametrize(
    ("shape", "kernel", "filters", "padding", "strides"),
    [
        ((3, 28, 28, 1), 3, 32, "valid", 1),
        ((2, 2, 3, 5), 2, 7, "same", 1),
        ((2, 13, 11, 32), 3, 64, "valid", 1),  # by Winograd's way
        ((9, 7, 7, 17), 3, 33, "same", 1),  # and several images at a time
        ((2, 15, 27, 3), 5, 16, "same", 2),
        ((1, 40, 90, 20), 3, 48, "valid", 3),
    ],
)
def test_bits_are_those_of_two_steps(
    shape, kernel, filters, padding, strides, activation, dtype
):
    x = images(*shape).astype(dtype)
    w = images(kernel, kernel, shape[-1], filters).astype(dtype)
    b = images(filters).astype(dtype)

    def f(x, w, b):
        return convolved(x, w, b, activation, padding, strides=strides)

    found, wanted, plan, other = with_and_without(f, x, w, b)
    np.testing.assert_array_equal(found, wanted)
    assert "pooling.maximum" not in plan and "pooling.maximum" in other


@pytest.mark.parametrize(
    "change",
    [
        {"pool": 3},
        {"activation": "tanh"},
        {"pool": (2, 1)},
    ],
)
def test_other_windows_and_activations_stay(change):
    arrays = images(2, 8, 8, 3), images(3, 3, 3, 4), images(4)
    found, wanted, plan, _ = with_and_without(
        lambda x, w, b: convolved(x, w, b, **change), *arrays
    )
    np.testing.assert_array_equal(found, wanted)
    assert "pooling.maximum" in plan


def test_results_that_are_needed_stay():
    def both(x, w):
        y = ops.conv(x, w)
        return y, ops.max_pool(y, 2)

    found, wanted, plan, _ = with_and_without(
        both, images(2, 8, 8, 3), images(3, 3, 3, 4)
    )
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)
    assert "pooling.maximum" in plan


def test_nan_is_the_maximum_of_its_window():
    x, w = images(1, 6, 6, 2), images(1, 1, 2, 3)
    w = np.pad(w, ((0, 1), (0, 1), (0, 0), (0, 0)))
    x[0, 2, 3, 1] = np.nan
    found, wanted, _, _ = with_and_without(convolved, x, w, np.zeros(3))
    np.testing.assert_array_equal(found, wanted)
    wrong = np.isnan(found.numpy())
    assert wrong[0, 1, 1].all() and 3 <= wrong.sum() < wrong.size


@pytest.mark.parametrize("pool", [2, 3])
def test_gradients_of_relu_and_pooling_change_places(pool):
    """Where windows share no pixel, each maximum's gradient is that of one pixel."""

    def f(x, w, b):
        with GradientTape() as tape:
            tape.watch([x, w, b])
            y = ops.sum(ops.square(convolved(x, w, b, pool=pool)))
        return tape.gradient(y, [x, w, b])

    arrays = images(2, 7, 9, 3), images(3, 3, 3, 4), images(4)
    found, wanted, plan, other = with_and_without(f, *arrays)
    for one, two in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-12)
    assert plan.count("pooling.maximum_gradient") == 1
    large = "f8[2x7x9x4]"

    def passes_over(plan):
        lines = [part for part in plan.split("\n") if "relu_gradient" in part]
        return sum(large in part for part in lines)

    assert passes_over(plan) == 0 and passes_over(other) == 1


def test_windows_that_overlap():
    def f(x):
        with GradientTape() as tape:
            tape.watch([x])
            y = ops.sum(ops.square(ops.max_pool(ops.relu(x), 3, strides=2)))
        return tape.gradient(y, [x])

    (found,), (wanted,), _, _ = with_and_without(f, images(2, 9, 9, 3))
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def test_same_bits_on_any_number_of_threads():
    from ckeras import config

    before, results = config.get_num_threads(), []
    arrays = images(5, 19, 17, 6), images(3, 3, 6, 20), images(20)
    for threads in (1, 2, 5):
        config.set_num_threads(threads)
        results.append(function(convolved)(*arrays))
    config.set_num_threads(before)
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)
