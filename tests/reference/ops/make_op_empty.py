"""Stores what Keras returns for the calls of `op_empty.py`, or that it refuses them.

KERAS_BACKEND=jax python -m tests.reference.ops.make_op_empty
"""

import pathlib

from tests.reference.ops.op_empty import empty_calls
from tests.reference.ops.storing import store

if __name__ == "__main__":
    store(empty_calls(), pathlib.Path(__file__).parent / "op_empty.npz", "complex64")
