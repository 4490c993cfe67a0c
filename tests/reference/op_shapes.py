"""Calls of ops on arrays of every kind of shape: inputs only, no library.

Empty, one element, no axes, odd sizes, axes that broadcast, axes that do not exist.
`make_op_shapes.py` stores what Keras returns, or which error it raises.
"""

import numpy as np

SHAPES = [(), (0,), (1,), (7,), (0, 3), (3, 5), (2, 1, 3)]
PAIRS = [
    ((), ()),
    ((3, 5), ()),
    ((0,), (1,)),
    ((0, 3), (3,)),
    ((3, 5), (5,)),
    ((3, 1), (1, 5)),
    ((2, 1, 3), (4, 1)),
    ((3, 5), (4,)),  # do not broadcast
    ((2, 3), (3, 2)),
]
AXES = [None, 0, -1, (0,), (), 3, -4]

ELEMENTWISE = (
    "abs arccos arccosh arcsin arcsinh arctan arctanh bitwise_not cbrt ceil celu cos "
    "cosh deg2rad elu erf erfc exp exp2 expm1 floor gelu hard_shrink hard_sigmoid "
    "hard_silu hard_tanh isfinite isinf isnan isneginf isposinf isreal leaky_relu log "
    "log10 log1p log2 log_sigmoid logical_not nan_to_num negative rad2deg reciprocal "
    "relu relu6 round rsqrt selu sigmoid sign signbit silu sin sinc sinh soft_shrink "
    "softplus softsign sparse_plus sparse_sigmoid sqrt square squareplus tan tanh "
    "tanh_shrink trunc"
).split()
ONE_VALUE = (
    "argsort array copy corrcoef count_nonzero cumprod cumsum diag "
    "diagflat diagonal diff fliplr flipud flip glu "
    "log_softmax logsumexp matrix_rank norm normalize ones_like ravel "
    "rms_normalization layer_normalization softmax sort sparsemax squeeze "
    "trace transpose tril triu vander zeros_like det inv slogdet pinv "
    "unique nonzero bincount median histogram"
).split()
BINARY = (
    "add arctan2 bitwise_and bitwise_or bitwise_xor divide divide_no_nan equal "
    "floor_divide fmax fmin fmod greater greater_equal heaviside hypot isclose less "
    "less_equal logaddexp logaddexp2 logical_and logical_or logical_xor maximum "
    "minimum mod multiply nextafter not_equal power subtract true_divide append cdist "
    "cross dot inner kron matmul outer tensordot vdot isin searchsorted digitize "
    "correlate gcd lcm left_shift right_shift"
).split()
REDUCTIONS = (
    "all amax amin any argmax argmin average count_nonzero cumprod cumsum logsumexp "
    "max mean median min nanmax nanmean nanmin nansum norm prod ptp std sum var sort "
    "argsort flip expand_dims squeeze softmax log_softmax"
).split()
INTEGERS = (
    "bitwise_not bitwise_and bitwise_or bitwise_xor bincount gcd lcm left_shift "
    "right_shift"
).split()


def sample(name, shape, seed):
    rng = np.random.default_rng([seed, len(shape), *shape])
    if name in INTEGERS:
        return rng.integers(1, 9, shape).astype("int32")
    return rng.uniform(0.15, 0.9, shape).astype("float32")


def shape_calls():
    """Key and `(name, args, kwargs)` of every call."""
    for name in [*ELEMENTWISE, *ONE_VALUE]:
        for shape in SHAPES:
            yield f"{name}:{shape}", (name, (sample(name, shape, 0),), {})
    for name in BINARY:
        for a, b in PAIRS:
            args = sample(name, a, 1), sample(name, b, 2)
            yield f"{name}:{a},{b}", (name, args, {})
    for name in REDUCTIONS:
        for shape in [(), (0, 3), (3, 5), (2, 1, 3)]:
            for axis in AXES:
                args = (sample(name, shape, 3),)
                yield f"{name}:{shape},axis={axis}", (name, args, {"axis": axis})
    yield from _others()


