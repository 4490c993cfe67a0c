"""The cross-entropy kernels against NumPy in float64, and the modes to each other."""

import numpy as np
import pytest

from tests.kernels.harness import poisoned, run
from tests.kernels.vector.test_softmax import log_softmax, softmax

PROBABILITIES, THROUGH, LOGITS = 0, 1, 2
MODES = [PROBABILITIES, THROUGH, LOGITS]
SHAPES = [(0, 3), (1, 1), (5, 2), (3, 10), (2, 16), (2, 17), (3, 200), (70, 130)]
EPS = 1e-7


def inputs(shape, dtype, mode):
    """Output, one-hot targets softened a little, labels, gradient of the loss."""
    rng = np.random.default_rng(shape[1])
    x = rng.standard_normal(shape) * 2
    if mode == PROBABILITIES:
        x = rng.random(shape) + 0.05  # not normalized
    labels = rng.integers(0, max(shape[1], 1), shape[0]).astype("int32")
    target = rng.random(shape) * 0.1
    target[np.arange(shape[0]), labels] += 0.8
    d_loss = rng.standard_normal(shape[0])
    return x.astype(dtype), target.astype(dtype), labels, d_loss.astype(dtype)


def forward(kind, target, x, mode, n_threads=1, strict=0):
    loss, p = poisoned(x.shape[:1], x.dtype), poisoned(x.shape, x.dtype)
    dims = (*x.shape, mode, strict)
    buffers = [target, x, loss] + ([p] if mode else [])
    kernel = f"crossentropy.{kind}"
    status = run(kernel, x.dtype.name, buffers, dims, (EPS,), n_threads)
    assert status == 0
    return loss, p


def backward(kind, target, p, d_loss, mode, n_threads=1):
    d_x = poisoned(p.shape, p.dtype)
    buffers, kernel = [target, p, d_loss, d_x], f"crossentropy.{kind}_gradient"
    run(kernel, p.dtype.name, buffers, (*p.shape, mode), (EPS,), n_threads)
    return d_x


def expected_loss(target, x, mode):
    x, target = x.astype("float64"), target.astype("float64")
    if mode == LOGITS:
        logs = log_softmax(x)
    else:
        p = softmax(x) if mode == THROUGH else x / x.sum(-1, keepdims=True)
        logs = np.log(np.clip(p, EPS, 1 - EPS))
    return -(target * logs).sum(-1)


