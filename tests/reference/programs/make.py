"""Writes losses.json: what Keras logs for the programs of this folder.

Run with Keras 3 installed, from the repository's root, once for the programs with a
tape and once for those without state:

    KERAS_BACKEND=tensorflow python -m tests.reference.programs.make
    KERAS_BACKEND=jax python -m tests.reference.programs.make
"""

import functools
import json
import pathlib

import keras

from tests.reference.programs.cases import CASES
from tests.reference.programs.kit import Kit

PATH = pathlib.Path(__file__).with_name("losses.json")
STATELESS = {"stateless_loop"}


def kit_and_names():
    """What this backend runs, and with what."""
    if keras.backend.backend() == "jax":
        import jax

        gradients = functools.partial(jax.value_and_grad, has_aux=True)
        return Kit(keras, function=jax.jit, value_and_grad=gradients), STATELESS
    import tensorflow

    kit = Kit(keras, tensorflow.GradientTape, tensorflow.function)
    return kit, CASES.keys() - STATELESS


def main():
    table = json.loads(PATH.read_text()) if PATH.exists() else {}
    kit, names = kit_and_names()
    for name in sorted(names):
        keras.utils.clear_session()
        table[name] = list(CASES[name](kit))
    table["versions"] = {"keras": keras.__version__}
    PATH.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
