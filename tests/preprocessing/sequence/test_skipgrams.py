import random

import numpy as np
import pytest

from ckeras.preprocessing.sequence import make_sampling_table, skipgrams

WORDS = [1, 5, 0, 7, 2, 2, 9]
OPTIONS = [{}, {"categorical": True}, {"sampling_table": make_sampling_table(30, 0.1)}]


@pytest.mark.parametrize("options", OPTIONS)
def test_arrays_are_as_good_as_lists(options):
    found = []
    for words in (WORDS, tuple(WORDS), np.array(WORDS)):
        random.seed(0)
        couples, labels = skipgrams(words, 30, window_size=2, **options)
        found.append((np.array(couples).tolist(), labels))
    assert found[0] == found[1] == found[2]


def test_nothing_to_pair():
    assert skipgrams([], 5) == skipgrams([3], 5) == ([], [])
