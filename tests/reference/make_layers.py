"""Writes what Keras's layers are and compute: layers.json and layers.npz, and for
convolutional layers images/convolution.json and images/convolution.npz.

Run with Keras 3 and JAX installed, from the root of the repository:

    KERAS_BACKEND=jax python -m tests.reference.make_layers

For each case of `layers_cases.py` and `images/convolution.py`: configuration, weights'
paths and shapes, output shape, forward output and the gradients of
`sum(output * projection)` with respect to input and weights. For each model of the
latter: losses and weights of some steps of training. Values are set from seeded
generators, not initialized.
"""

import json
import pathlib

import jax
import keras
import numpy as np

from tests.reference.images import convolution
from tests.reference.layers_cases import CASES, make_values

HERE = pathlib.Path(__file__).parent


def gradients(layer, inputs, weights, projections, call):
    """Gradients with respect to float inputs and all weights."""

    def loss(values):
        xs, ws = values
        outputs, _ = layer.stateless_call(
            ws[: len(layer.trainable_variables)],
            [v.value for v in layer.non_trainable_variables],
            xs if len(xs) > 1 else xs[0],
            **call,
        )
        flat = keras.tree.flatten(outputs)
        return sum((o * p).sum() for o, p in zip(flat, projections, strict=True))

    d_inputs, d_weights = jax.grad(loss, allow_int=True)((inputs, weights))
    return d_inputs, d_weights


def one_layer(name, case):
    """The facts and the numbers of a case."""
    keras.utils.clear_session()
    layer = getattr(keras.layers, case["class"])(**case["arguments"])
    inputs = [make_values(name, i, x) for i, x in enumerate(case["inputs"])]
    call = dict(case.get("call", {}))
    if "mask" in case:
        call["mask"] = np.array(case["mask"])
    layer(inputs if len(inputs) > 1 else inputs[0], **call)
    weights = [make_values(name, 100 + i, w.shape) for i, w in enumerate(layer.weights)]
    layer.set_weights(weights)
    outputs = layer(inputs if len(inputs) > 1 else inputs[0], **call)
    flat = [np.asarray(x) for x in keras.tree.flatten(outputs)]
    projections = [make_values(name, 200 + i, x.shape) for i, x in enumerate(flat)]
    facts = {
        "config": layer.get_config(),
        "paths": [w.path for w in layer.weights],
        "shapes": [list(w.shape) for w in layer.weights],
        "output_shapes": [list(x.shape) for x in flat],
    }
    arrays = {f"{name}/output/{i}": x for i, x in enumerate(flat)}
    trainable = [w.value for w in layer.trainable_variables]
    d_inputs, d_weights = gradients(layer, inputs, trainable, projections, call)
    for i, (x, d) in enumerate(zip(inputs, d_inputs, strict=True)):
        if x.dtype.kind == "f":
            arrays[f"{name}/d_input/{i}"] = np.asarray(d)
    for i, d in enumerate(d_weights):
        arrays[f"{name}/d_weight/{i}"] = np.asarray(d)
    return facts, arrays


def write(stem, cases, arrays, **layout):
    """Adds the cases' numbers to `arrays` and writes both files."""
    table = {}
    for name, case in cases.items():
        table[name], found = one_layer(name, case)
        arrays.update(found)
    table["versions"] = {"keras": keras.__version__, "jax": jax.__version__}
    (HERE / f"{stem}.json").write_text(json.dumps(table, **layout) + "\n")
    np.savez_compressed(HERE / f"{stem}.npz", **arrays)


def training():
    """Losses and weights of the convolutional models."""
    arrays = {}
    for name in convolution.MODELS:
        model, losses = convolution.train(keras, name)
        arrays[f"{name}/losses"] = np.array(losses, "float32")
        arrays |= {f"{name}/{i}": w for i, w in enumerate(model.get_weights())}
    return arrays


if __name__ == "__main__":
    write("layers", CASES, {}, indent=1)
    write("images/convolution", convolution.CASES, training(), separators=(",", ":"))
