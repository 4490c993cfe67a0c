"""Calls of ops whose results are stored from Keras: inputs only, no library.

`make_ops.py` runs them with Keras; `tests/ops/against_keras/test_reference.py`
compares. A case is `(name, args, kwargs)` below a unique id.
"""

import numpy as np

rng = np.random.default_rng(7)


def normal(*shape):
    return rng.normal(size=shape).astype("float32")


def uniform(*shape, low=0.1, high=0.9):
    return rng.uniform(low, high, size=shape).astype("float32")


def integers(*shape, low=-7, high=8, dtype="int32"):
    return rng.integers(low, high, size=shape).astype(dtype)


X = normal(3, 4)
Y = normal(3, 4)
POSITIVE = uniform(3, 4, low=0.2, high=3.0)
INSIDE = uniform(3, 4, low=-0.9, high=0.9)
WIDE = np.array([-1e4, -20.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.3, 1, 2.5, 30, 1e4], "f4")
ODD = np.array([np.nan, np.inf, -np.inf, 0.0, 2.5, -2.5, 3.5, -0.4], "float32")
N = integers(3, 4)
POSITIVE_N = integers(3, 4, low=1, high=9)
B = np.array([[True, False, True, True], [False] * 4, [True] * 4])
CUBE = normal(2, 3, 4)
NAN_CUBE = np.where(rng.uniform(size=(2, 3, 4)) < 0.3, np.nan, CUBE).astype("float32")
FACTOR = normal(4, 4)
SPD = FACTOR @ FACTOR.T + 3 * np.eye(4, dtype="float32")
SQUARE = SPD + normal(4, 4) * 0.3
WEIGHTS = uniform(5, 4)
PROBABILITIES = WEIGHTS / WEIGHTS.sum(-1, keepdims=True)
CLASSES = np.array([0, 3, 1, 2, 3], "int32")

UNARY = {
    "abs absolute negative square sign reciprocal exp expm1 sin cos tan tanh sinh cosh "
    "arctan arcsinh floor ceil trunc round sigmoid relu relu6 elu selu silu swish gelu "
    "softplus softsign log_sigmoid hard_sigmoid hard_silu hard_swish hard_tanh "
    "leaky_relu celu squareplus sparse_plus sparse_sigmoid soft_shrink hard_shrink "
    "tanh_shrink erf erfc exp2 cbrt deg2rad rad2deg sinc ravel flip fliplr flipud "
    "isnan isfinite isinf logical_not signbit real conj": X,
    "sqrt rsqrt log log2 log10 log1p i0": POSITIVE,
    "arcsin arccos arctanh erfinv": INSIDE,
    "arccosh": POSITIVE + 1,
    "isnan isfinite isinf isposinf isneginf nan_to_num sign round ceil abs trunc floor "
    "logical_not signbit sigmoid tanh softplus relu": ODD,
    "relu leaky_relu sigmoid softplus tanh elu gelu silu log_sigmoid erf selu "
    "hard_silu softsign exp log1p expm1 sparse_plus squareplus": WIDE,
    "abs negative square sign exp sqrt floor ceil round trunc log1p sigmoid "
    "bitwise_not bitwise_invert tanh cos isnan isfinite isinf logical_not relu": N,
    "sum any all logical_not bitwise_not square exp floor isnan": B,
}
BINARY = {
    "add subtract multiply divide true_divide maximum minimum arctan2 hypot logaddexp "
    "logaddexp2 less less_equal greater greater_equal equal not_equal divide_no_nan "
    "fmax fmin mod floor_divide isclose allclose nextafter heaviside": (X, Y),
    "power": (POSITIVE, Y),
    "add multiply mod floor_divide fmod": (X, Y[0]),
    "subtract maximum divide": (CUBE, Y),
    "add subtract multiply divide maximum minimum equal less power": (N, POSITIVE_N),
    "mod floor_divide bitwise_and bitwise_or bitwise_xor gcd lcm fmod": (N, POSITIVE_N),
    "left_shift right_shift bitwise_left_shift": (POSITIVE_N, POSITIVE_N % 3),
    "logical_and logical_or logical_xor add multiply maximum minimum bitwise_and": (
        B,
        B[::-1],
    ),
    "add multiply divide": (N, X),
    "matmul dot": (X, Y.T.copy()),
    "inner vdot outer kron": (X, Y),
    "append": (X, Y),
    "ldexp": (X, N),
}
REDUCTIONS = (
    "sum mean max min prod var std amax amin ptp logsumexp median any all "
    "nansum nanmean nanmax nanmin nanprod nanvar nanstd nanmedian"
)

