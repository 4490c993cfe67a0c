"""The simple RNN's kernels against the equation in NumPy."""

import numpy as np
import pytest

from ckeras import kernels
from tests.kernels.harness import poisoned, run

# With one row and few timesteps, weights are read as they lie.
SIZES = [(1, 1, 1), (3, 4, 5), (9, 3, 17), (17, 6, 33), (1, 2, 16), (1, 1, 80)]
FUNCTIONS = {
    0: lambda x: x,
    1: lambda x: np.maximum(x, 0),
    3: np.tanh,
    4: lambda x: 1 / (1 + np.exp(-x)),
}
ACTIVATION = pytest.mark.parametrize("activation", FUNCTIONS)
WAYS = pytest.mark.parametrize("backwards", [False, True])
MASKED = pytest.mark.parametrize("masked", [False, True])


def reference(z, u, h, mask, activation, backwards):
    """Outputs, the last h and h before each timestep; z is the projected input."""
    steps = range(z.shape[1])
    outputs, before = np.empty(z.shape), np.empty(z.shape)
    for t in reversed(steps) if backwards else steps:
        before[:, t] = h
        on = np.ones((len(z), 1), bool) if mask is None else mask[:, t : t + 1]
        h = np.where(on, FUNCTIONS[activation](z[:, t] + h @ u), h)
        outputs[:, t] = h
    return outputs, h, outputs, before


def data(batch, steps, units, dtype, masked=False):
    rng = np.random.default_rng(units)
    shapes = [(batch, steps, units), (units, units), (batch, units)]
    z, u, h = [rng.normal(scale=0.3, size=s).astype(dtype) for s in shapes]
    return z, u, h, rng.random((batch, steps)) > 0.3 if masked else None


