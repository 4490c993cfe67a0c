"""Writes what Keras computes for `cases.py`: layers, a few training steps, files.

Run with Keras 3 and JAX installed, from the root of the repository:

    KERAS_BACKEND=jax python -m tests.reference.normalization.make
"""

import json
import pathlib

import jax
import keras
import numpy as np

from tests.reference.normalization import cases

HERE = pathlib.Path(__file__).parent


def one_layer(name, case):
    """Configuration, paths and numbers of a case."""
    keras.utils.clear_session()
    layer = getattr(keras.layers, case["class"])(**case["arguments"])
    config = layer.get_config()
    x, call = cases.values(name, case)
    layer(x, **call)
    given = cases.weights(name, [w.shape for w in layer.weights])
    layer.set_weights(given)
    y = np.asarray(layer(x, **call))
    after = [np.asarray(w) for w in layer.weights]
    layer.set_weights(given)
    weights = [w.value for w in layer.trainable_variables]
    fixed = [w.value for w in layer.non_trainable_variables]

    def loss(x, weights):
        outputs, _ = layer.stateless_call(weights, fixed, x, **call)
        return (outputs * cases.projection(name, y.shape)).sum()

    d_x, d_weights = jax.grad(loss, argnums=(0, 1))(x, weights)
    arrays = {f"{name}/output": y, f"{name}/d_x": d_x}
    arrays |= {f"{name}/after/{i}": w for i, w in enumerate(after)}
    arrays |= {f"{name}/d_weight/{i}": d for i, d in enumerate(d_weights)}
    return {"config": config, "paths": [w.path for w in layer.weights]}, arrays


def training(name, model):
    """Losses and weights after four steps."""
    shapes = [w.shape for w in model.weights]
    model.set_weights(cases.weights(name, shapes))
    model.compile(keras.optimizers.SGD(0.002, momentum=0.9), "mse")
    losses = [model.train_on_batch(x, y) for x, y in cases.training_data(name)]
    arrays = {f"{name}/losses": np.array(losses, "float32")}
    return arrays | {f"{name}/{i}": w for i, w in enumerate(model.get_weights())}


def main():
    table, arrays = {}, {}
    for name, case in cases.CASES.items():
        table[name], found = one_layer(name, case)
        arrays.update(found)
    table["versions"] = {"keras": keras.__version__, "jax": jax.__version__}
    (HERE / "layers.json").write_text(json.dumps(table, indent=1) + "\n")
    np.savez_compressed(HERE / "layers.npz", **arrays)
    steps = {}
    for name, model in cases.trained_models(keras).items():
        steps.update(training(name, model))
    np.savez_compressed(HERE / "training.npz", **steps)
    keras.utils.clear_session()
    model = cases.saved_model(keras)
    model.set_weights(cases.weights("saved", [w.shape for w in model.weights]))
    model.save(HERE / "model.keras")
    model.save(HERE / "model.h5")
    np.save(HERE / "model.npy", model.predict(cases.saved_input(), verbose=0))


if __name__ == "__main__":
    main()
