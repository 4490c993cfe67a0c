"""Stores the gradients of the calls of `op_values.py`, as Keras has them on JAX.

The results are weighted with `weights`, so that no two errors cancel.

KERAS_BACKEND=jax python -m tests.reference.ops.make_op_gradients
"""

import json
import pathlib

import jax
import jax.numpy as jnp
import keras
import numpy as np

from tests.reference.ops.op_gradients import gradient_calls, weights

HERE = pathlib.Path(__file__).parent


def floats(x):
    return jnp.issubdtype(x.dtype, jnp.floating)


def gradients(call, arrays):
    def total(*values):
        results = jax.tree.leaves(call(keras.ops, *values))
        results = [r for r in map(jnp.asarray, results) if floats(r)]
        return sum(
            jnp.sum(r * weights(i, r.shape)) for i, r in enumerate(results)
        ) + jnp.zeros(())

    places = [i for i, x in enumerate(arrays) if x.dtype == np.float32]
    return jax.grad(total, argnums=places)(*arrays)


def main():
    stored, facts = {}, {}
    for key, call, arrays in gradient_calls():
        try:
            found = gradients(call, arrays)
        except Exception as error:
            facts[key] = f"{type(error).__name__}: {error}"[:80]
            continue
        facts[key] = len(found)
        for i, gradient in enumerate(found):
            stored[f"{key}/{i}"] = np.asarray(gradient)
    versions = {"keras": keras.__version__, "jax": jax.__version__}
    np.savez_compressed(
        HERE / "op_gradients.npz",
        facts=np.array(json.dumps(facts)),
        versions=np.array(json.dumps(versions)),
        **stored,
    )


if __name__ == "__main__":
    main()
