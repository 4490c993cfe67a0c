"""Writes what Keras's preprocessing of texts and sequences returns.

Run with Keras 3 installed, from the root of the repository:

    python -m tests.reference.recurrent.preprocessing.make
"""

import json
import pathlib

import keras
from keras.src.legacy.preprocessing import sequence, text

from tests.reference.recurrent.preprocessing.cases import outputs

if __name__ == "__main__":
    table = {**outputs(text, sequence), "version": keras.__version__}
    path = pathlib.Path(__file__).parent / "outputs.json"
    path.write_text(json.dumps(table, sort_keys=True, separators=(",", ":")) + "\n")
