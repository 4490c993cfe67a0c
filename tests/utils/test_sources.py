"""Where placeholders come from."""

import numpy as np
import pytest

import ckeras
from ckeras import ops, utils


def test_sources_of_a_placeholder():
    a, b = ckeras.Input((2,), name="a"), ckeras.Input((2,), name="b")
    y = ckeras.layers.Dense(3)(ops.square(a + b * 2) + a)
    assert [id(x) for x in utils.get_source_inputs(y)] == [id(a), id(b)]
    assert utils.get_source_inputs(a)[0] is a


def test_placeholders_without_a_layer():
    x, y = ckeras.KerasTensor((2,)), ckeras.KerasTensor((2,))
    found = utils.get_source_inputs(ops.exp(x + y) + x)
    assert [id(t) for t in found] == [id(x), id(y)]


def test_what_is_no_placeholder():
    with pytest.raises(ValueError, match="expects a KerasTensor"):
        utils.get_source_inputs(np.ones(2))
