"""Writes what Keras computes for `cases.py`: types, layers, training steps, files.

Run with Keras 3 and JAX installed, from the root of the repository:

    KERAS_BACKEND=jax python -m tests.reference.half.make
"""

import json
import pathlib

import jax
import keras
import numpy as np

from tests.reference.half import cases

HERE = pathlib.Path(__file__).parent


def result_types():
    """Where each pair of types meets."""
    return {
        f"{a},{b}": keras.backend.result_type(_type(a), _type(b))
        for a in cases.TYPES
        for b in cases.TYPES
    }


def _type(name):
    return {"int": int, "float": float}.get(name, name)


def one_layer(name, policy):
    """Output and gradients of a case, as float32, and the output's type."""
    keras.utils.clear_session()
    layer = cases.build(keras, name, policy)
    x, call = cases.inputs(name), cases.LAYERS[name]["call"]
    # A layer's own `stateless_call` casts nothing; what a model calls does.
    model = keras.Sequential([layer])
    model(x, **call)
    layer.set_weights(cases.weights(name, layer.weights))
    values = [w.value for w in layer.trainable_variables]
    fixed = [w.value for w in layer.non_trainable_variables]
    y = model.stateless_call(values, fixed, x, **call)[0]

    def loss(values, x):
        outputs, _ = model.stateless_call(values, fixed, x, **call)
        factors = cases.projection(name, outputs.shape).astype(outputs.dtype)
        return (outputs * factors).astype("float32").sum()

    where = (0,) if x.dtype == "int32" else (0, 1)
    gradients = jax.tree.leaves(jax.grad(loss, argnums=where)(values, x))
    key = f"{policy}/{name}"
    arrays = {f"{key}/output": np.asarray(y, "float32")}
    for i, gradient in enumerate(gradients):
        arrays[f"{key}/gradient/{i}"] = np.asarray(gradient, "float32")
    types = {"output": str(y.dtype), "weights": [w.dtype for w in layer.weights]}
    return types, arrays


def training(policy, optimizer):
    """Losses and weights after a few steps."""
    model = cases.model(keras, policy, "model")
    model.compile(optimizer, "sparse_categorical_crossentropy")
    losses = [model.train_on_batch(x, y) for x, y in cases.training_data()]
    key = f"{policy}/{optimizer}"
    arrays = {f"{key}/losses": np.array(losses, "float32")}
    for i, weight in enumerate(model.get_weights()):
        arrays[f"{key}/weight/{i}"] = np.asarray(weight, "float32")
    return arrays


def files(policy):
    """A saved model and its prediction."""
    model = cases.model(keras, policy, f"in_{policy}")
    model.save(HERE / f"{policy}.keras")
    model.save_weights(HERE / f"{policy}.weights.h5")
    x, _ = next(cases.training_data())
    return {f"{policy}/prediction": np.asarray(model.predict(x, verbose=0), "float32")}


def main():
    facts = {"keras": keras.__version__, "jax": jax.__version__}
    facts["result_types"], arrays = result_types(), {}
    for policy, name in cases.layer_cases():
        facts[f"{policy}/{name}"], found = one_layer(name, policy)
        arrays |= found
    for policy in cases.POLICIES:
        for optimizer in ("sgd", "adam"):
            arrays |= training(policy, optimizer)
        arrays |= files(policy)
    np.savez_compressed(HERE / "half.npz", **arrays)
    (HERE / "half.json").write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
