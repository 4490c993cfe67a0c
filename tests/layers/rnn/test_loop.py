"""Own cells in compiled models: a loop, and unrolled, with the same numbers."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

X = np.random.default_rng(0).normal(size=(8, 12, 4)).astype("float32")
X[:3, 5:9] = 0.0
Y = X.sum((1, 2))


class Simple(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.state_size = units

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], self.state_size), name="w")
        self.u = self.add_weight(shape=(self.state_size,) * 2, name="u")
        self.built = True

    def call(self, x, states):
        h = ops.tanh(x @ self.w + states[0] @ self.u)
        return h, [h]


def losses(cells, masked=False, **options):
    """The losses of three epochs, and the training plan."""
    ckeras.utils.set_random_seed(0)
    inputs = x = layers.Input(X.shape[1:])
    if masked:
        x = layers.Masking(0.0)(x)
    x = layers.RNN([Simple(n) for n in cells], **options)(x)
    if options["return_sequences"]:
        x = ops.max(x, axis=1)
    model = ckeras.Model(inputs, layers.Dense(1)(x))
    model.compile("adam", "mse")
    history = model.fit(X, Y, epochs=3, batch_size=4, verbose=0)
    return history.history["loss"], model.train_plan


@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("cells,masked", [((5, 3), False), ((5,), True)])
def test_loop_and_unrolled_agree(return_sequences, go_backwards, cells, masked):
    options = {
        "masked": masked,
        "return_sequences": return_sequences,
        "go_backwards": go_backwards,
    }
    loop, plan = losses(cells, **options)
    unrolled, longer = losses(cells, unroll=True, **options)
    np.testing.assert_allclose(loop, unrolled, rtol=2e-5)
    assert len(plan.steps) < len(longer.steps)
    assert any(s.plans for s in plan.steps) and not any(s.plans for s in longer.steps)


def test_eagerly_the_same():
    def build():
        ckeras.utils.set_random_seed(1)
        return ckeras.Sequential(
            [layers.Input(X.shape[1:]), layers.RNN(Simple(3)), layers.Dense(1)]
        )

    found = []
    for eagerly in (False, True):
        model = build()
        model.compile("sgd", "mse", run_eagerly=eagerly)
        found.append(model.fit(X, Y, epochs=2, verbose=0).history["loss"])
    np.testing.assert_allclose(*found, rtol=1e-5)


def test_a_plan_of_a_long_sequence_is_no_longer():
    sizes = set()
    for timesteps in (10, 500):
        model = ckeras.Sequential(
            [layers.Input((timesteps, 2)), layers.RNN(Simple(3)), layers.Dense(1)]
        )
        model.compile("sgd", "mse")
        model.train_on_batch(np.ones((2, timesteps, 2)), np.ones((2, 1)))
        sizes.add(len(model.train_plan.steps))
    assert len(sizes) == 1


def test_states_of_a_stateful_layer_go_on():
    layer = layers.RNN(Simple(3), stateful=True)
    model = ckeras.Sequential([layers.Input(batch_shape=(8, 12, 4)), layer])
    first, second = (model.predict(X, batch_size=8, verbose=0) for _ in range(2))
    assert np.abs(first - second).max() > 1e-4
    layer.reset_state()
    np.testing.assert_array_equal(model.predict(X, batch_size=8, verbose=0), first)


def test_a_cell_that_changes_its_states_type():
    class Wrong(Simple):
        def call(self, x, states):
            h, _ = super().call(x, states)
            return h, [ops.concatenate([h, h])]

    model = ckeras.Sequential([layers.Input((12, 4)), layers.RNN(Wrong(3))])
    with pytest.raises(TypeError, match="states of a cell must keep"):
        model.predict(X, verbose=0)


def test_losses_of_a_cell_are_not_lost():
    class Penalized(Simple):
        def call(self, x, states):
            h, states = super().call(x, states)
            self.add_loss(ops.sum(h**2))
            return h, states

    def loss(**options):
        ckeras.utils.set_random_seed(0)
        rnn = layers.RNN(Penalized(3), **options)
        model = ckeras.Sequential([layers.Input((12, 4)), rnn, layers.Dense(1)])
        model.compile("sgd", "mse")
        return model.train_on_batch(X, Y)

    with pytest.raises(RuntimeError, match="unroll=True"):
        loss()
    assert loss(unroll=True) > 1.0


def test_seeds_in_a_cell():
    class Noisy(Simple):
        def __init__(self, units):
            super().__init__(units)
            self.dropout = layers.Dropout(0.5, seed=3)

        def call(self, x, states, training=False):
            h, states = super().call(self.dropout(x, training=training), states)
            return h, states

    found = []
    for unroll in (False, True):
        ckeras.utils.set_random_seed(0)
        rnn = layers.RNN(Noisy(3), unroll=unroll)
        model = ckeras.Sequential([layers.Input((12, 4)), rnn, layers.Dense(1)])
        model.compile("sgd", "mse")
        found.append([model.train_on_batch(X, Y) for _ in range(3)])
        assert int(rnn.cell.dropout.seed_generator.state.numpy()[1]) == 36
    np.testing.assert_allclose(*found, rtol=1e-5)


class Wide(Simple):
    """A cell whose output is not its state, nor as large."""

    def call(self, x, states):
        h = x @ self.w + states[0] @ self.u
        return ops.concatenate([10 * h, x], -1), [h]


def weighted(cell):
    cell.build((None, 4))
    cell.set_weights([np.ones((4, 2)), 0.5 * np.eye(2)])
    return cell


MASK = np.array([[1, 1, 0, 0], [1, 0, 1, 1], [0, 0, 1, 0]], bool)
# The first output as Keras 3.15.1 has it on TensorFlow, where x is 1. A masked
# timestep repeats the output before it.
FIRST_OUTPUTS = [[40, 60, 60, 60], [40, 40, 60, 70], [0, 0, 40, 40]]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("return_sequences", [False, True])
def test_a_masked_timestep_repeats_the_output(compiled, unroll, return_sequences):
    cell = weighted(Wide(2))
    layer = layers.RNN(cell, unroll=unroll, return_sequences=return_sequences)
    x = np.ones((3, 4, 4), "float32")
    call = ckeras.function(layer) if compiled else layer
    y = np.asarray(call(x, mask=MASK))[..., 0]
    expected = np.array(FIRST_OUTPUTS)
    np.testing.assert_allclose(y, expected if return_sequences else expected[:, -1])


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("order", [1, -1])
def test_masked_stacks_of_own_and_other_cells(unroll, order):
    cells = [Simple(3), layers.GRUCell(2)][::order]
    layer = layers.RNN(cells, unroll=unroll, return_sequences=True)
    x = np.random.default_rng(1).normal(size=(3, 4, 4)).astype("float32")
    y = np.asarray(ckeras.function(layer)(x, mask=MASK))
    np.testing.assert_allclose(y, layer(x, mask=MASK), atol=1e-6)
    np.testing.assert_array_equal(y[0, 3], y[0, 1])
    np.testing.assert_array_equal(y[2, :2], 0)


# Nobody's last timesteps, or first ones; holes; rows, or a whole batch, of padding.
LENGTHS = np.array([5, 0, 7, 3, 7, 1, 2, 4])[:, None]
MASKS = {
    "right": np.arange(12) < LENGTHS,
    "left": np.arange(12) >= 12 - LENGTHS,
    "inside": np.isin(np.arange(12), (2, 3, 6)) & (LENGTHS > 2),
    "first only": np.broadcast_to(np.arange(12) == 0, (8, 12)).copy(),
    "everywhere": np.zeros((8, 12), bool),
}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("go_backwards", [False, True])
def test_the_loop_ends_with_the_longest_row(
    mask, zeros, return_sequences, go_backwards
):
    cell = Simple(3)
    cell.build((8, 4))

    def run(x, kept, unroll=False):
        layer = layers.RNN(
            cell,
            return_sequences=return_sequences,
            return_state=True,
            go_backwards=go_backwards,
            zero_output_for_mask=zeros,
            unroll=unroll,
        )
        with ckeras.GradientTape() as tape:
            tape.watch(x)
            y, h = layer(x, mask=kept)
            loss = ops.sum(ops.sin(y)) + ops.sum(ops.cos(h + 1))
        return y, h, *tape.gradient(loss, [x, cell.w.value, cell.u.value])

    kept = MASKS[mask]
    expected = ckeras.function(lambda x, k: run(x, k, unroll=True))(X, kept)
    found = ckeras.function(run)(X, kept)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("go_backwards", [False, True])
def test_timesteps_after_the_longest_row_are_not_computed(go_backwards):
    class Looking(Simple):
        def call(self, x, states):
            # An index outside of the table ends a run.
            number = ops.cast(x[0, 0], "int32")
            return super().call(x + ops.take(self.u[0, 0], [0])[number], states)

    layer = layers.RNN(Looking(3), return_sequences=True, go_backwards=go_backwards)
    x = np.zeros((2, 12, 4), "float32")
    x[:, 7:11] = 99  # the timestep that is read first is computed in any case
    mask = np.arange(12) < np.array([[7], [5]])
    y = np.asarray(ckeras.function(layer)(x, mask=mask))
    assert y.shape == (2, 12, 3)
    with pytest.raises(IndexError):
        ckeras.function(layer)(x, mask=np.ones((2, 12), bool))
