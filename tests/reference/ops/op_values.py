"""Calls of nearly every op with arguments of every number type, without a library.

`make_op_values.py` stores what Keras returns with 64-bit types switched on, and
`tests/ops/against_keras/test_values.py` compares. A call is `(name, args, kwargs)`
below the id `op#number:type`.
"""

import numpy as np

INTEGERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
HALVES = ["float16", "bfloat16"]
FLOATS = [*HALVES, "float32", "float64"]
COMPLEX = ["complex64", "complex128"]
TYPES = ["bool", *INTEGERS, *FLOATS, *COMPLEX]


def as_type(x, dtype):
    """x in a number type; NumPy has no bfloat16 of its own."""
    if dtype == "bfloat16":
        import ml_dtypes

        return x.astype(ml_dtypes.bfloat16)
    return x.astype(dtype)


class Samples:
    """Arrays of one type; numbers that tell operands and elements apart."""

    def __init__(self, dtype):
        self.dtype = dtype
        self.rng = np.random.default_rng(11)

    def __call__(self, *shape, low=None, high=None):
        """Numbers of any sign, or between two bounds."""
        if self.dtype in COMPLEX:
            parts = self.rng.normal(size=(2, *shape)) * 1.5
            return as_type(np.asarray(parts[0] + 1j * parts[1]), self.dtype)
        if self.dtype in FLOATS:
            wide = low is None
            x = self.rng.normal(size=shape) * 1.5
            x = x if wide else self.rng.uniform(low, high, size=shape)
            return as_type(np.asarray(x), self.dtype)
        if self.dtype == "bool":
            return np.asarray(self.rng.random(size=shape) < 0.6)
        low = (0 if self.dtype[0] == "u" else -6) if low is None else int(np.ceil(low))
        high = 7 if high is None else max(int(high), low)
        return as_type(self.rng.integers(low, high + 1, size=shape), self.dtype)


UNARY = (
    "abs absolute angle arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil celu "
    "conj conjugate copy cos cosh deg2rad elu erf erfc exp exp2 expm1 fabs floor gelu "
    "glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh i0 imag isfinite "
    "isinf isnan isneginf isposinf isreal leaky_relu log log10 log1p log2 log_sigmoid "
    "logical_not nan_to_num negative rad2deg real reciprocal relu relu6 round rsqrt "
    "selu sigmoid sign signbit silu sin sinc sinh soft_shrink softplus softsign "
    "sparse_plus sparse_sigmoid sqrt square squareplus swish tan tanh tanh_shrink "
    "threshold trunc bitwise_not bitwise_invert ravel flip fliplr flipud rot90 "
    "transpose array convert_to_tensor stop_gradient"
)
BINARY = (
    "add subtract multiply divide true_divide floor_divide mod fmod maximum minimum "
    "fmax fmin arctan2 hypot logaddexp logaddexp2 less less_equal greater "
    "greater_equal equal not_equal divide_no_nan heaviside isclose allclose nextafter "
    "logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor gcd lcm "
    "outer inner vdot kron append isin"
)
REDUCTIONS = (
    "sum mean max min prod var std amax amin ptp logsumexp median any all "
    "nansum nanmean nanmax nanmin nanprod nanvar nanstd nanmedian"
)
FILLED = "zeros ones empty full eye identity tri arange linspace logspace"
LIKE = "zeros_like ones_like empty_like"


