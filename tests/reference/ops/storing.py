"""How calls of Keras's ops are stored: what they return, or that they are refused."""

import json

import jax
import keras
import numpy as np

from tests.reference.ops.make_ops import flat


def store(calls, path, dtype):
    """Makes calls and writes their numbers, types and shapes to an `.npz` file.

    Args:
        calls: (key, (name of the op, args, kwargs)).
        path: the file.
        dtype: a type that holds the numbers of all results.
    """
    values, facts = [], {}
    for key, (name, args, kwargs) in calls:
        try:
            results = flat(getattr(keras.ops, name)(*args, **kwargs))
        except Exception as error:
            facts[key] = f"{type(error).__name__}: {error}"[:60]
            continue
        facts[key] = [[str(v.dtype), list(v.shape)] for v in results]
        values += [v.astype(dtype).ravel() for v in results]
    versions = {"keras": keras.__version__, "jax": jax.__version__}
    np.savez_compressed(
        path,
        values=np.concatenate(values),
        facts=np.array(json.dumps(facts)),
        versions=np.array(json.dumps(versions)),
    )
