"""Every op of empty arrays and of arrays without axes, against Keras.

The calls are those of `reference/ops/op_empty.py`.
"""

import pytest

from tests.ops.against_keras.empty_differences import DIFFERENT
from tests.ops.against_keras.stored import Table
from tests.reference.ops.op_empty import empty_calls

TABLE = Table("op_empty", empty_calls(), DIFFERENT)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:You are using a softmax")
@pytest.mark.parametrize("name", TABLE.names)
def test_as_keras(name):
    assert not TABLE.wrong(name)
