"""Walks through structures in C: the kinds that they keep, and where they end."""

import collections

import pytest

from ckeras.engine.nesting import flatten, mapped, pack, rebuild

Point = collections.namedtuple("Point", "x y")


class Row(list):
    _fields = ("x", "y")


@pytest.mark.parametrize(
    "structure",
    [
        [1, 2],
        (1, 2),
        Point(1, 2),
        Row([1, 2]),
        {"b": 1, "a": 2},
        collections.OrderedDict(b=1, a=2),
        collections.defaultdict(list, b=1, a=2),
    ],
)
def test_a_structure_keeps_its_kind(structure):
    made = mapped(lambda x: -x, (structure,), True)
    assert type(made) is type(structure)
    assert flatten(made) == [-x for x in flatten(structure)]
    assert pack(structure, iter(flatten(structure))) == structure
    if isinstance(structure, dict):
        assert list(made) == list(structure)
        ordered = isinstance(structure, collections.OrderedDict)
        assert flatten(structure) == ([1, 2] if ordered else [2, 1])
        assert rebuild(structure, flatten(structure)) == structure


def test_keys_that_cannot_be_sorted_keep_their_order():
    assert flatten({"b": 1, 3: 2, "a": 4}) == [1, 2, 4]


def test_none():
    assert flatten(None) == [None]
    assert mapped(lambda x: 0, ([None, 1],), False) == [None, 0]
    assert mapped(lambda x: 0, ([None, 1],), True) == [0, 0]


def test_nine_hundred_levels():
    deep = 1
    for _ in range(900):
        deep = [deep]
    assert flatten(deep) == [1]
    assert pack(deep, iter([2])) == mapped(lambda x: 2, (deep,), True)


@pytest.mark.parametrize(
    "walk",
    [flatten, lambda s: mapped(abs, (s,), True), lambda s: pack(s, iter([]))],
    ids=["flatten", "mapped", "pack"],
)
def test_a_structure_that_contains_itself(walk):
    endless = []
    endless.append({"inner": endless})
    with pytest.raises(RecursionError, match="1000 levels"):
        walk(endless)
