"""Ops on arrays of every kind of shape, against what Keras returned or refused.

The calls are those of `reference/ops/op_shapes.py`: empty arrays, one element, no axes,
odd sizes, axes that broadcast or do not exist.
"""

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine import tree
from ckeras.engine.function import function
from tests.ops.against_keras.shape_differences import DIFFERENT
from tests.ops.against_keras.stored import Table, outcome
from tests.reference.ops.op_shapes import shape_calls

TABLE = Table("op_shapes", shape_calls(), DIFFERENT)
# Their numbers decide about shapes.
CONCRETE = {"nonzero", "unique", "bincount"}


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")
@pytest.mark.parametrize("name", TABLE.names)
def test_as_keras(name):
    assert not TABLE.wrong(name)


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")
@pytest.mark.parametrize("name", sorted(set(TABLE.names) - CONCRETE))
def test_compiled_and_strided(name):
    for key in TABLE.keys_of(name):
        _, args, kwargs = TABLE.calls[key]
        expected = outcome(name, args, kwargs)
        places = [i for i, a in enumerate(args) if isinstance(a, np.ndarray)]
        if isinstance(expected, Exception) or not places or name.endswith("split"):
            continue
        arrays = [args[i] for i in places]

        def call(*values, args=args, kwargs=kwargs, places=places):
            new = list(args)
            for i, value in zip(places, values, strict=True):
                new[i] = value
            return getattr(ops, name)(*new, **kwargs)

        # Every second element along each axis of an array twice as large.
        wide = [np.repeat(a, 2, -1)[..., ::2] if a.ndim else a for a in arrays]
        index = name in ("repeat", "quantile", "segment_sum", "segment_max")
        for results in [
            tree.flatten(function(call)(*arrays)) if not index else expected,
            tree.flatten(call(*wide)),
        ]:
            for found, e in zip(results, expected, strict=True):
                found = np.asarray(found)
                assert (found.dtype, found.shape) == (e.dtype, e.shape), key
                np.testing.assert_allclose(found, e, 1e-5, 1e-6, err_msg=key)
