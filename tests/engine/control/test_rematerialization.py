"""`remat` and `RematScope`: the same numbers with less kept for the gradient."""

import contextlib

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops
from ckeras.engine.control.rematerialization import get_current_remat_mode

RNG = np.random.default_rng(0)
W = ckeras.Variable(RNG.normal(size=(4, 4)).astype("float32"))
A = RNG.normal(size=(3, 4)).astype("float32")


def plain(x):
    return ops.tanh(ops.matmul(x, W)) * ops.sin(x)


@ops.custom_gradient
def ruled(x):
    return ops.abs(x), lambda upstream: upstream * x * 2.0


def with_rule(x):
    return ruled(plain(x))


def with_loop(x):
    step = lambda c, _: (ruled(ops.tanh(ops.matmul(c, W))), c)  # noqa: E731
    return ops.scan(step, x, length=3)[1]


def with_branch(x):
    return ops.cond(ops.sum(x) > -100, lambda: with_rule(x), lambda: x)


def two_gradients(f):
    """A function's value, its gradient, and the gradient of that one's square."""

    @ckeras.function
    def compiled(x):
        with ckeras.GradientTape() as outer:
            outer.watch(x)
            with ckeras.GradientTape() as tape:
                tape.watch(x)
                y = ops.sum(f(x) ** 2)
            d = tape.gradient(y, [x, W])
            square = sum(ops.sum(g * g) for g in d)
        return y, d, outer.gradient(square, [x, W])

    return compiled


@pytest.mark.parametrize("f", [plain, with_rule, with_loop, with_branch])
@pytest.mark.parametrize("times", [1, 2])
def test_gradients_of_both_orders(f, times):
    lean = f
    for _ in range(times):
        lean = ckeras.remat(lean)
    expected = ckeras.tree.flatten(two_gradients(f)(A))
    for found, value in zip(
        ckeras.tree.flatten(two_gradients(lean)(A)), expected, strict=True
    ):
        np.testing.assert_allclose(found, value, rtol=1e-4, atol=1e-5)


def test_run_at_once():
    f = ckeras.remat(lambda x, scale=1.0, offset=0.0: x * scale + offset)
    np.testing.assert_array_equal(f(A, scale=2.0, offset=1.0), A * 2 + 1)
    x = ckeras.Variable(A)
    with ckeras.GradientTape() as tape:
        y = ops.sum(f(x, scale=3.0))
    np.testing.assert_array_equal(tape.gradient(y, x), np.full_like(A, 3))


def test_structure_none_and_masks_of_results():
    embedding = layers.Embedding(5, 3, mask_zero=True)
    index = np.array([[1, 0], [2, 3]])
    embedding(index)

    @ckeras.function
    def f(i):
        y, rest = ckeras.remat(lambda i: (embedding(i), {"none": None, "one": 1}))(i)
        return y, rest, y._keras_mask

    y, rest, mask = f(index)
    np.testing.assert_array_equal(y, embedding(index))
    assert rest["none"] is None and int(rest["one"]) == 1
    np.testing.assert_array_equal(mask, index != 0)


