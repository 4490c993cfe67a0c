"""Reductions over any axes, their types and gradients."""

import itertools

import numpy as np
import pytest

from ckeras.engine.tracing.gradient import GradientTape
from ckeras.engine.values.convert import convert_to_tensor
from ckeras.ops.primitives import elementwise
from ckeras.ops.primitives.reductions import reduction, scanning
from tests.gradients import check_gradients

RNG = np.random.default_rng(5)
X = RNG.normal(0, 2, (2, 3, 1, 4, 5)).astype("float32")
AXES = [
    axes for n in range(6) for axes in itertools.combinations(range(5), n)
]  # all of them, lying side by side or apart
FOLDS = {
    "sum": np.sum,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "mean": np.mean,
}


def apply(name, x, **options):
    home = scanning if name in scanning.__all__ else reduction
    return getattr(home, name)(convert_to_tensor(x), **options).numpy()


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axes", AXES)
def test_any_axes(axes, keepdims):
    for name, function in FOLDS.items():
        found = apply(name, X, axes=axes, keepdims=keepdims)
        expected = function(X.astype("float64"), axis=axes, keepdims=keepdims)
        assert found.shape == expected.shape and found.dtype == "float32"
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5, err_msg=name)
    for name in ("any", "all"):
        for x in (X > -1, X, (X * 2).astype("int8")):
            found = apply(name, x, axes=axes, keepdims=keepdims)
            expected = getattr(np, name)(x, axis=axes, keepdims=keepdims)
            np.testing.assert_array_equal(found, expected)


INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("dtype", ["float32", "float64", *INTEGERS])
@pytest.mark.parametrize("name", ["sum", "prod", "max", "min"])
def test_types(name, dtype):
    x = RNG.integers(0, 5, (4, 40)).astype(dtype)
    with np.errstate(over="ignore"):
        options = {"dtype": x.dtype} if name in ("sum", "prod") else {}
        expected = getattr(np, name)(x, axis=1, **options)
    found = apply(name, x, axes=(1,))
    assert found.dtype == x.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_no_elements(shape):
    x = np.zeros(shape, "float32")
    for axes in [(0,), tuple(range(len(shape)))]:
        np.testing.assert_array_equal(apply("sum", x, axes=axes), x.sum(axis=axes))
        np.testing.assert_array_equal(apply("prod", x, axes=axes), x.prod(axis=axes))
    if shape[0]:
        assert apply("max", x, axes=(0,)).shape == (0,)
    else:
        with pytest.raises(ValueError, match="no elements"):
            apply("max", x, axes=(0,))
        with pytest.raises(ValueError, match="no elements"):
            apply("argmax", x, axis=0)


def test_scalars():
    x = np.float32(3)
    for name in FOLDS:
        assert apply(name, x, axes=()) == 3
    assert apply("sum_of_squares", x) == 9


@pytest.mark.parametrize(
    "shape, to",
    [
        ((3, 4), (3, 4)),
        ((3, 4), (4,)),
        ((3, 4), (1, 4)),
        ((3, 4), (3, 1)),
        ((3, 4), ()),
        ((2, 3, 4), (3, 1)),
        ((2, 3, 4, 5), (3, 1, 5)),
        ((2, 3, 4, 5), (2, 1, 4, 1)),
        ((1, 3), (1, 1)),
        ((1, 3), (3,)),
    ],
)
def test_sum_to_shape(shape, to):
    x = RNG.normal(0, 1, shape)
    ones = np.ones(to)
    found = apply("sum_to_shape", x, shape=to)
    # The sum is what the gradient of broadcasting is: tested by its inner product.
    assert found.shape == to
    np.testing.assert_allclose(found.sum(), x.sum())
    weight = RNG.normal(0, 1, to)
    np.testing.assert_allclose((found * weight).sum(), (x * (ones * weight)).sum())
    check_gradients(lambda t: reduction.sum_to_shape(t, shape=to), x)


@pytest.mark.parametrize("axes", [(), (0,), (2,), (0, 2), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_gradients(axes, keepdims):
    x = RNG.normal(0, 1, (2, 3, 4))
    for name in FOLDS:
        function = getattr(reduction, name)
        check_gradients(lambda t, f=function: f(t, axes=axes, keepdims=keepdims), x)


@pytest.mark.parametrize("zeros", [0, 1, 2])
def test_gradient_of_products_with_zeros(zeros):
    x = RNG.normal(0, 1, (3, 4))
    x[1, :zeros] = 0
    check_gradients(lambda t: reduction.prod(t, axes=(1,)), x)


@pytest.mark.parametrize("axes", [(0,), (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("name", ["max", "min"])
def test_ties_share_the_gradient(name, axes):
    x = convert_to_tensor(RNG.integers(0, 2, (3, 2, 3)).astype("float32"))
    with GradientTape() as tape:
        tape.watch(x)
        y = getattr(reduction, name)(x, axes=axes, keepdims=True)
    hit = x.numpy() == y.numpy()
    expected = hit / hit.sum(axis=axes, keepdims=True)
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), expected, rtol=1e-6)


def test_second_derivatives():
    x = RNG.normal(0, 1, (3, 4))
    for name in ("sum", "prod", "mean", "max"):

        def slope(t, name=name):
            with GradientTape() as tape:
                tape.watch(t)
                y = elementwise.square(getattr(reduction, name)(t, axes=(1,)))
            return tape.gradient(y, t)

        check_gradients(slope, x, rtol=1e-4, atol=1e-6)


def test_gradient_of_sum_of_squares():
    check_gradients(reduction.sum_of_squares, RNG.normal(0, 1, (3, 4)))


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8"])
def test_places(axis, dtype):
    x = RNG.integers(0, 4, (3, 5, 7)).astype(dtype)
    for name in ("argmax", "argmin"):
        found = apply(name, x, axis=axis)
        assert found.dtype == "int32"
        np.testing.assert_array_equal(found, getattr(np, name)(x, axis=axis))


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("reverse", [False, True])
def test_cumsum(axis, reverse):
    for dtype in ("float64", "int32", "uint8", "uint64"):
        x = RNG.integers(0, 4, (3, 5, 7)).astype(dtype)
        turned = np.flip(x, axis) if reverse else x
        expected = np.cumsum(turned, axis, dtype=dtype)
        expected = np.flip(expected, axis) if reverse else expected
        found = apply("cumsum", x, axis=axis, reverse=reverse)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, expected)
    x = RNG.normal(0, 1, (2, 3, 2))
    check_gradients(lambda t: scanning.cumsum(t, axis=axis, reverse=reverse), x)