def simple_calls(s):
    """Elementwise operations and reductions."""
    for name in UNARY.split():
        yield name, (s(3, 4),), {}
    yield "erfinv", (s(3, 4, low=-0.9, high=0.9),), {}
    for name in ("arccosh", "log", "log1p", "sqrt", "rsqrt", "cbrt", "arctanh"):
        yield name, (s(3, 4, low=0.1, high=4),), {}
    for name in BINARY.split():
        yield name, (s(3, 4), s(3, 4)), {}
    for name in ("mod", "floor_divide", "divide", "power", "gcd", "lcm", "fmod"):
        yield name, (s(3, 4, low=1, high=6), s(4, low=1, high=3)), {}
    for name in ("left_shift", "right_shift", "bitwise_left_shift"):
        yield name, (s(3, 4, low=0, high=6), s(3, 4, low=0, high=3)), {}
    yield "bitwise_right_shift", (s(3, 4, low=0, high=6), s(3, 4, low=0, high=3)), {}
    yield "power", (s(3, 4), 2), {}
    yield "ldexp", (s(3, 4), np.arange(4, dtype="int32")), {}
    yield "clip", (s(3, 4), 1, 3), {}
    yield "clip", (s(3, 4), s(4), None), {}
    yield "elu", (s(3, 4), 0.3), {}
    yield "gelu", (s(3, 4), False), {}
    yield "round", (s(3, 4),), {"decimals": 1}
    for name in REDUCTIONS.split():
        yield name, (s(3, 4),), {}
        yield name, (s(2, 3, 2),), {"axis": 1}
        yield name, (s(2, 3, 2),), {"axis": (0, -1), "keepdims": True}
    for name in ("argmax", "argmin", "nanargmax", "nanargmin"):
        yield name, (s(3, 4),), {}
        yield name, (s(3, 4),), {"axis": 1}
    for name in ("cumsum", "cumprod", "nancumsum", "nancumprod", "diff", "sort"):
        yield name, (s(3, 4, low=0, high=3),), {"axis": 1}
    yield "argsort", (s(3, 4),), {"axis": 0}
    yield "count_nonzero", (s(3, 4),), {"axis": 0}
    yield "average", (s(3, 4), 1, s(4, low=1, high=3)), {}
    yield "average", (s(3, 4),), {}
    yield "trapezoid", (s(3, 4),), {}
    for name in ("quantile", "percentile", "nanquantile", "nanpercentile"):
        yield name, (s(3, 4), np.float32(0.3)), {"axis": 1}
    for name in ("softmax", "log_softmax", "sparsemax"):
        yield name, (s(3, 4),), {}
    for name in FILLED.split():
        number = (3,) if name in ("eye", "identity", "tri", "arange") else ((2, 3),)
        number = (1, 4, 4) if name in ("linspace", "logspace") else number
        number = ((2, 3), 1) if name == "full" else number
        yield name, number, {"dtype": s.dtype}
    for name in LIKE.split():
        yield name, (s(2, 3),), {}
    yield "full_like", (s(2, 3), 1), {}
    for name in ("linspace", "geomspace", "logspace"):
        yield name, (s(3, low=1, high=3), s(3, low=1, high=3), 4), {}
    for other in ("bool", "uint8", "int32", "float16", "float32", "complex64"):
        yield "cast", (s(3, 4), other), {}
        if "complex" not in other:
            yield "saturate_cast", (s(3, 4), other), {}


