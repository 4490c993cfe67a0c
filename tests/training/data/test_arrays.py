import numpy as np
import pandas
import pytest
from scipy import sparse as scipy_sparse

from ckeras.engine.values.convert import convert_to_tensor
from ckeras.training.data import get_data
from ckeras.training.data.arrays import ArrayData
from tests.training.helpers import linear


def test_structures_and_kinds_of_arrays():
    x = {"a": np.ones((5, 2)), "b": [np.arange(5), convert_to_tensor(np.zeros((5, 1)))]}
    data = get_data(x, [[1], [2], [3], [4], [5]], batch_size=2)
    assert data.is_arrays
    assert (data.num_samples, data.num_batches) == (5, 3)
    got, y = data.first_batch()
    assert got["a"].shape == (2, 2)
    assert got["b"][1].shape == (2, 1)
    np.testing.assert_array_equal(y, [[1], [2]])


def test_list_of_numbers_is_one_array_and_list_of_arrays_is_several():
    data = get_data([[1.0, 2.0], [3.0, 4.0]])
    assert data.first_batch().shape == (2, 2)
    data = get_data([np.ones((2, 3)), np.zeros((2, 1))])
    assert isinstance(data.data, tuple)
    assert [a.shape for a in data.data[0]] == [(2, 3), (2, 1)]


def test_pandas_frame_and_series():
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    x, y = get_data(frame, pandas.Series([1, 2])).data
    np.testing.assert_array_equal(x, [[1.0, 3.0], [2.0, 4.0]])
    assert y.shape == (2, 1)


def test_shuffle_keeps_rows_together_and_differs_between_epochs():
    np.random.seed(3)
    data = get_data(np.arange(100), shuffle=True)
    first, second = data.epoch_order(), data.epoch_order()
    assert first.dtype == np.int64
    np.testing.assert_array_equal(np.sort(first), np.arange(100))
    assert (first != second).any()


def test_shuffle_of_whole_batches():
    np.random.seed(0)
    data = get_data(np.arange(11), batch_size=3, shuffle="batch")
    order = data.epoch_order()
    np.testing.assert_array_equal(np.sort(order), np.arange(11))
    np.testing.assert_array_equal(order[9:], [9, 10])
    starts = order[:9].reshape(3, 3)
    np.testing.assert_array_equal(starts - starts[:, :1], [[0, 1, 2]] * 3)


def test_batch_size_follows_from_steps():
    assert get_data(np.ones(10), steps=3).batch_size == 4
    assert get_data(np.ones(100)).batch_size == 32


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, True, "8"])
def test_batch_size_must_be_positive(batch_size):
    with pytest.raises(ValueError, match=r"`batch_size`.*Received: batch_size="):
        get_data(np.ones(4), batch_size=batch_size)


def test_different_lengths():
    with pytest.raises(ValueError, match=r"'x' sizes: 4; 'y' sizes: 3"):
        get_data(np.ones((4, 2)), np.ones(3))


def test_empty_array():
    with pytest.raises(ValueError, match=r"empty array: x.shape=\(0, 3\)"):
        get_data(np.ones((0, 3)))


def test_nothing():
    with pytest.raises(ValueError, match=r"Argument `x` must be given"):
        get_data(None)
    with pytest.raises(ValueError, match=r"Argument `x` holds no array"):
        ArrayData({"a": None})


@pytest.mark.parametrize(
    "x",
    [
        np.array(["a", "b"]),
        np.array([1, "b"], dtype=object),
        np.array([1j, 2j]),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        [["a"], ["b"]],
    ],
)
def test_dtypes_that_cannot_be_used(x):
    with pytest.raises(ValueError, match=r"Argument `x` has a dtype .* dtype="):
        get_data(x)


def test_ragged_list():
    with pytest.raises(ValueError, match=r"`x` can't be made into an array"):
        get_data([[1, 2], [3]])


def test_scalar():
    with pytest.raises(ValueError, match=r"`x` must have at least one axis"):
        get_data(np.float32(3))


def test_unknown_kind_of_data():
    with pytest.raises(ValueError, match="Unrecognized data type"):
        get_data(object())


def test_sparse_rows_become_dense_batch_by_batch():
    np.random.seed(2)
    dense = np.arange(20.0).reshape(10, 2) * (np.arange(10) % 2)[:, np.newaxis]
    for kind in (scipy_sparse.csr_matrix, scipy_sparse.coo_matrix):
        data = get_data([kind(dense), dense[:, :1]], dense, batch_size=4)
        assert not data.is_arrays
        batches = list(data.batches())
        assert [type(x) for x, _ in batches[0][:1]] == [np.ndarray]
        np.testing.assert_array_equal(np.concatenate([b[0][0] for b in batches]), dense)
    shuffled = get_data(kind(dense), dense, batch_size=4, shuffle=True)
    x, y = (np.concatenate(part) for part in zip(*shuffled.batches(), strict=True))
    np.testing.assert_array_equal(x, y)
    assert (x != dense).any()


def test_training_on_sparse_rows_is_training_on_dense_ones():
    x = np.eye(8, 3, dtype="float32") * np.arange(1, 9, dtype="float32")[:, np.newaxis]
    y = x.sum(axis=1, keepdims=True)
    weights = []
    for given in (x, scipy_sparse.csr_matrix(x)):
        model = linear(3)
        model.set_weights([np.ones((3, 1)), np.zeros(1)])
        model.fit(given, y, 4, epochs=2, shuffle=False, verbose=0)
        model.fit(given, y, validation_split=0.25, shuffle=False, verbose=0)
        model.train_on_batch(given, y)
        weights.append([*model.get_weights(), model.predict(given, verbose=0)])
    for a, b in zip(*weights, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("x", ["text", b"bytes", {"a": "text"}])
def test_text_is_no_data(x):
    with pytest.raises(ValueError, match="Unrecognized data type"):
        get_data(x, np.ones(3))