CALLS = {}


def case(name, *args, **kwargs):
    key = f"{name}_{len([k for k in CALLS if k.rpartition('_')[0] == name])}"
    CALLS[key] = (name, args, kwargs)


for names, x in UNARY.items():
    for name in names.split():
        case(name, x)
for names, pair in BINARY.items():
    for name in names.split():
        case(name, *pair)
for name in REDUCTIONS.split():
    x = NAN_CUBE if name.startswith("nan") else CUBE
    case(name, x)
    case(name, x, axis=1)
    case(name, x, axis=(0, -1), keepdims=True)
for name in ["sum", "mean", "max", "min", "prod", "var", "std", "median"]:
    case(name, N, axis=0)
for name in ["argmax", "argmin"]:
    case(name, CUBE)
    case(name, CUBE, axis=1)
    case(name, CUBE, axis=-1, keepdims=True)
for name in ["cumsum", "cumprod", "sort", "argsort", "diff"]:
    case(name, CUBE, axis=1)
    case(name, CUBE, axis=-1)
for name in ["nancumsum", "nancumprod"]:
    case(name, NAN_CUBE, axis=1)
for name in ["nanargmax", "nanargmin"]:
    case(name, NAN_CUBE, axis=2)
for name in ["softmax", "log_softmax"]:
    case(name, X)
    case(name, CUBE, axis=1)
case("softmax", CUBE, axis=(0, 2))
case("glu", X)
case("threshold", X, 0.2, -5.0)
case("gelu", X, approximate=False)
case("elu", X, alpha=0.3)
case("clip", X, -0.5, 0.5)
case("clip", N, -2, 3)
case("round", X * 100, decimals=1)
case("nan_to_num", ODD, nan=1.0, posinf=9.0, neginf=-9.0)
case("count_nonzero", N, axis=1)
case("average", X, axis=0, weights=Y)
case("average", X, axis=1, weights=POSITIVE[0])
case("trapezoid", X, dx=0.5)
case("trapezoid", X, np.sort(Y[0]))

# Shapes and order.
case("reshape", X, (2, -1))
case("transpose", CUBE)
case("transpose", CUBE, (1, 0, 2))
case("swapaxes", CUBE, 0, -1)
case("moveaxis", CUBE, [0, 1], [-1, -2])
case("moveaxis", CUBE, 0, 2)
case("expand_dims", X, 1)
case("expand_dims", X, (0, -1))
case("squeeze", X[:, :1], 1)
case("squeeze", X[None, :, :1])
case("broadcast_to", X, (2, 3, 4))
case("flip", CUBE, (0, 2))
case("rot90", CUBE)
case("rot90", CUBE, 3, (1, 2))
case("rot90", X, 2)
case("roll", X, 2)
case("roll", X, -1, 1)
case("roll", X, (1, 2), (0, 1))
case("concatenate", [X, Y], 1)
case("concatenate", [N, X])
case("stack", [X, Y], 1)
case("hstack", [X, Y])
case("vstack", [X[0], Y[0]])
case("dstack", [X, Y])
case("split", X, 2, 1)
case("split", CUBE, [1, 3], 2)
case("array_split", X, 3, 1)
case("hsplit", X, 2)
case("vsplit", X, 3)
case("dsplit", CUBE, 2)
case("unstack", X, axis=1)
case("repeat", X, 2)
case("repeat", X, 3, 1)
case("repeat", X, np.array([1, 0, 2]), 0)
case("tile", X, (2, 1, 2))
case("tile", X, (2,))
case("meshgrid", X[0], Y[:, 0])
case("meshgrid", X[0], Y[:, 0], indexing="ij")
case("pad", X, ((1, 0), (2, 3)))
case("pad", X, ((1, 0), (2, 3)), constant_values=1.5)
case("pad", X, ((1, 1), (2, 3)), mode="reflect")
case("pad", X, ((1, 1), (2, 3)), mode="symmetric")
case("diag", X[0], 1)
case("diag", SQUARE, -1)
case("diagflat", X[:2, :2])
case("diagonal", CUBE, offset=1, axis1=0, axis2=2)
case("trace", CUBE, 0, 1, 2)
case("tril", CUBE, -1)
case("triu", CUBE, 1)
case("vander", X[0], 3)

