"""Paths of leaves, which go by index in named tuples too."""

import collections

from ckeras import tree


def test_paths_of_named_tuples_are_indices():
    pair = collections.namedtuple("Pair", "b a")
    nested = pair(1, {"z": 2, "y": [3]})
    expected = [((0,), 1), ((1, "y", 0), 3), ((1, "z"), 2)]
    assert tree.flatten_with_path(nested) == expected
    tree.assert_same_paths(pair(1, 2), (3, 4))
