"""Stored outputs of Keras."""

import json
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent


def load(name):
    """The arrays and the facts that `make_NAME.py` stored."""
    arrays = np.load(HERE / f"{name}.npz")
    return arrays, json.loads((HERE / f"{name}.json").read_text())


def plain(value):
    """`value` as it looks after a way through JSON."""
    return json.loads(json.dumps(value, default=lambda x: np.asarray(x).tolist()))
