"""Scopes: where things are computed."""

import pytest

import ckeras


def test_device():
    with ckeras.device("cpu:0"), ckeras.device("CPU"):
        assert float(ckeras.ops.sum([1.0, 2.0])) == 3.0
    with pytest.raises(ValueError, match="must be 'cpu' or 'cpu:0'.*gpu:0"):
        with ckeras.device("gpu:0"):
            pass
