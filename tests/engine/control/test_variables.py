"""Variables that bodies read and assign."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops
from ckeras.engine.tracing.gradient import GradientTape
from ckeras.engine.values.arena import Arena

X = np.arange(1, 7, dtype="float32").reshape(2, 3)


def both(build):
    """The results and variables' values of a function at once, and compiled."""
    results = []
    for wrap in (lambda f: f, ckeras.function):
        call, variables = build()
        found = wrap(call)(ops.convert_to_tensor(X))
        values = [v.numpy() for v in variables]
        results.append((*map(np.asarray, ckeras.tree.flatten(found)), *values))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    return results[1]


def test_a_branch_assigns():
    def build():
        v, w = ckeras.Variable(1.0), ckeras.Variable(5.0)

        def call(x):
            w.assign(w * 2.0)
            y = ops.cond(
                ops.sum(x) > 0, lambda: v.assign(w + x[0, 0]).value, lambda: w.value
            )
            return y, v + w

        return call, (v, w)

    _, total, v, w = both(build)
    assert (total, v, w) == (21.0, 11.0, 10.0)


def test_the_branch_not_taken_assigns_nothing():
    v = ckeras.Variable(1.0)
    f = ckeras.function(
        lambda x: ops.cond(x > 0, lambda: v.assign_add(x).value, lambda: x * 1)
    )
    assert float(f(np.float32(-3))) == -3.0 and float(v) == 1.0
    assert float(f(np.float32(3))) == 4.0 and float(v) == 4.0


def test_a_loop_hands_variables_on():
    def build():
        v, w = ckeras.Variable(1.0), ckeras.Variable(np.ones(3, "float32"))

        def step(c, r):
            v.assign_add(1.0)
            return c * w + v.value, r * v

        def call(x):
            v.assign(v * 3.0)
            return ops.scan(step, ops.zeros(3), x), v + 1.0

        return call, (v, w)

    assert both(build)[3] == 5.0


def test_while_conditions_read_what_bodies_assign():
    def build():
        v = ckeras.Variable(0.0)

        def call(x):
            def body(y):
                v.assign_add(1.0)
                return y * 2.0

            return ops.while_loop(lambda y: v < 4.0, body, x)

        return call, (v,)

    np.testing.assert_array_equal(both(build)[0], X * 16)


def test_conditions_may_not_assign():
    v = ckeras.Variable(0.0, name="counter")
    f = ckeras.function(
        lambda x: ops.while_loop(
            lambda y: v.assign_add(1.0) < y[0], lambda y: y * 1.0, x
        )
    )
    with pytest.raises(ValueError, match="counter"):
        f(X[0])


def test_seeds_are_drawn_in_bodies():
    def build():
        seed = ckeras.random.SeedGenerator(3)

        def draw(r):
            return r + ckeras.random.uniform((3,), seed=seed)

        def call(x):
            a = ops.cond(ops.sum(x) > 0, lambda: draw(x[0]), lambda: x[0])
            return a, ops.map(draw, x), draw(x[1])

        return call, (seed.state,)

    assert both(build)[-1].tolist() == [3, 4]


def test_metrics_in_a_branch():
    def build():
        metric = ckeras.metrics.Mean()

        def call(x):
            ops.cond(ops.sum(x) > 0, lambda: metric.update_state(x), lambda: None)
            return metric.result()

        return call, metric.variables

    assert both(build)[0] == 3.5


def test_arenas_and_their_members():
    def build():
        a, b = ckeras.Variable([1.0, 2.0]), ckeras.Variable([[3.0]])
        arena = Arena([a, b])

        def body(i, total):
            b.assign(b * 2.0)
            arena.assign(arena.value + 1.0)
            a.assign(a * 2.0)
            return total + ops.sum(arena.value) + b[0, 0]

        def call(x):
            total = ops.fori_loop(0, 3, body, 0.0)
            ops.cond(
                ops.sum(x) > 0, lambda: arena.assign(arena.value * 2.0), lambda: None
            )
            return total, arena.value

        return call, (a, b)

    both(build)


