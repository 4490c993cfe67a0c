"""Names, policies and seeds after `clear_session`."""

import gc
import random
import weakref

import numpy as np

import ckeras


def test_names_begin_anew():
    ckeras.utils.clear_session()
    assert [ckeras.layers.Dense(1).name for _ in range(2)] == ["dense", "dense_1"]
    ckeras.utils.clear_session(free_memory=False)
    assert ckeras.layers.Dense(1).name == "dense"


def test_numbers_and_names_share_a_count():
    ckeras.backend.clear_session()
    assert [ckeras.backend.get_uid("dense") for _ in range(2)] == [1, 2]
    assert ckeras.layers.Dense(1).name == "dense_2"


def test_the_default_policy_follows_floatx_again():
    ckeras.config.set_dtype_policy("float64")
    ckeras.utils.clear_session()
    assert ckeras.config.dtype_policy().name == "float32"


def test_garbage_is_collected():
    class Node:
        pass

    node = Node()
    node.self = node
    alive = weakref.ref(node)
    gc.disable()
    try:
        del node
        ckeras.utils.clear_session(free_memory=True)
    finally:
        gc.enable()
    assert alive() is None


def test_draws_after_it_follow_from_the_seed():
    def draws():
        ckeras.utils.set_random_seed(3)
        ckeras.utils.clear_session()
        return ckeras.random.normal((4,)).numpy()

    state = random.getstate()
    first = draws()
    assert np.array_equal(first, draws())
    random.setstate(state)
