"""Stores the shapes that Keras finds for the calls of `unknown_sizes.py`.

KERAS_BACKEND=jax python -m tests.reference.ops.make_unknown_sizes
"""

import json
import pathlib

import jax
import keras

from tests.reference.ops.unknown_sizes import CALLS, outcome

HERE = pathlib.Path(__file__).parent


def main():
    found = {}
    for call in CALLS:
        shapes = outcome(keras, call)
        if isinstance(shapes, Exception):
            shapes = f"{type(shapes).__name__}: {shapes}"[:60]
        found[call] = shapes
    lines = [f" {json.dumps(call)}: {json.dumps(s)}" for call, s in found.items()]
    versions = {"keras": keras.__version__, "jax": jax.__version__}
    lines.append(f' "versions": {json.dumps(versions)}')
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    (HERE / "unknown_sizes.json").write_text(text)


if __name__ == "__main__":
    main()
