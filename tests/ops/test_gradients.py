"""Gradients of ops against central differences."""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine.tracing.gradient import GradientTape
from tests.gradients import check_gradients

rng = np.random.default_rng(3)
X = rng.normal(size=(3, 4))
Y = rng.normal(size=(3, 4))
ROW = rng.normal(size=4)
CUBE = rng.normal(size=(2, 3, 4))
POSITIVE = rng.uniform(0.3, 2.0, size=(3, 4))
INSIDE = rng.uniform(-0.8, 0.8, size=(3, 4))
PROBABILITIES = rng.uniform(0.1, 0.9, size=(3, 4))
SQUARE = rng.normal(size=(3, 3)) + 3 * np.eye(3)
SPD = SQUARE @ SQUARE.T
CLASSES = np.array([1, 3, 0], "int32")


def squared_values(x):
    """U·diag(s²)·Vᵀ: signs of the vectors are free, products are functions of x."""
    u, s, v = ops.svd(x, full_matrices=False)
    return ops.matmul(u * s**2, v)


UNARY = {
    "abs negative square exp expm1 sin cos tan tanh sinh cosh arctan arcsinh sigmoid "
    "relu relu6 leaky_relu elu selu celu silu gelu softplus softsign log_sigmoid "
    "hard_sigmoid hard_silu hard_tanh squareplus sparse_plus sparse_sigmoid "
    "soft_shrink hard_shrink tanh_shrink erf erfc exp2 cbrt sinc reciprocal "
    "softmax log_softmax sparsemax glu i0 deg2rad ravel flip sort cumsum": X,
    "sqrt rsqrt log log2 log10 log1p": POSITIVE,
    "arcsin arccos arctanh erfinv": INSIDE,
    "arccosh": POSITIVE + 1,
    "sum mean max min prod var std logsumexp median ptp norm": CUBE,
    "inv det slogdet logdet pinv trace diagonal tril": SPD,
    "diag diagflat vander": ROW,
    "nan_to_num": X,
}
BINARY = {
    "add subtract multiply divide maximum minimum arctan2 hypot logaddexp logaddexp2 "
    "divide_no_nan fmax fmin": (X, Y),
    "add multiply divide": (CUBE, ROW),
    "power": (POSITIVE, Y),
    "mod fmod": (X, POSITIVE),
    "matmul": (X, Y.T.copy()),
    "inner vdot outer kron": (X, Y),
    "dot": (CUBE, Y.T.copy()),
    "cdist": (X, Y),
    "solve": (SQUARE, Y),
    "lstsq": (Y, X[:, 0].copy()),
    "binary_crossentropy": (PROBABILITIES, PROBABILITIES[::-1].copy()),
    "categorical_crossentropy": (PROBABILITIES, PROBABILITIES[::-1].copy()),
    "append": (X, Y),
}
OTHER = {
    "clip": (lambda x: ops.clip(x, -0.5, 0.5), X),
    "clip_tensor": (ops.clip, X, Y - 1, Y + 1),
    "where": (lambda x, y: ops.where(X > 0, x, y), X, Y),
    "softmax_axes": (lambda x: ops.softmax(x, axis=(0, 2)), CUBE),
    "mean_axis": (lambda x: ops.mean(x, axis=(0, 2), keepdims=True), CUBE),
    "max_axis": (lambda x: ops.max(x, axis=1), CUBE),
    "prod_axis": (lambda x: ops.prod(x, axis=1), CUBE),
    "cumprod": (lambda x: ops.cumprod(x, axis=1), CUBE),
    "quantile": (lambda x: ops.quantile(x, 0.3, axis=1), CUBE),
    "average": (lambda x, w: ops.average(x, axis=0, weights=w), X, POSITIVE),
    "gelu_exact": (lambda x: ops.gelu(x, approximate=False), X),
    "transpose": (lambda x: ops.transpose(x, (2, 0, 1)), CUBE),
    "reshape": (lambda x: ops.reshape(x, (4, -1)), CUBE),
    "concatenate": (lambda x, y: ops.concatenate([x, y], 1), X, Y),
    "stack": (lambda x, y: ops.stack([x, y], 2), X, Y),
    "split": (lambda x: ops.split(x, [1, 3], 1), X),
    "tile": (lambda x: ops.tile(x, (2, 3)), X),
    "repeat": (lambda x: ops.repeat(x, [2, 0, 1], 0), X),
    "pad": (lambda x: ops.pad(x, ((1, 0), (0, 2))), X),
    "pad_reflect": (lambda x: ops.pad(x, ((1, 1), (2, 1)), mode="reflect"), X),
    "roll": (lambda x: ops.roll(x, 2, 1), X),
    "broadcast_to": (lambda x: ops.broadcast_to(x, (2, 3, 4)), X),
    "take": (lambda x: ops.take(x, [[0, 2], [2, -1]], axis=1), X),
    "take_along_axis": (lambda x: ops.take_along_axis(x, [[0, 3, 3]], 1), X),
    "top_k": (lambda x: ops.top_k(x, 2)[0], X),
    "item": (lambda x: x[1, ..., ::-2], CUBE),
    "item_arrays": (lambda x: x[[1, 0, 1], :, [3, 0, 0]], CUBE),
    "tensordot": (lambda x, y: ops.tensordot(x, y, [[1], [0]]), CUBE, Y),
    "einsum": (lambda x, y: ops.einsum("bij,kj->bki", x, y), CUBE, Y),
    "einsum_batch": (lambda x, y: ops.einsum("bij,bij->bi", x, y), CUBE, CUBE * 2),
    "matmul_broadcast": (ops.matmul, CUBE, rng.normal(size=(5, 1, 4, 2))),
    "matmul_vector": (ops.matmul, X, ROW),
    "cross": (ops.cross, X[:, :3].copy(), Y[:, :3].copy()),
    "norm_3": (lambda x: ops.norm(x, 3, axis=1), X),
    "norm_nuclear": (lambda x: ops.norm(x, "nuc"), X),
    "eigh": (lambda x: ops.eigh(x + ops.transpose(x)), SPD),
    "cholesky": (lambda x: ops.cholesky(x + ops.transpose(x)), SPD),
    "qr": (lambda x: ops.qr(x), X.T.copy()),
    "svd": (lambda x: ops.svd(x, compute_uv=False), X),
    "svd_vectors": (squared_values, X),
    "solve_triangular": (lambda a, b: ops.solve_triangular(a, b, True), SQUARE, Y),
    "moments": (lambda x: ops.moments(x, [0, 2]), CUBE),
    "normalize": (ops.normalize, X),
    "batch_normalization": (
        lambda x, m, v, b, g: ops.batch_normalization(x, m, v, -1, b, g),
        *(CUBE, ROW, POSITIVE[0], ROW * 2, ROW + 1),
    ),
    "layer_normalization": (ops.layer_normalization, CUBE, ROW, ROW * 2),
    "rms_normalization": (ops.rms_normalization, CUBE, ROW),
    "sparse_crossentropy": (
        lambda x: ops.sparse_categorical_crossentropy(CLASSES, x),
        PROBABILITIES,
    ),
    "sparse_crossentropy_logits": (
        lambda x: ops.sparse_categorical_crossentropy(CLASSES, x, from_logits=True),
        X,
    ),
    "crossentropy_logits": (
        lambda x: ops.categorical_crossentropy(PROBABILITIES, x, from_logits=True),
        X,
    ),
    "binary_logits": (
        lambda t, x: ops.binary_crossentropy(t, x, from_logits=True),
        *(PROBABILITIES, X),
    ),
    "attention": (
        lambda q, k, v: ops.dot_product_attention(q, k, v, is_causal=True),
        *rng.normal(size=(3, 2, 3, 2, 4)),
    ),
    "segment_sum": (lambda x: ops.segment_sum(x, [0, 2, 0], 3), X),
    "segment_max": (lambda x: ops.segment_max(x, [0, 1, 0], 2), X),
    "scatter": (lambda x: ops.scatter([[0], [4], [0]], x, (5, 4)), X),
    "scatter_update": (
        lambda x, u: ops.scatter_update(x, [[0, 1], [2, 2]], u),
        *(X, ROW[:2].copy()),
    ),
    "scatter_mul": (
        lambda x, u: ops.scatter_update(x, [[0, 1], [2, 2]], u, "mul"),
        *(X, ROW[:2].copy()),
    ),
    "slice_update": (
        lambda x, u: ops.slice_update(x, (1, 1), u),
        *(X, rng.normal(size=(2, 2))),
    ),
    "unfold": (lambda x: ops.unfold(x, 2, padding=1), rng.normal(size=(1, 2, 3, 4))),
    "fold": (lambda x: ops.fold(x, (3, 4), 2), rng.normal(size=(1, 8, 6))),
    "fft": (lambda x, y: ops.fft((x, y)), X, Y),
    "stft": (lambda x: ops.stft(x, 4, 2, 4), rng.normal(size=(2, 9))),
    "irfft": (lambda x, y: ops.irfft((x, y)), X, Y),
    "matvec": (ops.matmul, X, ROW * 2),
    "sort_axis": (lambda x: ops.sort(x, axis=0), X),
    "lu_factor": (lambda x: ops.lu_factor(x)[0], SQUARE),
    "jvp": (lambda x, v: ops.jvp(ops.tanh, (x,), (v,))[1], X, Y),
    "ctc_loss": (
        lambda x: ops.ctc_loss([[1, 1], [2, 3]], x, [2, 1], [4, 3]),
        rng.normal(size=(2, 4, 5)),
    ),
    "scan": (lambda x: ops.scan(lambda c, r: (c * r + 1, c), x[0], x), X),
}


