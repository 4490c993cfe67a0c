"""Activation functions: formulas, names, configurations."""

import numpy as np
import pytest

from ckeras import activations, layers, saving
from ckeras.engine.symbolic.keras_tensor import KerasTensor

X = np.array([[-30.0, -2.5, -0.7, -0.1], [0.0, 0.3, 1.9, 25.0]])
E = np.exp
SIGMOID = 1 / (1 + E(-X))
SOFTPLUS = np.logaddexp(X, 0)

FORMULAS = {
    "celu": np.where(X > 0, X, E(np.minimum(X, 0)) - 1),
    "elu": np.where(X > 0, X, E(np.minimum(X, 0)) - 1),
    "exponential": E(X),
    "hard_shrink": np.where(np.abs(X) > 0.5, X, 0),
    "hard_sigmoid": np.clip(X / 6 + 0.5, 0, 1),
    "hard_silu": X * np.clip(X / 6 + 0.5, 0, 1),
    "hard_tanh": np.clip(X, -1, 1),
    "leaky_relu": np.where(X > 0, X, 0.2 * X),
    "linear": X,
    "log_sigmoid": -np.logaddexp(-X, 0),
    "mish": X * np.tanh(SOFTPLUS),
    "relu": np.maximum(X, 0),
    "relu6": np.clip(X, 0, 6),
    "sigmoid": SIGMOID,
    "silu": X * SIGMOID,
    "soft_shrink": np.sign(X) * np.maximum(np.abs(X) - 0.5, 0),
    "softplus": SOFTPLUS,
    "softsign": X / (1 + np.abs(X)),
    "sparse_plus": np.where(X <= -1, 0, np.where(X < 1, (X + 1) ** 2 / 4, X)),
    "sparse_sigmoid": np.clip((X + 1) / 2, 0, 1),
    "squareplus": (X + np.sqrt(X**2 + 4)) / 2,
    "tanh": np.tanh(X),
    "tanh_shrink": X - np.tanh(X),
    "softmax": E(X - X.max(-1, keepdims=True))
    / E(X - X.max(-1, keepdims=True)).sum(-1, keepdims=True),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas(name):
    function = activations.get(name)
    made = np.asarray(function(X))
    np.testing.assert_allclose(made, FORMULAS[name], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"max_value": 1.5}, np.clip(X, 0, 1.5)),
        ({"max_value": 6.0}, np.clip(X, 0, 6)),
        ({"negative_slope": 0.1}, np.where(X > 0, X, 0.1 * X)),
        ({"threshold": 1.0}, np.where(X > 1, X, 0)),
        (
            {"negative_slope": 0.1, "threshold": 1.0, "max_value": 9.0},
            np.where(X > 1, np.minimum(X, 9), 0.1 * (X - 1)),
        ),
    ],
)
def test_relu_variants(options, expected):
    made = np.asarray(activations.relu(X, **options))
    np.testing.assert_allclose(made, expected, rtol=1e-12)


def test_other_functions():
    rows = np.asarray(activations.sparsemax(np.array([[0.1, 1.1, 0.2, -3.0]])))
    np.testing.assert_allclose(rows, [[0.0, 0.95, 0.05, 0.0]], atol=1e-12)
    both = np.asarray(activations.glu(X))
    np.testing.assert_allclose(both, X[:, :2] * SIGMOID[:, 2:], rtol=1e-10)
    made = np.asarray(activations.threshold(X, 1.0, 7.0))
    np.testing.assert_allclose(made, np.where(X > 1, X, 7.0))
    made = np.asarray(activations.log_softmax(X))
    np.testing.assert_allclose(made, np.log(FORMULAS["softmax"]), rtol=1e-8)


@pytest.mark.parametrize("name", FORMULAS)
def test_placeholders(name):
    made = activations.get(name)(KerasTensor((None, 4), "float32"))
    assert tuple(made.shape) == (None, 4)
    assert made.dtype == "float32"


@pytest.mark.parametrize("name", FORMULAS)
def test_names(name):
    function = activations.get(name)
    assert activations.serialize(function) == name
    assert activations.deserialize(name) is function


def test_get():
    assert activations.get(None) is activations.linear
    assert activations.get("swish") is activations.silu
    assert activations.get("hard_swish") is activations.hard_silu
    with pytest.raises(ValueError, match="activation function identifier: tanhh"):
        activations.get("tanhh")
    with pytest.raises(ValueError, match="activation function identifier: 7"):
        activations.get(7)


def test_own_function():
    @saving.register_keras_serializable("tests")
    def twice(x):
        return 2 * x

    config = activations.serialize(twice)
    assert config["config"] == "tests>twice"
    assert activations.deserialize(config) is twice
    assert activations.get("tests>twice") is twice


@pytest.mark.parametrize("kind", ["Dense", "LSTM", "Conv1D", "Activation"])
def test_a_layer_as_an_activation_in_a_configuration(kind):
    sizes = {"Dense": (4,), "LSTM": (4,), "Conv1D": (4, 3), "Activation": ()}[kind]
    mine = layers.ReLU(max_value=2.0, name="mine")
    layer = getattr(layers, kind)(*sizes, activation=mine)
    again = type(layer).from_config(layer.get_config())
    assert type(again.activation) is layers.ReLU
    assert (again.activation.name, again.activation.max_value) == ("mine", 2.0)
