import numpy as np
import pytest

from ckeras.training.data import cast_array


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("float64", "float32"),
        ("float16", "float32"),
        ("int64", "int32"),
        ("uint8", "uint8"),
        ("bool", "bool"),
        (">f4", "float32"),
        (">i2", "int16"),
    ],
)
def test_types_without_a_declared_one(given, expected):
    array = cast_array(np.ones(3, dtype=given))
    assert array.dtype == expected
    assert array.dtype.isnative


def test_large_integers_stay_64_bit():
    array = cast_array(np.array([1, 2**40]))
    assert array.dtype == np.int64
    assert array[1] == 2**40


def test_no_copy_where_none_is_needed():
    array = np.ones((3, 2), "float32")
    assert cast_array(array) is array
    assert cast_array(array, "float32") is array


def test_declared_type_and_memory_order():
    array = cast_array(np.arange(6).reshape(2, 3).T, "float32")
    assert array.dtype == np.float32
    assert array.flags.c_contiguous
    np.testing.assert_array_equal(array, [[0, 3], [1, 4], [2, 5]])


def test_unaligned_arrays_are_copied():
    given = np.zeros(17, "uint8")[1:].view("float32")
    array = cast_array(given)
    assert array.flags.aligned and not np.shares_memory(array, given)
