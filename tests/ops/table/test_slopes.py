"""Every op that has floats as results, against central differences."""

import numpy as np
import pytest

from tests.gradients import check_gradients
from tests.ops.table.calls import by_op, outcome

TABLE = by_op(types=("float64",))
CALLS = {
    call.key.removeprefix("type ").removesuffix(":float64"): call
    for calls in TABLE.values()
    for call in calls
    if call.key.endswith(":float64")
}
# Ops whose gradient is not the slope.
OTHERWISE = {
    "stop_gradient#0": "has none, which is what it is for",
    "unique#0": "has none, as in Keras on JAX",
    "nextafter#0": "is constant as far as bits go, as in JAX",
    "cholesky#0": "is symmetric, as the matrix is (`tests/ops/test_gradients.py`)",
    "eigh#0": "is symmetric, as the matrix is (`tests/ops/test_gradients.py`)",
    "fmod#0": "jumps within the step",
}


def is_smooth(key):
    """Whether a call has floats as results, and all of them are numbers."""
    results = outcome(CALLS[key], CALLS[key].arrays)
    if isinstance(results, Exception):
        return False
    floats = [r for r in results if r.dtype == "float64"]
    return bool(floats) and all(np.isfinite(r).all() for r in floats)


KEYS = [key for key in CALLS if key not in OTHERWISE and is_smooth(key)]


@pytest.mark.parametrize("key", KEYS)
def test_slopes(key):
    call = CALLS[key]
    check_gradients(call, *call.arrays, rtol=1e-5, atol=1e-6)


def test_most_ops_are_there():
    assert len({CALLS[key].name for key in KEYS}) > 200
