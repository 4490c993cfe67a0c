"""Writes losses.json and facts.json: what Keras does with the cases of this folder.

Run with Keras 3 installed, from the repository's root, once for the programs with a
tape and once for those without state:

    KERAS_BACKEND=tensorflow python -m tests.reference.programs.make
    KERAS_BACKEND=jax python -m tests.reference.programs.make
"""

import functools
import json
import os
import pathlib

import keras

from tests.reference.programs.cases import FACTS, PROGRAMS
from tests.reference.programs.kit import Kit

LOSSES = pathlib.Path(__file__).with_name("losses.json")
STATELESS = {"stateless_loop"}


def kit_and_names():
    """What this backend runs, and with what."""
    if keras.backend.backend() == "jax":
        import jax

        gradients = functools.partial(jax.value_and_grad, has_aux=True)
        return Kit(keras, function=jax.jit, value_and_grad=gradients), STATELESS
    import tensorflow

    kit = Kit(keras, tensorflow.GradientTape, tensorflow.function)
    return kit, PROGRAMS.keys() - STATELESS


def write(path, table):
    table["versions"] = {"keras": keras.__version__}
    text = json.dumps(table, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n")


def main():
    os.environ["COLUMNS"] = "100"  # the width of summaries
    table = json.loads(LOSSES.read_text()) if LOSSES.exists() else {}
    kit, names = kit_and_names()
    for name in sorted(names):
        keras.utils.clear_session()
        table[name] = list(PROGRAMS[name](kit))
    write(LOSSES, table)
    if keras.backend.backend() == "tensorflow":
        facts = {}
        for name, case in FACTS.items():
            keras.utils.clear_session()
            facts[name] = case(keras)
        write(LOSSES.with_name("facts.json"), facts)


if __name__ == "__main__":
    main()
