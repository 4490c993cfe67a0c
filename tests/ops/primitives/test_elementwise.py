"""Elementwise primitives: shapes, values at the edges, and gradients."""

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine.function import function
from ckeras.engine.primitive import registry
from ckeras.engine.tracing.gradient import GradientTape
from ckeras.engine.values.convert import convert_to_tensor
from ckeras.ops.primitives import elementwise as e
from tests.gradients import check_gradients

rng = np.random.default_rng(7)
ANY = rng.uniform(-2, 2, (3, 4)) + 0.05
POSITIVE = rng.uniform(0.3, 2, (3, 4))
UNIT = rng.uniform(-0.9, 0.9, (3, 4))
UNARY = {
    "negative": ANY,
    "abs": ANY,
    "sign": ANY,
    "square": ANY,
    "reciprocal": POSITIVE,
    "sqrt": POSITIVE,
    "rsqrt": POSITIVE,
    "floor": ANY,
    "ceil": ANY,
    "round": ANY,
    "exp": ANY,
    "expm1": ANY,
    "log": POSITIVE,
    "log1p": POSITIVE,
    "sin": ANY,
    "cos": ANY,
    "tan": UNIT,
    "asin": UNIT,
    "acos": UNIT,
    "atan": ANY,
    "sinh": ANY,
    "cosh": ANY,
    "tanh": ANY,
    "sigmoid": ANY,
    "softplus": ANY,
    "erf": ANY,
    "relu": ANY,
}
BINARY = ["add", "subtract", "multiply", "divide", "maximum", "minimum", "mod", "power"]
BINARY += ["floor_divide", "tanh_gradient", "sigmoid_gradient"]


def tensor(x, dtype="float64"):
    return convert_to_tensor(np.asarray(x, dtype))


def gradients(fn, *values):
    sources = [tensor(v) for v in values]
    with GradientTape() as tape:
        tape.watch(sources)
        y = fn(*sources)
    found = tape.gradient(y, sources, output_gradients=tensor(np.ones(y.shape)))
    return [None if g is None else np.asarray(g) for g in found]


@pytest.mark.parametrize("name", sorted(UNARY))
def test_unary_gradient(name):
    check_gradients(getattr(e, name), UNARY[name])


@pytest.mark.parametrize("name", ["exp", "tanh", "sigmoid", "rsqrt", "erf", "softplus"])
def test_second_derivative(name):
    primitive = getattr(e, name)

    def slope(x):
        with GradientTape() as tape:
            tape.watch(x)
            y = primitive(x)
        ones = tensor(np.ones(x.shape))
        return tape.gradient(y, x, output_gradients=ones)

    check_gradients(slope, POSITIVE)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize(
    "shapes", [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (2, 1, 4))]
)
def test_binary_gradient(name, shapes):
    generator = np.random.default_rng(5)
    a, b = (generator.uniform(0.3, 2, s) for s in shapes)
    check_gradients(getattr(e, name), a + 3 * (name == "mod"), b)


def test_gradient_of_an_activation_with_respect_to_its_output_gradient():
    y = np.abs(ANY)
    check_gradients(lambda d: e.relu_gradient(d, tensor(y)), ANY)


def test_where_and_clip_gradients():
    condition = rng.uniform(size=(3, 4)) < 0.5
    check_gradients(e.where, condition, ANY, rng.uniform(size=4))
    check_gradients(lambda x: e.clip(x, low=-0.7, high=0.9), ANY)


def test_cast_gradient():
    check_gradients(lambda x: e.cast(e.square(x), dtype="float64"), ANY)
    (found,) = gradients(
        lambda x: e.cast(e.cast(x, dtype="float32"), dtype="float64"), ANY
    )
    np.testing.assert_array_equal(found, np.ones((3, 4)))
    (found,) = gradients(
        lambda x: e.cast(e.cast(x, dtype="int32"), dtype="float64"), ANY
    )
    assert found is None


def test_conventions_where_there_is_no_derivative():
    """What JAX gives at the same places; for `abs` zero, as in TensorFlow."""
    np.testing.assert_array_equal(gradients(e.relu, [0.0, -0.0])[0], [0, 0])
    np.testing.assert_array_equal(gradients(e.abs, [0.0])[0], [0])
    a, b = gradients(e.maximum, [1.0, 1, 2], [1.0, 3, 1])
    np.testing.assert_array_equal(a, [0.5, 0, 1])
    np.testing.assert_array_equal(b, [0.5, 1, 0])
    a, b = gradients(e.minimum, [1.0, 1, 2], [1.0, 3, 1])
    np.testing.assert_array_equal(a, [0.5, 1, 0])
    np.testing.assert_array_equal(b, [0.5, 0, 1])
    (found,) = gradients(lambda x: e.clip(x, low=0.0, high=1.0), [0, 1, 0.5, -1, 2])
    np.testing.assert_array_equal(found, [0.5, 0.5, 1, 0, 0])
    a, b = gradients(e.power, [0.0, 0.0, -2.0], [2.0, 1.0, 3.0])
    np.testing.assert_array_equal(a, [0, 1, 12])
    np.testing.assert_array_equal(b, [0, 0, np.nan])


@pytest.mark.parametrize(
    "name", ["less", "less_equal", "equal", "not_equal", "greater"]
)
def test_comparisons_give_booleans(name):
    a, b = np.array([1.0, 2, np.nan, 3]), np.array([2.0, 2, 1, np.nan])
    found = np.asarray(getattr(e, name)(tensor(a), tensor(b)))
    assert found.dtype == bool
    np.testing.assert_array_equal(found, getattr(np, name)(a, b))
    assert gradients(lambda x: e.cast(e.less(x, x), dtype="float64"), a) == [None]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "uint32"])
def test_narrow_integers_wrap(dtype):
    limits = np.iinfo(dtype)
    a = np.array([limits.max, limits.min, 5], dtype)
    b = np.array([3, 1, 2], dtype)
    for name in ("add", "subtract", "multiply", "left_shift"):
        found = np.asarray(getattr(e, name)(tensor(a, dtype), tensor(b, dtype)))
        assert found.dtype == dtype
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(found, getattr(np, name, None)(a, b))


def test_bitwise_not_of_booleans():
    found = np.asarray(e.bitwise_not(tensor([True, False], "bool")))
    np.testing.assert_array_equal(found, [False, True])


def test_errors_name_the_op_and_the_shapes():
    with pytest.raises(ValueError, match=r"`add`.*\(2, 3\).*\(4,\).*axis -1"):
        e.add(tensor(np.ones((2, 3))), tensor(np.ones(4)))
    with pytest.raises(ValueError, match=r"`add`.*float64, float32"):
        e.add(tensor(1), tensor(1, "float32"))
    with pytest.raises(ValueError, match=r"`exp`.*int32"):
        e.exp(tensor(1, "int32"))
    with pytest.raises(ValueError, match=r"`where`.*bool"):
        e.where(tensor(1), tensor(1), tensor(1))


def test_every_instruction_is_a_program():
    for name in [*UNARY, *BINARY, "where", "clip", "cast", "less", "logical_and"]:
        assert callable(registry[name].program)


def test_the_next_number_of_half_precision():
    import ml_dtypes

    for dtype in (np.float16, ml_dtypes.bfloat16):
        one, two = np.ones(1, dtype), np.full(1, 2, dtype)
        for call in (ops.nextafter, function(ops.nextafter)):
            found = call(one, two)
            assert float(found[0]) == 1 + float(ml_dtypes.finfo(dtype).eps)
