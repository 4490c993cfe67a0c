"""Every op and random function that Keras has, under its names, with its signature."""

import inspect
import pathlib

import pytest

import ckeras

STORED = (
    pathlib.Path(__file__).parent.parent / "reference" / "ops" / "op_signatures.tsv"
)


def stored_signatures():
    lines = STORED.read_text().splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def find(symbol):
    value = ckeras
    for part in symbol.split(".")[1:]:
        value = getattr(value, part)
    return value


@pytest.mark.parametrize("symbol,signature", stored_signatures())
def test_signature(symbol, signature):
    assert str(inspect.signature(find(symbol))) == signature