def test_training_inside_a_loop():
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    kernels = []
    for wrap in (lambda f: f, ckeras.function):
        dense = layers.Dense(2, kernel_initializer="ones")
        dense.build((None, 3))
        optimizer = ckeras.optimizers.Adam(0.1)
        optimizer.build(dense.trainable_variables)

        def step(i, total, dense=dense, optimizer=optimizer):
            with GradientTape() as tape:
                loss = ops.mean(dense(x) ** 2)
            found = tape.gradient(loss, dense.trainable_variables)
            ops.cond(
                i % 2 == 0,
                lambda: optimizer.apply(found, dense.trainable_variables),
                lambda: None,
            )
            return total + loss

        wrap(lambda step=step: ops.fori_loop(0, 6, step, 0.0))()
        assert int(optimizer.iterations) == 3
        kernels.append(dense.kernel.numpy())
    np.testing.assert_allclose(*kernels, rtol=1e-5)


def test_stateless_scopes_get_what_bodies_assign():
    v = ckeras.Variable(1.0)

    def call(x):
        with ckeras.StatelessScope(state_mapping=[(v, x[0, 0])]) as scope:
            y = ops.cond(
                x[0, 1] > 0, lambda: v.assign_add(x[0, 1]).value, lambda: x[0, 0]
            )
        return y, scope.get_current_value(v)

    for f in (call, ckeras.function(call)):
        assert [float(r) for r in f(ops.convert_to_tensor(X))] == [3.0, 3.0]
    assert float(v) == 1.0


def test_a_trace_that_fails_changes_nothing():
    v = ckeras.Variable(1.0)

    def body(i, c):
        v.assign_add(1.0)
        raise RuntimeError("boom")

    @ckeras.function
    def f(x):
        v.assign(7.0)
        return ops.fori_loop(0, 3, body, x)

    with pytest.raises(RuntimeError, match="boom"):
        f(X)
    assert float(v) == 1.0
    assert ckeras.function(lambda x: x + v)(X).numpy()[0, 0] == 2.0


def test_values_of_a_body_cannot_leave_it():
    kept = []

    @ckeras.function
    def f(x):
        ops.cond(ops.sum(x) > 0, lambda: kept.append(x * 2), lambda: kept.append(x))
        return kept[0] + 1

    with pytest.raises(RuntimeError, match="after its trace has ended"):
        f(X)


class Routed(layers.Layer):
    """One of two dense layers, and a loop that ends when its values are large."""

    def __init__(self):
        super().__init__()
        self.low, self.high = layers.Dense(3), layers.Dense(3)
        self.count = self.add_weight(shape=(), trainable=False, initializer="zeros")

    def build(self, shape):
        self.low.build(shape)
        self.high.build(shape)

    def call(self, x):
        def high():
            self.count.assign_add(1.0)
            return self.high(x)

        x = ops.cond(ops.sum(x) > 0, high, lambda: self.low(x))
        return ops.while_loop(
            lambda v: ops.sum(ops.abs(v)) < 100,
            lambda v: v * 2 + ops.sin(v),
            x,
            maximum_iterations=20,
        )


# Run eagerly, the weights of the branch that is not taken have no gradient; compiled,
# it is zero. To plain gradient descent that is the same.
@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_a_layer_with_control_flow_trains():
    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    found = []
    for eagerly in (False, True):
        ckeras.utils.set_random_seed(0)
        routed = Routed()
        inputs = layers.Input((3,))
        model = ckeras.Model(inputs, layers.Dense(1)(routed(inputs)))
        optimizer = ckeras.optimizers.SGD(1e-4)
        model.compile(optimizer, "mse", run_eagerly=eagerly)
        history = model.fit(x, x[:, 0], batch_size=8, epochs=2, verbose=0)
        found.append([*history.history["loss"], float(routed.count)])
    np.testing.assert_allclose(*found, rtol=1e-5)
    assert 0 < found[0][-1] < 16
