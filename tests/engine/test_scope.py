"""Scopes: where things are computed."""

import pytest

import ckeras


def test_device():
    with ckeras.device("cpu:0"), ckeras.device("CPU"):
        assert float(ckeras.ops.sum([1.0, 2.0])) == 3.0
    with pytest.raises(ValueError, match=r"must be 'cpu' or 'cpu:0'.*gpu:0"):
        ckeras.device("gpu:0").__enter__()


def test_a_layer_stays_in_the_scope_where_it_was_first_opened():
    class Growing(ckeras.layers.Layer):
        def call(self, x):
            return x

        def grow(self):
            self._tracker.unlock()
            self.added = self.add_weight(shape=(), name="added")

    inner = Growing(name="inner")
    inputs = ckeras.Input((2,))

    class Outer(ckeras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = inner

        def call(self, x):
            return self.inner(x)

    Outer(name="outer")(inputs)
    inner.grow()
    assert inner.added.path == "outer/inner/added"
