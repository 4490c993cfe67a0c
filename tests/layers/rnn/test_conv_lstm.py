"""ConvLSTM beyond stored numbers (`test_against_keras.py`) and gradients."""

import inspect

import numpy as np
import pytest

import ckeras
from ckeras import layers
from ckeras.layers.rnn.cells.conv_lstm_cell import ConvLSTMCell

RNG = np.random.default_rng(3)
X = RNG.normal(size=(4, 5, 6, 7, 2)).astype("float32")
MASK = np.array([[1, 0, 1, 1, 0], [0, 1, 1, 0, 1], [1] * 5, [0] * 5], bool)


def images(**options):
    return layers.ConvLSTM2D(3, (3, 2), **options)


def test_one_tap_is_an_lstm_at_every_pixel():
    conv = layers.ConvLSTM2D(3, 1, return_sequences=True)
    lstm = layers.LSTM(3, return_sequences=True)
    y = conv(X)
    rows = X.transpose(0, 2, 3, 1, 4).reshape(-1, 5, 2)
    lstm(rows)
    lstm.set_weights([w.reshape(np.shape(v)) for w, v in zip(
        conv.get_weights(), lstm.get_weights(), strict=True)])  # fmt: skip
    expected = lstm(rows).numpy().reshape(4, 6, 7, 5, 3).transpose(0, 3, 1, 2, 4)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_compiled_and_at_once_agree(unroll, masked):
    layer = images(padding="same", return_sequences=True, unroll=unroll)
    mask = {"mask": MASK} if masked else {}
    compiled = ckeras.function(lambda x: layer(x, **mask))
    np.testing.assert_allclose(layer(X, **mask), compiled(X), rtol=1e-5, atol=1e-6)


def test_masked_timesteps_are_skipped():
    layer = images(return_state=True)
    y, h, c = layer(X, mask=MASK)
    for row in range(3):
        kept = X[row : row + 1, MASK[row]]
        for found, alone in zip((y, h, c), layer(kept), strict=True):
            np.testing.assert_allclose(found[row], alone[0], rtol=1e-5, atol=1e-6)
    assert not y.numpy()[3].any()


def test_stateful_goes_on():
    whole = images(return_sequences=True)
    y = whole(X).numpy()
    parts = images(return_sequences=True, stateful=True)
    parts.build((4, 2, 6, 7, 2))
    parts.set_weights(whole.get_weights())
    for start in (0, 2):
        part = parts(X[:, start : start + 2])
        np.testing.assert_allclose(part, y[:, start : start + 2], rtol=1e-5, atol=1e-6)
    parts.reset_state()
    np.testing.assert_allclose(parts(X[:, :2]), y[:, :2], rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="Received batch size: 3"):
        parts(X[:3])


def test_states_are_handed_on():
    layer = images(return_sequences=True, return_state=True)
    y, h, c = layer(X)
    _, *states = layer(X[:, :3])
    rest, last_h, last_c = layer(X[:, 3:], initial_state=states)
    for found, expected in ((rest, y[:, 3:]), (last_h, h), (last_c, c)):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(h, y[:, -1])


def test_dropout_is_the_same_at_all_timesteps():
    x = np.ones((2, 4, 5, 3), "float32")
    layer = layers.ConvLSTM1D(
        2, 1, dropout=0.5, seed=1, activation=None, return_sequences=True
    )
    layer.build(x.shape)
    kernel, recurrent, bias = map(np.ones_like, layer.get_weights())
    layer.set_weights([kernel, 0 * recurrent, bias])
    y = layer(x, training=True).numpy()
    # With gates that stay what they are, y is a geometric sum.
    steps = np.diff(y, axis=1)
    np.testing.assert_allclose(
        steps[:, 1] / steps[:, 0], steps[:, 2] / steps[:, 1], rtol=1e-3
    )
    assert np.ptp(y[:, 0]) > 0.1  # not all features are kept
    np.testing.assert_array_equal(layer(x), layer(x, training=False))


