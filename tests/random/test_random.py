"""`ckeras.random`: seeds as Keras treats them, and what the functions draw."""

import numpy as np
import pytest

import ckeras
from ckeras import random
from ckeras.random.seed_generator import draw_seed, global_seed_generator
from tests.gradients import check_gradients

DRAWS = [
    lambda seed: random.normal((50,), seed=seed),
    lambda seed: random.uniform((50,), seed=seed),
    lambda seed: random.truncated_normal((50,), seed=seed),
    lambda seed: random.randint((50,), 0, 1000, seed=seed),
    lambda seed: random.categorical(np.zeros((5, 30)), 10, seed=seed),
    lambda seed: random.dropout(np.ones(50, "float32"), 0.5, seed=seed),
    lambda seed: random.shuffle(np.arange(50), seed=seed),
    lambda seed: random.gamma((50,), 2.0, seed=seed),
    lambda seed: random.beta((50,), 2.0, 3.0, seed=seed),
    lambda seed: random.binomial((50,), 100, 0.5, seed=seed),
]


@pytest.mark.parametrize("draw", DRAWS)
def test_an_integer_seed_repeats_and_a_generator_goes_on(draw):
    a, b, c = (np.asarray(draw(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()
    generator = random.SeedGenerator(3)
    d, e = np.asarray(draw(generator)), np.asarray(draw(generator))
    np.testing.assert_array_equal(a, d)
    assert (d != e).any()


@pytest.mark.parametrize("draw", DRAWS)
def test_the_global_seed(draw):
    ckeras.utils.set_random_seed(5)
    first = [np.asarray(draw(None)) for _ in range(3)]
    ckeras.utils.set_random_seed(5)
    again = [np.asarray(draw(None)) for _ in range(3)]
    np.testing.assert_array_equal(first, again)
    assert (first[0] != first[1]).any()


def test_a_compiled_function_advances_its_generator():
    generator = random.SeedGenerator(1)
    eager = [random.normal((4,), seed=generator).numpy() for _ in range(3)]
    generator = random.SeedGenerator(1)
    draw = ckeras.function(lambda: random.normal((4,), seed=generator))
    np.testing.assert_array_equal([draw().numpy() for _ in range(3)], eager)
    assert generator.state.numpy().tolist() == [1, 3]


def test_a_compiled_function_follows_the_global_seed():
    draw = ckeras.function(lambda: random.uniform((4,)))
    draw()
    ckeras.utils.set_random_seed(8)
    first = draw().numpy()
    assert (first != draw().numpy()).any()
    ckeras.utils.set_random_seed(8)
    np.testing.assert_array_equal(draw().numpy(), first)


def test_seed_generator():
    generator = random.SeedGenerator(2, name="seeds")
    assert generator.get_config() == {"seed": 2, "name": "seeds"}
    again = random.SeedGenerator.from_config(generator.get_config())
    np.testing.assert_array_equal(again.next(), generator.next())
    assert generator.state.name == "seed_generator_state"
    assert generator.state.dtype == "uint32" and not generator.state.trainable
    assert random.SeedGenerator().get_config()["seed"] is None
    with pytest.raises(ValueError, match="must be an integer"):
        random.SeedGenerator(1.5)
    with pytest.raises(ValueError, match="Unrecognized"):
        random.SeedGenerator(1, wrong=2)


def test_draw_seed():
    assert draw_seed(7).numpy().tolist() == [7, 0]
    assert draw_seed(-1).numpy().tolist() == [0xFFFFFFFF, 0]
    assert draw_seed(None).shape == (2,)
    assert global_seed_generator() is global_seed_generator()
    with pytest.raises(ValueError, match="`seed` must be either"):
        draw_seed("seed")


def test_moments():
    n = 200_000
    checks = [
        (random.normal((n,), 1.0, 2.0, seed=1), 1, 4),
        (random.uniform((n,), -2.0, 4.0, seed=1), 1, 3),
        (random.truncated_normal((n,), 1.0, 2.0, seed=1), 1, 4 * 0.7737),
        (random.randint((n,), -5, 6, seed=1), 0, 10),
        (random.gamma((n,), 3.0, seed=1), 3, 3),
        (random.beta((n,), 2.0, 3.0, seed=1), 0.4, 0.04),
        (random.binomial((n,), 10, 0.3, seed=1), 3, 2.1),
    ]
    for drawn, mean, variance in checks:
        drawn = np.asarray(drawn, "float64")
        assert abs(drawn.mean() - mean) < 0.02 * max(variance, 1) ** 0.5
        assert abs(drawn.var() / variance - 1) < 0.03


def test_parameters_may_be_tensors():
    mean, deviation = np.array([0.0, 100.0], "float32"), np.array([1.0, 0.0], "float32")
    z = random.normal((1000, 2), mean, deviation, seed=1).numpy()
    assert abs(z[:, 0].mean()) < 0.2 and (z[:, 1] == 100).all()
    u = random.uniform((1000, 2), mean, mean + 1, seed=1).numpy()
    assert (u[:, 1] >= 100).all() and (u < mean + 1.001).all()
    i = random.randint((1000, 2), np.array([0, 5]), np.array([2, 8]), seed=1).numpy()
    assert set(i[:, 0]) == {0, 1} and set(i[:, 1]) == {5, 6, 7}


def test_categorical():
    probabilities = np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]], "float32")
    with np.errstate(divide="ignore"):
        logits = np.log(probabilities) + 3
    drawn = random.categorical(logits, 20_000, seed=1)
    assert drawn.shape == (2, 20_000) and drawn.dtype == "int32"
    for row, expected in zip(drawn.numpy(), probabilities, strict=True):
        shares = np.bincount(row, minlength=3) / 20_000
        np.testing.assert_allclose(shares, expected, atol=0.015)
    with pytest.raises(ValueError, match="batch, classes"):
        random.categorical(logits[0], 2)


