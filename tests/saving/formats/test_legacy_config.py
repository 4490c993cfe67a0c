"""Configurations of the older form, as Keras 2 wrote them, and today's in that form."""

import numpy as np
import pytest

from ckeras import Input, Model, layers, models, ops
from ckeras.saving.formats.legacy_config import model_from_legacy


def sequential(**options):
    layer = {"name": "lstm", "units": 2, "batch_input_shape": [None, 5, 3], **options}
    layers = [{"class_name": "LSTM", "config": layer}]
    return {"class_name": "Sequential", "config": {"name": "m", "layers": layers}}


def test_timesteps_first():
    config = model_from_legacy(sequential(time_major=False))
    assert "time_major" not in config["config"]["layers"][0]["config"]
    with pytest.raises(ValueError, match="'lstm' reads sequences with their timesteps"):
        model_from_legacy(sequential(time_major=True))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: layers.TimeDistributed(layers.Dense(2))(layers.Masking()(x)),
        lambda x: layers.GlobalAveragePooling1D()(layers.Masking()(x)),
        lambda x: ops.sum(ops.relu(x) * 2, axis=1),
        # Add is a layer, too.
        lambda x: ops.add(layers.Dense(3)(x), layers.Add()([x, x])),
    ],
)
def test_operations_among_layers(call, tmp_path):
    x = Input((5, 3))
    model = Model(x, call(x))
    model.save(tmp_path / "model.h5")
    again = models.load_model(tmp_path / "model.h5", compile=False)
    data = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")
    data[::2, 3:] = 0
    np.testing.assert_array_equal(again(data), model(data))
