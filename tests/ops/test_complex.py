"""Complex numbers: gradients, tracing, conversion; values are in `test_values.py`."""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine.function import function
from ckeras.engine.tracing.gradient import GradientTape

rng = np.random.default_rng(5)
X = rng.normal(size=(2, 3, 3))
WEIGHTS = rng.normal(size=(2, 3, 3))


def hermitian(z):
    return z + ops.conj(ops.transpose(z))


def positive(z):
    return ops.matmul(z, ops.conj(ops.transpose(z))) + np.eye(3)


# Real numbers that depend on all parts of a complex matrix.
FUNCTIONS = {
    "parts": lambda z: ops.real(z) * 2 + ops.imag(z),
    "abs": ops.abs,
    "angle": ops.angle,
    "conj": lambda z: ops.imag(ops.conj(z) * (2 + 1j)),
    "arithmetic": lambda z: ops.real((z + 2j) / (z * z - 3) - 1j * z),
    "power": lambda z: ops.abs(z ** (1.5 + 0.5j)),
    "roots": lambda z: ops.abs(ops.sqrt(z) + ops.square(z) + ops.reciprocal(z)),
    "exponentials": lambda z: ops.imag(ops.exp(z) + ops.log(z) + ops.log1p(z)),
    "angles": lambda z: ops.abs(ops.sin(z) + ops.cos(z) + ops.tan(z)),
    "hyperbolic": lambda z: ops.abs(ops.sinh(z) + ops.cosh(z) + ops.tanh(z)),
    "inverse": lambda z: ops.abs(ops.arcsin(z) + ops.arctan(z) + ops.arcsinh(z)),
    "sigmoid": lambda z: ops.real(ops.sigmoid(z)),
    "matmul": lambda z: ops.abs(ops.matmul(z, z)),
    "einsum": lambda z: ops.abs(ops.einsum("ij,kj->ik", z, ops.conj(z))),
    "reductions": lambda z: ops.abs(ops.sum(z, 0) * ops.mean(z, 1) + ops.prod(z, 0)),
    "spread": lambda z: ops.var(z, axis=0) + ops.std(z, axis=1),
    "running": lambda z: ops.abs(ops.cumsum(z, 0) + ops.cumprod(z, 1)),
    "shapes": lambda z: ops.abs(ops.pad(ops.flip(z[1:], 1), ((1, 0), (0, 0)))),
    "joined": lambda z: ops.abs(ops.concatenate([z, z * 1j])[::2]),
    "taken": lambda z: ops.abs(ops.take(z, [2, 0, 2], axis=1)),
    "along": lambda z: ops.abs(ops.take_along_axis(z, np.array([[2, 0, 2]] * 3), 1)),
    "chosen": lambda z: ops.abs(ops.where(ops.real(z) > 0, z, z * z)),
    "views": lambda z: ops.view_as_real(z)[..., 1],
    "polar": lambda z: ops.imag(ops.polar(ops.abs(z), ops.angle(z) * 2)),
    "inv": lambda z: ops.abs(ops.inv(z)),
    "det": lambda z: ops.real(ops.det(z)) + ops.angle(ops.det(z)),
    "slogdet": lambda z: ops.slogdet(z)[1] + ops.imag(ops.slogdet(z)[0]),
    "solve": lambda z: ops.abs(ops.solve(z, z * z + 1)),
    "eigenvalues": lambda z: ops.sum(ops.abs(ops.eig(z)[0]) ** 3),
    "eigh": lambda z: ops.eigh(hermitian(z))[0],
    "eigenvectors": lambda z: ops.abs(ops.eigh(hermitian(z))[1]),
    "cholesky": lambda z: ops.abs(ops.cholesky(positive(z))),
    "singular values": lambda z: ops.svd(z, compute_uv=False),
    "norm": lambda z: ops.norm(z) + ops.norm(z, ord="nuc", axis=(0, 1)),
}


def value(name, x):
    z = x[0] + 1j * x[1]
    y = FUNCTIONS[name](z)
    n = int(np.prod(y.shape))
    return ops.sum(ops.reshape(y, (n,)) * WEIGHTS.reshape(-1)[:n])


def numeric_gradient(f, x, step=1e-6):
    result = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        high, low = x.copy(), x.copy()
        high[place] += step
        low[place] -= step
        result[place] = (float(f(high)) - float(f(low))) / (2 * step)
    return result


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradient(name):
    x = ops.convert_to_tensor(X)
    with GradientTape() as tape:
        tape.watch(x)
        y = value(name, x)
    gradient = tape.gradient(y, x)
    assert (y.dtype, gradient.dtype) == ("float64", "float64")
    expected = numeric_gradient(lambda a: value(name, ops.convert_to_tensor(a)), X)
    np.testing.assert_allclose(gradient, expected, rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_compiled_is_the_same(name):
    x = X.astype("float32")

    @function
    def both(x):
        with GradientTape() as tape:
            tape.watch(x)
            y = value(name, x)
        return y, tape.gradient(y, x)

    y, gradient = both(x)
    tensor = ops.convert_to_tensor(x)
    with GradientTape() as tape:
        tape.watch(tensor)
        expected = value(name, tensor)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        gradient, tape.gradient(expected, tensor), rtol=1e-4, atol=1e-4
    )


