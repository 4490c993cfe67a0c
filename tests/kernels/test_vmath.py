"""Accuracy of the vector functions, through the kernel that applies them."""

import math

import numpy as np
import pytest

from ckeras import kernels
from ckeras.engine.primitive import Spec, registry
from ckeras.engine.tracing.graph import Node
from ckeras.ops.primitives import elementwise  # noqa: F401
from tests.kernels.harness import poisoned, run

# The largest error allowed, in units in the last place of float32 and of float64.
ULPS = {
    "exp": (1.5, 1.5),
    "log": (1.5, 1.5),
    "log1p": (2, 2),
    "expm1": (2.5, 2.5),
    # A quotient of two sums, without fused multiply-adds at level v2.
    "tanh": (5 if kernels.level == "v2" else 4, 4),
    "sigmoid": (4, 4),
    "softplus": (3, 3),
    "erf": (4, 1),
    "sin": (1, 1),
    "cos": (1, 1),
}
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 1e-45, -1e-45, 1e-40, 0.567]
SPECIAL += [88.7, 88.8, -87.4, -103.9, -104.1, 709.7, 709.8, -745.1, -746, 1e-310]
SPECIAL += [3.4e38, 5e5, -1e7, 2.0**-25, -(2.0**-54)]


def apply(name, *arrays):
    """One primitive, run without the plan: subnormal numbers are not flushed."""
    primitive = registry[name]
    inputs = [Spec(a.shape, str(a.dtype)) for a in arrays]
    spec = primitive.infer(*inputs)
    step = primitive.lower(Node(primitive, inputs, [spec], {}, True))
    out = poisoned(spec.shape, spec.dtype)
    assert run(step.kernel, step.dtype, [*arrays, out], step.dims, step.attrs) == 0
    return out


def reference(name, x):
    wide = x.astype("float64" if x.dtype == np.float32 else "longdouble")
    with np.errstate(all="ignore"):
        if name == "sigmoid":
            # Not 1 / (1 + exp(-x)): that overflows where the result still is a number.
            e = np.exp(-np.abs(wide))
            return np.where(wide < 0, e, 1) / (1 + e)
        if name == "softplus":
            return np.maximum(wide, 0) + np.log1p(np.exp(-np.abs(wide)))
        if name == "erf":
            return np.vectorize(math.erf)(wide.astype("float64")).astype(wide.dtype)
        return getattr(np, name)(wide)


def values(dtype):
    rng = np.random.default_rng(3)
    scales = (1e-6, 0.1, 1, 10, 100, 1000)
    parts = [rng.uniform(-1, 1, 5003) * s for s in scales]
    with np.errstate(over="ignore"):
        return np.concatenate(
            [*parts, np.exp(rng.uniform(-90, 80, 5003)), SPECIAL]
        ).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", sorted(ULPS))
def test_accuracy(name, dtype):
    x = values(dtype)
    wide = reference(name, x)
    found = apply(name, x)
    with np.errstate(all="ignore"):
        expected = wide.astype(dtype)
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        ulp = np.spacing(np.abs(expected)).astype(wide.dtype)
        error = np.where(same, 0, np.abs(found.astype(wide.dtype) - wide) / ulp)
    worst = np.argmax(np.where(np.isnan(error), np.inf, error))
    limit = ULPS[name][dtype == "float64"]
    assert error[worst] <= limit, (x[worst], found[worst], expected[worst])


@pytest.mark.parametrize("name", ["log1p", "expm1", "tanh", "erf", "sin"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_odd_functions_keep_the_sign_of_zero(name, dtype):
    found = apply(name, np.array([0.0, -0.0], dtype))
    np.testing.assert_array_equal(np.signbit(found), [False, True])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tanh_of_large_numbers_is_one(dtype):
    x = np.concatenate([np.linspace(19.1, 1e3, 5003), [np.inf]]).astype(dtype)
    if dtype == "float32":
        x /= 2
    assert (apply("tanh", x) == 1).all()
    assert (apply("tanh", -x) == -1).all()
    assert (np.abs(apply("tanh", np.linspace(7, 19, 5003).astype(dtype))) <= 1).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_power(dtype):
    special = np.array(
        [0.0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 2.5, -2.5, np.inf, -np.inf, np.nan],
        dtype,
    )
    rng = np.random.default_rng(4)
    x = np.concatenate(
        [np.repeat(special, special.size), np.exp(rng.uniform(-9, 9, 4001))]
    ).astype(dtype)
    y = np.concatenate(
        [np.tile(special, special.size), rng.uniform(-9, 9, 4001)]
    ).astype(dtype)
    with np.errstate(all="ignore"):
        expected = np.power(x.astype("float64"), y.astype("float64")).astype(dtype)
    found = apply("power", x, y)
    np.testing.assert_allclose(found, expected, rtol=4 * np.finfo(dtype).eps, atol=0)
    number = ~np.isnan(expected)
    np.testing.assert_array_equal(
        np.signbit(found[number]), np.signbit(expected[number])
    )


@pytest.mark.parametrize("name", ["tan", "asin", "acos", "atan", "sinh", "cosh"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_library_functions(name, dtype):
    x = np.linspace(-0.99, 0.99, 101).astype(dtype)
    numpy_name = name.replace("a", "arc", 1) if name[0] == "a" else name
    expected = getattr(np, numpy_name)(x.astype("float64"))
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(apply(name, x), expected, rtol=2 * eps, atol=eps / 8)
