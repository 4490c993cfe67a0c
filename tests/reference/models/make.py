"""Writes models.json and models.npz: what Keras's models are and compute.

Run with Keras 3 installed, from the repository's root:

    KERAS_BACKEND=jax python -m tests.reference.models.make

For each case of `cases.py`: the model as JSON, the weights' paths, the text of
its summary, and its outputs for given inputs and weights.
"""

import json
import pathlib

import keras
import numpy as np

from tests.reference.layers_cases import make_values
from tests.reference.models.cases import CASES

HERE = pathlib.Path(__file__).parent


def inputs_of(name, model):
    """Values for the inputs: whole numbers where they go into an Embedding."""
    if name in ("sequence", "masked"):
        return [make_values(name, 0, ("int", 9, (2, *model.inputs[0].shape[1:])))]
    return [make_values(name, i, (2, *x.shape[1:])) for i, x in enumerate(model.inputs)]


def main():
    table, arrays = {}, {}
    for name, make in CASES.items():
        keras.utils.clear_session()
        model = make(keras)
        inputs = inputs_of(name, model)
        model.set_weights(
            [make_values(name, 100 + i, w.shape) for i, w in enumerate(model.weights)]
        )
        packed = inputs if len(inputs) > 1 else inputs[0]
        if name == "two_inputs":
            packed = dict(zip("ab", inputs, strict=True))
        outputs = keras.tree.flatten(model(packed))
        lines = []
        model.summary(print_fn=lines.append, line_length=80)
        table[name] = {
            "json": json.loads(model.to_json()),
            "paths": [w.path for w in model.weights],
            "layers": [layer.name for layer in model.layers],
            "summary": "\n".join(lines),
        }
        for i, x in enumerate(outputs):
            arrays[f"{name}/{i}"] = np.asarray(x)
    table["versions"] = {"keras": keras.__version__}
    (HERE / "models.json").write_text(json.dumps(table, indent=1) + "\n")
    np.savez_compressed(HERE / "models.npz", **arrays)


if __name__ == "__main__":
    main()
