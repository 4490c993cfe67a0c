"""What the layers with whole-sequence kernels have in common."""

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, layers, ops

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 5, 3)).astype("float32")
MASK = RNG.uniform(size=(4, 5)) < 0.6
CELLS = {
    layers.LSTM: layers.LSTMCell,
    layers.GRU: layers.GRUCell,
    layers.SimpleRNN: layers.SimpleRNNCell,
}
KINDS = pytest.mark.parametrize("kind", CELLS)


@KINDS
def test_stateful(kind):
    layer = kind(2, stateful=True, return_sequences=True)
    whole = kind(2, return_sequences=True)
    first, second = layer(X[:, :2]), layer(X[:, 2:])
    whole.build(X.shape)
    whole.set_weights(layer.get_weights())
    parts = np.concatenate([first, second], 1)
    np.testing.assert_allclose(parts, whole(X), rtol=1e-5, atol=1e-6)
    layer.reset_state()
    np.testing.assert_array_equal(layer(X[:, :2]), first)
    with pytest.raises(ValueError, match="If an RNN is stateful"):
        layer(X[:2])


@pytest.mark.parametrize("way", ["predict", "predict_on_batch", "__call__"])
@KINDS
def test_a_stateful_model_goes_on_step_by_step(kind, way):
    inputs = ckeras.Input(batch_shape=(4, 1, 3))
    model = ckeras.Model(inputs, kind(2, stateful=True)(inputs))
    found = [getattr(model, way)(X[:, t : t + 1]) for t in range(5)]
    whole = kind(2, return_sequences=True)
    whole.build(X.shape)
    whole.set_weights(model.get_weights())
    np.testing.assert_allclose(np.stack(found, 1), whole(X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("recurrent", [0.0, 0.4])
@KINDS
def test_dropout(kind, recurrent):
    layer = kind(6, dropout=0.4, recurrent_dropout=recurrent, seed=3)
    y = layer(X)
    np.testing.assert_array_equal(layer(X), y)
    trained = layer(X, training=True)
    assert not np.allclose(trained, y)
    assert not np.allclose(layer(X, training=True), trained)
    again = kind(6, dropout=0.4, recurrent_dropout=recurrent, seed=3)
    again.build(X.shape)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(X, training=True), trained)


@pytest.mark.parametrize("rate", ["dropout", "recurrent_dropout"])
@KINDS
def test_a_rate_of_one(kind, rate):
    """Keras's cells with gates take it for none."""
    layer = kind(2, **{rate: 1.0})
    changed = not np.allclose(layer(X, training=True), layer(X))
    assert changed == (kind is layers.SimpleRNN)


@KINDS
def test_whole_numbers(kind):
    layer = kind(2)
    whole = RNG.integers(-2, 3, size=(2, 3, 4))
    np.testing.assert_array_equal(layer(whole), layer(whole.astype("float32")))


@KINDS
def test_padding_changes_nothing(kind):
    layer = kind(3, return_state=True)
    short = layer(X)
    padded = np.concatenate([X, np.full((4, 3, 3), np.nan, "float32")], 1)
    mask = np.arange(8) < 5
    for a, b in zip(layer(padded, mask=np.tile(mask, (4, 1))), short, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


@KINDS
def test_padding_gets_no_gradient(kind):
    layer = kind(3)
    x = ops.convert_to_tensor(X)
    mask = np.tile(np.arange(5) < 3, (4, 1))
    with GradientTape() as tape:
        tape.watch(x)
        y = layer(x, mask=mask)
    d_x = tape.gradient(y, x).numpy()
    assert (d_x[:, 3:] == 0).all()
    assert (d_x[:, :3] != 0).all()


@KINDS
def test_second_derivatives_by_the_cell(kind):
    def penalty(layer):
        x = ops.convert_to_tensor(X)
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(layer(x))
        return ops.sum(ops.square(tape.gradient(y, x)))

    for layer, works in ((kind(2), False), (layers.RNN(CELLS[kind](2)), True)):
        layer.build(X.shape)
        with GradientTape() as tape:
            value = penalty(layer)
        if works:
            found = tape.gradient(value, layer.trainable_variables)
            assert any(np.any(g) for g in found)
        else:
            with pytest.raises(NotImplementedError, match="RNN"):
                tape.gradient(value, layer.trainable_variables)


@KINDS
def test_initial_state_in_a_model(kind):
    lstm = kind is layers.LSTM
    x, *states = [ckeras.Input(s) for s in ((5, 3), *[(2,)] * (1 + lstm))]
    layer = kind(2)
    outputs = layer(x, initial_state=states if lstm else states[0])
    model = ckeras.Model([x, *states], outputs)
    given = [RNG.normal(size=(4, 2)).astype("float32") for _ in states]
    expected = layer(X, initial_state=given)
    np.testing.assert_allclose(model([X, *given]), expected, rtol=1e-6)
    again = ckeras.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(again([X, *given]), expected, rtol=1e-6)


@KINDS
def test_constraints_and_penalties(kind):
    layer = kind(
        2,
        kernel_regularizer=ckeras.regularizers.L2(0.5),
        recurrent_constraint="unit_norm",
    )
    model = ckeras.Sequential([ckeras.Input((5, 3)), layer])
    kernel = layer.cell.kernel.numpy()
    np.testing.assert_allclose(
        float(sum(layer.losses)), 0.5 * (kernel**2).sum(), rtol=1e-5
    )
    model.compile(ckeras.optimizers.SGD(0.5), "mse")
    model.train_on_batch(X, np.ones((4, 2)))
    norms = np.linalg.norm(layer.cell.recurrent_kernel.numpy(), axis=0)
    np.testing.assert_allclose(norms, 1, rtol=1e-5)


@KINDS
def test_bad_inputs(kind):
    with pytest.raises(ValueError, match="expected ndim=3, found ndim=2"):
        kind(2)(X[0])
    with pytest.raises(ValueError, match="without timesteps"):
        kind(2)(X[:, :0])
    with pytest.raises(ValueError, match="argument `units`"):
        kind(0)
    with pytest.raises(ValueError, match=r"expected a mask of shape \(4, 5\)"):
        kind(2)(X, mask=np.ones((4, 4), bool))
    with pytest.raises(ValueError, match=r"expected a first h of shape \(4, 2\)"):
        states = [np.zeros((4, 3), "float32")] * (2 if kind is layers.LSTM else 1)
        kind(2)(X, initial_state=states)
    with pytest.raises(ValueError, match="batch size must be static"):
        kind(2, stateful=True)(ckeras.Input((5, 3)))
    with pytest.raises(ValueError, match="Unrecognized keyword"):
        kind(2, unknown=3)


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU])
def test_use_cudnn(kind):
    assert kind(2, use_cudnn=False).use_cudnn is False
    with pytest.raises(ValueError, match="`use_cudnn`"):
        kind(2, use_cudnn="perhaps")


