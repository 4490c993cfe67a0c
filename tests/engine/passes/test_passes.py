"""Each pass rewrites what is computed, never the numbers that come out."""

import numpy as np
import pytest

from ckeras import function, ops
from ckeras.engine import passes
from ckeras.engine.passes import pipeline
from ckeras.engine.values.tensor import Tensor
from tests.system.models import trained

NAMES = (
    "common_subexpressions",
    "reversals",
    "layouts",
    "pooled_gradients",
    "tokens",
    "dead_code",
    "crossentropy",
    "dense",
    "convolutions",
    "pooled_convolutions",
    "elementwise",
    "zeros",
)
_trained = {}


def numbers(name, *off):
    """Weights, optimizer state, losses and predictions after training."""
    if (name, off) not in _trained:
        if off == ("none",):
            model, x, _, history = trained(name, epochs=3)
        else:
            with passes.switched_off(*off):
                model, x, _, history = trained(name, epochs=3)
                model.predict(x, verbose=0)
        held = [v.numpy() for v in (*model.weights, *model.optimizer.variables)]
        _trained[name, off] = (
            [*held, history["loss"], model.predict(x, verbose=0)],
            len(model.train_plan.steps),
        )
    return _trained[name, off]


@pytest.mark.parametrize("name", ["mlp", "lstm", "cnn"])
@pytest.mark.parametrize("off", [*[(n,) for n in NAMES], ()], ids=str)
def test_training_gives_the_same_numbers(name, off):
    wanted, _ = numbers(name, "none")
    found, _ = numbers(name, *off)
    assert len(found) == len(wanted) > 10
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("name", ["mlp", "lstm", "cnn"])
@pytest.mark.parametrize("off", ["dense", "elementwise"])
def test_passes_do_something(name, off):
    assert numbers(name, off)[1] > numbers(name, "none")[1]


def test_reversals_cancel_along_the_same_axes_only():
    def back_and_forth(x):
        same = ops.flip(ops.flip(ops.exp(x), axis=1), axis=1)
        return same, ops.flip(ops.flip(ops.cos(x), axis=0), axis=1)

    x = np.random.default_rng(0).normal(size=(3, 4))
    f = function(back_and_forth)
    same, turned = f(x)
    np.testing.assert_allclose(same, np.exp(x))
    np.testing.assert_allclose(turned, np.cos(x)[::-1, ::-1])
    assert str(f.plan).count("movement.copy") == 2


def test_common_subexpressions_and_dead_code_shorten_the_plan():
    def twice(x):
        ops.cos(ops.matmul(x, x))  # for nothing
        return ops.matmul(x, x), ops.matmul(x, x) + 1.0

    x = np.random.default_rng(0).normal(size=(3, 3))
    lengths = {}
    for off in ("common_subexpressions", "dead_code", None):
        compiled = function(lambda x: twice(x))
        if off is None:
            found = compiled(x)
        else:
            with passes.switched_off(off):
                found = compiled(x)
        np.testing.assert_allclose(found[0], x @ x)
        np.testing.assert_allclose(found[1], x @ x + 1)
        lengths[off] = len(compiled.plan.steps)
    assert lengths[None] < lengths["common_subexpressions"]
    assert lengths[None] < lengths["dead_code"]


def test_plans_share_zeros():
    def constant(value):
        compiled = function(lambda x: x + ops.full(x.shape, value))
        compiled(np.ones((16, 32), "float32"))
        (step,) = compiled.plan.steps
        return step.node.inputs[1]

    assert constant(0.0) is constant(0.0)
    assert not constant(0.0).numpy().flags.writeable
    negative = constant(-0.0)
    assert np.signbit(negative.numpy()).all() and negative is not constant(-0.0)


def test_switches_are_put_back():
    with passes.switched_off("dense"):
        with passes.switched_off():
            assert pipeline._off == set(NAMES)
        assert pipeline._off == {"dense"}
    assert pipeline._off == set()


def test_unknown_names():
    with (
        pytest.raises(ValueError, match="Unknown passes"),
        passes.switched_off("inlining"),
    ):
        pass


def test_a_product_without_terms_is_the_bias():
    """Three axes and no features: there are rows to write all the same."""

    @function
    def f(x, w, b):
        return ops.relu(ops.matmul(x, w) + b)

    bias = np.arange(4, dtype="float32")
    found = f(np.zeros((3, 5, 0), "float32"), np.zeros((0, 4), "float32"), bias)
    assert [s.step.kernel for s in f.plan.steps if s.step] == ["gemm.dense"]
    np.testing.assert_array_equal(found, np.broadcast_to(bias, (3, 5, 4)))


@pytest.mark.parametrize("shift", [0.0, -0.0, 1.0, float("nan")])
@pytest.mark.parametrize("rows", [3, 5])
def test_what_is_remembered_of_elementwise_nodes(rows, shift):
    """Graphs of the same outline but for a size or a number."""
    x = np.linspace(-1, 1, rows * 4, dtype="float32").reshape(rows, 4)

    def f(x):
        y = ops.sum(x, axis=0)
        z = ops.exp(y) * y
        return z, z + shift, 1 / (ops.zeros((4,)) * z + shift)

    compiled = function(f)
    for found, wanted in zip(compiled(x), f(Tensor(x)), strict=True):
        np.testing.assert_array_equal(found, wanted)
        np.testing.assert_array_equal(np.signbit(found), np.signbit(wanted))
