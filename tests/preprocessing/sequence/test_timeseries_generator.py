import json

import numpy as np
import pytest

import ckeras
from ckeras.preprocessing.sequence import TimeseriesGenerator

SERIES = np.sin(np.arange(60.0))[:, np.newaxis]


def test_a_model_trains_on_it():
    batches = TimeseriesGenerator(SERIES, SERIES, length=4, batch_size=8)
    model = ckeras.Sequential([ckeras.layers.SimpleRNN(4), ckeras.layers.Dense(1)])
    model.compile(ckeras.optimizers.Adam(0.02), "mse")
    losses = model.fit(batches, epochs=12, verbose=0).history["loss"]
    assert losses[-1] < 0.3 * losses[0]
    assert model.predict(batches, verbose=0).shape == (56, 1)


def test_json():
    made = TimeseriesGenerator([1, 2, 3, 4], np.arange(4), length=2)
    content = json.loads(made.to_json())
    assert content["class_name"] == "TimeseriesGenerator"
    assert json.loads(content["config"]["targets"]) == [0, 1, 2, 3]
    assert content["config"]["start_index"] == 2
    with pytest.raises(TypeError, match="Data not JSON"):
        TimeseriesGenerator([{1}, {2}, {3}], [1, 2, 3], length=1).to_json()


def test_errors():
    with pytest.raises(ValueError, match="Data length is 3 while target length is 2"):
        TimeseriesGenerator([1, 2, 3], [1, 2], length=1)
    with pytest.raises(ValueError, match="no part of the sequence"):
        TimeseriesGenerator([1, 2, 3], [1, 2, 3], length=3)