def shape_calls(s):
    """What moves, joins and picks elements."""
    yield "reshape", (s(3, 4), (2, 6)), {}
    yield "expand_dims", (s(3, 4), 1), {}
    yield "squeeze", (s(3, 1), 1), {}
    yield "swapaxes", (s(3, 4), 0, 1), {}
    yield "moveaxis", (s(2, 3, 4), 0, 2), {}
    yield "broadcast_to", (s(3, 1), (2, 3, 4)), {}
    yield "roll", (s(3, 4), 1, 1), {}
    yield "repeat", (s(3, 2), 2, 1), {}
    yield "tile", (s(3, 2), (2, 1)), {}
    yield "pad", (s(3, 2), ((1, 0), (2, 1))), {}
    yield "pad", (s(3, 2), ((1, 0), (2, 1))), {"constant_values": 1}
    yield "pad", (s(3, 2), ((1, 0), (1, 1))), {"mode": "reflect"}
    yield "concatenate", ([s(3, 2), s(3, 1)], 1), {}
    yield "stack", ([s(3, 2), s(3, 2)], 1), {}
    for name in ("hstack", "vstack", "dstack"):
        yield name, ([s(3, 2), s(3, 2)],), {}
    yield "split", (s(3, 4), 2, 1), {}
    yield "array_split", (s(3, 4), 3, 1), {}
    yield "hsplit", (s(3, 4), 2), {}
    yield "vsplit", (s(4, 2), 2), {}
    yield "dsplit", (s(2, 1, 4), 2), {}
    yield "unstack", (s(3, 2),), {"axis": 1}
    yield "meshgrid", (s(3), s(2)), {}
    yield "where", (np.array([True, False, True, False]), s(3, 4), s(4)), {}
    yield "select", ([np.array([True, False])], [s(3, 2)], 1), {}
    yield "take", (s(3, 4), np.array([2, 0, -1], "int32")), {"axis": 1}
    yield "take_along_axis", (s(3, 4), np.array([[2, 0]] * 3, "int32")), {"axis": 1}
    yield "get_item", (s(3, 4), (slice(1, None), np.array([3, 1], "int32"))), {}
    yield "slice", (s(3, 4), (1, 0), (2, 3)), {}
    yield "slice_update", (s(3, 4), (1, 0), s(2, 3)), {}
    yield "scatter", (np.array([[0], [2], [0]], "int32"), s(3, 4), (3, 4)), {}
    index = np.array([[0, 1], [2, 2]], "int32")
    for reduction in (None, "add", "max", "min", "mul"):
        yield "scatter_update", (s(3, 4), index, s(2), reduction), {}
    for name in ("segment_sum", "segment_max", "segment_min", "segment_prod"):
        ids = np.array([0, 2, 0, 1, 2], "int32")
        yield name, (s(5, 2), ids), {"num_segments": 3}
    yield "diag", (s(3),), {"k": 1}
    yield "diag", (s(3, 4),), {}
    yield "diagflat", (s(2, 2),), {}
    yield "diagonal", (s(3, 4),), {}
    yield "trace", (s(3, 4),), {}
    yield "tril", (s(3, 4),), {}
    yield "triu", (s(3, 4),), {}
    yield "vander", (s(3, low=0, high=2), 3), {}
    yield "extract_sequences", (s(2, 6), 3, 2), {}
    yield "top_k", (s(3, 4), 2), {}
    yield "in_top_k", (np.array([0, 3, 1], "int32"), s(3, 4), 2), {}
    yield "argpartition", (s(5), 2), {}
    yield "unique", (s(3, 4),), {}
    yield "nonzero", (s(3, 4),), {}
    yield "histogram", (s(9), 3), {}
    yield "searchsorted", (np.sort(s(5)), s(3)), {}
    yield "digitize", (s(3, 4), np.unique(s(5))), {}
    yield "bincount", (s(6, low=0, high=5),), {}
    yield "one_hot", (s(5, low=0, high=3), 4), {}
    yield "one_hot", (np.array([0, 2, -1], "int32"), 3), {"dtype": s.dtype}
    yield "multi_hot", (s(2, 3, low=0, high=3), 4), {}
    yield "unravel_index", (s(4, low=0, high=5), (2, 3)), {}
    yield "view_as_complex", (s(3, 2),), {}
    yield "view_as_real", (s(3, 2),), {}
    yield "depth_to_space", (s(1, 2, 2, 4), 2), {}
    yield "space_to_depth", (s(1, 4, 4, 1), 2), {}
    yield "fold", (s(1, 4, 4), (3, 3), (2, 2)), {}
    yield "unfold", (s(1, 1, 3, 3), (2, 2)), {}
    yield "view", (s(3, 4), "uint8"), {}


