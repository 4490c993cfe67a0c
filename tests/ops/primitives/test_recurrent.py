"""Gradients of the LSTM primitive, every operand, and its refusals."""

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine.tracing.gradient import GradientTape
from ckeras.ops.primitives import recurrent
from ckeras.ops.primitives.recurrent import sequence
from tests.gradients import check_gradients


def operands(batch=3, steps=4, features=2, units=5):
    rng = np.random.default_rng(0)
    shapes = [
        (batch, steps, features),
        (features, 4 * units),
        (units, 4 * units),
        (4 * units,),
        (batch, units),
        (batch, units),
    ]
    return [rng.normal(scale=0.5, size=s) for s in shapes]


@pytest.mark.parametrize(
    "options", [{}, {"return_sequences": True}, {"go_backwards": True}]
)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("features", [2, sequence.FEW_FEATURES + 1])
def test_gradients(options, masked, features):
    mask = None
    if masked:
        mask = ops.convert_to_tensor(np.random.default_rng(1).random((3, 4)) > 0.3)
    values = operands(features=features, units=5 if features == 2 else 3)
    check_gradients(lambda *a: recurrent.lstm(*a, mask, **options), *values)


def test_gradient_of_one_result_alone():
    check_gradients(lambda *a: recurrent.lstm(*a)[2], *operands(units=3))


def test_without_bias():
    x, w, *rest = operands()
    u, _, h, c = [ops.convert_to_tensor(a) for a in rest]
    check_gradients(lambda x, w: recurrent.lstm(x, w, u, None, h, c)[0], x, w)


def test_second_derivative_says_what_to_do():
    values = [ops.convert_to_tensor(a) for a in operands()]
    with GradientTape() as outer:
        outer.watch(values[0])
        with GradientTape() as inner:
            inner.watch(values[0])
            y = recurrent.lstm(*values)[0]
        d = inner.gradient(y, values[0])
    with pytest.raises(NotImplementedError, match="RNN"):
        outer.gradient(d, values[0])


def test_refuses_states_of_another_shape():
    x, w, u, b, h, c = operands()
    with pytest.raises(ValueError, match=r"first h of shape \(3, 5\)"):
        recurrent.lstm(*[ops.convert_to_tensor(a) for a in (x, w, u, b, h[:2], c)])
