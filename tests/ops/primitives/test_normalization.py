"""Gradients of the normalization ops, and of their gradients, in float64."""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine import passes
from tests.gradients import check_gradients

RNG = np.random.default_rng(3)


def normal(*shape):
    return RNG.normal(size=shape)


def batch(axis, axes):
    def function(x, gamma, beta):
        mean, variance = ops.moments(x, axes)
        return ops.batch_normalization(x, mean, variance, axis, beta, gamma), variance

    return function


def layer(axis):
    return lambda x, gamma, beta: ops.layer_normalization(
        x, gamma, beta, axis=axis, epsilon=1e-2
    )


def rms(axis):
    return lambda x, scale: ops.rms_normalization(x, scale, axis=axis, epsilon=1e-2)


# name: (function, shapes of its arguments)
CASES = {
    "rows": (batch(-1, [0]), [(6, 3), (3,), (3,)]),
    "images": (batch(-1, [0, 1, 2]), [(2, 3, 2, 4), (4,), (4,)]),
    "channels first": (batch(1, [0, 2, 3]), [(2, 3, 2, 4), (3,), (3,)]),
    "one channel": (batch(-1, [0, 1]), [(3, 4, 1), (1,), (1,)]),
    "layer": (layer(-1), [(3, 5), (5,), (5,)]),
    "layer, wide": (layer(-1), [(2, 3, 19), (19,), (19,)]),
    "layer, two axes": (layer([1, 2]), [(2, 3, 4), (3, 4), (3, 4)]),
    "layer, axes apart": (layer([0, 2]), [(2, 3, 4), (2, 4), (2, 4)]),
    "layer, first axis": (layer(0), [(4, 3), (4,), (4,)]),
    "rms": (rms(-1), [(3, 5), (5,)]),
    "rms, two axes": (rms([1, 2]), [(2, 3, 4), (3, 4)]),
    "rms, one size": (rms(-1), [(3, 5), (1,)]),
    "plain layer": (lambda x: ops.layer_normalization(x), [(3, 5)]),
    "plain rms": (lambda x: ops.rms_normalization(x), [(3, 5)]),
    "rms scaling": (
        lambda x, g: ops.layer_normalization(x, g, rms_scaling=True),
        [(3, 5), (5,)],
    ),
    "moments": (lambda x: ops.moments(x, [0, 2]), [(2, 3, 4)]),
    "mean alone": (lambda x: ops.moments(x, [1])[0], [(2, 3, 4)]),
    "variance alone": (lambda x: ops.moments(x, [1], keepdims=True)[1], [(2, 3, 4)]),
    "given moments": (
        lambda x, m, v: ops.batch_normalization(x, m, ops.exp(v), 1),
        [(2, 3, 4), (3,), (3,)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients(name):
    function, shapes = CASES[name]
    check_gradients(function, *[normal(*s) for s in shapes])


@pytest.mark.parametrize("name", CASES)
def test_second_gradients(name):
    function, shapes = CASES[name]

    def slopes(*args):
        with ckeras.GradientTape() as tape:
            tape.watch(args)
            outputs = ckeras.tree.flatten(function(*args))
            loss = sum(ops.sum(ops.sin(2 * y)) for y in outputs)
        return tape.gradient(loss, list(args))

    check_gradients(slopes, *[normal(*s) for s in shapes], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_compiled_is_the_same(name):
    function, shapes = CASES[name]
    arrays = [normal(*s).astype("float32") for s in shapes]
    expected = ckeras.tree.flatten(function(*map(ops.convert_to_tensor, arrays)))
    found = ckeras.tree.flatten(ckeras.function(function)(*arrays))
    for one, two in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, two, rtol=2e-6, atol=1e-6)


def steps_of(function, *arrays):
    compiled = ckeras.function(function)
    compiled(*arrays)
    return [s.step.kernel for s in compiled.plan.steps if s.step is not None]


def test_relu_and_residual_join_the_normalization():
    x = normal(64, 8).astype("float32")

    def block(x):
        mean, variance = ops.moments(x, [0])
        return ops.relu(ops.batch_normalization(x, mean, variance, -1) + x)

    assert steps_of(block, x).count("elementwise.program") == 2  # of vectors, of x
    with passes.switched_off("elementwise"):
        assert steps_of(block, x).count("elementwise.program") > 2


def test_the_gradient_takes_two_passes_over_the_input():
    x, d_y = [normal(64, 8).astype("float32") for _ in range(2)]

    def slope(x, d_y):
        with ckeras.GradientTape() as tape:
            tape.watch(x)
            y, _ = batch(-1, [0])(x, np.ones(8, "f"), np.ones(8, "f"))
        return tape.gradient(y, x, output_gradients=d_y)

    compiled = ckeras.function(slope)
    compiled(x, d_y)
    large = [
        s.step.kernel
        for s in compiled.plan.steps
        if any(i.shape == x.shape for i in s.node.inputs)
    ]
    assert large == ["moments.moments", "moments.centred_sums", "elementwise.program"]


@pytest.mark.parametrize("axes", [[0], [0, 2], [1, 2], [0, 1, 2], []])
def test_moments_are_those_of_numpy(axes):
    x = normal(3, 5, 4).astype("float32")
    for keepdims in (False, True):
        mean, variance = ops.moments(x, axes, keepdims=keepdims)
        kept = {"axis": tuple(axes), "keepdims": keepdims}
        np.testing.assert_allclose(mean, x.mean(**kept), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(variance, x.var(**kept), rtol=1e-5, atol=1e-6)
    assert ops.moments(np.arange(6).reshape(2, 3), axes=[0])[0].dtype == "float32"


def test_bad_arguments():
    x = np.ones((2, 3), "float32")
    with pytest.raises(ValueError, match="`moments`: axis 5 is out of bounds"):
        ops.moments(x, [5])
    with pytest.raises(ValueError, match="`mean` must be a vector of length"):
        ops.batch_normalization(x, np.ones(2), np.ones(3), -1)
    with pytest.raises(ValueError, match=r"`offset` .* Expected: `\(3,\)`"):
        ops.batch_normalization(x, np.ones(3), np.ones(3), -1, offset=np.ones((1, 3)))
    with pytest.raises(ValueError, match="axis 2 is out of bounds"):
        ops.layer_normalization(x, axis=2)
    with pytest.raises(ValueError, match="shapes"):
        ops.layer_normalization(x, gamma=np.ones(2, "float32"))
    with pytest.raises(ValueError, match="shapes"):
        ops.rms_normalization(x, scale=np.ones(2, "float32"))
