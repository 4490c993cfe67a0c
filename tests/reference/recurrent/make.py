"""Writes what Keras's recurrent layers are and compute.

Run with Keras 3, JAX and TensorFlow installed, from the root of the repository:

    KERAS_BACKEND=jax python -m tests.reference.recurrent.make
    KERAS_BACKEND=tensorflow python -m tests.reference.recurrent.make

The first writes layers.json and layers.npz, the second models.json and models.npz: on
JAX, stateful layers forget their states between the steps of `fit`.

For each layer of `cases.py`: configuration, weights' paths and shapes, outputs, and the
gradients of `sum(output * projection)` with respect to sequences, first states and
weights. For each model: losses, weights, predictions and files after some steps of
training.
"""

import json
import pathlib

import keras
import numpy as np

from tests.reference.recurrent.cases import (
    CASES,
    MODELS,
    inputs,
    keywords,
    train,
    values,
)

HERE = pathlib.Path(__file__).parent


def gradients(layer, x, states, mask, weights, projections):
    """Gradients with respect to everything that is a float."""

    import jax

    def loss(variable):
        x, states, weights = variable
        outputs, _ = layer.stateless_call(
            weights,
            [v.value for v in layer.non_trainable_variables],
            x,
            **keywords(states, mask),
        )
        flat = keras.tree.flatten(outputs)
        return sum((o * p).sum() for o, p in zip(flat, projections, strict=True))

    d_x, d_states, d_weights = jax.grad(loss)((x, states, weights))
    return [d_x, *(d_states or []), *d_weights]


def record(name, table, arrays):
    keras.utils.clear_session()
    make, call = CASES[name]
    layer = make(keras.layers)
    x, states, mask = inputs(name, call)
    layer(x, **keywords(states, mask))
    weights = [values(name, 100 + i, w.shape) for i, w in enumerate(layer.weights)]
    layer.set_weights(weights)
    flat = keras.tree.flatten(layer(x, **keywords(states, mask)))
    projections = [values(name, 200 + i, o.shape) for i, o in enumerate(flat)]
    table[name] = {
        "config": layer.get_config(),
        "paths": [w.path for w in layer.weights],
        "shapes": [list(w.shape) for w in layer.weights],
    }
    for i, o in enumerate(flat):
        arrays[f"{name}/output/{i}"] = np.asarray(o)
    trainable = [w.value for w in layer.trainable_variables]
    found = gradients(layer, x, states, mask, trainable, projections)
    for i, d in enumerate(found):
        arrays[f"{name}/gradient/{i}"] = np.asarray(d)


def record_model(name, table, arrays):
    keras.utils.clear_session()
    model, losses, predictions = train(keras, name)
    table[name] = {"losses": losses}
    arrays[f"{name}/predictions"] = predictions
    for i, w in enumerate(model.get_weights()):
        arrays[f"{name}/weight/{i}"] = w
    if name in ("stateful", "video"):  # files hold no states
        return
    for ending in ("keras", "h5", "weights.h5"):
        save = model.save_weights if ending == "weights.h5" else model.save
        save(HERE / f"{name}.{ending}")


def write(stem, names, fill):
    table, arrays = {}, {}
    for name in names:
        fill(name, table, arrays)
    table["versions"] = {"keras": keras.__version__, "backend": keras.backend.backend()}
    text = json.dumps(table, separators=(",", ":")) + "\n"
    (HERE / f"{stem}.json").write_text(text)
    np.savez_compressed(HERE / f"{stem}.npz", **arrays)


if __name__ == "__main__":
    if keras.backend.backend() == "jax":
        write("layers", CASES, record)
    else:
        write("models", MODELS, record_model)
