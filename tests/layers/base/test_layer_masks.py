import numpy as np
import pytest

import ckeras
from ckeras import layers
from ckeras.layers.base.layer_masks import get_mask, set_mask

TOKENS = np.array([[1, 2, 0], [3, 0, 0]])
MASK = np.array([[True, True, False], [True, False, False]])


def test_embedding_and_masking_make_masks():
    y = layers.Embedding(5, 2, mask_zero=True)(TOKENS)
    np.testing.assert_array_equal(get_mask(y), MASK)
    x = np.ones((2, 3, 2)) * MASK[..., None]
    y = layers.Masking()(x)
    np.testing.assert_array_equal(get_mask(y), MASK)


def test_masks_are_passed_on():
    y = layers.Embedding(5, 2, mask_zero=True)(TOKENS)
    y = layers.Dropout(0.5)(layers.Dense(4)(y))
    np.testing.assert_array_equal(get_mask(y), MASK)
    assert get_mask(layers.LSTM(2)(y)) is None
    sequences = layers.LSTM(2, return_sequences=True)(y)
    np.testing.assert_array_equal(get_mask(sequences), MASK)


def test_a_layer_without_masks_warns():
    y = layers.Embedding(5, 2, mask_zero=True)(TOKENS)
    with pytest.warns(UserWarning, match="does not support masking"):
        assert get_mask(layers.Flatten()(y)) is None


def test_mask_argument():
    class Counting(layers.Layer):
        supports_masking = True

        def call(self, x, mask=None):
            return ckeras.ops.sum(ckeras.ops.cast(mask, "float32"))

    y = layers.Embedding(5, 2, mask_zero=True)(TOKENS)
    layer = Counting()
    assert float(layer(y)) == 3.0
    assert float(layer(y, mask=np.ones((2, 3), bool))) == 6.0


def test_merged_masks():
    a = layers.Embedding(5, 2, mask_zero=True)(TOKENS)
    b = layers.Embedding(5, 2, mask_zero=True)(TOKENS[::-1].copy())
    both = layers.Add()([a, b])
    np.testing.assert_array_equal(get_mask(both), MASK | MASK[::-1])
    joined = layers.Concatenate(axis=1)([a, b])
    expected = np.concatenate([MASK, MASK[::-1]], 1)
    np.testing.assert_array_equal(get_mask(joined), expected)


def test_functional_models_pass_masks():
    inputs = ckeras.Input((3,), dtype="int32")
    embedding = layers.Embedding(5, 2, mask_zero=True)
    lstm = layers.LSTM(4)
    model = ckeras.Model(inputs, lstm(embedding(inputs)))
    expected = lstm(embedding(TOKENS))
    np.testing.assert_allclose(model(TOKENS), expected, rtol=1e-6)
    x = embedding(TOKENS)
    set_mask(x, ckeras.ops.convert_to_tensor(np.ones((2, 3), bool)))
    assert not np.allclose(lstm(x), expected)
