"""Stores what Keras returns for the calls of `op_empty.py`, or that it refuses them.

KERAS_BACKEND=jax python -m tests.reference.ops.make_op_empty
"""

import json
import pathlib
import sys

import jax
import keras
import numpy as np

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

from make_ops import flat  # noqa: E402

from tests.reference.ops.op_empty import empty_calls  # noqa: E402


def main():
    values, facts = [], {}
    for key, (name, args, kwargs) in empty_calls():
        try:
            results = flat(getattr(keras.ops, name)(*args, **kwargs))
        except Exception as error:
            facts[key] = f"{type(error).__name__}: {error}"[:60]
            continue
        facts[key] = [[str(v.dtype), list(v.shape)] for v in results]
        values += [v.astype("complex64").ravel() for v in results]
    versions = {"keras": keras.__version__, "jax": jax.__version__}
    np.savez_compressed(
        HERE / "op_empty.npz",
        values=np.concatenate(values),
        facts=np.array(json.dumps(facts)),
        versions=np.array(json.dumps(versions)),
    )


if __name__ == "__main__":
    main()
