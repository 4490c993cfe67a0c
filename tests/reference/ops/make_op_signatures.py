"""Stores names and signatures of Keras's public ops and random functions.

KERAS_BACKEND=jax python -m tests.reference.ops.make_op_signatures
"""

import inspect
import pathlib

import keras

HERE = pathlib.Path(__file__).parent
MODULES = ["ops", "ops.image", "ops.linalg", "ops.nn", "ops.numpy", "random"]


def main():
    lines = []
    for name in MODULES:
        module = keras
        for part in name.split("."):
            module = getattr(module, part)
        for symbol, value in sorted(vars(module).items()):
            if callable(value) and not symbol.startswith("_"):
                signature = inspect.signature(value)
                lines.append(f"keras.{name}.{symbol}\t{signature}")
    text = f"# Keras {keras.__version__}\n" + "\n".join(lines) + "\n"
    (HERE / "op_signatures.tsv").write_text(text)


if __name__ == "__main__":
    main()