def _others():
    x = sample("", (3, 5), 4)
    n = np.array([[0, 2], [1, -1]], "int32")
    far = np.array([0, 9], "int32")
    calls = [
        ("reshape", (x, (5, 3)), {}),
        ("reshape", (x, (4, -1)), {}),
        ("reshape", (x, (-1, -1)), {}),
        ("reshape", (x[:0], (0, 7)), {}),
        ("reshape", (x[:0], (-1, 5)), {}),
        ("transpose", (x, (1, 0)), {}),
        ("transpose", (x, (0, 2)), {}),
        ("transpose", (x, (0, 0)), {}),
        ("broadcast_to", (x, (2, 3, 5)), {}),
        ("broadcast_to", (x, (3, 4)), {}),
        ("broadcast_to", (x[:0], (4, 0, 5)), {}),
        ("concatenate", ([x, x[:0]],), {}),
        ("concatenate", ([x, x[:, :2]],), {}),
        ("concatenate", ([x, x], 2), {}),
        ("stack", ([x, x[:2]],), {}),
        ("stack", ([x, x], -1), {}),
        ("split", (x, 2), {}),
        ("split", (x, 5, 1), {}),
        ("split", (x, [1, 9], 1), {}),
        ("array_split", (x, 4), {}),
        ("repeat", (x, 0), {}),
        ("repeat", (x, [1, 2], 0), {}),
        ("tile", (x, 0), {}),
        ("tile", (x, (2, 1, 1)), {}),
        ("roll", (x, 7, 1), {}),
        ("roll", (x[:0], 1, 0), {}),
        ("pad", (x[:0], ((1, 1), (0, 2))), {}),
        ("pad", (x, ((1, 1), (0, 2))), {"mode": "wrap"}),
        ("pad", (x, ((1, 1),)), {"mode": "edge"}),
        ("take", (x, n), {}),
        ("take", (x, n, 1), {}),
        ("take", (x, n[:0], 0), {}),
        ("take_along_axis", (x, n[:, :1], 0), {}),
        ("take_along_axis", (x, n[0], 0), {}),
        ("moveaxis", (x, 0, 5), {}),
        ("swapaxes", (x, 0, 1), {}),
        ("swapaxes", (x, 0, 2), {}),
        ("rot90", (x, 1, (0, 0)), {}),
        ("top_k", (x, 0), {}),
        ("top_k", (x, 5), {}),
        ("top_k", (x, 6), {}),
        ("one_hot", (far, 3), {}),
        ("one_hot", (far[:0], 3), {}),
        ("quantile", (x, 0.5), {"axis": 2}),
        ("quantile", (x, np.array([0.0, 1.0], "float32")), {"axis": 1}),
        ("clip", (x, 0.3, 0.2), {}),
        ("where", (x > 0.5, x, x[0]), {}),
        ("where", (x > 0.5, x, x[:2]), {}),
        ("where", (x > 0.5, x, None), {}),
        ("einsum", ("ij,jk->ik", x, x), {}),
        ("einsum", ("ij->ji", x[:0]), {}),
        ("matmul", (x[:0], x.T.copy()), {}),
        ("matmul", (x[:, :0], x[:, :0].T.copy()), {}),
        ("eye", (0,), {}),
        ("eye", (2, 0), {}),
        ("arange", (0,), {}),
        ("arange", (5, 2), {}),
        ("arange", (5, 2, -2), {}),
        ("linspace", (0.0, 1.0, 0), {}),
        ("linspace", (0.0, 1.0, 1), {}),
        ("linspace", (0.0, 1.0, -1), {}),
        ("segment_sum", (x, np.array([0, 5, 0], "int32"), 2), {}),
        ("segment_max", (x[:0], np.zeros(0, "int32"), 2), {}),
        ("scatter", (n[:, :1], x[:2], (4, 5)), {}),
        ("slice", (x, (1, 1), (2, 9)), {}),
        ("unstack", (x,), {"axis": 3}),
        ("meshgrid", (x[0], x[0, :0]), {}),
        ("trapezoid", (x,), {"axis": 1}),
        ("cross", (x[:, :3].copy(), x[:, :2].copy()), {}),
        ("cross", (x, x), {}),
        ("diagonal", (x,), {"offset": 9}),
        ("trace", (x,), {"offset": -2}),
        ("tri", (2, 3, 1), {}),
        ("full", ((2, 0), 3.0), {}),
        ("unravel_index", (far, (3, 4)), {}),
        ("logspace", (0.0, 2.0, 3), {"base": 2}),
        ("cholesky", (-np.eye(2, dtype="float32"),), {}),
        ("solve", (np.eye(3, dtype="float32"), x[:2]), {}),
        ("solve_triangular", (np.eye(3, dtype="float32"), x), {}),
        ("svd", (x,), {"compute_uv": False}),
        ("lstsq", (x, x[:2, 0].copy()), {}),
        ("norm", (x,), {"ord": 3}),
        ("norm", (x,), {"ord": "nuc", "axis": 0}),
        ("norm", (x,), {"ord": 0, "axis": 1}),
        ("rfft", (x[:, :1].copy(),), {}),
        ("fft", ((x, x[:2]),), {}),
        ("extract_sequences", (x, 2, 3), {}),
        ("in_top_k", (far, x[:2], 2), {}),
        ("multi_hot", (n, 3), {}),
        ("categorical_crossentropy", (x, x[:, :4]), {}),
        ("sparse_categorical_crossentropy", (n[0], x), {}),
        ("binary_crossentropy", (x[:0], x[:0]), {}),
    ]
    for i, call in enumerate(calls):
        yield f"{call[0]}#{i}", call
