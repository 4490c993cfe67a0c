"""Texts and sequences against Keras, whose outputs are stored by
`tests/reference/recurrent/preprocessing/make.py`."""

import json
import pathlib

import pytest

from ckeras.preprocessing import sequence, text
from tests.reference.recurrent.preprocessing.cases import outputs

HERE = pathlib.Path(__file__).parents[1] / "reference" / "recurrent" / "preprocessing"
STORED = json.loads((HERE / "outputs.json").read_text())
FOUND = outputs(text, sequence)


def test_every_case_is_stored():
    assert set(FOUND) == set(STORED) - {"version"}


@pytest.mark.parametrize("name", FOUND)
def test_same_as_keras(name):
    assert FOUND[name] == STORED[name]
