"""Gradients where a function has a kink, a zero factor or no regular value.

The numbers are those of Keras 3.15.1 on JAX 0.10.2: `jax.grad` of the result's sum.
"""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine.tracing.gradient import GradientTape
from tests.gradients import check_gradients

NAN = np.nan
TIES = ([1, 0, 2, NAN, 1], [1, 0, 3, 1, NAN])

# Function, its arguments, the gradient for each of them.
CASES = {
    "cumprod": (ops.cumprod, [[1, 0, 3, 4]], [[1, 16, 0, 0]]),
    "cumprod, two zeros": (ops.cumprod, [[1, 0, 3, 0, 2]], [[1, 4, 0, 0, 0]]),
    "det": (ops.det, [[[1, 2], [2, 4]]], [[[4, -2], [-2, 1]]]),
    "det of rank 2": (
        ops.det,
        [[[1, 2, 3], [2, 4, 6], [1, 0, 1]]],
        [[[4, 4, -4], [-2, -2, 2], [0, 0, 0]]],
    ),
    "det of rank 1": (ops.det, [[[1, 2, 3], [2, 4, 6], [3, 6, 9]]], [np.zeros((3, 3))]),
    "bincount": (
        lambda w: ops.bincount([0, 1, 1], weights=w, minlength=3) * [1.0, 2.0, 3.0],
        [[1, 2, 3]],
        [[1, 2, 2]],
    ),
    "nanvar": (
        lambda x: ops.nansum(ops.nanvar(x, axis=1)),
        [[[NAN, NAN], [1, 3]]],
        [[[0, 0], [-1, 1]]],
    ),
    "nanstd": (
        lambda x: ops.nansum(ops.nanstd(x, axis=1)),
        [[[NAN, NAN], [1, 3]]],
        [[[0, 0], [-0.5, 0.5]]],
    ),
    "fmax": (ops.fmax, TIES, [[0, 0, 0, 0, 1], [1, 1, 1, 1, 0]]),
    "fmin": (ops.fmin, TIES, [[0, 0, 1, 0, 1], [1, 1, 0, 1, 0]]),
    "fmod": (lambda x: ops.fmod(x, 2), [[0, 2, -2, 1, 4, -0.0]], [np.ones(6)]),
    "fmod by x": (
        lambda x: ops.fmod(np.array([0, 2, 4, -5], "float32"), x),
        [[2, 2, 2, 2]],
        [[0, -1, -2, 2]],
    ),
    "elu": (ops.elu, [[0, -0.0]], [[1, 1]]),
    "selu": (ops.selu, [[0]], [[1.7580993]]),
    "celu": (lambda x: ops.celu(x, 2.0), [[0]], [[1]]),
    "relu6": (ops.relu6, [[0, 6, 3, -1, 7]], [[0, 0, 1, 0, 0]]),
    "hard_sigmoid": (ops.hard_sigmoid, [[-3, 3]], [[0, 0]]),
    "hard_silu": (ops.hard_silu, [[-3, 3]], [[0, 1]]),
    "hard_tanh": (ops.hard_tanh, [[-1, 1, 0, 2]], [[1, 1, 1, 0]]),
    "clip": (lambda x: ops.clip(x, -1, 1), [[-1, 1, 0, 3]], [[0.5, 0.5, 1, 0]]),
    # R of Q and R, where there is no square R.
    "complete qr": (
        lambda x: ops.qr(x, mode="complete")[1],
        [[[1, 2], [3, 4], [5, 7]]],
        [[[-1.598606, 0.779653], [-0.030568, -0.82332], [-0.845154, -0.845154]]],
    ),
    "wide qr": (
        lambda x: ops.qr(x)[1],
        [[[1, 2, 3], [3, 5, 4]]],
        [[[2.150346, -1.264909, -1.264911], [-1.770877, -0.632455, -0.632456]]],
    ),
    # Not JAX's 1 for |x|: TensorFlow and PyTorch have 0.
    "abs": (ops.abs, [[0, -0.0, 2, -2]], [[0, 0, 1, -1]]),
    "norm": (lambda x: ops.norm(x, ord=1), [[0, 1, -1]], [[0, 1, -1]]),
    "hypot": (ops.hypot, [[0, 0, 3], [0, 4, 4]], [[0, 0, 0.6], [0, 1, 0.8]]),
}


def gradients(fn, *values):
    with GradientTape() as tape:
        tape.watch(list(values))
        y = ops.sum(fn(*values))
    return tape.gradient(y, list(values))


@pytest.mark.parametrize("name", CASES)
def test_kinks(name):
    fn, arrays, expected = CASES[name]
    arrays = [np.array(a, "float32") for a in arrays]
    now = gradients(fn, *map(ops.convert_to_tensor, arrays))
    compiled = ckeras.function(lambda *values: gradients(fn, *values))(*arrays)
    for found in (now, compiled):
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=3e-5, atol=1e-6)


rng = np.random.default_rng(5)


def zeroed(*places):
    x = rng.normal(size=(3, 4))
    x[places] = 0
    return x


def singular():
    x = rng.normal(size=(2, 3, 3))
    x[0, 2] = x[0, 0] + x[0, 1]
    return x


def complete_qr(x):
    """What of a complete factorization of 4 by 2 matrices is a function of x."""
    Q, R = ops.qr(x, mode="complete")
    rest = Q[..., 2:]
    return Q[..., :2], ops.matmul(rest, ops.swapaxes(rest, -1, -2)), R


CHECKED = {
    "cumprod": (lambda x: ops.cumprod(x, axis=1), zeroed([0, 1, 1, 2], [1, 0, 2, 3])),
    "cumprod of columns": (lambda x: ops.cumprod(x, axis=0), zeroed([0, 2], [1, 1])),
    "det": (ops.det, singular()),
    "det's own gradient": (
        lambda x: gradients(ops.det, x)[0] ** 2,
        rng.normal(size=(2, 3, 3)),
    ),
    "bincount": (
        lambda w: ops.bincount([[0, 2, 7, 1], [1, 1, 3, 0]], w, minlength=4),
        rng.normal(size=(2, 4)),
    ),
    "wide qr": (ops.qr, rng.normal(size=(2, 2, 4))),
    "complete wide qr": (lambda x: ops.qr(x, "complete"), rng.normal(size=(2, 4))),
    "complete qr": (complete_qr, rng.normal(size=(2, 4, 2))),
}


@pytest.mark.parametrize("name", CHECKED)
def test_differences(name):
    check_gradients(*CHECKED[name])


def test_large_numbers_outside_compiled_bincount_have_no_gradient():
    fn = ckeras.function(
        lambda x, w: gradients(lambda w: ops.bincount(x, w, minlength=3), w)[0]
    )
    found = fn(np.array([0, 5, 2], "int32"), np.ones(3, "float32"))
    np.testing.assert_array_equal(found, [1, 0, 1])


def test_det_of_complex_matrices():
    x = np.array([[1 + 2j, 2], [3j, 1 - 1j]])
    (found,) = gradients(lambda x: ops.real(ops.det(x)), ops.convert_to_tensor(x))
    np.testing.assert_allclose(found, [[1 - 1j, -3j], [-2, 1 + 2j]], atol=1e-12)
