"""Attention layers with each of their arguments against Keras.

The calls are those of `tests/reference/attention/calls.py`.
"""

import json
import pathlib

import numpy as np
import pytest

import ckeras
from tests.reference.attention.calls import calls, outcome

HERE = pathlib.Path(__file__).parents[2] / "reference" / "attention"
STORED = json.loads((HERE / "calls.json").read_text())["calls"]
CALLS = list(calls())


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("i", range(len(CALLS)))
def test_as_keras(i):
    found, expected = outcome(ckeras, *CALLS[i]), STORED[i]
    if isinstance(expected, str):
        assert isinstance(found, ValueError), found
        return
    shapes, numbers = found
    assert shapes == expected[0]
    np.testing.assert_allclose(numbers, expected[1], rtol=1e-4, atol=1e-4)


def test_flash_attention_needs_no_other_kernel():
    """Keras refuses it on JAX without a GPU; here attention stores no scores anyhow."""
    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    layers = [
        ckeras.layers.MultiHeadAttention(2, 3, flash_attention=flag)
        for flag in (True, False)
    ]
    for layer in layers:
        layer.build(x.shape, x.shape)
    layers[1].set_weights(layers[0].get_weights())
    a, b = [layer(x, x) for layer in layers]
    np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="Returning attention scores"):
        layers[0](x, x, return_attention_scores=True)
