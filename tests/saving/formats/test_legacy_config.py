"""Configurations as Keras 2 wrote them."""

import pytest

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
