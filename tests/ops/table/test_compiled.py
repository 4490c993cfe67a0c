"""Every op with every number type and kind of shape: compiled as at once."""

import pytest

from tests.ops.table.calls import by_op, outcome, same_outcome
from tests.reference.ops.op_values import TYPES

TABLE = by_op(types=TYPES)
# The numbers of these arguments decide about the shape of the result.
CONCRETE = {"bincount", "nonzero", "repeat", "segment_sum", "unique"}


# Numbers beyond `minlength` make the result longer only at once.
LONGER_AT_ONCE = {"call bincount_1"}


def is_refused(name, results):
    """Whether a compiled call says that it wants numbers that are known before."""
    return name in CONCRETE and isinstance(results, TypeError)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:You are using a softmax")
@pytest.mark.parametrize("name", sorted(TABLE))
def test_as_at_once(name):
    wrong = {}
    for call in TABLE[name]:
        now = outcome(call, call.arrays)
        later = outcome(call.compiled(), call.arrays)
        same = same_outcome(now, later, exactly=False) or call.key in LONGER_AT_ONCE
        if not same and not is_refused(name, later):
            wrong[call.key] = now, later
    assert not wrong