def test_both_layouts_and_both_directions():
    last = images(padding="same", return_sequences=True)
    y = last(X)
    first = images(padding="same", data_format="channels_first", return_sequences=True)
    moved = X.transpose(0, 1, 4, 2, 3)
    first.build(moved.shape)
    first.set_weights(last.get_weights())
    np.testing.assert_allclose(
        first(moved).numpy().transpose(0, 1, 3, 4, 2), y, rtol=1e-5, atol=1e-6
    )
    two = layers.Bidirectional(images(return_sequences=True), merge_mode="concat")
    assert two(X).shape == (4, 5, 4, 6, 6)


def test_a_model_trains_and_is_saved(tmp_path):
    model = ckeras.Sequential(
        [
            ckeras.Input((None, 6, 7, 2)),
            layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True),
            layers.BatchNormalization(),
            layers.ConvLSTM2D(2, 3, dropout=0.1, recurrent_dropout=0.1, seed=1),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    y = X.mean((1, 2, 3, 4))[:, None]
    losses = model.fit(X, y, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    model.save(tmp_path / "m.keras")
    again = ckeras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(
        again.predict(X, verbose=0), model.predict(X, verbose=0)
    )


def test_first_biases_and_signature():
    layer = images()
    layer.build(X.shape)
    np.testing.assert_array_equal(layer.get_weights()[2], [0] * 3 + [1] * 3 + [0] * 6)
    assert layer.filters == 3 and layer.kernel_size == (3, 2)
    names = list(inspect.signature(layers.ConvLSTM3D).parameters)
    assert names[:3] == ["filters", "kernel_size", "strides"]
    assert names[-5:-1] == [
        "return_sequences",
        "return_state",
        "go_backwards",
        "stateful",
    ]


def test_a_cell_alone():
    cell = ConvLSTMCell(2, 3, 3, strides=2, padding="same")
    h, states = cell(X[:, 0], cell_states := [np.zeros((4, 3, 4, 3), "float32")] * 2)
    assert h.shape == cell_states[0].shape
    np.testing.assert_array_equal(h, states[0])
    assert [s.shape for s in cell.get_initial_state(4)] == [(4, 3, 4, 3)] * 2
    with pytest.raises(ValueError, match="Rank 4"):
        ConvLSTMCell(4, 3, 3)


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"`strides > 1` is not compatible with"):
        images(strides=2, dilation_rate=2)
    with pytest.raises(ValueError, match="argument `filters`"):
        layers.ConvLSTM1D(0, 3)
    with pytest.raises(ValueError, match="`padding` argument"):
        layers.ConvLSTM1D(2, 3, padding="causal")
    with pytest.raises(ValueError, match="`kernel_size` argument must be a tuple of 1"):
        layers.ConvLSTM1D(2, (3, 3))


def test_bad_inputs():
    with pytest.raises(ValueError, match="expected ndim=5, found ndim=4"):
        images()(X[0])
    with pytest.raises(ValueError, match="static input shapes for the spatial"):
        images()(ckeras.Input((5, None, 7, 2)))
    with pytest.raises(ValueError, match="channel dimension of the inputs"):
        images()(ckeras.Input((5, 6, 7, None)))
    with pytest.raises(ValueError, match="zero or negative"):
        images()(X[:, :, :2])
    layer = images()
    layer(X)
    with pytest.raises(ValueError, match=r"expected shape=\(None, None, 6, 7, 2\)"):
        layer(X[..., :1])
    with pytest.raises(ValueError, match=r"expected a first h of shape \(4, 4, 6, 3\)"):
        layer(X, initial_state=[np.zeros((4, 1, 6, 3))] * 2)
    with pytest.raises(ValueError, match="hold 2 states"):
        layer(X, initial_state=[np.zeros((4, 4, 6, 3))])
    with pytest.raises(ValueError, match=r"expected a mask of shape \(4, 5\)"):
        layer(X, mask=MASK[:, :4])
    with pytest.raises(ValueError, match="batch size must be static"):
        images(stateful=True)(ckeras.Input((5, 6, 7, 2)))
