"""NaN, infinities, zeros and the largest numbers as NumPy treats them."""

import itertools

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine import tree
from ckeras.engine.function import function

TYPES = ["float32", "float64", "float16"]
NUMBERS = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -3.0]

UNARY = (
    "abs absolute arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh "
    "deg2rad exp exp2 expm1 fabs floor i0 isfinite isinf isnan isneginf isposinf "
    "log log10 log1p log2 logical_not nan_to_num negative rad2deg reciprocal round "
    "sign signbit sin sinc sinh sqrt square tan tanh trunc sort argsort cumsum "
    "cumprod nancumsum nancumprod diff flip ravel unique diag trapezoid"
)
BINARY = (
    "add subtract multiply divide true_divide floor_divide mod fmod power maximum "
    "minimum fmax fmin arctan2 hypot logaddexp logaddexp2 less less_equal greater "
    "greater_equal equal not_equal heaviside isclose logical_and logical_or "
    "logical_xor nextafter outer"
)
REDUCTIONS = (
    "sum mean max min prod var std amax amin ptp median any all argmax argmin "
    "nansum nanmean nanmax nanmin nanprod nanvar nanstd nanmedian count_nonzero "
    "average cumsum cumprod sort argsort nancumsum nancumprod"
)
PRODUCTS = "matmul dot inner vdot outer kron tensordot correlate append"


def numbers(dtype):
    largest = np.finfo(dtype).max
    return np.array([*NUMBERS, largest, -largest, np.finfo(dtype).tiny], dtype)


def rows(dtype):
    """Rows with each pair of numbers among ordinary ones."""
    found = [[a, 2.0, b, -1.0, 0.25] for a, b in itertools.product(NUMBERS, NUMBERS)]
    return np.array(found, dtype)


def compare(name, *arrays, **options):
    """Asserts that an op returns, at once and compiled, what NumPy does."""
    stable = {"kind": "stable"} if name == "argsort" else {}
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(*arrays, **options, **stable)
    expected = expected if isinstance(expected, tuple) else (expected,)

    def now(*xs):
        return getattr(ops, name)(*xs, **options)

    # How many different numbers there are is not known before.
    for call in (now,) if name == "unique" else (now, function(now)):
        results = tree.flatten(call(*arrays))
        for found, e in zip(results, expected, strict=True):
            found = np.asarray(found)
            assert found.shape == np.shape(e)
            room = {2: 3e-3, 4: 2e-5, 8: 1e-12}[arrays[-1].dtype.itemsize]
            wrong = ~np.isclose(
                found.astype("float64"),
                np.asarray(e, "float64"),
                rtol=room,
                atol=room,
                equal_nan=True,
            )
            assert not wrong.any(), (
                f"ours {found[wrong][:5]}, NumPy's {np.asarray(e)[wrong][:5]} at "
                f"{np.argwhere(wrong)[:5].tolist()}"
            )


pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", UNARY.split())
def test_unary(name, dtype):
    compare(name, numbers(dtype))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", BINARY.split())
def test_binary(name, dtype):
    x = numbers(dtype)
    pairs = np.array(list(itertools.product(x, x)), dtype)
    compare(name, pairs[:, 0].copy(), pairs[:, 1].copy())


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("name", REDUCTIONS.split())
def test_reductions(name, axis, dtype):
    x = rows(dtype)
    compare(name, x, axis=axis)
    compare(name, x[:, [0, 2]].copy(), axis=axis)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ["nanargmax", "nanargmin"])
def test_places_beside_nan(name, dtype):
    compare(name, rows(dtype), axis=1)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("method", ["linear", "lower", "higher", "midpoint"])
@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
def test_quantiles(name, method, dtype):
    x = rows(dtype)
    # Between two infinities, or one and a number, NumPy's interpolation has no value.
    x = x[~np.isinf(x).any(1)] if method in ("linear", "midpoint") else x
    for q in (0.0, 0.25, 0.6, 1.0):
        compare(name, x, q=q, axis=1, method=method)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["matmul", "inner", "dot"])
def test_products(name, dtype):
    x, y = rows(dtype)[:40], rows(dtype)[50:90]
    y = y if name == "inner" else y.T.copy()
    compare(name, x, y)
    compare(name, x[0], y[0] if name == "inner" else y[:, 0].copy())


@pytest.mark.parametrize("dtype", TYPES)
def test_choices(dtype):
    x = numbers(dtype)
    compare("clip", x, np.array(-1, dtype), np.array(1, dtype))
    compare("clip", x, np.full_like(x, np.nan), x)
    compare("where", x > 0, x, -x)
    compare("searchsorted", np.sort(x), x)
    compare("digitize", x, np.array([-np.inf, 0, 1, np.inf], dtype))
    compare("isin", x, np.array([1, np.inf, 0], dtype))
    compare("nan_to_num", x, nan=3.0, posinf=4.0, neginf=-4.0)
    compare("take_along_axis", x, np.argsort(x), axis=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(6, 1), (300, 1), (9, 40), (1500, 200)])
@pytest.mark.parametrize("name", ["argmax", "argmin", "nanargmax", "nanargmin"])
def test_places_of_subnormals(name, shape, dtype):
    """They are told apart, though arithmetic takes them for 0, before and after."""
    step = np.finfo(dtype).smallest_subnormal
    x = np.random.default_rng(2).integers(-900, 900, size=shape).astype(dtype) * step
    for axis in (0, 1, None):
        compare(name, x, axis=axis)
    x[: len(x) // 2] *= 0
    compare(name, -x, axis=0)
    half = function(lambda x: (getattr(ops, name)(x, axis=0), ops.multiply(x, 0.5)))
    assert not np.asarray(half(x)[1]).any()
