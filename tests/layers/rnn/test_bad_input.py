"""What recurrent layers refuse, and what looks bad but has a right answer.

Where Keras fails somewhere inside of JAX, an error here names the layer, what it
expected and what came; values are compared with Keras in `test_against_keras.py`.
"""

import re

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 5, 3)).astype("float32")
STATES = {layers.LSTM: 2, layers.GRU: 1, layers.SimpleRNN: 1}
KINDS = pytest.mark.parametrize("kind", STATES)
# Shapes of states and of masks that do not fit X and two units.
BAD_STATES = [(4, 3), (3, 2), (1, 2), (2,), (4, 2, 1)]
BAD_MASKS = [(4, 4), (3, 5), (5,), (4, 1), (4,)]
LEFT = np.array([[0, 0, 1, 1, 1], [0, 0, 0, 0, 1], [1] * 5, [0, 1, 1, 1, 1]], bool)


def zeros(*shape):
    return np.zeros(shape, "float32")


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("shape", BAD_STATES)
@KINDS
def test_states_of_another_shape(kind, shape, compiled):
    layer = kind(2)
    layer.build(X.shape)
    states = [ops.convert_to_tensor(zeros(*shape))] * STATES[kind]
    call = ckeras.function(layer) if compiled else layer
    with pytest.raises(ValueError, match=rf"\(4, 2\).*{re.escape(str(shape))}"):
        call(X, initial_state=states)


@pytest.mark.parametrize("count", [0, 3])
@KINDS
def test_another_number_of_states(kind, count):
    with pytest.raises(ValueError, match=f"hold {STATES[kind]} states.*: {count}"):
        kind(2)(X, initial_state=[zeros(4, 2)] * count)


@KINDS
def test_states_as_lists_of_numbers(kind):
    with pytest.raises(ValueError, match=rf"hold {STATES[kind]} states.*: 8, of shape"):
        kind(2)(X, initial_state=[[0.0, 0.0]] * 4)


@KINDS
def test_states_of_another_type_are_cast(kind):
    layer = kind(2)
    expected = layer(X, initial_state=[np.ones((4, 2), "float32")] * STATES[kind])
    for dtype in ("int32", "float64"):
        states = [np.ones((4, 2), dtype)] * STATES[kind]
        np.testing.assert_array_equal(layer(X, initial_state=states), expected)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("shape", BAD_MASKS)
@KINDS
def test_masks_of_another_shape(kind, shape, compiled):
    layer = kind(2)
    layer.build(X.shape)
    call = ckeras.function(layer) if compiled else layer
    with pytest.raises(ValueError, match=r"expected a mask of shape \(4, 5\)"):
        call(X, mask=ops.ones(shape, "bool"))


@pytest.mark.parametrize("dtype", ["bool", "int32", "float32"])
@pytest.mark.parametrize("backwards", [False, True])
@KINDS
def test_padding_on_the_left(kind, backwards, dtype):
    """Keras's kernels for GPUs cannot take it; here any mask goes everywhere."""
    layer = kind(2, go_backwards=backwards, return_state=True)
    padded = np.where(LEFT[..., None], X, np.float32(np.nan))
    found = layer(padded, mask=LEFT.astype(dtype))
    for row, length in enumerate(LEFT.sum(1)):
        alone = layer(X[row : row + 1, 5 - length :])
        for a, b in zip(found, alone, strict=True):
            np.testing.assert_allclose(a[row], b[0], rtol=1e-5, atol=1e-6)


@KINDS
def test_another_batch_size_of_a_stateful_layer(kind):
    layer = kind(2, stateful=True)
    layer(X)
    before = [s.numpy().copy() for s in layer.states]
    with pytest.raises(ValueError, match=r"(?s)stateful.*size: 4\n.*size: 2"):
        layer(X[:2])
    model = ckeras.Sequential([ckeras.Input(batch_shape=(4, 5, 3)), layer])
    model.compile("sgd", "mse")
    for call in (model.predict, model.predict_on_batch):
        with pytest.raises(ValueError, match=r"batch size|shape"):
            call(X[:2])
    with pytest.raises(ValueError, match=r"batch size|shape"):
        model.train_on_batch(X[:2], zeros(2, 2))
    for state, value in zip(layer.states, before, strict=True):
        np.testing.assert_array_equal(state, value)
    layer(X[:, :2])  # another length is no matter


