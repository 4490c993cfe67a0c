"""Places: the outermost buffer, overlaps, and those that have none."""

import numpy as np
import pytest

from ckeras.engine.plan.buffers import Buffer
from ckeras.engine.plan.places import Place, apart, nbytes
from ckeras.engine.primitive import Spec


def test_bytes_of_a_value():
    assert nbytes(np.zeros((2, 3), "float32")) == 24
    assert nbytes(np.zeros((2, 0), "float64")) == 0
    assert nbytes(Spec((1 << 40, 1 << 40, 0), "float64")) == 0


def test_a_place_in_a_part_of_a_buffer():
    whole, part = Buffer("variable", "weights", 100), Buffer("scratch", None, 40)
    part.put_into(whole, 20)
    place = Place(part, 8, 16)
    assert place.root() == Place(whole, 28, 16)
    assert place.slot() == ("variable", "weights", 28)
    assert place.overlaps(Place(whole, 0, 29))
    assert not place.overlaps(Place(whole, 0, 28))
    assert not place.overlaps(Place(whole, 44, 56))


def test_scratch_lies_where_the_allocation_has_it():
    buffer = Buffer("scratch", None, 64)
    buffer.offset = 128
    assert Place(buffer, 4, 8).slot() == ("scratch", None, 132)


def test_apart_is_what_comparing_all_pairs_finds():
    rng = np.random.default_rng(0)
    buffers = [Buffer("variable", i, 100) for i in range(2)]
    for _ in range(200):
        places = [
            Place(buffers[rng.integers(2)], int(start), int(size))
            for start, size in rng.integers((0, 1), (60, 30), (6, 2))
        ]
        expected = {
            a
            for i, a in enumerate(places)
            if not any(a.overlaps(b) for j, b in enumerate(places) if i != j)
        }
        assert apart(places) == expected


def test_a_value_that_no_memory_holds():
    with pytest.raises(MemoryError, match=r"\(4294967296, 4294967296\)"):
        nbytes(Spec((1 << 32, 1 << 32), "float32"))
