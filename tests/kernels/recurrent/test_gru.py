"""The GRU kernels against the equations in NumPy."""

import itertools

import numpy as np
import pytest

from ckeras import kernels
from tests.kernels.harness import poisoned, run

# With one row and few timesteps, weights are read as they lie.
SIZES = [(1, 1, 1), (3, 4, 5), (9, 3, 17), (17, 6, 33), (1, 2, 16), (1, 1, 80)]
BOTH = pytest.mark.parametrize("after", [False, True])
WAYS = pytest.mark.parametrize("backwards", [False, True])
MASKED = pytest.mark.parametrize("masked", [False, True])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def reference(z, u, c, h, mask, after, backwards):
    """Outputs, kept values and the last h; z is the projected input."""
    n = u.shape[0]
    steps = range(z.shape[1])
    outputs = np.empty((len(z), len(steps), n))
    gates, inner, before = np.empty(z.shape), outputs.copy(), outputs.copy()
    for t in reversed(steps) if backwards else steps:
        product = h @ u + (0 if c is None else c)
        update, reset = np.split(sigmoid(z[:, t, : 2 * n] + product[:, : 2 * n]), 2, 1)
        inner[:, t] = product[:, 2 * n :] if after else reset * h
        last = reset * inner[:, t] if after else inner[:, t] @ u[:, 2 * n :]
        candidate = np.tanh(z[:, t, 2 * n :] + last)
        before[:, t] = h
        on = np.ones((len(z), 1), bool) if mask is None else mask[:, t : t + 1]
        h = np.where(on, update * h + (1 - update) * candidate, h)
        outputs[:, t] = h
        gates[:, t] = np.concatenate([update, reset, candidate], 1)
    return outputs, h, gates, inner, before


def data(batch, steps, units, dtype, masked=False):
    rng = np.random.default_rng(units)
    shapes = [(batch, steps, 3 * units), (units, 3 * units), (3 * units,)]
    z, u, c = [rng.normal(scale=0.7, size=s).astype(dtype) for s in shapes]
    h = rng.normal(scale=0.7, size=(batch, units)).astype(dtype)
    return z, u, c, h, rng.random((batch, steps)) > 0.3 if masked else None


def workspace(batch, units, dtype, features=0):
    itemsize = np.dtype(dtype).itemsize
    size = kernels.module("gru").workspace_bytes(batch, units, features, itemsize)
    return poisoned(size // itemsize, dtype)


def forward(
    z,
    u,
    c,
    h,
    mask,
    after,
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
    kept = [poisoned((batch, steps, n * units), dtype) for n in (3, 1, 1)]
    buffers = [z, w, bias, u, c, h, mask, outputs, last, *(kept if keep else [])]
    dims = (batch, steps, units, sequences, keep, features, backwards, after)
    buffers.append(workspace(batch, units, dtype, features))
    run("gru.forward", dtype, buffers, dims, n_threads=n_threads)
    return outputs, last, *kept


@MASKED
@WAYS
@BOTH
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", SIZES)
def test_forward(size, dtype, after, backwards, masked):
    z, u, c, h, mask = data(*size, dtype, masked)
    c = c if after else None
    wide = [None if a is None else a.astype("float64") for a in (z, u, c, h)]
    expected = reference(*wide, mask, after, backwards)
    tolerance = {"float32": 1e-5, "float64": 1e-13}[dtype]
    found = forward(z, u, c, h, mask, after, backwards)
    for k, (a, b) in enumerate(zip(found, expected, strict=True)):
        if k >= 2 and masked:  # what masked timesteps keep is nobody's business
            a, b = a[mask], b[mask]
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    again = forward(z, u, c, h, mask, after, backwards, n_threads=2)
    for a, b in zip(again, found, strict=True):
        np.testing.assert_array_equal(a, b)
    short = forward(z, u, c, h, mask, after, backwards, sequences=False, keep=False)
    for a in short[:2]:
        np.testing.assert_array_equal(a, found[1])


@pytest.mark.parametrize("biased", [False, True])
@BOTH
@pytest.mark.parametrize("features", [1, 7])
@pytest.mark.parametrize("size", SIZES)
def test_inputs_are_projected_on_the_way(size, features, after, biased):
    batch, steps, units = size
    _, u, c, h, mask = data(*size, "float64", masked=True)
    c = c if after and biased else None
    rng = np.random.default_rng(features)
    x = rng.normal(size=(batch, steps, features))
    w = rng.normal(size=(features, 3 * units))
    bias = rng.normal(size=3 * units) if biased else None
    z = x @ w + (bias if biased else 0)
    for keep, n_threads in itertools.product((False, True), (1, 2)):
        expected = forward(z, u, c, h, mask, after, False, keep=keep)
        options = {"keep": keep, "n_threads": n_threads}
        found = forward(x, u, c, h, mask, after, False, w=w, bias=bias, **options)
        for a, b in zip(found[:2], expected[:2], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
        for a, b in zip(found[2:] if keep else (), expected[2:], strict=False):
            np.testing.assert_allclose(a[mask], b[mask], rtol=1e-11, atol=1e-12)


@MASKED
@WAYS
@BOTH
@pytest.mark.parametrize("size", SIZES)
def test_backward_is_the_slope_of_forward(size, after, backwards, masked):
    batch, steps, units = size
    z, u, c, h, mask = data(*size, "float64", masked)
    c = c if after else None
    rng = np.random.default_rng(1)
    d_outputs = rng.normal(size=(batch, steps, units))
    d_last = rng.normal(size=(batch, units))
    _, _, gates, inner, before = forward(z, u, c, h, mask, after, backwards)

    def backward(n_threads, short=False, in_place=False):
        kept_gates, kept_inner = gates.copy(), inner.copy()
        width = units if short else 3 * units
        d_z = poisoned((batch, steps, width), "float64")
        d_inner = poisoned(z.shape, "float64")
        if in_place and after:
            d_inner = kept_gates
            d_z = kept_inner if short else d_z
        elif in_place:
            d_z = kept_gates
        d_h = poisoned((batch, units), "float64")
        buffers = [d_outputs, d_last, u, mask, kept_gates, kept_inner, before, d_z]
        buffers += [d_h, d_inner] if after else [d_h]
        run(
            "gru.backward",
            "float64",
            [*buffers, workspace(batch, units, "float64")],
            (batch, steps, units, 1, 0, 0, backwards, after, short),
            n_threads=n_threads,
        )
        for d in (d_z, d_inner) if masked else ():
            assert np.isnan(d[~mask]).all()
            d[~mask] = 0
        return d_z, d_h, *([d_inner.sum((0, 1))] if after else [])

    def weighted(z, h, c=None):
        outputs, last, *_ = reference(z, u, c, h, mask, after, backwards)
        return (outputs * d_outputs).sum() + (last * d_last).sum()

    found = backward(1)
    for a, b in zip(backward(2, in_place=True), found, strict=True):
        np.testing.assert_array_equal(a, b)
    if after:
        for a, b in zip(backward(2, short=True, in_place=True), found, strict=True):
            np.testing.assert_array_equal(a, b[..., -a.shape[-1] :])
    inputs = [z, h, c] if after else [z, h]
    for i, gradient in enumerate(found):
        direction = rng.normal(size=inputs[i].shape)
        above = [a + 1e-6 * direction if i == j else a for j, a in enumerate(inputs)]
        below = [a - 1e-6 * direction if i == j else a for j, a in enumerate(inputs)]
        slope = (weighted(*above) - weighted(*below)) / 2e-6
        np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-6)
