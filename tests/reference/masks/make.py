"""Writes what Keras's losses and metrics make of masked sequences.

Run with Keras 3 and TensorFlow, from the root of the repository (on JAX, `fit` loses
the mask before it reaches the metrics):

    KERAS_BACKEND=tensorflow python -m tests.reference.masks.make
"""

import json
import pathlib

import keras

from tests.reference.masks.cases import CASES, outputs

if __name__ == "__main__":
    found = {name: outputs(keras, name) for name in CASES}
    found["versions"] = {"keras": keras.__version__, "backend": keras.backend.backend()}
    path = pathlib.Path(__file__).with_name("outputs.json")
    path.write_text(json.dumps(found, separators=(",", ":")) + "\n")
