"""Limits on weights and their configurations."""

import numpy as np
import pytest

from ckeras import constraints
from tests.reference.load import plain

W = np.array([[1.0, -2.0, 0.1], [0.0, 3.0, -0.2]], "float32")
NORMS = np.linalg.norm(W, axis=0, keepdims=True)


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (constraints.MaxNorm(1.5), W * np.minimum(NORMS, 1.5) / NORMS),
        (constraints.NonNeg(), np.maximum(W, 0)),
        (constraints.UnitNorm(), W / NORMS),
        (
            constraints.UnitNorm(axis=1),
            W / np.linalg.norm(W, axis=1, keepdims=True),
        ),
        (
            constraints.MinMaxNorm(0.5, 1.5, rate=0.7),
            W * (0.7 * np.clip(NORMS, 0.5, 1.5) + 0.3 * NORMS) / NORMS,
        ),
        (constraints.Constraint(), W),
    ],
)
def test_values(constraint, expected):
    np.testing.assert_allclose(np.asarray(constraint(W)), expected, rtol=1e-5)
    config = plain(constraints.serialize(constraint))
    again = constraints.deserialize(config)
    assert type(again) is type(constraint)
    assert again.get_config() == constraint.get_config()


def test_get():
    assert isinstance(constraints.get("max_norm"), constraints.MaxNorm)
    assert isinstance(constraints.get("NonNeg"), constraints.NonNeg)
    assert constraints.get(None) is None
    with pytest.raises(ValueError, match="constraint identifier: small"):
        constraints.get("small")
