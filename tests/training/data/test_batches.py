import numpy as np
import pytest

from ckeras.training.data import get_data
from ckeras.utils.py_dataset import PyDataset


class Numbers(PyDataset):
    def __init__(self, count=5, **kwargs):
        super().__init__(**kwargs)
        self.count = count
        self.epochs = [0, 0]

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return np.full((2, 1), index), np.full(2, index % 2)

    def on_epoch_begin(self):
        self.epochs[0] += 1

    def on_epoch_end(self):
        self.epochs[1] += 1


def firsts(data):
    return [int(batch[0][0, 0]) for batch in data.batches()]


def test_dataset_in_order_again_and_again():
    data = get_data(Numbers())
    assert not data.is_arrays
    assert data.num_batches == 5
    assert firsts(data) == firsts(data) == [0, 1, 2, 3, 4]


def test_dataset_shuffled():
    np.random.seed(1)
    data = get_data(Numbers(50), shuffle=True)
    one, two = firsts(data), firsts(data)
    assert sorted(one) == sorted(two) == list(range(50))
    assert one != two


@pytest.mark.parametrize("processes", [False, True])
def test_dataset_with_workers_keeps_the_order(processes):
    source = Numbers(20, workers=2, use_multiprocessing=processes, max_queue_size=3)
    assert firsts(get_data(source)) == list(range(20))


def test_worker_error_reaches_the_caller():
    class Broken(Numbers):
        def __getitem__(self, index):
            if index == 3:
                raise RuntimeError("broken batch")
            return super().__getitem__(index)

    with pytest.raises(RuntimeError, match="broken batch"):
        firsts(get_data(Broken(workers=2)))


def test_class_weights_of_batches():
    data = get_data(Numbers(), class_weight={1: 5.0})
    _, _, weights = list(data.batches())[1]
    np.testing.assert_array_equal(weights, [5.0, 5.0])


def test_generator_is_read_once_and_peeking_loses_nothing():
    data = get_data((np.full((1, 1), i), np.ones(1)) for i in range(3))
    assert data.num_batches is None
    assert data.first_batch()[0][0, 0] == 0
    assert firsts(data) == [0, 1, 2]
    assert firsts(data) == []


def test_any_iterable_of_batches():
    class Loader:
        def __iter__(self):
            yield [np.ones((2, 1)), np.ones(2)]
            yield [np.ones((1, 1)), np.ones(1)]

        def __len__(self):
            return 2

    data = get_data(Loader())
    assert data.num_batches == 2
    assert [len(batch[1]) for batch in data.batches()] == [2, 1]


def test_targets_belong_into_the_iterable():
    with pytest.raises(ValueError, match="`y` should not be passed"):
        get_data(Numbers(), np.ones(3))
    with pytest.raises(ValueError, match="`sample_weight` should not be passed"):
        get_data(Numbers(), sample_weight=np.ones(3))
    with pytest.raises(ValueError, match="not supported for Python generator"):
        get_data(iter([]), class_weight={0: 1.0})


def test_rows_of_a_batch_must_agree():
    data = get_data((np.ones((2, 1)), np.ones(3)) for _ in range(1))
    with pytest.raises(ValueError, match=r"Received sizes: \[2, 3\]"):
        list(data.batches())


def test_batches_without_samples():
    empty = np.ones((0, 1), "float32")
    with pytest.raises(ValueError, match=r"at least one sample.* x.shape=\(0, 1\)"):
        list(get_data(iter([(empty, empty)])).batches())
    # Without targets there is nothing to learn, and no mean over no sample.
    (batch,) = get_data(iter([(empty,)])).batches()
    assert batch[0].shape == (0, 1)


def test_empty_iterable():
    with pytest.raises(ValueError, match="at least one batch"):
        get_data(iter([])).first_batch()


def test_a_dataset_that_does_not_say_how_long_it_is():
    class Endless(PyDataset):
        def __getitem__(self, index):
            return index

    assert [x for x, _ in zip(Endless(), range(3), strict=False)] == [0, 1, 2]
