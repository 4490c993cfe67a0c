"""`ckeras.backend` against what Keras 3 says of the same dtypes."""

import numpy as np
import pytest

import ckeras
from ckeras import backend


def test_settings_are_those_of_config():
    assert backend.backend() == ckeras.config.backend()
    backend.set_epsilon(1e-5)
    try:
        assert ckeras.config.epsilon() == 1e-5
    finally:
        backend.set_epsilon(1e-7)


@pytest.mark.parametrize(
    ("dtype", "is_float", "is_int"),
    [
        ("bfloat16", True, False),
        (float, True, False),
        (np.float64, True, False),
        ("uint8", False, True),
        (int, False, True),
        ("bool", False, False),
    ],
)
def test_kinds_of_dtypes(dtype, is_float, is_int):
    assert backend.is_float_dtype(dtype) is is_float
    assert backend.is_int_dtype(dtype) is is_int


def test_unknown_dtype():
    with pytest.raises(ValueError, match="Invalid dtype: float7"):
        backend.is_float_dtype("float7")


def test_keras_tensors_are_told_apart():
    assert backend.is_keras_tensor(ckeras.Input((2,)))
    assert not backend.is_keras_tensor(np.zeros(2))
