"""The calls of `op_values.py` with empty arrays and arrays without axes: inputs only.

`make_op_empty.py` stores what Keras returns, or that it refuses them, and
`tests/ops/against_keras/test_empty.py` compares.
"""

import numpy as np

from tests.reference.ops.op_values import value_calls

WAYS = {
    "no rows": lambda x: x[:0] if x.ndim else x,
    "no columns": lambda x: x[..., :0] if x.ndim else x,
    "no axes": lambda x: x.reshape(-1)[:1].reshape(()),
}


def changed(x, way):
    """Nested arguments with each array changed."""
    if isinstance(x, np.ndarray):
        return WAYS[way](x)
    if isinstance(x, (list, tuple)):
        return type(x)([changed(e, way) for e in x])
    return x


def empty_calls():
    """Key and `(name, args, kwargs)` of every call."""
    for key, (name, args, kwargs) in value_calls():
        if key.endswith((":float32", ":int32")):
            for way in WAYS:
                yield f"{key} {way}", (name, changed(args, way), kwargs)