@KINDS
def test_options_of_the_cell(kind):
    layer = kind(2, dropout=0.1, activation="relu", input_shape=(5,))
    assert layer.units == 2
    assert layer.dropout == 0.1
    assert layer.activation is ckeras.activations.relu
    y = layer(X[..., 0])  # a sequence of scalars
    np.testing.assert_array_equal(y, layer(X[..., :1]))


def test_derived_classes_may_have_attributes_of_these_names():
    class Doubled(layers.GRU):
        @property
        def units(self):
            return 2 * self.cell.units

    assert Doubled(3).units == 6
    assert Doubled(3)(X).shape == (4, 3)


@pytest.mark.parametrize("body", ["branch", "scan", "map", "remat"])
@KINDS
def test_gradients_in_the_body_of_a_branch_or_loop(kind, body):
    ckeras.utils.set_random_seed(0)  # small sums of large numbers with some weights
    layer = kind(3)
    layer.build(X.shape)
    run = {
        "branch": lambda x: ops.cond(
            ops.sum(x) > -1e3, lambda: layer(x), lambda: x[:, 0]
        ),
        "scan": lambda x: ops.scan(lambda c, _: (c + layer(x), c), x[:, 0], length=3),
        "map": lambda x: ops.map(lambda row: layer(row[None])[0], x),
        "remat": ckeras.remat(layer),
    }[body]

    def gradients(x):
        with GradientTape() as tape:
            tape.watch(x)
            y = sum(ops.sum(v * v) for v in ckeras.tree.flatten(run(x)))
        return tape.gradient(y, [x, *layer.trainable_weights])

    x = ops.convert_to_tensor(X)
    for found, expected in zip(
        ckeras.function(gradients)(x), gradients(x), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layer", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_no_features(layer):
    """What is left is the recurrence: it begins with zeros, and the bias is zero."""
    model = ckeras.Sequential([ckeras.Input((5, 0)), layer(4)])
    model.compile("sgd", "mse")
    x, zeros = np.zeros((3, 5, 0)), np.zeros((3, 4), "float32")
    np.testing.assert_array_equal(model.predict(x, verbose=0), zeros)
    assert model.train_on_batch(x, zeros + 1) == 1
    trained = model.predict(x, verbose=0)
    assert np.all(trained != 0)
    np.testing.assert_array_equal(trained, trained[:1].repeat(3, 0))


@pytest.mark.parametrize("layer", [layers.LSTM, layers.GRU, layers.SimpleRNN])
@pytest.mark.parametrize("batch", [0, 3])
@pytest.mark.parametrize("features", [0, 2, 40])
def test_nothing_to_multiply_under_a_mask(layer, batch, features):
    layer = layer(4, bias_initializer="ones")
    x = np.ones((batch, 5, features), "float32")
    mask = np.arange(5) < np.array([3, 0, 5])[:batch, None]

    def run(x, mask):
        with ckeras.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, mask=mask)
        return y, *tape.gradient(y, [x, *layer.trainable_variables])

    y, d_x, *gradients = ckeras.function(run)(x, mask)
    assert y.shape == (batch, 4)
    assert d_x.shape == x.shape
    for gradient, variable in zip(gradients, layer.trainable_variables, strict=True):
        assert gradient.shape == variable.shape
        assert np.any(gradient) == (0 not in (batch, *variable.shape))