def workspace(batch, units, dtype, features=0):
    size = kernels.module("simple_rnn").workspace_bytes(
        batch, units, features, np.dtype(dtype).itemsize
    )
    return poisoned(size // np.dtype(dtype).itemsize, dtype)


def forward(
    z,
    u,
    h,
    mask,
    activation,
    backwards,
    sequences=True,
    keep=True,
    n_threads=1,
    w=None,
    bias=None,
):
    """The kernel's outputs; z is the inputs themselves where w is given."""
    batch, steps, features = z.shape
    units, dtype = u.shape[0], z.dtype.name
    features = 0 if w is None else features
    outputs = poisoned((batch, steps, units) if sequences else (batch, units), dtype)
    last = poisoned((batch, units), dtype)
    kept = [poisoned((batch, steps, units), dtype) for _ in range(2)]
    buffers = [z, w, bias, u, h, mask, outputs, last, *(kept if keep else [])]
    dims = (batch, steps, units, sequences, keep, features, backwards, activation)
    buffers.append(workspace(batch, units, dtype, features))
    run("simple_rnn.forward", dtype, buffers, dims, n_threads=n_threads)
    return outputs, last, *kept


@MASKED
@WAYS
@ACTIVATION
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", SIZES)
def test_forward(size, dtype, activation, backwards, masked):
    z, u, h, mask = data(*size, dtype, masked)
    wide = [a.astype("float64") for a in (z, u, h)]
    expected = reference(*wide, mask, activation, backwards)
    tolerance = {"float32": 1e-5, "float64": 1e-13}[dtype]
    found = forward(z, u, h, mask, activation, backwards)
    for k, (a, b) in enumerate(zip(found, expected, strict=True)):
        if k >= 2 and masked:  # what masked timesteps keep is nobody's business
            a, b = a[mask], b[mask]
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    again = forward(z, u, h, mask, activation, backwards, n_threads=2)
    for a, b in zip(again, found, strict=True):
        np.testing.assert_array_equal(a, b)
    short = forward(z, u, h, mask, activation, backwards, sequences=False, keep=False)
    for a in short[:2]:
        np.testing.assert_array_equal(a, found[1])


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("features", [1, 7])
@pytest.mark.parametrize("size", SIZES)
def test_inputs_are_projected_on_the_way(size, features, biased):
    batch, steps, units = size
    _, u, h, mask = data(*size, "float64", masked=True)
    rng = np.random.default_rng(features)
    x = rng.normal(size=(batch, steps, features))
    w = rng.normal(size=(features, units))
    bias = rng.normal(size=units) if biased else None
    expected = forward(x @ w + (bias if biased else 0), u, h, mask, 2, False)
    found = forward(x, u, h, mask, 2, False, w=w, bias=bias)
    for k, (a, b) in enumerate(zip(found, expected, strict=True)):
        if k >= 2:  # what masked timesteps keep is nobody's business
            a, b = a[mask], b[mask]
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@MASKED
@WAYS
@ACTIVATION
@pytest.mark.parametrize("size", SIZES)
def test_backward_is_the_slope_of_forward(size, activation, backwards, masked):
    batch, steps, units = size
    z, u, h, mask = data(*size, "float64", masked)
    rng = np.random.default_rng(1)
    d_outputs = rng.normal(size=(batch, steps, units))
    d_last = rng.normal(size=(batch, units))
    _, _, after, _ = forward(z, u, h, mask, activation, backwards)

    def backward(n_threads, in_place=False):
        kept = after.copy()
        d_z = kept if in_place else poisoned(z.shape, "float64")
        d_h = poisoned((batch, units), "float64")
        buffers = [d_outputs, d_last, u, mask, kept, d_z, d_h]
        run(
            "simple_rnn.backward",
            "float64",
            [*buffers, workspace(batch, units, "float64")],
            (batch, steps, units, 1, 0, 0, backwards, activation),
            n_threads=n_threads,
        )
        if masked:
            assert np.isnan(d_z[~mask]).all()
            d_z[~mask] = 0
        return d_z, d_h

    def weighted(z, h):
        outputs, last, *_ = reference(z, u, h, mask, activation, backwards)
        return (outputs * d_outputs).sum() + (last * d_last).sum()

    found = backward(1)
    for a, b in zip(backward(2, in_place=True), found, strict=True):
        np.testing.assert_array_equal(a, b)
    inputs = [z, h]
    for i, gradient in enumerate(found):
        direction = rng.normal(size=inputs[i].shape)
        above = [a + 1e-7 * direction if i == j else a for j, a in enumerate(inputs)]
        below = [a - 1e-7 * direction if i == j else a for j, a in enumerate(inputs)]
        slope = (weighted(*above) - weighted(*below)) / 2e-7
        np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gates_are_right_to_the_last_bits_of_one(dtype):
    """The logistic function of all recurrent kernels: between 0 and 1, never beyond."""
    rng = np.random.default_rng(0)
    parts = [rng.uniform(-1, 1, 9001) * s for s in (1e-6, 1, 10, 100, 1000)]
    special = [0.0, -0.0, np.inf, -np.inf, 87.2, 87.4, -88.0, -88.1, 3e38, -3e38]
    z = np.concatenate([*parts, special, [np.nan]]).astype(dtype)
    units = len(z)
    z = z.reshape(1, 1, units)
    u, h = np.zeros((1, 1), dtype), np.zeros((units, 1), dtype)
    # One unit each, so that there is nothing but z.
    found = forward(z.reshape(units, 1, 1), u, h, None, 4, False)[0].ravel()
    with np.errstate(over="ignore"):
        exact = 1 / (1 + np.exp(-z.ravel().astype("longdouble")))
    assert np.isnan(found[-1])
    assert np.all((found[:-1] >= 0) & (found[:-1] <= 1))
    error = np.abs(found - exact)[:-1].max()
    assert error <= {"float32": 1.2e-7, "float64": 3e-16}[dtype]
    assert found[len(z.ravel()) - len(special) - 1] == 0.5