# Creation.
case("arange", 5)
case("arange", 2, 9, 3)
case("arange", 0.5, 3.0, 0.5)
case("arange", 3, dtype="float32")
case("linspace", 0.0, 3.0, 7)
case("linspace", X, Y, 5, endpoint=False, axis=-1)
case("logspace", 0.0, 2.0, 5)
case("geomspace", 1.0, 100.0, 5)
case("eye", 3, 4, 1)
case("identity", 3)
case("tri", 3, 4, -1)
case("zeros", (2, 3))
case("ones", (2,), dtype="int32")
case("full", (2, 3), 7)
case("full", (2, 3), 7.5)
case("full_like", X, 3)
case("zeros_like", N)
case("ones_like", B)
for name in ["bartlett", "blackman", "hamming", "hanning"]:
    case(name, 7)
case("kaiser", 7, 5.0)

# Choice.
case("where", B, X, Y)
case("where", N, X, 0.0)
case("select", [X > 0.5, X < -0.5], [X, Y], 9.0)
case("take", X, np.array([[0, 2], [-1, 1]]), axis=1)
case("take", X, np.array([5, -1]))
case("take_along_axis", X, np.array([[0, 3, -1]] * 3), axis=1)
case("take_along_axis", CUBE, np.array([[[1, 0, 1, 1]]]), axis=0)
case("searchsorted", np.sort(X[0]), Y)
case("searchsorted", np.array([1, 3, 3, 5]), np.array([3, 6, 0]), side="right")
case("digitize", X, np.array([-1.0, 0.0, 1.0], "float32"))
case("bincount", POSITIVE_N[0], minlength=12)
case("bincount", POSITIVE_N, weights=X, minlength=4)
case("isin", N, np.array([1, -2, 5]))
case("isin", N, np.array([1, -2, 5]), invert=True)
case("unique", N)
case("unique", N, return_inverse=True, return_counts=True, return_index=True)
case("unravel_index", np.array([0, 5, 11]), (3, 4))
case("top_k", X, 3)
case("in_top_k", CLASSES, normal(5, 4), 2)
case("one_hot", CLASSES, 4)
case("one_hot", np.array([[1, -1], [4, 0]]), 3, axis=1, dtype="int32")
case("multi_hot", np.array([[0, 2], [1, 1]]), 4)
case("nonzero", N)
case("histogram", X, 5)
case("get_item", CUBE, (1, Ellipsis, slice(None, None, -2)))
case("get_item", CUBE, (slice(None), None, np.array([2, 0])))
case("get_item", CUBE, (np.array([1, 0]), slice(None), np.array([3, 1])))
case("get_item", CUBE, (0, np.array([[2], [0]]), np.array([1, -1])))

# Statistics.
for name in ["quantile", "nanquantile"]:
    x = NAN_CUBE if name.startswith("nan") else CUBE
    for method in ["linear", "lower", "higher", "midpoint", "nearest"]:
        case(name, x, np.array([0.2, 0.65], "float32"), axis=1, method=method)
    case(name, x, 0.4, axis=(0, 2), keepdims=True)
case("percentile", X, 30.0, axis=0)
case("quantile", NAN_CUBE, 0.3, axis=0)
case("corrcoef", X)
case("correlate", X[0], Y[1, :3])
case("correlate", X[0], Y[1, :3], mode="full")
case("correlate", X[0], Y[1, :3], mode="same")

