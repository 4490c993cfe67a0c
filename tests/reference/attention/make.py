"""Writes layers.json and layers.npz: what Keras's attention layers are and compute.

Run with Keras 3 installed, from the folder of this file:

    KERAS_BACKEND=jax python make.py

Written with Keras 3.15.1 on JAX. For each case of `cases.py`: configuration, paths and
shapes of the weights, outputs, and the gradients of `sum(output * projection)` with
respect to inputs and weights; and a model that is trained, with a file of it.
"""

import json
import pathlib

import jax
import keras
import numpy as np
from cases import CASES, apply, inputs, keywords, train, values, weights

HERE = pathlib.Path(__file__).parent


def gradients(layer, name, arrays, projections):
    def loss(given):
        xs, ws = given
        call = keywords(name)
        as_list = CASES[name]["class"] in ("Attention", "AdditiveAttention")
        args = (xs,) if as_list else tuple(xs)
        outputs, _ = layer.stateless_call(
            ws, [v.value for v in layer.non_trainable_variables], *args, **call
        )
        flat = keras.tree.flatten(outputs)
        return sum((o * p).sum() for o, p in zip(flat, projections, strict=True))

    own = [v.value for v in layer.trainable_variables]
    return jax.grad(loss)((arrays, own))


def main():
    table, arrays = {}, {}
    for name, case in CASES.items():
        keras.utils.clear_session()
        layer = getattr(keras.layers, case["class"])(**case["arguments"])
        xs = inputs(name)
        apply(layer, name, xs)
        layer.set_weights(weights(name, layer))
        outputs = [np.asarray(y) for y in keras.tree.flatten(apply(layer, name, xs))]
        projections = [values(name, 200 + i, y.shape) for i, y in enumerate(outputs)]
        table[name] = {
            "config": layer.get_config(),
            "paths": [w.path for w in layer.weights],
            "shapes": [list(w.shape) for w in layer.weights],
        }
        d_inputs, d_weights = gradients(layer, name, xs, projections)
        for kind, group in (
            ("output", outputs),
            ("d_input", d_inputs),
            ("d_weight", d_weights),
        ):
            for i, x in enumerate(group):
                arrays[f"{name}/{kind}/{i}"] = np.asarray(x)
    model, losses, predictions = train(keras)
    arrays["transformer/losses"] = losses
    arrays["transformer/predictions"] = predictions
    model.save(HERE / "transformer.keras")
    (HERE / "layers.json").write_text(json.dumps(table, indent=1) + "\n")
    np.savez_compressed(HERE / "layers.npz", **arrays)


if __name__ == "__main__":
    main()