@pytest.mark.parametrize(
    "name,x",
    [
        pytest.param(name, x, id=name)
        for names, x in UNARY.items()
        for name in names.split()
    ],
)
def test_unary(name, x):
    check_gradients(getattr(ops, name), x)


@pytest.mark.parametrize(
    "name,x,y",
    [
        pytest.param(name, x, y, id=f"{name}-{x.ndim}")
        for names, (x, y) in BINARY.items()
        for name in names.split()
    ],
)
def test_binary(name, x, y):
    check_gradients(getattr(ops, name), x, y)


@pytest.mark.parametrize("name", OTHER)
def test_other(name):
    function, *arrays = OTHER[name]
    check_gradients(function, *arrays)


# --- gradients of the user's own ----------------------------------------------------

OWN = np.array([1.0, 2.0, 100.0], "float32")


def own_gradients(fn, *arrays):
    """The gradients of a function's sum at once and compiled."""

    def call(*values):
        with GradientTape() as tape:
            tape.watch(list(values))
            results = ckeras.tree.flatten(fn(*values))
            total = sum(ops.sum(r) for r in results)
        return tape.gradient(total, list(values))

    now = call(*map(ops.convert_to_tensor, arrays))
    for a, b in zip(now, ckeras.function(call)(*arrays), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    return now


def test_own_gradient_of_one_result():
    @ops.custom_gradient
    def log1pexp(x):
        e = ops.exp(x)
        return ops.log(1 + e), lambda upstream: upstream * (1.0 - 1.0 / (1 + e))

    (found,) = own_gradients(log1pexp, OWN)
    np.testing.assert_allclose(found, [0.7310586, 0.8807971, 1.0], rtol=1e-5)


def test_own_gradient_of_several_results_and_arguments():
    @ops.custom_gradient
    def pair(x, pairs):
        y, z = pairs

        def rule(upstream):
            a, b = upstream["a"], upstream["b"][0]
            return a * 10, (b * 20, ops.sum(a) + b)

        return {"a": x * y, "b": [z + 1]}, rule

    found = own_gradients(lambda x, y, z: pair(x, (y, z)), OWN, OWN + 1, OWN + 2)
    for gradient, expected in zip(found, (10, 20, 4), strict=True):
        np.testing.assert_array_equal(gradient, np.full(3, expected))


def test_own_gradient_of_variables():
    v = ckeras.Variable(OWN)
    double = ops.custom_gradient(lambda x: (x * 2, lambda d: d * 7))
    with GradientTape() as tape:
        y = ops.sum(double(v))
    np.testing.assert_array_equal(tape.gradient(y, v), np.full(3, 7.0))


def test_own_gradient_inside_a_loop():
    double = ops.custom_gradient(lambda x: (x * 2, lambda d: d * 3))
    (found,) = own_gradients(
        lambda x: ops.fori_loop(0, 4, lambda i, v: double(v), x), OWN
    )
    np.testing.assert_array_equal(found, np.full(3, 81.0))


def test_own_gradient_refusals():
    with pytest.raises(TypeError, match="expects a function"):
        ops.custom_gradient(3)
    with pytest.raises(TypeError, match="must return a pair"):
        ops.custom_gradient(lambda x: x)(OWN)
    two = ops.custom_gradient(lambda x, y: (x + y, lambda d: d))
    with pytest.raises(ValueError, match=r"each of its 2 arguments. Received: 1"):
        own_gradients(two, OWN, OWN)
