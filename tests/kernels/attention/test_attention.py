"""Attention's kernels against NumPy in float64, around every block's border."""

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, kernels, ops
from ckeras.ops.primitives import attention
from tests.gradients import check_gradients
from tests.kernels.harness import poisoned, run

# batch, q_len, kv_len, heads, kv_heads, head_dim, value_dim
SHAPES = [
    (1, 1, 1, 1, 1, 1, 1),
    (2, 5, 7, 2, 1, 3, 5),
    (1, 31, 33, 2, 2, 32, 32),
    (1, 32, 12, 1, 1, 8, 9),
    (2, 33, 143, 4, 2, 7, 33),
    (1, 64, 144, 1, 1, 20, 8),
    (1, 65, 145, 2, 2, 64, 64),
    (1, 7, 289, 3, 1, 17, 31),
    (1, 140, 40, 1, 1, 9, 70),
    (3, 200, 300, 4, 2, 8, 12),
    (2, 1, 37, 4, 2, 17, 70),
    (1, 3, 64, 1, 1, 64, 64),
    (1, 4, 1, 2, 2, 5, 3),
]
# causal, window
PLACES = [(0, 0), (1, 0), (0, 5), (1, 3)]


def sample(shape, dtype="float32", scale=1.0):
    batch, q_len, kv_len, heads, kv_heads, head_dim, value_dim = shape
    rng = np.random.default_rng(sum(shape))
    sizes = [
        (batch, q_len, heads, head_dim),
        (batch, kv_len, kv_heads, head_dim),
        (batch, kv_len, kv_heads, value_dim),
    ]
    return [(scale * rng.standard_normal(s)).astype(dtype) for s in sizes]


def masks(shape):
    """None, a mask of keys, one of pairs with a row that sees nothing, of queries."""
    batch, q_len, kv_len, heads = shape[:4]
    rng = np.random.default_rng(9)
    pairs = rng.random((batch, heads, q_len, kv_len)) > 0.4
    pairs[:, :, 0] = False
    return [
        None,
        rng.random((batch, 1, 1, kv_len)) > 0.4,
        pairs,
        rng.random((1, 1, q_len, 1)) > 0.3,
    ]


