"""Stores what Keras returns for the calls of `op_shapes.py`, or that it refuses them.

KERAS_BACKEND=jax python tests/reference/ops/make_op_shapes.py
"""

import json
import pathlib

import jax
import keras
import numpy as np
from make_ops import flat
from op_shapes import shape_calls

HERE = pathlib.Path(__file__).parent


def main():
    values, facts = [], {}
    for key, (name, args, kwargs) in shape_calls():
        try:
            results = flat(getattr(keras.ops, name)(*args, **kwargs))
        except Exception as error:
            facts[key] = f"{type(error).__name__}: {error}"[:60]
            continue
        facts[key] = [[str(v.dtype), list(v.shape)] for v in results]
        values += [v.astype("float32").ravel() for v in results]
    versions = {"keras": keras.__version__, "jax": jax.__version__}
    np.savez_compressed(
        HERE / "op_shapes.npz",
        values=np.concatenate(values),
        facts=np.array(json.dumps(facts)),
        versions=np.array(json.dumps(versions)),
    )


if __name__ == "__main__":
    main()
