import json

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops
from ckeras.saving import register_keras_serializable


@register_keras_serializable("tests")
def shifted(x, by=1.0):
    return x + by


def test_call():
    layer = layers.Lambda(shifted, arguments={"by": 2.0})
    np.testing.assert_array_equal(layer(np.zeros((1, 2))), np.full((1, 2), 2.0))
    assert layer(ckeras.Input((3,))).shape == (None, 3)
    layer = layers.Lambda(lambda x: ops.sum(x, axis=1), output_shape=())
    assert layer(ckeras.Input((3,))).shape == (None,)
    layer = layers.Lambda(lambda x, training: x * 2 if training else x)
    np.testing.assert_array_equal(layer(np.ones(1), training=True), [2.0])


def test_config():
    layer = layers.Lambda(shifted, arguments={"by": 2.0})
    again = layers.Lambda.from_config(layer.get_config())
    assert again.function is shifted
    assert again.arguments == {"by": 2.0}


def test_code_in_files_is_refused():
    with pytest.warns(UserWarning, match="lambda"):
        config = layers.Lambda(lambda x: x).get_config()
    with pytest.raises(ValueError, match="safe_mode=False"):
        layers.Lambda.from_config(config)


def test_a_tensor_as_the_mask():
    layer = layers.Lambda(ops.square, mask=ops.ones((2, 3), "bool"))
    assert layer.supports_masking and not layers.Lambda(ops.square).supports_masking
    config = json.loads(json.dumps(layer.get_config()))
    again = layers.Lambda.from_config(config, custom_objects={"square": ops.square})
    y = again(np.ones((2, 3, 4)))
    np.testing.assert_array_equal(y._keras_mask, np.ones((2, 3), bool))
