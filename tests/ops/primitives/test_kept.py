"""Products and sums over the timesteps that a mask keeps; gradients, twice."""

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine.tracing.gradient import GradientTape
from ckeras.ops.primitives.recurrent import kept
from tests.gradients import check_gradients

RNG = np.random.default_rng(0)
MASK = RNG.random((3, 4)) < 0.6
A, B = RNG.normal(size=(3, 4, 5)), RNG.normal(size=(3, 4, 2))
W, BIAS = RNG.normal(size=(5, 2)), RNG.normal(size=2)
FUNCTIONS = {
    "product": (lambda a, w, m: kept.product(a, w, m), (A, W)),
    "transposed": (lambda a, w, m: kept.product(a, w, m, transpose=True), (B, W)),
    "biased": (lambda a, c, m: kept.product(a, ops.tile(c, (5, 1)), m, c), (A, BIAS)),
    "sum": (lambda a, b, m: kept.sum(a * ops.sum(b), m), (A, B)),
    "outer": (lambda a, b, m: kept.outer(a, b, m), (A, B)),
}
ALL = pytest.mark.parametrize("name", FUNCTIONS)


def test_values():
    found = kept.product(*map(ops.convert_to_tensor, (A, W, MASK)))
    np.testing.assert_allclose(found, np.where(MASK[..., None], A @ W, 0), rtol=1e-12)
    found = kept.product(*map(ops.convert_to_tensor, (A, W, MASK, BIAS)), fills=False)
    np.testing.assert_allclose(np.array(found)[MASK], A[MASK] @ W + BIAS, rtol=1e-12)
    found = kept.sum(*map(ops.convert_to_tensor, (A, MASK)))
    np.testing.assert_allclose(found, A[MASK].sum(0), rtol=1e-12)
    found = kept.outer(*map(ops.convert_to_tensor, (A, B, MASK)))
    expected = np.einsum("btm,btn,bt->mn", A, B, MASK)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@ALL
def test_gradients(name):
    function, values = FUNCTIONS[name]
    mask = ops.convert_to_tensor(MASK)
    check_gradients(lambda a, b: function(a, b, mask), *values)


@ALL
def test_second_gradients(name):
    function, values = FUNCTIONS[name]
    mask = ops.convert_to_tensor(MASK)

    def slopes(a, b):
        with GradientTape(persistent=True) as tape:
            tape.watch([a, b])
            y = ops.sum(function(a, b, mask) ** 3)
        return ops.sum(tape.gradient(y, a) ** 2) + ops.sum(tape.gradient(y, b) ** 2)

    check_gradients(slopes, *values)
