import collections
import copy
import pickle

import pytest

import ckeras
from ckeras import layers
from ckeras.layers.base.tracking import no_automatic_dependency_tracking

Pair = collections.namedtuple("Pair", "a b")


def variable():
    return ckeras.Variable(1.0)


def test_containers_are_followed():
    layer = layers.Layer()
    layer.items = [variable()]
    layer.items.append(variable())
    layer.table = {"a": variable()}
    layer.table["b"] = variable()
    layer.table.update(c=variable())
    layer.pair = Pair(variable(), (variable(), None))
    layer.nested = {"x": [{"y": variable()}]}
    layer.ordered = collections.OrderedDict(z=variable())
    layer.seen = {1, 2}
    assert len(layer.weights) == 9
    assert isinstance(layer.pair, Pair)
    assert isinstance(layer.ordered, collections.OrderedDict)


def test_removal():
    layer = layers.Layer()
    a, b, c = variable(), variable(), variable()
    layer.items = [a, b, c]
    layer.items.remove(b)
    assert [w is x for w, x in zip(layer.weights, (a, c), strict=True)] == [True, True]
    layer.items.pop()
    del layer.items[0]
    assert layer.weights == []
    layer.table = {"a": a, "b": b}
    layer.table.pop("a")
    assert layer.weights[0] is b
    layer.table.clear()
    assert layer.weights == []


def test_each_once():
    layer = layers.Layer()
    layer.a = variable()
    layer.b = layer.a
    assert len(layer.weights) == 1


def test_without_tracking():
    class Untracked(layers.Layer):
        @no_automatic_dependency_tracking
        def keep(self, value):
            self.kept = value

    layer = Untracked()
    layer.keep([variable()])
    assert layer.weights == []
    assert type(layer.kept) is list


def test_a_layer_frozen_later_keeps_its_place():
    layer = layers.Layer()
    layer.v = variable()
    layer.trainable = False
    layer.again = layer.v
    assert len(layer.weights) == 1


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_keep_tracking(copied):
    layer = layers.Layer()
    layer.items = [variable()]
    layer.table = {"a": variable()}
    again = copied(layer)
    again.items.append(variable())
    again.table["b"] = variable()
    assert len(again.weights) == 4
    assert len(layer.weights) == 2
    assert again.weights[0] is again.items[0]
