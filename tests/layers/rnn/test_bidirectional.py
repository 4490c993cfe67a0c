import numpy as np
import pytest

import ckeras
from ckeras import layers, ops
from ckeras.engine import passes

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 5, 3)).astype("float32")
MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1] * 5, [1, 0, 0, 0, 0]], bool)


def both(kind=layers.GRU, mode="concat", **options):
    layer = layers.Bidirectional(kind(2, **options), merge_mode=mode)
    layer(X)
    return layer


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("mask", [None, MASK])
def test_what_it_is_made_of(mask, sequences):
    layer = both(return_sequences=sequences)
    options = {"return_sequences": sequences, "zero_output_for_mask": sequences}
    one, other = layers.GRU(2, **options), layers.GRU(2, go_backwards=True, **options)
    for inner, weights in zip((one, other), np.split(np.arange(6), 2), strict=True):
        inner.build(X.shape)
        inner.set_weights([layer.get_weights()[i] for i in weights])
    y, y_back = one(X, mask=mask).numpy(), other(X, mask=mask).numpy()
    if sequences:
        y_back = y_back[:, ::-1]
    expected = np.concatenate([y, y_back], -1)
    np.testing.assert_allclose(layer(X, mask=mask), expected, rtol=1e-6)


def test_merge_modes():
    layer = both(return_sequences=True)
    found = {}
    for mode in ("sum", "mul", "ave", "concat", None):
        layer.merge_mode = mode
        found[mode] = layer(X)
        shapes = layer.compute_output_shape((None, 5, 3))
        if mode is None:
            assert shapes == [(None, 5, 2)] * 2
        else:
            assert shapes == (None, *found[mode].shape[1:])
    one, other = [y.numpy() for y in found[None]]
    np.testing.assert_allclose(found["sum"], one + other)
    np.testing.assert_allclose(found["mul"], one * other)
    np.testing.assert_allclose(found["ave"], (one + other) / 2)
    np.testing.assert_allclose(found["concat"], np.concatenate([one, other], -1))


def test_states_are_halved():
    layer = layers.Bidirectional(layers.LSTM(2, return_state=True))
    states = [RNG.normal(size=(4, 2)).astype("float32") for _ in range(4)]
    y, *last = layer(X, initial_state=states)
    assert len(last) == 4
    one = layer.forward_layer(X, initial_state=states[:2])
    other = layer.backward_layer(X, initial_state=states[2:])
    for a, b in zip(last, (*one[1:], *other[1:]), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(y, np.concatenate([one[0], other[0]], -1))


@pytest.mark.parametrize("mode", ["concat", None])
@pytest.mark.parametrize("state", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
def test_masks_go_on(sequences, state, mode):
    layer = both(return_sequences=sequences, return_state=state, mode=mode)
    x = layers.Masking()(ops.convert_to_tensor(np.where(MASK[..., None], X, 0)))
    outputs = ckeras.tree.flatten(layer(x))
    count = 2 if mode is None else 1
    for i, y in enumerate(outputs):
        mask = getattr(y, "_keras_mask", None)
        if sequences and i < count:
            np.testing.assert_array_equal(mask, MASK)
        else:
            assert mask is None


def test_stateful():
    layer = layers.Bidirectional(layers.GRU(2, stateful=True))
    first, second = layer(X), layer(X)
    assert not np.allclose(first, second)
    assert len(layer.states) == 2
    layer.reset_state()
    np.testing.assert_array_equal(layer(X), first)
    with pytest.raises(AttributeError, match="must be stateful"):
        both().reset_state()


class Sum(layers.Layer):
    """A cell whose state is the sum of the inputs; not registered anywhere."""

    state_size = 3

    def call(self, inputs, states):
        total = states[0] + inputs
        return total, [total]


def test_cells_of_ones_own():
    y = layers.Bidirectional(layers.RNN(Sum(), return_sequences=True))(X)
    back = X[:, ::-1].cumsum(1)[:, ::-1]
    expected = np.concatenate([X.cumsum(1), back], -1)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


def test_own_backward_layer():
    back = layers.LSTM(3, go_backwards=True)
    layer = layers.Bidirectional(layers.GRU(2), backward_layer=back)
    assert layer.backward_layer is back
    assert layer(X).shape == (4, 5)
    assert layer.compute_output_shape((None, 5, 3)) == (None, 5)
    assert len(layer.weights) == 6


def test_first_weights():
    source = both()
    copy = layers.Bidirectional(layers.GRU(2), weights=source.get_weights())
    np.testing.assert_array_equal(copy(X), source(X))


def test_config_and_names():
    layer = both(return_sequences=True)
    assert layer.forward_layer.name.startswith("forward_gru")
    assert layer.backward_layer.name.startswith("backward_gru")
    again = layers.Bidirectional.from_config(layer.get_config())
    again.build(X.shape)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(X), layer(X))
    assert again.get_config()["layer"]["config"]["name"] == layer.forward_layer.name


def test_the_wrapped_layer_is_copied():
    inner = layers.GRU(2)
    inner.build(X.shape)
    layer = layers.Bidirectional(inner)
    layer.build(X.shape)
    assert layer.forward_layer is not inner
    assert not np.allclose(layer.get_weights()[0], inner.get_weights()[0])


def test_copies_of_built_layers_are_built():
    layer = both()
    layer.build(X.shape)
    again = layers.Bidirectional.from_config(layer.get_config())
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(X), layer(X))
    inner = layers.GRU(2)
    inner.build(X.shape)
    assert len(layers.Bidirectional(inner).weights) == 2 * len(inner.weights)


def test_reversals_cancel_in_a_plan():
    layer = both(return_sequences=True)
    plan = ckeras.function(layer)
    y = plan(X)
    np.testing.assert_allclose(y, layer(X), rtol=1e-6)
    with passes.switched_off("reversals"):
        longer = ckeras.function(layer)
        np.testing.assert_array_equal(longer(X), y)
    assert len(longer.plan.steps) == len(plan.plan.steps) + 2


def test_bad_arguments():
    gru = layers.GRU
    with pytest.raises(ValueError, match="Please initialize `Bidirectional`"):
        layers.Bidirectional(3)
    with pytest.raises(ValueError, match="`backward_layer` need to be"):
        layers.Bidirectional(gru(2), backward_layer=3)
    with pytest.raises(ValueError, match="Invalid merge mode"):
        layers.Bidirectional(gru(2), merge_mode="max")
    with pytest.raises(ValueError, match="different `go_backwards`"):
        layers.Bidirectional(gru(2), backward_layer=gru(2))
    for name in ("stateful", "return_sequences", "return_state"):
        back = gru(2, go_backwards=True, **{name: True})
        with pytest.raises(ValueError, match=f'for attribute "{name}"'):
            layers.Bidirectional(gru(2), backward_layer=back)