@KINDS
def test_a_stateful_layer_without_a_batch_size(kind):
    with pytest.raises(ValueError, match="batch size must be static"):
        kind(2, stateful=True)(ckeras.Input((5, 3)))


@KINDS
def test_unrolling_an_unknown_number_of_timesteps(kind):
    """Unlike Keras on TensorFlow, there is nothing to refuse: each length is traced."""
    model = ckeras.Sequential([ckeras.Input((None, 3)), kind(2, unroll=True)])
    rolled = kind(2)
    rolled.build(X.shape)
    rolled.set_weights(model.get_weights())
    for length in (1, 3, 5):
        found = model.predict(X[:, :length], verbose=0)
        np.testing.assert_allclose(found, rolled(X[:, :length]), rtol=1e-6)


@pytest.mark.parametrize("unroll", [False, True])
@KINDS
def test_no_timesteps_and_no_rows(kind, unroll):
    layer = kind(2, unroll=unroll, return_sequences=True)
    with pytest.raises(ValueError, match="without timesteps"):
        layer(X[:, :0])
    assert layer(X[:0]).shape == (0, 5, 2)


@KINDS
def test_inputs_of_another_rank_or_width(kind):
    layer = kind(2)
    layer(X)
    for bad, message in (
        (X[0], "expected ndim=3, found ndim=2"),
        (X[None], "expected ndim=3, found ndim=4"),
        (X[..., :2], "axis -1 of input shape to have value 3"),
    ):
        with pytest.raises(ValueError, match=message):
            layer(bad)


@pytest.mark.parametrize("units", [0, -1, 2.5, "2", None, True])
@KINDS
def test_units_that_are_no_positive_integer(kind, units):
    with pytest.raises(ValueError, match="argument `units`"):
        kind(units)


@KINDS
def test_units_of_numpy(kind):
    layer = kind(np.int64(2))
    assert type(layer.units) is int
    assert layer(X).shape == (4, 2)


@pytest.mark.parametrize("name", ["time_major", "unit", "stateless"])
@KINDS
def test_arguments_that_do_not_exist(kind, name):
    with pytest.raises(ValueError, match=f"(?s)Unrecognized keyword.*{name}"):
        kind(2, **{name: True})


class Wrong(layers.Layer):
    """A cell whose states are not those that it was given."""

    def __init__(self, change):
        super().__init__()
        self.state_size = [3, 3]
        self.change = change

    def call(self, x, states):
        return x, self.change(states)


CHANGES = {
    "one less": lambda s: s[:1],
    "wider": lambda s: [s[0], ops.concatenate([s[1], s[1]])],
    "another type": lambda s: [s[0], ops.cast(s[1], "int32")],
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("timesteps", [1, 5])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_cells_that_change_their_states(change, timesteps, compiled):
    layer = layers.RNN(Wrong(change))
    call = ckeras.function(layer) if compiled else layer
    layer.build((4, 5, 3))
    with pytest.raises(TypeError, match="states of a cell must keep"):
        call(X[:, :timesteps])


@pytest.mark.parametrize("cells", [[], layers.StackedRNNCells([])])
def test_no_cells(cells):
    with pytest.raises(ValueError, match="at least one state"):
        layers.RNN(cells)


def test_bidirectional():
    two_way = layers.Bidirectional
    with pytest.raises(ValueError, match="Invalid merge mode"):
        two_way(layers.LSTM(2), merge_mode="avg")
    with pytest.raises(TypeError, match=r"Unrecognized keyword.*go_backwards"):
        two_way(layers.Dense(2))
    with pytest.raises(ValueError, match="go_backwards"):
        two_way(layers.LSTM(2), backward_layer=layers.LSTM(2))
    layer = two_way(layers.LSTM(2, stateful=True))
    layer(X)
    with pytest.raises(ValueError, match="stateful"):
        layer(X[:2])
