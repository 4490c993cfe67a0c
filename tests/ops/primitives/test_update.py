"""Optimizer steps as primitives, alone and inside a compiled function."""

import numpy as np
import pytest

from ckeras.engine.function import function
from ckeras.engine.tracing.gradient import GradientTape
from ckeras.engine.values.convert import convert_to_tensor
from ckeras.ops.primitives import update

RNG = np.random.default_rng(9)
ARRAYS = [RNG.random((3, 5)).astype("float32") for _ in range(5)]
RATE, STEP = np.float32(0.1), np.int32(3)
ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
RMSPROP = {"rho": 0.9, "epsilon": 1e-7, "momentum": 0.5}

CALLS = {
    "adam": (
        lambda p, g, a, b, c, rate, step: update.adam(p, g, a, b, rate, step, **ADAM)
    ),
    "amsgrad": (
        lambda p, g, a, b, c, rate, step: update.adam(p, g, a, b, rate, step, c, **ADAM)
    ),
    "sgd": lambda p, g, a, b, c, rate, step: (update.sgd(p, g, rate),),
    "momentum": lambda p, g, a, b, c, rate, step: update.momentum(
        p, g, a, rate, momentum=0.9, nesterov=False
    ),
    "nesterov": lambda p, g, a, b, c, rate, step: update.momentum(
        p, g, a, rate, momentum=0.9, nesterov=True
    ),
    "rmsprop": lambda p, g, a, b, c, rate, step: update.rmsprop(
        p, g, a, rate, **RMSPROP
    ),
    "rmsprop_all": lambda p, g, a, b, c, rate, step: update.rmsprop(
        p, g, a, rate, b, c, **RMSPROP
    ),
    "rmsprop_centered": lambda p, g, a, b, c, rate, step: update.rmsprop(
        p, g, a, rate, b, **RMSPROP
    ),
    "rmsprop_momentum": lambda p, g, a, b, c, rate, step: update.rmsprop(
        p, g, a, rate, None, c, **RMSPROP
    ),
}
COUNTS = {"adam": 3, "amsgrad": 4, "sgd": 1, "momentum": 2, "nesterov": 2}
COUNTS |= {"rmsprop": 2, "rmsprop_all": 4, "rmsprop_centered": 3, "rmsprop_momentum": 3}


@pytest.mark.parametrize("name", CALLS)
def test_eager_and_compiled_agree(name):
    inputs = [convert_to_tensor(a) for a in (*ARRAYS, RATE, STEP)]
    kept = [a.numpy().copy() for a in inputs]
    eager = CALLS[name](*inputs)
    compiled = function(CALLS[name])(*inputs)
    assert len(eager) == COUNTS[name]
    for a, b in zip(eager, compiled, strict=True):
        assert a.shape == (3, 5) and a.dtype == "float32"
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    for tensor, array in zip(
        inputs, kept, strict=True
    ):  # the caller's stay as they are
        np.testing.assert_array_equal(tensor.numpy(), array)


def test_no_gradient_flows():
    p, g, rate = (convert_to_tensor(a) for a in (ARRAYS[0], ARRAYS[1], RATE))
    with GradientTape() as tape:
        tape.watch(p)
        q = update.sgd(p, g, rate)
    assert tape.gradient(q, p) is None


def test_arguments_that_do_not_fit():
    p, rate = convert_to_tensor(ARRAYS[0]), convert_to_tensor(RATE)
    with pytest.raises(ValueError, match="`sgd`: expected arrays like"):
        update.sgd(p, convert_to_tensor(ARRAYS[1][:2]), rate)
    with pytest.raises(ValueError, match="0-d"):
        update.sgd(p, p, p)
