"""Pooling ops: Keras's numbers, slopes, other types, and bad arguments."""

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, ops
from tests.gradients import check_gradients
from tests.reference.images.cases import OPS
from tests.reference.images.compare import compare_op

RNG = np.random.default_rng(5)
X = RNG.permutation(2 * 5 * 6 * 3).reshape(2, 5, 6, 3) / 20.0  # all different
POOLS = {
    "valid": {"pool_size": 2},
    "overlapping": {"pool_size": 3, "strides": 1},
    "same": {"pool_size": (3, 2), "strides": 2, "padding": "same"},
    "gaps": {"pool_size": 1, "strides": (2, 3)},
    "first": {"pool_size": 2, "strides": 1, "data_format": "channels_first"},
}


@pytest.mark.parametrize("key", [k for k in OPS if not k.startswith("image.")])
def test_value_and_gradient_are_keras(key):
    compare_op(key)


@pytest.mark.parametrize("options", POOLS.values(), ids=POOLS)
@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
def test_slopes(name, options):
    check_gradients(lambda x: getattr(ops, name)(x, **options), X)


@pytest.mark.parametrize("name", ["adaptive_max_pool", "adaptive_average_pool"])
@pytest.mark.parametrize("size", [2, (4, 5), (7, 3)])
def test_adaptive_slopes(name, size):
    check_gradients(lambda x: getattr(ops, name)(x, size), X)


def penalty(pool, **options):
    """The square of a gradient's norm, as in a gradient penalty."""

    def value(x, w):
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(ops.square(pool(x, **options)) * w)
        return ops.sum(ops.square(tape.gradient(y, x)))

    return value


@pytest.mark.parametrize("options", POOLS.values(), ids=POOLS)
@pytest.mark.parametrize("pool", [ops.max_pool, ops.average_pool])
def test_second_derivatives(pool, options):
    w = RNG.uniform(0.5, 1.5, pool(X, **options).shape)
    check_gradients(penalty(pool, **options), X, w, rtol=1e-5)


def test_ties_go_to_the_first():
    x = ops.ones((1, 4, 1))
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.max_pool(x, 2)
    np.testing.assert_array_equal(tape.gradient(y, x)[0, :, 0], [1, 0, 1, 0])


@pytest.mark.parametrize("dtype", ["int32", "uint8", "int64", "bool"])
def test_integers(dtype):
    x = RNG.integers(0, 2 if dtype == "bool" else 100, (2, 7, 5, 3)).astype(dtype)
    for options in POOLS.values():
        y = ops.max_pool(x, **options)
        assert y.dtype == dtype
        expected = ops.max_pool(x.astype("float64"), **options)
        np.testing.assert_array_equal(np.asarray(y, "float64"), expected)
    y = ops.adaptive_max_pool(x, 3)
    expected = ops.adaptive_max_pool(x.astype("float64"), 3)
    np.testing.assert_array_equal(np.asarray(y, "float64"), expected)
    if dtype == "bool":
        with pytest.raises(TypeError, match=r"`average_pool`.*bool"):
            ops.average_pool(x, 2)
    else:
        assert ops.average_pool(x, 2).dtype == "float32"


def test_large_integers_are_exact():
    x = np.array([2**60, 2**60 + 1, 5]).reshape(1, 3, 1)
    assert int(ops.max_pool(x, 3)[0, 0, 0]) == 2**60 + 1


@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
def test_bad_arguments(name):
    pool, x = getattr(ops, name), np.ones((1, 4, 4, 1), "float32")
    with pytest.raises(ValueError, match=r"zero or negative.*`pool_size="):
        pool(x, 5)
    with pytest.raises(ValueError, match="Invalid padding 'full'"):
        pool(x, 2, padding="full")
    with pytest.raises(ValueError, match="one for each of the 2 spatial axes"):
        pool(x, (2, 2, 2))
    with pytest.raises(ValueError, match="`strides` must be positive"):
        pool(x, 2, strides=0)
    with pytest.raises(ValueError, match="`pool_size` must be positive"):
        pool(x, (2, -1))
    with pytest.raises(ValueError, match="rank 3 to 5"):
        pool(np.ones((4, 4)), 2)
    with pytest.raises(ValueError, match="data_format=channels_middle"):
        pool(x, 2, data_format="channels_middle")
    with pytest.raises(TypeError, match="`pool_size` must be an integer"):
        pool(x, 1.5)


def test_bad_adaptive_arguments():
    x = np.ones((1, 4, 4, 1), "float32")
    with pytest.raises(ValueError, match="`output_size` must be positive"):
        ops.adaptive_max_pool(x, 0)
    with pytest.raises(ValueError, match="one for each of the 2 spatial axes"):
        ops.adaptive_average_pool(x, (2, 2, 2))
    with pytest.raises(ValueError, match="no pixels"):
        ops.adaptive_average_pool(np.ones((1, 0, 4, 1)), 2)


def test_placeholders():
    x = ckeras.Input((None, 9, 3))
    assert ops.max_pool(x, 2).shape == (None, None, 4, 3)
    assert ops.average_pool(x, 2, padding="same").shape == (None, None, 5, 3)
    assert ops.adaptive_max_pool(x, (4, 5)).shape == (None, 4, 5, 3)
    with pytest.raises(ValueError, match="zero or negative"):
        ops.max_pool(x, 10)


def test_compiled_functions_give_the_same():
    compiled = ckeras.function(lambda x: ops.average_pool(ops.max_pool(x, 2, 1), 2))
    np.testing.assert_array_equal(
        compiled(X), ops.average_pool(ops.max_pool(X, 2, 1), 2)
    )
