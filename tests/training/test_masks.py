"""Losses and metrics of masked sequences against Keras: `tests/reference/masks`."""

import json
import pathlib
import warnings

import numpy as np
import pytest

import ckeras
from tests.reference.masks.cases import CASES, outputs

HERE = pathlib.Path(__file__).parents[1] / "reference" / "masks"
STORED = json.loads((HERE / "outputs.json").read_text())


def test_every_case_is_stored():
    assert set(CASES) == set(STORED) - {"versions"}


@pytest.mark.parametrize("name", CASES)
def test_same_as_keras(name):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*does not support mask.*")
        found = outputs(ckeras, name)
    for weights, expected in STORED[name].items():
        assert set(found[weights]["history"]) == set(expected["history"])
        for key, values in expected["history"].items():
            np.testing.assert_allclose(
                found[weights]["history"][key], values, rtol=2e-5, err_msg=key
            )
        for key in ("evaluate", "predictions"):
            np.testing.assert_allclose(
                found[weights][key], expected[key], rtol=2e-5, atol=1e-6
            )