# Products.
case("matmul", CUBE, normal(4, 5))
case("matmul", CUBE, normal(2, 4, 5))
case("matmul", normal(5, 1, 3, 4), normal(2, 4, 2))
case("matmul", X[0], Y[1])
case("matmul", X, Y[1])
case("matmul", X[:, 0], Y)
case("matmul", N, POSITIVE_N.T.copy())
case("matmul", N.astype("int8"), POSITIVE_N.T.astype("int8"))
case("dot", CUBE, normal(5, 4, 2))
case("dot", 2.0, X)
case("tensordot", CUBE, normal(3, 4, 5))
case("tensordot", CUBE, normal(4, 2), axes=([0, 2], [1, 0]))
case("inner", CUBE, X)
case("cross", normal(5, 3), normal(5, 3))
case("cross", normal(5, 2), normal(5, 3))
case("einsum", "ij,kj->ik", X, Y)
case("einsum", "ij,ij->i", X, Y)
case("einsum", "ij,ij->ij", X, Y)
case("einsum", "bij,bjk->bik", CUBE, normal(2, 4, 3))
case("einsum", "...ij,jk->...ik", CUBE, normal(4, 2))
case("einsum", "ii", SQUARE)
case("einsum", "ii->i", SQUARE)
case("einsum", "ijk->ki", CUBE)
case("einsum", "ij,jk,kl->il", X, normal(4, 2), normal(2, 5))
case("einsum", "abc,acd,ade->be", CUBE, normal(2, 4, 2), normal(2, 2, 3))
case("einsum", "btnh,bsnh->bnts", normal(2, 3, 4, 5), normal(2, 6, 4, 5))

# Linear algebra.
case("norm", X)
case("norm", CUBE, axis=1)
case("norm", CUBE, ord=1, axis=-1, keepdims=True)
case("norm", CUBE, ord=3, axis=-1)
case("norm", X, ord=np.inf)
case("norm", X, ord=2)
case("norm", X, ord="nuc")
case("norm", CUBE, ord="fro", axis=(0, 2))
case("norm", CUBE, ord=-1, axis=(2, 1))
case("cholesky", SPD)
case("cholesky", SPD, upper=True)
case("cholesky_inverse", np.linalg.cholesky(SPD))
case("det", SQUARE)
case("slogdet", SQUARE)
case("logdet", SPD)
case("inv", SQUARE)
case("solve", SQUARE, normal(4))
case("solve", SQUARE, normal(4, 2))
case("solve_triangular", np.triu(SQUARE), normal(4, 2))
case("solve_triangular", np.tril(SQUARE), normal(4, 2), lower=True)
case("svd", X, compute_uv=False)
case("pinv", X)
case("lstsq", X.T.copy(), normal(4))
case("matrix_rank", X)
case("lu_factor", SQUARE)

# Losses, normalization.
case("categorical_crossentropy", PROBABILITIES, uniform(5, 4))
case("categorical_crossentropy", PROBABILITIES, normal(5, 4), from_logits=True)
case("categorical_crossentropy", PROBABILITIES, uniform(5, 4), axis=0)
case("sparse_categorical_crossentropy", CLASSES, uniform(5, 4))
case("sparse_categorical_crossentropy", CLASSES, normal(5, 4), from_logits=True)
case("sparse_categorical_crossentropy", CLASSES[:, None], uniform(5, 4))
case("sparse_categorical_crossentropy", 3 - CLASSES, normal(5, 4), from_logits=True)
case("binary_crossentropy", uniform(3, 4), uniform(3, 4))
case("binary_crossentropy", uniform(3, 4), WIDE.reshape(3, 4), from_logits=True)
case("binary_crossentropy", B.astype("float32"), np.round(uniform(3, 4)))
case("moments", CUBE, axes=[0, 2])
case("moments", CUBE, axes=[1], keepdims=True)
case("normalize", X)
case("normalize", X, axis=0, order=3)
case("batch_normalization", CUBE, normal(4), uniform(4), -1, normal(4), normal(4))
case("batch_normalization", CUBE, normal(3), uniform(3), 1)
case("layer_normalization", CUBE, normal(4), normal(4))
case("rms_normalization", CUBE, normal(4))
case("psnr", X, Y, 2.0)

