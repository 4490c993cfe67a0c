"""The LSTM kernels against the equations in NumPy."""

import numpy as np
import pytest

from ckeras import kernels
from tests.kernels.harness import poisoned, run

# With one row and few timesteps, weights are read as they lie.
SIZES = [
    (1, 1, 1),
    (3, 4, 5),
    (9, 3, 17),
    (17, 6, 33),
    (1, 2, 16),
    (1, 1, 80),
    (1, 2, 144),
]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def reference(z, u, h, c, mask):
    """Outputs, last states, gates, cells and the h before each timestep."""
    n = u.shape[0]
    outputs, gates, cells, before = [], [], [], []
    for t in range(z.shape[1]):
        s = z[:, t] + h @ u
        i, f, o = sigmoid(s[:, :n]), sigmoid(s[:, n : 2 * n]), sigmoid(s[:, 3 * n :])
        g = np.tanh(s[:, 2 * n : 3 * n])
        before.append(h)
        on = np.ones((len(z), 1), bool) if mask is None else mask[:, t : t + 1]
        c = np.where(on, f * c + i * g, c)
        h = np.where(on, o * np.tanh(c), h)
        outputs.append(h)
        gates.append(np.concatenate([i, f, g, o], 1))
        cells.append(c)
    return [np.stack(v, 1) for v in (outputs, gates, cells, before)], h, c


def data(batch, steps, units, dtype):
    rng = np.random.default_rng(units)
    shapes = [(batch, steps, 4 * units), (units, 4 * units), (batch, units)]
    z, u, h = [rng.normal(scale=0.7, size=s).astype(dtype) for s in shapes]
    c = rng.normal(scale=0.7, size=(batch, units)).astype(dtype)
    return z, u, h, c


