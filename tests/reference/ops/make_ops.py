"""Stores what Keras returns for the calls of `op_calls.py`.

KERAS_BACKEND=jax python -m tests.reference.ops.make_ops
"""

import json
import pathlib

import jax
import keras
import numpy as np

from tests.reference.ops.op_calls import CALLS
from tests.reference.ops.op_types import type_calls

HERE = pathlib.Path(__file__).parent


def flat(result):
    if isinstance(result, (list, tuple)):
        return [v for r in result for v in flat(r)]
    return [np.asarray(result)]


def main():
    stored, types = {}, {}
    for key, (name, args, kwargs) in CALLS.items():
        try:
            results = flat(getattr(keras.ops, name)(*args, **kwargs))
        except Exception as error:
            print("left out:", key, type(error).__name__, str(error)[:100])
            continue
        for i, value in enumerate(results):
            stored[f"{key}.{i}"] = value
    for key, (name, args) in type_calls():
        try:
            result = getattr(keras.ops, name)(*args)
            types[key] = keras.backend.standardize_dtype(result.dtype)
        except Exception as error:
            types[key] = f"error {type(error).__name__}"
    versions = {"keras": keras.__version__, "jax": jax.__version__}
    stored["versions"] = np.array(json.dumps(versions))
    stored["types"] = np.array(json.dumps(types))
    np.savez_compressed(HERE / "ops.npz", **stored)


if __name__ == "__main__":
    main()