# Images, attention, spectra.
case("depth_to_space", normal(2, 3, 2, 8), 2)
case("depth_to_space", normal(2, 8, 3, 2), 2, data_format="channels_first")
case("space_to_depth", normal(2, 4, 6, 3), 2)
case("space_to_depth", normal(2, 3, 4, 6), 2, data_format="channels_first")
case("unfold", normal(2, 3, 5, 6), (2, 3), padding=1, stride=2)
case("unfold", normal(1, 2, 7, 6), 2, dilation=(3, 2))
case("fold", normal(2, 12, 12), (3, 4), 2, padding=(1, 0), stride=1)
case("rearrange", CUBE, "a b (c d) -> (a d) c b", c=2)
for options in ({}, {"is_causal": True}, {"mask": B[:, None, None, :3][:, :, :, :3]}):
    q, k, v = normal(3, 2, 2, 5), normal(3, 3, 2, 5), normal(3, 3, 2, 5)
    case("dot_product_attention", q, k, v, **options)
case("cdist", CUBE, normal(2, 5, 4))
case("fft", (X, Y))
case("fft2", (X, Y))
case("ifft2", (X, Y))
case("rfft", X)
case("rfft", X, fft_length=7)
case("irfft", (X, Y))
case("irfft", (X, Y), fft_length=5)
case("stft", normal(2, 40), 8, 4, 16)
case("stft", normal(40), 8, 4, 8, window="hamming", center=False)
case("istft", (normal(2, 6, 9), normal(2, 6, 9)), 16, 4, 16)
case("istft", (normal(6, 9), normal(6, 9)), 12, 4, 16, length=20, window="hamming")
case("angle", X)

# Slices and scattering.
case("slice", X, (1, 0), (2, 3))
case("slice", X, (1, 1), (2, 3))
case("slice_update", X, (1, 2), normal(2, 2))
case("scatter", np.array([[0], [2], [0]]), normal(3, 4), (3, 4))
case("scatter", np.array([[0, 1], [2, 2]]), normal(2), (3, 4))
for reduction in (None, "add", "mul", "max", "min"):
    case("scatter_update", X, np.array([[0, 1], [2, 2]]), normal(2), reduction)
for name in ["segment_sum", "segment_max", "segment_min", "segment_prod"]:
    case(name, normal(5, 2), np.array([0, 2, 0, 1, 2]), num_segments=3)
case("segment_sum", normal(5), np.array([0, 2, 0, 1, 2]))
case("extract_sequences", X, 2, 1)
case("saturate_cast", X * 300, "uint8")
case("saturate_cast", N * 50, "int8")
case("cast", X, "int32")
case("cast", N, "bool")
case("cast", POSITIVE * 80, "uint8")

# Control flow.
case("slice", X, (-2, -3), (1, 2))
case("slice_update", X, (-2, 2), normal(2, 2))
case("scatter_update", X, np.array([[0], [2]]), np.float32(3))
case("unstack", X, axis=-1)
for flag in (True, False):
    case("cond", np.array(flag), lambda: X * 2, lambda: X - 1)
for i in (-3, 1, 7):
    branches = [lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - b]
    case("switch", np.int32(i), branches, X, Y)
case("while_loop", lambda i, x: i < 4, lambda i, x: (i + 1, x * 2), (np.int32(0), X))
case("while_loop", lambda x: x[0] < 99, lambda x: x * 2, POSITIVE[0], 3)
case("fori_loop", 2, 6, lambda i, x: x * 0.5 + i, X)
for options in ({}, {"reverse": True}, {"unroll": 2}, {"unroll": True}):
    case("scan", lambda c, x: (c * 0.5 + x, c - x), X[0], X, **options)
case("scan", lambda c, x: ((c[1], c[0] + c[1]), c[0]), (X, Y), None, 5)
case("map", lambda x: (x * x, x[0]), X)
case("vectorized_map", lambda x: x[0] * x[1] + 1, [X, Y])
for options in ({"axis": 1}, {"axis": 1, "reverse": True}, {"axis": -1}):
    case(
        "associative_scan",
        lambda a, b: (a[0] * b[0], b[0] * a[1] + b[1]),
        (POSITIVE, X),
        **options,
    )