def workspace(batch, units, dtype, features=0):
    itemsize = np.dtype(dtype).itemsize
    size = kernels.module("lstm").workspace_bytes(batch, units, features, itemsize)
    return poisoned(size // itemsize, dtype)


def forward(
    z,
    u,
    h,
    c,
    mask,
    sequences=True,
    keep=True,
    n_threads=1,
    w=None,
    bias=None,
    backwards=False,
):
    """The kernel's outputs; z is the inputs themselves where w is given."""
    batch, steps, features = z.shape
    units, dtype = u.shape[0], z.dtype.name
    features = 0 if w is None else features
    outputs = poisoned((batch, steps, units) if sequences else (batch, units), dtype)
    states = [poisoned((batch, units), dtype) for _ in range(2)]
    kept = [poisoned((batch, steps, n * units), dtype) for n in (4, 1, 1)]
    buffers = [z, w, bias, u, h, c, mask, outputs, *states, *(kept if keep else [])]
    dims = (batch, steps, units, sequences, keep, features, backwards)
    buffers.append(workspace(batch, units, dtype, features))
    run("lstm.forward", dtype, buffers, dims, n_threads=n_threads)
    return outputs, *states, *kept


def test_masked_timesteps_are_left_as_they_are():
    z, u, h, c = data(9, 5, 17, "float32")
    mask = np.random.default_rng(0).random((9, 5)) > 0.3
    for array in forward(z, u, h, c, mask)[3:]:
        assert np.isnan(array[~mask]).all()


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", SIZES)
def test_forward(size, dtype, masked):
    z, u, h, c = data(*size, dtype)
    mask = np.random.default_rng(0).random(size[:2]) > 0.3 if masked else None
    wide = [a.astype("float64") for a in (z, u, h, c)]
    (outputs, gates, cells, before), last_h, last_c = reference(*wide, mask)
    tolerance = {"float32": 1e-5, "float64": 1e-13}[dtype]
    found = forward(z, u, h, c, mask)
    expected = [outputs, last_h, last_c, gates, cells, before]
    for k, (a, b) in enumerate(zip(found, expected, strict=True)):
        if k >= 3 and masked:  # what masked timesteps keep is nobody's business
            a, b = a[mask], b[mask]
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    for a, b in zip(forward(z, u, h, c, mask, n_threads=2), found, strict=True):
        np.testing.assert_array_equal(a, b)
    short = forward(z, u, h, c, mask, sequences=False, keep=False)
    for a, b in zip(short[:3], [found[1], found[1], found[2]], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("features", [1, 2, 7])
@pytest.mark.parametrize("size", SIZES)
def test_inputs_are_projected_on_the_way(size, features, keep, biased):
    batch, steps, units = size
    _, u, h, c = data(*size, "float64")
    rng = np.random.default_rng(features)
    x = rng.normal(size=(batch, steps, features))
    w = rng.normal(size=(features, 4 * units))
    bias = rng.normal(size=4 * units) if biased else None
    mask = rng.random((batch, steps)) > 0.3
    expected = forward(x @ w + (bias if biased else 0), u, h, c, mask, keep=keep)
    found = forward(x, u, h, c, mask, keep=keep, w=w, bias=bias)
    for a, b in zip(found[:3], expected[:3], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
    for a, b in zip(found[3:] if keep else (), expected[3:], strict=False):
        np.testing.assert_allclose(a[mask], b[mask], rtol=1e-12, atol=1e-12)
    again = forward(x, u, h, c, mask, keep=keep, w=w, bias=bias, n_threads=2)
    np.testing.assert_array_equal(again[0], found[0])


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_from_the_end(size, masked):
    z, u, h, c = data(*size, "float64")
    mask = np.random.default_rng(0).random(size[:2]) > 0.3 if masked else None
    reversed_mask = None if mask is None else np.ascontiguousarray(mask[:, ::-1])
    expected = forward(np.ascontiguousarray(z[:, ::-1]), u, h, c, reversed_mask)
    found = forward(z, u, h, c, mask, backwards=True)
    for k, (a, b) in enumerate(zip(found, expected, strict=True)):
        np.testing.assert_array_equal(a, b if k in (1, 2) else b[:, ::-1])


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_backward_is_the_slope_of_forward(size, masked, backwards):
    batch, steps, units = size
    z, u, h, c = data(*size, "float64")
    rng = np.random.default_rng(1)
    mask = rng.random(size[:2]) > 0.3 if masked else None
    d_outputs = rng.normal(size=(batch, steps, units))
    d_h, d_c = rng.normal(size=(2, batch, units))
    _, _, _, gates, cells, _ = forward(z, u, h, c, mask, backwards=backwards)

    def backward(n_threads, in_place=False):
        kept = gates.copy()
        d_z = kept if in_place else poisoned(z.shape, "float64")
        d_states = [poisoned((batch, units), "float64") for _ in range(2)]
        buffers = [d_outputs, d_h, d_c, u, c, mask, kept, cells, d_z, *d_states]
        run(
            "lstm.backward",
            "float64",
            [*buffers, workspace(batch, units, "float64")],
            (batch, steps, units, 1, 0, 0, backwards),
            n_threads=n_threads,
        )
        return d_z, *d_states

    def weighted(z, h, c):
        way = slice(None, None, -1 if backwards else 1)
        read = None if mask is None else mask[:, way]
        (outputs, *_), last_h, last_c = reference(z[:, way], u, h, c, read)
        return (
            (outputs * d_outputs[:, way]).sum()
            + (last_h * d_h).sum()
            + (last_c * d_c).sum()
        )

    found = backward(1)
    for a, b in zip(backward(2, in_place=True), found, strict=True):
        np.testing.assert_array_equal(a, b)
    if masked:
        assert np.isnan(found[0][~mask]).all()
        found[0][~mask] = 0
    inputs = [z, h, c]
    for i, gradient in enumerate(found):
        direction = rng.normal(size=inputs[i].shape)
        above = [a + 1e-6 * direction if i == j else a for j, a in enumerate(inputs)]
        below = [a - 1e-6 * direction if i == j else a for j, a in enumerate(inputs)]
        slope = (weighted(*above) - weighted(*below)) / 2e-6
        np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-6)
