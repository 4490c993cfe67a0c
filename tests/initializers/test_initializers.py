"""Values, distributions and configurations of initializers."""

import numpy as np
import pytest

import ckeras
from ckeras import initializers, layers, ops, random
from ckeras.initializers.random import orthonormal_rows
from ckeras.initializers.scaling import compute_fans
from tests.reference.load import plain

SHAPE = (300, 200)


def draw(initializer, shape=SHAPE, dtype=None):
    return np.asarray(initializer(shape, dtype=dtype))


@pytest.mark.parametrize(
    ("name", "value"), [("Zeros", 0.0), ("Ones", 1.0), ("Constant", 0.0)]
)
def test_constants(name, value):
    made = draw(getattr(initializers, name)(), (2, 3), "float64")
    assert made.dtype == "float64"
    np.testing.assert_array_equal(made, np.full((2, 3), value))


def test_constant_broadcasts():
    made = draw(initializers.Constant([1.0, 2.0]), (3, 2))
    np.testing.assert_array_equal(made, [[1.0, 2.0]] * 3)


def test_identity():
    np.testing.assert_array_equal(
        draw(initializers.Identity(2.0), (2, 3)), 2 * np.eye(2, 3)
    )
    with pytest.raises(ValueError, match="2D matrices"):
        initializers.Identity()((2, 2, 2))


# name, arguments, standard deviation, largest absolute value (None: unbounded)
SPREADS = [
    ("RandomNormal", {"stddev": 0.3}, 0.3, None),
    ("TruncatedNormal", {"stddev": 0.3}, 0.3 * 0.8796, 0.6),
    ("RandomUniform", {"minval": -0.3, "maxval": 0.3}, 0.3 / 3**0.5, 0.3),
    ("GlorotUniform", {}, (2 / 500) ** 0.5, (6 / 500) ** 0.5),
    ("GlorotNormal", {}, (2 / 500) ** 0.5, None),
    ("HeUniform", {}, (2 / 300) ** 0.5, (6 / 300) ** 0.5),
    ("HeNormal", {}, (2 / 300) ** 0.5, None),
    ("LecunUniform", {}, (1 / 300) ** 0.5, (3 / 300) ** 0.5),
    ("LecunNormal", {}, (1 / 300) ** 0.5, None),
    (
        "VarianceScaling",
        {"scale": 3.0, "mode": "fan_out", "distribution": "untruncated_normal"},
        (3 / 200) ** 0.5,
        None,
    ),
]


@pytest.mark.parametrize(("name", "options", "stddev", "bound"), SPREADS)
def test_distributions(name, options, stddev, bound):
    made = draw(getattr(initializers, name)(**options, seed=7))
    assert abs(made.mean()) < 4 * stddev / made.size**0.5
    np.testing.assert_allclose(made.std(), stddev, rtol=0.02)
    if bound is not None:
        assert np.abs(made).max() <= bound
        assert np.abs(made).max() > 0.98 * bound


@pytest.mark.parametrize(("name", "options", "stddev", "bound"), SPREADS)
def test_configurations(name, options, stddev, bound):
    initializer = getattr(initializers, name)(**options, seed=3)
    config = plain(initializers.serialize(initializer))
    assert config["module"] == "keras.initializers"
    assert config["class_name"] == name
    assert config["config"]["seed"] == 3
    assert options.items() <= config["config"].items()
    again = initializers.deserialize(config)
    np.testing.assert_array_equal(draw(again, (4, 5)), draw(initializer, (4, 5)))


def test_glorot_config_keys():
    config = initializers.GlorotUniform().get_config()
    assert config == {"seed": None, "input_axes": None, "output_axes": None}


def test_seeds():
    fixed = initializers.RandomNormal(seed=5)
    np.testing.assert_array_equal(draw(fixed, (3,)), draw(fixed, (3,)))
    unseeded = initializers.RandomNormal()
    np.testing.assert_array_equal(draw(unseeded, (3,)), draw(unseeded, (3,)))
    other = initializers.RandomNormal()
    assert not np.array_equal(draw(unseeded, (3,)), draw(other, (3,)))
    generator = initializers.RandomNormal(seed=random.SeedGenerator(1))
    assert not np.array_equal(draw(generator, (3,)), draw(generator, (3,)))
    with pytest.raises(ValueError, match="seed=five"):
        initializers.RandomNormal(seed="five")


@pytest.mark.parametrize(
    "shape", [(5, 3), (3, 5), (2, 3, 4), (4, 4), (70, 100), (128, 65), (1, 6), (0, 2)]
)
def test_orthogonal(shape):
    made = draw(initializers.Orthogonal(gain=2.0, seed=1), shape, "float64")
    flat = made.reshape(-1, shape[-1])
    small = min(flat.shape)
    product = flat.T @ flat if flat.shape[0] >= flat.shape[1] else flat @ flat.T
    np.testing.assert_allclose(product, 4 * np.eye(small), atol=1e-12)
    with pytest.raises(ValueError, match="at least two-dimensional"):
        initializers.Orthogonal()((3,))


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (32, 32), (33, 40), (100, 130)])
def test_orthonormal_rows_are_those_of_qr(shape):
    drawn = np.random.default_rng(0).normal(size=shape)
    q, r = np.linalg.qr(drawn.T)
    expected = (q * np.sign(np.diag(r))).T
    np.testing.assert_allclose(orthonormal_rows(drawn), expected, atol=1e-12)


def test_orthogonal_of_a_layer_built_in_a_compiled_call():
    layer = layers.LSTM(40)

    @ckeras.function
    def call(x):
        return layer(x)

    call(np.ones((2, 3, 5), "float32"))
    kernel = np.asarray(layer.cell.recurrent_kernel, "float64")
    np.testing.assert_allclose(kernel @ kernel.T, np.eye(40), atol=1e-6)


def test_fans():
    assert compute_fans(()) == (1, 1)
    assert compute_fans((7,)) == (7, 7)
    assert compute_fans((3, 4)) == (3, 4)
    assert compute_fans((5, 5, 3, 4)) == (75, 100)
    assert compute_fans((2, 3, 4), [1], [0, 2]) == (3, 8)


def test_get():
    assert isinstance(initializers.get("zeros"), initializers.Zeros)
    assert isinstance(initializers.get("he_normal"), initializers.HeNormal)
    assert isinstance(initializers.get("orthogonal"), initializers.Orthogonal)
    assert isinstance(initializers.get(initializers.Ones), initializers.Ones)
    assert initializers.get(None) is None
    value = np.array([[1, 2]])
    made = initializers.get(value)((1, 2), dtype="float32")
    np.testing.assert_array_equal(np.asarray(made), [[1.0, 2.0]])
    with pytest.raises(ValueError, match="Expected `shape` to be"):
        initializers.get(value)((2, 1))
    own = initializers.get(lambda shape, dtype=None: ops.ones(shape, dtype))
    assert own((2,)).shape == (2,)
    with pytest.raises(ValueError, match="initializer identifier: zeroes"):
        initializers.get("zeroes")
    with pytest.raises(ValueError, match="initializer identifier: 4"):
        initializers.get(4)


@pytest.mark.parametrize(
    "options", [{"scale": 0}, {"mode": "fan"}, {"distribution": "cauchy"}]
)
def test_bad_arguments(options):
    name = next(iter(options))
    with pytest.raises(ValueError, match=name):
        initializers.VarianceScaling(**options)
