"""Stores what Keras returns for the calls of `op_shapes.py`, or that it refuses them.

KERAS_BACKEND=jax python -m tests.reference.ops.make_op_shapes
"""

import pathlib

from tests.reference.ops.op_shapes import shape_calls
from tests.reference.ops.storing import store

if __name__ == "__main__":
    store(shape_calls(), pathlib.Path(__file__).parent / "op_shapes.npz", "float32")
