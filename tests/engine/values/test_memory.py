"""Blocks of memory that runs use in turn."""

import threading

import numpy as np

import ckeras
from ckeras import ops
from ckeras.engine.values.memory import ALIGNMENT, Blocks


def test_a_block_is_used_again():
    blocks = Blocks()
    first = blocks.take(1000)
    assert first.memory.ctypes.data % ALIGNMENT == 0
    first.give_back()
    assert blocks.take(900) is first


def test_nobody_gets_a_block_that_somebody_has():
    blocks = Blocks()
    first, second = blocks.take(100), blocks.take(100)
    assert second is not first
    assert not first.take()
    first.give_back()
    assert first.take()


def test_a_larger_block_takes_the_place_of_free_ones():
    blocks = Blocks()
    small, other = blocks.take(1000), blocks.take(1000)
    small.give_back()
    large = blocks.take(len(small.memory) + 1)
    assert len(large.memory) >= 1.5 * len(small.memory)
    assert small.retired and not small.take()
    assert not other.retired
    large.give_back()
    assert blocks.take(len(large.memory)) is large


def test_blocks_leave_room_for_larger_plans():
    blocks = Blocks()
    block = blocks.take(1000)
    block.give_back()
    assert blocks.take(4000) is block
    assert len(Blocks().take(1 << 30).memory) == (1 << 30) + (256 << 20)


def total(x):
    return ops.sum(ops.matmul(x, ops.transpose(x)) ** 2)


def test_plans_of_many_shapes_share_their_scratch_memory():
    function = ckeras.function(total)
    rng = np.random.default_rng(0)
    data = [rng.normal(size=(n, 5)).astype("float32") for n in range(10, 60, 3)]
    for _ in range(2):
        for x in data:
            expected = ((x @ x.T) ** 2).sum()
            np.testing.assert_allclose(float(function(x)), expected, rtol=1e-5)
    largest = max(plan.scratch_bytes for plan in function.plans)
    held = [len(b.memory) for b in function._blocks._blocks]
    assert len(held) == 1 and held[0] <= 4 * largest


def test_threads_with_different_shapes_at_once():
    function = ckeras.function(total)
    rng = np.random.default_rng(0)
    data = [rng.normal(size=(n, 70)).astype("float32") for n in range(100, 108)]
    expected = [float(function(x)) for x in data]
    wrong = []

    def work(i):
        for k in range(40):
            n = (i + k) % len(data)
            if float(function(data[n])) != expected[n]:
                wrong.append((i, n))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
