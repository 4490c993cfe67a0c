"""Stores what Keras returns for the calls of `op_values.py`, or that it refuses them.

JAX has its 64-bit types switched on, and Keras's rule that results of ops have at most
32 bits is switched off: ckeras keeps 64 bits where they come in.

KERAS_BACKEND=jax JAX_ENABLE_X64=1 python -m tests.reference.ops.make_op_values
"""

import json
import pathlib
import warnings

import jax
import keras
import numpy as np
from keras.src.backend.common import dtypes

from tests.reference.ops.make_ops import flat
from tests.reference.ops.op_values import value_calls

HERE = pathlib.Path(__file__).parent


def main():
    dtypes.BIT64_TO_BIT32_DTYPE.clear()
    warnings.simplefilter("ignore")
    values, facts = [], {}
    for key, (name, args, kwargs) in value_calls():
        try:
            results = flat(getattr(keras.ops, name)(*args, **kwargs))
        except Exception as error:
            facts[key] = f"{type(error).__name__}: {error}"[:50]
            continue
        facts[key] = [[str(v.dtype), list(v.shape)] for v in results]
        values += [v.tobytes() for v in results]
    versions = {"keras": keras.__version__, "jax": jax.__version__}
    np.savez_compressed(
        HERE / "op_values.npz",
        values=np.frombuffer(b"".join(values), "uint8"),
        facts=np.array(json.dumps(facts)),
        versions=np.array(json.dumps(versions)),
    )


if __name__ == "__main__":
    main()