def slopes(target, x, mode, d_loss, step=1e-6):
    """The gradient by central differences in float64."""
    x = x.astype("float64")
    result = np.zeros(x.shape)
    for i in range(x.shape[1]):
        up, down = x.copy(), x.copy()
        up[:, i] += step
        down[:, i] -= step
        above, below = (expected_loss(target, y, mode) for y in (up, down))
        result[:, i] = d_loss * (above - below) / (2 * step)
    return result


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", SHAPES)
def test_categorical(shape, mode, dtype):
    x, target, _, d_loss = inputs(shape, dtype, mode)
    tolerance = 100 * np.finfo(dtype).eps
    loss, p = forward("categorical", target, x, mode)
    expected = expected_loss(target, x, mode)
    np.testing.assert_allclose(loss, expected, rtol=tolerance, atol=tolerance)
    if mode:
        np.testing.assert_allclose(p, softmax(x), rtol=tolerance)
    d_x = backward("categorical", target, p if mode else x, d_loss, mode)
    if shape[1] > 1:  # one class is a corner of the bounds
        expected = slopes(target, x, mode, d_loss)
        np.testing.assert_allclose(d_x, expected, atol=1e-7 + 10 * tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", SHAPES)
def test_sparse_equals_categorical_of_one_hot(shape, mode, dtype):
    x, _, labels, d_loss = inputs(shape, dtype, mode)
    one_hot = np.eye(shape[1], dtype=dtype)[labels]
    tolerance = 20 * np.finfo(dtype).eps
    loss, p = forward("sparse", labels, x, mode, strict=1)
    other, other_p = forward("categorical", one_hot, x, mode)
    np.testing.assert_allclose(loss, other, rtol=tolerance, atol=tolerance)
    if mode:
        np.testing.assert_array_equal(p, other_p)
    used = p if mode else x
    d_x = backward("sparse", labels, used, d_loss, mode)
    other = backward("categorical", one_hot, used, d_loss, mode)
    np.testing.assert_allclose(d_x, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("bad", [-1, 4, 2**31 - 1, -(2**31)])
@pytest.mark.parametrize("mode", MODES)
def test_labels_out_of_range(bad, mode):
    x, _, labels, d_loss = inputs((3, 4), "float32", mode)
    labels[1] = bad
    buffers = [labels, x, poisoned(3, "float32"), poisoned((3, 4), "float32")]
    dims = (3, 4, mode, 1)
    assert run("crossentropy.sparse", "float32", buffers, dims, (EPS,)) == 1
    loss, p = forward("sparse", labels, x, mode)
    assert loss[1] == 0 and np.all(loss[[0, 2]] > 0)
    d_x = backward("sparse", labels, p if mode else x, d_loss, mode)
    assert not d_x[1].any() and d_x[0].any() and d_x[2].any()


@pytest.mark.parametrize("kind", ["categorical", "sparse"])
def test_no_gradient_beyond_the_bounds(kind):
    x = np.array([[100, -100, -100]], "float32")  # softmax is 1, 0, 0 exactly
    for label in (0, 1):
        labels = np.array([label], "int32")
        target = labels if kind == "sparse" else np.eye(3, dtype="float32")[labels]
        loss, p = forward(kind, target, x, THROUGH)
        expected = -np.log(np.float32([1 - EPS, EPS])[label])
        np.testing.assert_allclose(loss, [expected], rtol=1e-6)
        one = np.ones(1, "float32")
        assert not backward(kind, target, p, one, THROUGH).any()
        assert backward(kind, target, p, one, LOGITS).any() == (label == 1)


@pytest.mark.parametrize("kind", ["categorical", "sparse"])
@pytest.mark.parametrize("mode", MODES)
def test_nan_stays_in_its_row(kind, mode):
    x, target, labels, d_loss = inputs((3, 20), "float32", mode)
    x[1, 3] = np.nan
    target = labels if kind == "sparse" else target
    loss, p = forward(kind, target, x, mode)
    np.testing.assert_array_equal(np.isnan(loss), [False, True, False])
    d_x = backward(kind, target, p if mode else x, d_loss, mode)
    assert not np.isnan(d_x[[0, 2]]).any() and np.isnan(d_x[1]).any()


@pytest.mark.parametrize("kind", ["categorical", "sparse"])
@pytest.mark.parametrize("mode", MODES)
def test_same_bits_for_any_thread_count(kind, mode):
    x, target, labels, d_loss = inputs((2500, 21), "float32", mode)
    target = labels if kind == "sparse" else target
    loss, p = forward(kind, target, x, mode)
    used = p if mode else x
    d_x = backward(kind, target, used, d_loss, mode)
    for n_threads in (2, 5):
        other, other_p = forward(kind, target, x, mode, n_threads)
        assert other.tobytes() == loss.tobytes()
        assert other_p.tobytes() == p.tobytes()
        other = backward(kind, target, used, d_loss, mode, n_threads)
        assert other.tobytes() == d_x.tobytes()


def test_in_place():
    x, _, labels, d_loss = inputs((4, 19), "float32", LOGITS)
    for mode in (THROUGH, LOGITS):
        loss, p = forward("sparse", labels, x, mode)
        over, other = x.copy(), poisoned(4, "float32")
        dims = (4, 19, mode, 0)
        run("crossentropy.sparse", "float32", [labels, over, other, over], dims, (EPS,))
        np.testing.assert_array_equal(over, p)
        np.testing.assert_array_equal(other, loss)
        d_x = backward("sparse", labels, p, d_loss, mode)
        buffers = [labels, over, d_loss, over]
        run("crossentropy.sparse_gradient", "float32", buffers, dims, (EPS,))
        np.testing.assert_array_equal(over, d_x)


# --- binary --------------------------------------------------------------------------


def binary(target, x, mode, n_threads=1):
    loss, p = poisoned(x.shape, x.dtype), poisoned(x.shape, x.dtype)
    buffers = [target, x, loss] + ([p] if mode == THROUGH else [])
    dims = (x.size, mode)
    run("crossentropy.binary", x.dtype.name, buffers, dims, (EPS,), n_threads)
    return loss, p


def binary_gradient(target, p, d_loss, mode, n_threads=1):
    d_x = poisoned(p.shape, p.dtype)
    buffers, dims = [target, p, d_loss, d_x], (p.size, mode)
    kernel = "crossentropy.binary_gradient"
    run(kernel, p.dtype.name, buffers, dims, (EPS,), n_threads)
    return d_x


def binary_inputs(n, dtype, mode):
    rng = np.random.default_rng(n)
    x = rng.random(n) * 0.98 + 0.01 if mode == PROBABILITIES else rng.normal(0, 1.5, n)
    return [a.astype(dtype) for a in (x, rng.random(n), rng.standard_normal(n))]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n", [0, 1, 7, 16, 33, 1000])
def test_binary(n, mode, dtype):
    x, target, d_loss = binary_inputs(n, dtype, mode)
    wide, t = x.astype("float64"), target.astype("float64")
    q = wide if mode == PROBABILITIES else 1 / (1 + np.exp(-wide))
    loss, p = binary(target, x, mode)
    tolerance = 1000 * np.finfo(dtype).eps  # 1 - q loses digits where q is near 1
    expected = -t * np.log(q) - (1 - t) * np.log(1 - q)
    np.testing.assert_allclose(loss, expected, rtol=tolerance, atol=tolerance)
    if mode == THROUGH:
        np.testing.assert_allclose(p, q, rtol=tolerance)
    d_x = binary_gradient(target, p if mode == THROUGH else x, d_loss, mode)
    slope = (1 - t) / (1 - q) - t / q if mode == PROBABILITIES else q - t
    np.testing.assert_allclose(
        d_x, d_loss * slope, rtol=20 * tolerance, atol=20 * tolerance
    )


def test_binary_beyond_the_bounds():
    target, x = np.float32([0, 1, 0, 1]), np.float32([200, 200, -200, -200])
    d_loss = np.ones(4, "float32")
    loss, p = binary(target, x, THROUGH)
    far, near = -np.log1p(-np.float32(1 - EPS)), -np.log(np.float32(1 - EPS))
    np.testing.assert_allclose(loss, [far, near, near, -np.log(EPS)], rtol=1e-5)
    assert not binary_gradient(target, p, d_loss, THROUGH).any()
    loss, _ = binary(target, x, LOGITS)
    np.testing.assert_array_equal(loss, [200, 0, 0, 200])
    found = binary_gradient(target, x, d_loss, LOGITS)
    np.testing.assert_allclose(found, [1, 0, 0, -1], atol=1e-12)


@pytest.mark.parametrize("mode", MODES)
def test_binary_same_bits_for_any_thread_count(mode):
    x, target, d_loss = binary_inputs(50_001, "float32", mode)
    loss, p = binary(target, x, mode)
    p = p if mode == THROUGH else x
    d_x = binary_gradient(target, p, d_loss, mode)
    for n_threads in (2, 5):
        assert binary(target, x, mode, n_threads)[0].tobytes() == loss.tobytes()
        other = binary_gradient(target, p, d_loss, mode, n_threads)
        assert other.tobytes() == d_x.tobytes()