def product_calls(s):
    """Products and linear algebra."""
    yield "matmul", (s(3, 4), s(4, 2)), {}
    yield "matmul", (s(2, 3, 4), s(2, 4, 3)), {}
    yield "matmul", (s(3, 4), s(4)), {}
    yield "dot", (s(3, 4), s(4, 2)), {}
    yield "tensordot", (s(2, 3, 4), s(3, 4, 2)), {}
    yield "einsum", ("bij,bjk->bik", s(2, 3, 4), s(2, 4, 3)), {}
    yield "einsum", ("ij->ji", s(3, 4)), {}
    yield "cross", (s(2, 3), s(2, 3)), {}
    yield "correlate", (s(5), s(3)), {}
    yield "corrcoef", (s(3, 5),), {}
    yield "cdist", (s(3, 2), s(4, 2)), {}
    root = s(3, 3)
    regular = root + as_type(4 * np.eye(3), s.dtype)
    adjoint = np.conj(regular.T) if s.dtype in COMPLEX else regular.T
    positive = as_type(
        regular.astype("complex128") @ adjoint.astype("complex128"), "c16"
    )
    positive = positive if s.dtype in COMPLEX else positive.real
    positive = as_type(positive, s.dtype)
    yield "cholesky", (positive,), {}
    yield "cholesky_inverse", (np.tril(regular),), {}
    for name in ("det", "inv", "slogdet", "lu_factor", "matrix_rank", "pinv"):
        yield name, (regular,), {}
    yield "logdet", (positive,), {}
    yield "eigh", (positive,), {}
    yield "eig", (regular,), {}
    yield "svd", (s(3, 4),), {"compute_uv": False}
    yield "qr", (regular,), {}
    yield "solve", (regular, s(3, 2)), {}
    yield "solve_triangular", (np.triu(regular), s(3, 2)), {}
    yield "lstsq", (s(4, 2), s(4)), {}
    yield "norm", (s(3, 4),), {}
    yield "norm", (s(3, 4),), {"ord": 1, "axis": 1}
    yield "norm", (s(3, 4),), {"ord": 2, "axis": (0, 1)}
    yield "norm", (s(3, 4),), {"ord": np.inf, "axis": 0}


def network_calls(s):
    """Operations of neural networks, spectra and images."""
    x, kernel = s(1, 5, 5, 2), s(2, 2, 2, 3)
    yield "conv", (x, kernel), {}
    yield "depthwise_conv", (x, s(2, 2, 2, 1)), {}
    yield "separable_conv", (x, s(2, 2, 2, 1), s(1, 1, 2, 3)), {}
    yield "conv_transpose", (s(1, 3, 3, 2), s(2, 2, 3, 2), 2), {}
    yield "adaptive_max_pool", (x, 2), {}
    yield "adaptive_average_pool", (x, 2), {}
    yield "batch_normalization", (s(3, 4), s(4), s(4, low=1, high=2), -1), {}
    yield "layer_normalization", (s(3, 4),), {}
    yield "rms_normalization", (s(3, 4),), {}
    yield "normalize", (s(3, 4),), {}
    yield "moments", (s(3, 4), [0]), {}
    shares = s(3, 4, low=0.1, high=0.9), s(3, 4, low=0.1, high=0.9)
    yield "categorical_crossentropy", shares, {}
    yield "categorical_crossentropy", (shares[0], s(3, 4)), {"from_logits": True}
    yield "binary_crossentropy", shares, {}
    classes = np.array([0, 3, 1], "int32")
    yield "sparse_categorical_crossentropy", (classes, shares[1]), {}
    query, key = s(1, 3, 2, 4), s(1, 5, 2, 4)
    yield "dot_product_attention", (query, key, s(1, 5, 2, 4)), {}
    yield "psnr", (s(2, 3), s(2, 3), 2.0), {}
    yield "polar", (s(3), s(3)), {}
    lengths = np.array([2, 1], "int32")
    labels = np.array([[1, 2], [1, 0]], "int32")
    steps = np.array([4, 3], "int32")
    yield "ctc_loss", (labels, s(2, 4, 3), lengths, steps), {}
    for name in ("fft", "fft2", "ifft2"):
        yield name, ((s(3, 4), s(3, 4)),), {}
    yield "rfft", (s(3, 6),), {}
    yield "irfft", ((s(3, 4), s(3, 4)),), {}
    yield "stft", (s(12), 4, 2, 4), {}


def value_calls():
    """All calls: id and `(name, args, kwargs)`."""
    for dtype in TYPES:
        s = Samples(dtype)
        count = {}
        for part in (simple_calls, shape_calls, product_calls, network_calls):
            for call in part(s):
                number = count[call[0]] = count.get(call[0], -1) + 1
                yield f"{call[0]}#{number}:{dtype}", call
