"""Stores what Keras returns for the calls of `calls.py`.

KERAS_BACKEND=jax python -m tests.reference.attention.make_calls
"""

import json
import pathlib

import jax
import keras

from tests.reference.attention.calls import calls, outcome

HERE = pathlib.Path(__file__).parent


def main():
    stored = []
    for call in calls():
        found = outcome(keras, *call)
        failed = isinstance(found, Exception)
        stored.append(f"{type(found).__name__}" if failed else found)
    versions = {"keras": keras.__version__, "jax": jax.__version__}
    text = json.dumps({"versions": versions, "calls": stored})
    (HERE / "calls.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