def blocks(wrap, rate=0.0):
    """A deep network of wide blocks, and its step's scratch memory and losses."""

    class Block(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = [
                layers.Dense(128, activation="gelu"),
                layers.Dropout(rate, seed=3),
                layers.BatchNormalization(),
                layers.Dense(128, activation="gelu"),
            ]
            self.run = wrap(self.apply)

        def apply(self, x, training=None):
            for layer in self.inner:
                x = layer(x)
            return x

        def call(self, x, training=None):
            return self.run(x)

    ckeras.utils.set_random_seed(1)
    x = inputs = layers.Input((32,))
    for _ in range(6):
        x = Block()(x)
    model = ckeras.Model(inputs, layers.Dense(1)(x))
    model.compile("adam", "mse")
    rng = np.random.default_rng(1)
    data = rng.normal(size=(1024, 32)).astype("float32")
    history = model.fit(data, data[:, :1], epochs=2, batch_size=512, verbose=0)
    (plan,) = model.train_function.plans
    return plan.scratch_bytes, history.history["loss"], model.get_weights()


@pytest.mark.parametrize("rate", [0.0, 0.2])
def test_training_keeps_less_and_gives_the_same(rate):
    kept, losses, weights = blocks(lambda f: f, rate)
    lean, lean_losses, lean_weights = blocks(ckeras.remat, rate)
    assert lean < 0.5 * kept
    np.testing.assert_allclose(lean_losses, losses, rtol=1e-6)
    for a, b in zip(lean_weights, weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


SCOPES = {
    "full": {"mode": "full"},
    "activations": {"mode": "activations"},
    "large": {"mode": "larger_than", "output_size_threshold": 1000},
    "small": {"mode": "larger_than", "output_size_threshold": 10**6},
    "listed": {"mode": "list_of_layers", "layer_names": ["second"]},
    "none": {"mode": None},
}
REGIONS = {"full": 3, "activations": 2, "large": 2, "small": 0, "listed": 1, "none": 0}


def trained(scope):
    ckeras.utils.set_random_seed(1)
    with scope:
        first = layers.Dense(64, activation="tanh", name="first")
        second = layers.Dense(64, activation="gelu", name="second")
        last = layers.Dense(1, name="last")
    x = inputs = layers.Input((8,))
    model = ckeras.Model(inputs, last(second(first(x))))
    model.compile("sgd", "mse")
    data = np.random.default_rng(1).normal(size=(64, 8)).astype("float32")
    history = model.fit(data, data[:, :1], epochs=3, batch_size=32, verbose=0)
    (plan,) = model.train_function.plans
    return history.history["loss"], plan


@pytest.mark.parametrize("name", SCOPES)
def test_scope(name):
    losses, _ = trained(contextlib.nullcontext())
    found, plan = trained(ckeras.RematScope(**SCOPES[name]))
    np.testing.assert_allclose(found, losses, rtol=1e-6)
    regions = [step for step in plan.steps if step.plans]
    # The gradient of a layer's region is one, too, where it needs what was inside.
    assert len(regions) >= REGIONS[name]
    assert bool(regions) == bool(REGIONS[name])


def test_scopes_nest():
    assert get_current_remat_mode() is None
    with ckeras.RematScope(), ckeras.RematScope(mode=None):
        assert get_current_remat_mode().mode is None
        with ckeras.RematScope(mode="larger_than"):
            assert get_current_remat_mode().output_size_threshold == 1024
    assert get_current_remat_mode() is None


class Block(layers.Layer):
    """Adds losses in its call, in a layer inside, and by a regularizer."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.Dense(4, activity_regularizer="l2")

    def call(self, x):
        x = self.inner(x)
        self.add_loss([0.1 * ops.mean(x * x), 0.2 * ops.sum(ops.abs(x))])
        return x


@pytest.mark.parametrize("wrap", [lambda f: f, ckeras.remat])
def test_losses_that_are_added_inside_come_out(wrap):
    class Twice(layers.Layer):
        def __init__(self):
            super().__init__()
            self.blocks = [Block(), Block()]
            self.run = wrap(wrap(lambda x: self.blocks[1](wrap(self.blocks[0])(x))))

        def call(self, x):
            return self.run(x)

    def logs(eager):
        ckeras.utils.set_random_seed(1)
        model = ckeras.Sequential([Twice(), layers.Dense(1)])
        model.compile("sgd", "mse", run_eagerly=eager)
        history = model.fit(A, A[:, :1], epochs=3, verbose=0).history
        trainable = [v.value for v in model.trainable_variables]
        others = [v.value for v in model.non_trainable_variables]
        call = ckeras.function(
            lambda x: model.stateless_call(trainable, others, x, return_losses=True)[2]
        )
        return history["loss"], model.evaluate(A, A[:, :1], verbose=0), call(A)

    compiled, eager = logs(False), logs(True)
    assert len(compiled[2]) == 6
    for found, expected in zip(compiled, eager, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_loss_that_is_added_in_a_loop_is_refused():
    block = Block()
    block(A)

    @ckeras.function
    def f(x):
        ops.scan(lambda c, _: (ckeras.remat(block)(c), c), x, length=2)
        return block.losses

    with pytest.raises(RuntimeError, match="inside a loop or a branch"):
        f(A)


def inside(wrap):
    """Functions of x that use `wrap` in bodies of loops and branches."""
    step = wrap(lambda c: ops.tanh(ops.matmul(c, W)))
    pair = wrap(lambda c, x: ops.scan(lambda d, _: (step(d) * x, d), c, length=2)[0])
    return {
        "scan": lambda x: ops.scan(lambda c, _: (step(c), c), x, length=3)[1],
        "fori": lambda x: ops.fori_loop(0, 3, lambda i, c: step(c) + x, x),
        "map": lambda x: ops.map(step, x),
        "branch": lambda x: ops.scan(
            lambda c, _: (ops.cond(ops.sum(c) > 0, lambda: step(c), lambda: -c), c),
            x,
            length=3,
        )[1],
        "loops": lambda x: ops.scan(lambda c, _: (pair(c, x), c), x, length=3)[1],
    }


@pytest.mark.parametrize("name", inside(ckeras.remat))
def test_in_the_body_of_a_loop(name):
    plain, lean = inside(lambda f: f)[name], inside(ckeras.remat)[name]
    expected = ckeras.tree.flatten(two_gradients(plain)(A))
    for found, value in zip(
        ckeras.tree.flatten(two_gradients(lean)(A)), expected, strict=True
    ):
        np.testing.assert_allclose(found, value, rtol=1e-4, atol=1e-5)


class Cell(layers.Layer):
    """An own cell, which does not say what shape it returns."""

    state_size = 4

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(4, activation="tanh")

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x, states):
        h = self.dense(x) + states[0]
        return h, [h]


@pytest.mark.parametrize("mode", ["full", "activations", "larger_than"])
def test_recurrent_layers_in_a_scope(mode):
    def losses(scope):
        ckeras.utils.set_random_seed(1)
        with scope:
            stack = [
                layers.RNN(Cell(), return_sequences=True),
                layers.LSTM(4, return_sequences=True),
                layers.GRU(4, activation="elu"),
            ]
        model = ckeras.Sequential([*stack, layers.Dense(1)])
        model.compile("adam", "mse")
        x = np.random.default_rng(1).normal(size=(8, 5, 4)).astype("float32")
        return model.fit(x, x[:, 0, :1], epochs=2, batch_size=4, verbose=0).history

    scope = ckeras.RematScope(mode, output_size_threshold=1)
    np.testing.assert_allclose(
        losses(scope)["loss"], losses(contextlib.nullcontext())["loss"], rtol=1e-5
    )


def test_refusals():
    with pytest.raises(ValueError, match="Invalid mode 'half'"):
        ckeras.RematScope(mode="half")
    with pytest.raises(TypeError, match="expects a function or a layer"):
        ckeras.remat(3)