def test_dropout():
    x = np.random.default_rng(0).normal(size=(40, 50)) + 10
    y = random.dropout(x, 0.25, seed=3).numpy()
    assert abs(np.mean(y == 0) - 0.25) < 0.04
    np.testing.assert_allclose(y[y != 0], x[y != 0] / 0.75)
    check_gradients(lambda t: random.dropout(t, 0.25, seed=3), x[:5, :6])
    rows = random.dropout(x, 0.5, noise_shape=(None, 1), seed=3).numpy()
    assert ((rows == 0).all(1) | (rows != 0).all(1)).all()
    np.testing.assert_array_equal(random.dropout(x, 0.0, seed=3), x)
    assert not random.dropout(x, 1.0, seed=3).numpy().any()
    with pytest.raises(ValueError, match="`rate`"):
        random.dropout(x, 1.5)


def test_shuffle():
    x = np.arange(60).reshape(3, 20)
    y = random.shuffle(x, axis=1, seed=1).numpy()
    assert (y != x).any()
    np.testing.assert_array_equal(np.sort(y[0]), x[0])
    np.testing.assert_array_equal(y - y[:1], x - x[:1])


def test_types():
    assert random.normal((2,), dtype="float64", seed=1).dtype == "float64"
    assert random.randint((2,), 0, 5, dtype="int64", seed=1).dtype == "int64"
    with pytest.raises(ValueError, match="floating point"):
        random.normal((2,), dtype="int32")
    with pytest.raises(ValueError, match="integer `dtype`"):
        random.randint((2,), 0, 5, dtype="float32")
    with pytest.raises(ValueError, match="minval"):
        random.randint((2,), 5, 4)


def test_a_single_integer():
    # As Keras has it on JAX; TensorFlow and PyTorch refuse it.
    np.testing.assert_array_equal(random.randint((2,), 5, 5), [5, 5])


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("gamma", (-1.0,), "`gamma`: expected `alpha` not to be negative"),
        ("beta", (-1.0, 2.0), "`beta`: expected `alpha` to be positive"),
        ("beta", (1.0, 0.0), "`beta`: expected `beta` to be positive"),
        ("binomial", (-3.0, 0.5), "`binomial`: expected `counts` not to be negative"),
        ("binomial", (3.0, 1.5), "`binomial`: expected `probabilities` to lie between"),
    ],
)
def test_parameters_out_of_range(name, parameters, words):
    draw = getattr(random, name)
    with pytest.raises(ValueError, match=f"{words}.*Received"):
        draw((2,), *parameters)
    with pytest.raises(ValueError, match=words):
        ckeras.function(lambda *p: draw((2,), *p))(*map(np.float32, parameters))


def test_placeholders():
    x = ckeras.KerasTensor((None, 3), "float32")
    assert random.dropout(x, 0.5).shape == (None, 3)
    assert random.categorical(x, 4).shape == (None, 4)


LARGE = {
    "normal": lambda: random.normal((300, 1001), seed=1),
    "uniform": lambda: random.uniform((300, 1001), seed=1),
    "truncated_normal": lambda: random.truncated_normal((300, 1001), seed=1),
    "randint": lambda: random.randint((300, 1001), 0, 1000, seed=1),
    "categorical": lambda: random.categorical(
        np.zeros((300, 7), "float32"), 99, seed=1
    ),
    "dropout": lambda: random.dropout(np.ones((300, 1001), "float32"), 0.5, seed=1),
    "shuffle": lambda: random.shuffle(np.arange(300_000), seed=1),
    "gamma": lambda: random.gamma((300, 101), 2.0, seed=1),
    "beta": lambda: random.beta((300, 101), 2.0, 3.0, seed=1),
    "binomial": lambda: random.binomial((300, 101), 20.0, 0.3, seed=1),
}


@pytest.mark.parametrize("name", LARGE)
def test_the_bits_do_not_depend_on_the_threads(name):
    before, found = ckeras.config.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            ckeras.config.set_num_threads(threads)
            found += [LARGE[name](), ckeras.function(LARGE[name])()]
    finally:
        ckeras.config.set_num_threads(before)
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (2, 0)])
def test_shapes_without_elements_or_axes(shape):
    for draw in (random.normal, random.uniform, random.truncated_normal):
        assert draw(shape, seed=1).shape == shape
    assert random.randint(shape, 0, 5, seed=1).shape == shape
    assert random.gamma(shape, 2.0, seed=1).shape == shape
    assert random.beta(shape, 2.0, 3.0, seed=1).shape == shape
    assert random.binomial(shape, 9.0, 0.3, seed=1).shape == shape
    x = np.ones(shape, "float32")
    assert random.dropout(x, 0.5, seed=1).shape == shape
    assert random.categorical(np.zeros((0, 3)), 4, seed=1).shape == (0, 4)
    assert random.categorical(np.zeros((2, 3)), 0, seed=1).shape == (2, 0)
