"""The public list of ops as a whole."""

import doctest
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import ckeras.ops
from ckeras import ops
from ckeras.ops.registry import public_ops

MODULES = sorted(
    m.name
    for m in pkgutil.walk_packages(ckeras.ops.__path__, "ckeras.ops.")
    if ".primitives" not in m.name
)


def test_names_are_unique_and_present():
    assert len(set(ops.__all__)) == len(ops.__all__)
    own = [n for n, f in public_ops.items() if f.__module__.startswith("ckeras.ops")]
    assert set(own) <= {*ops.__all__, *ops.image.__all__}
    for name in ops.__all__:
        assert callable(getattr(ops, name)), name


@pytest.mark.parametrize("name", sorted(ops.__all__))
def test_docstring(name):
    text = inspect.getdoc(getattr(ops, name))
    assert text and text.splitlines()[0].endswith((".", ":", ";")), text


@pytest.mark.parametrize("module", MODULES)
def test_examples(module):
    result = doctest.testmod(importlib.import_module(module))
    assert not result.failed


def test_pack():
    x = np.arange(6, dtype="float32").reshape(2, 3)
    y = np.arange(2, dtype="float32")
    expected = np.concatenate([x.ravel(), y])
    np.testing.assert_array_equal(ops.pack([x, y]).numpy(), expected)


def test_sparsemax_is_a_distribution():
    x = np.random.default_rng(0).normal(size=(5, 7), scale=2.0)
    y = ops.sparsemax(x).numpy()
    np.testing.assert_allclose(y.sum(-1), 1.0)
    assert (y >= 0).all() and (y == 0).any()
    np.testing.assert_allclose(ops.sparsemax(x.T, axis=0).numpy(), y.T)


def test_stop_gradient_and_custom_gradient():
    from ckeras.engine.tracing.gradient import GradientTape

    @ops.custom_gradient
    def doubled_slope(x):
        return ops.square(x), lambda upstream: upstream * 100.0

    x = ops.convert_to_tensor(3.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = doubled_slope(x) + ops.stop_gradient(x) * x
    assert float(y) == 18.0
    assert float(tape.gradient(y, x)) == 103.0
