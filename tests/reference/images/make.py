"""Stores what Keras returns for `cases.py`: results and gradients.

From this folder: KERAS_BACKEND=jax python make.py

The gradients are those of the sum of the results times projections, for all float
inputs (of map_coordinates and its kin also for the coordinates).
"""

import json
import operator
import pathlib

import jax
import keras
import numpy as np
from cases import LAYERS, OPS, draw

HERE = pathlib.Path(__file__).parent


def is_float(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def store(stored, key, function, arrays):
    """The result and the gradient for each float array."""
    y = np.asarray(function(*arrays))
    stored[key] = y
    if y.dtype.kind != "f":
        return
    weights = draw(f"{key}/weights", y.shape)
    places = [i for i, x in enumerate(arrays) if is_float(x)]
    gradient = jax.grad(lambda *xs: (function(*xs) * weights).sum(), argnums=places)
    for i, d in zip(places, gradient(*arrays), strict=True):
        stored[f"{key}/d{i}"] = np.asarray(d)


def main():
    stored, configs = {}, {}
    for key, (name, arrays, options) in OPS.items():
        op = operator.attrgetter(name)(keras.ops)
        options = {"data_format": "channels_last", **options}
        if name.split(".")[-1] in ("map_coordinates", "scale_and_translate"):
            del options["data_format"]
        store(stored, key, lambda *xs, op=op, o=options: op(*xs, **o), arrays)
    for key, (name, arguments, shape, mask) in LAYERS.items():
        keras.utils.clear_session()
        layer = getattr(keras.layers, name)(**arguments)
        call = {} if mask is None else {"mask": np.array(mask)}
        store(stored, key, lambda x, f=layer, c=call: f(x, **c), [draw(key, shape)])
        configs[key] = layer.get_config()
    versions = {"keras": keras.__version__, "jax": jax.__version__}
    stored["configs"] = np.array(json.dumps({**configs, "versions": versions}))
    np.savez_compressed(HERE / "values.npz", **stored)


if __name__ == "__main__":
    main()