def steps(x):
    if x is None:
        return (0, 0, 0, 0)
    sizes = zip(x.shape, x.strides, strict=True)
    return tuple(0 if n == 1 else s // x.itemsize for n, s in sizes)


def forward(q, k, v, mask=None, bias=None, causal=0, window=0, n_threads=1):
    batch, q_len, heads, head_dim = q.shape
    kv_len, kv_heads, value_dim = v.shape[1:]
    dims = (batch, q_len, kv_len, heads, kv_heads, head_dim, value_dim, causal, window)
    dims += (*steps(mask), *steps(bias), 4)
    y = poisoned((batch, q_len, heads, value_dim), q.dtype)
    stats = poisoned((batch, heads, 2, q_len), q.dtype)
    size = kernels.module("attention").workspace_bytes(dims, q.itemsize)
    work = poisoned(size // q.itemsize, q.dtype)
    buffers = [q, k, v, mask, bias, y, stats, work]
    scale = (head_dim**-0.5,)
    assert run("attention.forward", q.dtype.name, buffers, dims, scale, n_threads) == 0
    return y, stats


def backward(q, k, v, d_y, mask=None, causal=0, window=0, n_threads=1):
    y, stats = forward(q, k, v, mask, None, causal, window)
    batch, q_len, heads, head_dim = q.shape
    kv_len, kv_heads, value_dim = v.shape[1:]
    dims = (batch, q_len, kv_len, heads, kv_heads, head_dim, value_dim, causal, window)
    dims += (*steps(mask), *steps(None), 4)
    results = [poisoned(x.shape, x.dtype) for x in (q, k, v)]
    size = kernels.module("attention_gradient").workspace_bytes(dims, q.itemsize)
    work = poisoned(size // q.itemsize, q.dtype)
    buffers = [q, k, v, mask, None, y, stats, d_y, *results, work]
    kernel, scale = "attention_gradient.backward", (head_dim**-0.5,)
    assert run(kernel, q.dtype.name, buffers, dims, scale, n_threads) == 0
    return results


def by_numpy(q, k, v, mask=None, bias=None, causal=0, window=0):
    nothing = -0.7 * np.finfo(q.dtype).max
    q, k, v = [x.astype("float64") for x in (q, k, v)]
    times = q.shape[2] // k.shape[2]
    k, v = [np.repeat(x, times, axis=2) for x in (k, v)]
    scores = np.einsum("bthd,bshd->bhts", q, k) / np.sqrt(q.shape[3])
    if bias is not None:
        scores = scores + bias
    ahead = np.arange(k.shape[1]) - np.arange(q.shape[1])[:, None]
    seen = np.ones(scores.shape, bool) if mask is None else mask
    if causal:
        seen = seen & (ahead <= 0)
    if window:
        seen = seen & (abs(ahead) < window)
    scores = np.where(seen, scores, nothing)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return np.einsum("bhts,bshd->bthd", weights, v)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("places", PLACES)
@pytest.mark.parametrize("shape", SHAPES)
def test_forward(shape, places, dtype):
    q, k, v = sample(shape, dtype)
    tolerance = 100 * np.finfo(dtype).eps
    for mask in masks(shape):
        y, _ = forward(q, k, v, mask, None, *places)
        expected = by_numpy(q, k, v, mask, None, *places)
        np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("shape", SHAPES)
def test_bias(shape):
    q, k, v = sample(shape)
    batch, q_len, kv_len, heads = shape[:4]
    rng = np.random.default_rng(1)
    sizes = [(batch, heads, q_len, kv_len), (1, heads, q_len, kv_len)]
    for size in [*sizes, (1, 1, 1, kv_len), (batch, 1, q_len, 1)]:
        bias = rng.standard_normal(size).astype("float32")
        y, _ = forward(q, k, v, None, bias)
        expected = by_numpy(q, k, v, None, bias)
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


def test_large_scores_do_not_overflow():
    shape = (1, 40, 300, 2, 2, 16, 8)
    q, k, v = sample(shape, scale=300.0)
    y, _ = forward(q, k, v)
    np.testing.assert_allclose(y, by_numpy(q, k, v), rtol=2e-2, atol=1e-2)
    assert np.isfinite(y).all()


def test_a_bias_of_minus_infinity_hides():
    q, k, v = sample((1, 5, 300, 1, 1, 4, 3))
    mask = np.random.default_rng(0).random((1, 1, 5, 300)) > 0.5
    mask[..., :150] = False  # the first block of keys altogether
    bias = np.where(mask, 0, -np.inf).astype("float32")
    y, _ = forward(q, k, v, None, bias)
    np.testing.assert_allclose(y, by_numpy(q, k, v, mask), rtol=1e-5, atol=1e-6)


def test_nan_stays():
    q, k, v = sample((1, 3, 5, 1, 1, 4, 3))
    q[0, 1] = np.nan
    y, _ = forward(q, k, v)
    assert np.isnan(y[0, 1]).all()
    assert np.isfinite(y[0, [0, 2]]).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_same_bits_on_any_number_of_threads(shape):
    batch, q_len, _, heads, _, _, value_dim = shape
    q, k, v = sample(shape)
    d_y = np.random.default_rng(2).standard_normal((batch, q_len, heads, value_dim))
    d_y = d_y.astype("float32")
    for mask in masks(shape):
        one = forward(q, k, v, mask, None, 1, 0, 1), backward(q, k, v, d_y, mask, 1)
        for n in (2, 3, 4):
            many = forward(q, k, v, mask, None, 1, 0, n)
            np.testing.assert_array_equal(one[0][0], many[0])
            for a, b in zip(one[1], backward(q, k, v, d_y, mask, 1, 0, n), strict=True):
                np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("places", PLACES)
@pytest.mark.parametrize("shape", [s for s in SHAPES if s[1] * s[2] < 12000])
def test_backward_is_the_formula_s(shape, places):
    """Against the tape's gradient of the same formula in simpler ops."""
    attrs = {"scale": 0.3, "causal": bool(places[0]), "window": places[1] or None}
    q, k, v = [ops.convert_to_tensor(x) for x in sample(shape, "float64")]
    for mask in masks(shape):
        mask = None if mask is None else ops.convert_to_tensor(mask)
        found = []
        for way in (lambda *a, **k: attention.attention(*a, **k)[0], attention.formula):
            found.append(gradients(way, q, k, v, mask, attrs))
        for a, b in zip(*found, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10)


def gradients(way, q, k, v, mask, attrs):
    with GradientTape() as tape:
        tape.watch([q, k, v])
        y = way(q, k, v, mask, None, **attrs)
        loss = ops.sum(ops.sin(y))
    return tape.gradient(loss, [q, k, v])


@pytest.mark.parametrize("causal", [False, True])
def test_slopes(causal):
    q, k, v = sample((1, 3, 4, 2, 1, 3, 2), "float64")
    mask = masks((1, 3, 4, 2, 1, 3, 2))[2]
    bias = np.random.default_rng(4).standard_normal((1, 2, 3, 4))

    def attend(query, key, value, bias):
        return ops.dot_product_attention(
            query, key, value, bias=bias, mask=mask, is_causal=causal
        )

    check_gradients(attend, q, k, v, bias)
    check_gradients(lambda *a: ops.dot_product_attention(*a, is_causal=causal), q, k, v)


def test_second_derivatives():
    q, k, v = sample((1, 3, 4, 2, 1, 3, 2), "float64")

    def slopes(query, key, value):
        with GradientTape() as tape:
            tape.watch([query, key, value])
            y = ops.sum(ops.sin(ops.dot_product_attention(query, key, value)))
        return tape.gradient(y, [query, key, value])

    check_gradients(slopes, q, k, v)


# Queries: by rows, and in blocks.
@pytest.mark.parametrize("q_len", [1, 5])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_exponentials(dtype, q_len):
    """Weights of two keys whose scores are 0 and x, to 5 units in the last place."""
    x = np.concatenate([-np.geomspace(1e-6, 30, 500), [-80.0, -87.0, -100.0, -800.0]])
    x = x.astype(dtype)
    k = np.stack([np.zeros_like(x), x])[None, :, :, None]
    v = np.broadcast_to(np.array([0, 1], dtype)[None, :, None, None], k.shape)
    y, _ = forward(np.ones((1, q_len, len(x), 1), dtype), k, np.ascontiguousarray(v))
    weight = np.exp(x.astype("longdouble"))
    expected = weight / (1 + weight)
    limit = np.where(x > -16, 5, 10) * np.spacing(expected.astype(dtype))
    limit[expected < np.finfo(dtype).tiny] = np.finfo(dtype).tiny
    assert (abs(y[0, :, :, 0] - expected) <= limit).all()
    assert (y[0, :, x < (-90 if dtype == "float32" else -710), 0] == 0).all()


def test_a_top_that_lags_behind():
    """Scores that rise from block to block, little by little and much at once."""
    q, k, v = sample((1, 40, 600, 1, 1, 4, 3))
    for slope in (0.01, 0.05, 1.0):
        bias = (slope * np.arange(600))[None, None, None].astype("float32")
        bias = np.ascontiguousarray(np.broadcast_to(bias, (1, 1, 40, 600)))
        y, _ = forward(q, k, v, None, bias)
        expected = by_numpy(q, k, v, None, bias)
        np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)


def test_memory_grows_with_the_length():
    """Scratch memory of a plan, with gradients, is proportional to the length."""

    def scratch(length):
        x = ops.zeros((1, length, 8, 16))

        @ckeras.function
        def both(q, k, v):
            with GradientTape() as tape:
                tape.watch([q, k, v])
                y = ops.dot_product_attention(q, k, v, is_causal=True)
            return tape.gradient(y, [q, k, v])

        both(x, x, x)
        return both.plan.scratch_bytes

    sizes = [scratch(n) for n in (1024, 2048, 4096)]
    numbers = 4 * 8 * 16  # bytes of a place of q, of all heads
    assert sizes[1] < 2.1 * sizes[0] and sizes[2] < 2.1 * sizes[1]
    assert sizes[2] < 8 * 4096 * numbers