def test_gradient_of_a_complex_value_is_as_in_jax():
    # ∂L/∂x - i·∂L/∂y
    z = ops.convert_to_tensor(np.array([3 + 4j]))
    for f, expected in [(ops.abs, 0.6 - 0.8j), (ops.imag, -1j), (ops.real, 1)]:
        with GradientTape() as tape:
            tape.watch(z)
            y = f(z)
        np.testing.assert_allclose(tape.gradient(y, z), [expected], rtol=1e-12)


def test_conversion():
    assert ops.convert_to_tensor(1j).dtype == "complex64"
    assert ops.convert_to_tensor([1, 2j]).dtype == "complex64"
    assert ops.convert_to_tensor(np.array([1j])).dtype == "complex128"
    z = ops.cast([1.5, -2.0], "complex64")
    assert z.dtype == "complex64" and complex(z[0]) == 1.5
    np.testing.assert_array_equal(ops.cast(z * (1 + 1j), "float32"), [1.5, -2])
    np.testing.assert_array_equal(ops.cast([0, 1j], "bool"), [False, True])
    assert ops.convert_to_tensor([1j], "int32").dtype == "int32"


def test_promotion():
    half, single = ops.ones(2, "float16"), ops.ones(2, "float32")
    assert (half * 1j).dtype == "complex64"
    assert (ops.ones(2, "int64") + 1j).dtype == "complex64"
    assert (ops.ones(2, "float64") + 1j).dtype == "complex128"
    assert (single + ops.ones(2, "complex128")).dtype == "complex128"
    assert ops.exp(ops.ones(2, "complex64")).dtype == "complex64"


@pytest.mark.parametrize("shape", [(), (3,), (0, 2), (2, 3, 4)])
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_copies_of_every_kind(shape, dtype):
    z = (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(dtype)
    z = np.asarray(z)
    np.testing.assert_array_equal(ops.transpose(z), z.T)
    np.testing.assert_array_equal(ops.ravel(z), z.ravel())
    wide = ops.broadcast_to(z, (2, *shape))
    np.testing.assert_array_equal(wide, np.broadcast_to(z, (2, *shape)))
    np.testing.assert_array_equal(
        ops.concatenate([z.ravel()] * 2), np.tile(z.ravel(), 2)
    )
    if shape:
        np.testing.assert_array_equal(ops.flip(z, 0), np.flip(z, 0))
        np.testing.assert_array_equal(ops.convert_to_tensor(z)[..., ::-2], z[..., ::-2])
        padded = ops.pad(z, [(1, 2)] * len(shape), constant_values=2)
        np.testing.assert_array_equal(
            padded, np.pad(z, [(1, 2)] * len(shape), constant_values=2)
        )


def test_what_has_no_complex_form_says_so():
    z = ops.ones((2, 2), "complex64")
    for call in (ops.floor, ops.softmax, ops.relu6, ops.argmax, ops.median, ops.fabs):
        with pytest.raises(TypeError, match="does not take complex numbers"):
            call(z)
    with pytest.raises(TypeError, match="does not take complex numbers"):
        function(ops.softmax)(z)
    with pytest.raises(ValueError, match="must be size 2"):
        ops.view_as_complex(np.ones((2, 3)))


def test_in_a_functional_model():
    inputs = ckeras.Input((4, 2))
    outputs = ops.abs(ops.view_as_complex(inputs) * 1j)
    model = ckeras.Model(inputs, outputs)
    x = rng.normal(size=(3, 4, 2)).astype("float32")
    expected = np.abs(x[..., 0] + 1j * x[..., 1])
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-6)
    assert ops.view_as_complex(inputs).dtype == "complex64"
    assert ops.view_as_real(ckeras.KerasTensor((3,), "complex64")).shape == (3, 2)


def test_eig_of_a_real_matrix():
    a = np.array([[0.0, -1.0], [1.0, 0.0]], "float32")
    w, V = ops.eig(a)
    assert w.dtype == V.dtype == "complex64"
    np.testing.assert_allclose(np.sort_complex(w), [-1j, 1j], atol=1e-6)
    np.testing.assert_allclose(a @ np.asarray(V), np.asarray(V) * w, atol=1e-6)
    with pytest.raises(NotImplementedError, match="eigenvalues only"):
        x = ops.convert_to_tensor(a)
        with GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(ops.abs(ops.eig(x)[1]))
        tape.gradient(y, x)
