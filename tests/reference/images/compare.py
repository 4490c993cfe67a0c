"""Compares ops and layers with the results that `make.py` stored."""

import json
import operator
import pathlib

import numpy as np

import ckeras
from ckeras import GradientTape, ops
from tests.reference.images.cases import LAYERS, OPS, draw

STORED = np.load(pathlib.Path(__file__).parent / "values.npz")
CONFIGS = json.loads(str(STORED["configs"]))


def _compare(key, function, arrays, rtol=2e-5, atol=5e-6):
    """The value and the gradients of `function`, which takes the arrays."""
    is_float = [getattr(x, "dtype", None) == np.float32 for x in arrays]
    values = [
        ops.convert_to_tensor(x) if isinstance(x, np.ndarray) else x for x in arrays
    ]
    floats = [v for v, yes in zip(values, is_float, strict=True) if yes]
    with GradientTape() as tape:
        tape.watch(floats)
        y = function(*values)
    expected = STORED[key]
    assert y.dtype == str(expected.dtype)
    np.testing.assert_allclose(y, expected, rtol=rtol, atol=atol)
    if expected.dtype.kind != "f":
        return
    weights = ops.convert_to_tensor(draw(f"{key}/weights", expected.shape))
    found = iter(tape.gradient(y, floats, output_gradients=[weights]))
    for i, yes in enumerate(is_float):
        if yes:
            d = next(found)
            d = np.zeros(arrays[i].shape) if d is None else np.asarray(d)
            scale = max(1.0, float(np.abs(STORED[f"{key}/d{i}"]).max()))
            np.testing.assert_allclose(
                d, STORED[f"{key}/d{i}"], rtol=10 * rtol, atol=4 * atol * scale
            )


def compare_op(key, **tolerances):
    """Asserts that an op's value and gradients are Keras's."""
    name, arrays, options = OPS[key]
    op = operator.attrgetter(name)(ops)
    _compare(key, lambda *xs: op(*xs, **options), arrays, **tolerances)


def make_layer(key):
    name, arguments, _, _ = LAYERS[key]
    ckeras.utils.clear_session()
    return getattr(ckeras.layers, name)(**arguments)


def compare_layer(key):
    """Asserts that a layer's configuration, value, shape and gradient are Keras's."""
    _, _, shape, mask = LAYERS[key]
    layer = make_layer(key)
    config = json.loads(json.dumps(layer.get_config()))
    assert config == CONFIGS[key]
    again = type(layer).from_config(config)
    assert json.loads(json.dumps(again.get_config())) == config
    call = {} if mask is None else {"mask": np.array(mask)}
    _compare(key, lambda x: again(x, **call), [draw(key, shape)])
    symbolic = layer(ckeras.Input(batch_shape=(None, *shape[1:])))
    assert symbolic.shape == (None, *STORED[key].shape[1:])
