"""Calls of `reference/ops/op_values.py` that ckeras answers otherwise than Keras.

With the reason. Types that only JAX's 64-bit mode gives are no differences.
"""

from tests.reference.ops.op_values import COMPLEX, FLOATS, HALVES, INTEGERS

UNSIGNED = [t for t in INTEGERS if t[0] == "u"]
SIGNED = [t for t in INTEGERS if t[0] == "i"]
WHOLE = ["bool", *INTEGERS]
LONG = ["int64", "uint64"]


def _of(types, *calls):
    return [f"{call}:{t}" for call in " ".join(calls).split() for t in types]


_CALLS = {
    "JAX refuses integers here; Keras takes them on other back ends": [
        *_of(WHOLE, "erf#0 glu#0 rsqrt#0 rsqrt#1 sigmoid#0 silu#0 swish#0 normalize#0"),
        *_of(LONG, "dot_product_attention#0"),
    ],
    "JAX refuses booleans here; NumPy's rules for them are followed": _of(
        ["bool"],
        "log_sigmoid#0 round#0 round#1 sign#0 kron#0 ptp#0 ptp#1 ptp#2 softmax#0 "
        "log_softmax#0 arange#0 scatter#0 scatter_update#1 scatter_update#4 "
        "segment_sum#0 segment_prod#0 vander#0 argpartition#0 one_hot#0 cross#0 "
        "cdist#0 batch_normalization#0 categorical_crossentropy#1 psnr#0",
    ),
    "computed in floats: integers make no useful result": _of(
        WHOLE, "layer_normalization#0 rms_normalization#0"
    )
    + _of(["bool"], "conv#0 depthwise_conv#0 separable_conv#0 conv_transpose#0")
    + _of(["bool", *UNSIGNED[:-1], *SIGNED[:-1]], "dot_product_attention#0"),
    "unsigned differences and negatives wrap around in JAX": [
        *_of(UNSIGNED, "hard_tanh#0 log_sigmoid#0 softmax#0 log_softmax#0"),
        *_of(UNSIGNED, "batch_normalization#0 categorical_crossentropy#1"),
    ],
    "integers divided by 0 give 0, as in NumPy; geomspace of 0 is 0": [
        *_of(["bool", *UNSIGNED], "floor_divide#0"),
        *_of(["bool"], "fmod#0 floor_divide#1 divide#1 geomspace#0"),
    ],
    "all elements of the inverse of a singular matrix are infinite": _of(
        ["bool"], "inv#0 solve#0"
    ),
    "what a convolution adds up beyond 8 bits is the largest number there is": _of(
        ["uint8", "int8"], "separable_conv#0"
    ),
    "small integers overflow in JAX, before they become floats": _of(
        ["int8"], "cdist#0"
    )
    + _of(["int16"], "saturate_cast#3")
    + _of(["int32", "int64", "uint32", "uint64"], "saturate_cast#4")
    + _of(["uint64"], "saturate_cast#0 saturate_cast#1 saturate_cast#2"),
    "float64 has a larger largest number below 1 than Keras's float32": _of(
        ["bool"], "binary_crossentropy#0"
    ),
    "places and counts are int32, as Keras's are by default": _of(
        LONG,
        "argmax#0 argmax#1 argmin#0 argmin#1 nanargmax#0 nanargmax#1 nanargmin#0 "
        "nanargmin#1 argsort#0 nonzero#0 bincount#0",
    ),
    "the order before and behind the k-th element is not fixed": _of(
        [*UNSIGNED, "int8", "int16", *FLOATS], "argpartition#0"
    ),
    "Keras's sparsemax does not add up to 1": _of(["bool", *FLOATS], "sparsemax#0"),
    "a number below 0 has no defined cast to unsigned integers; ours is 0": _of(
        FLOATS, "cast#1"
    ),
    "linear algebra and spectra of halves are computed in float32": [
        *_of(HALVES, "cholesky#0 inv#0 slogdet#0 lu_factor#0 matrix_rank#0 pinv#0"),
        *_of(HALVES, "logdet#0 eigh#0 eig#0 svd#0 qr#0 solve#0 lstsq#0 norm#2"),
        *_of(HALVES, "polar#0 rfft#0"),
        *_of(["float16"], "fft#0 fft2#0 ifft2#0 irfft#0 stft#0"),
    ],
    "exponents are not rounded to half precision": _of(HALVES, "logspace#1"),
    "NumPy gives float32 for a bfloat16 and a Python number": _of(
        ["bfloat16"], "batch_normalization#0"
    ),
    "Keras computes this in float32": _of(
        ["float64"],
        "quantile#0 percentile#0 nanquantile#0 nanpercentile#0 dot_product_attention#0",
    ),
    "complex numbers have neither order nor angle here, JAX compares real parts": _of(
        COMPLEX,
        "hard_shrink#0 hard_sigmoid#0 hard_silu#0 hard_swish#0 hard_tanh#0 i0#0 "
        "log_sigmoid#0 relu6#0 round#0 round#1 soft_shrink#0 softplus#0 softsign#0 "
        "sparse_plus#0 arctan2#0 logaddexp#0 logaddexp2#0 softmax#0 log_softmax#0 "
        "sparsemax#0 geomspace#0 histogram#0 view_as_complex#0 corrcoef#0",
    ),
    "no networks of complex numbers": _of(
        COMPLEX,
        "conv#0 depthwise_conv#0 separable_conv#0 conv_transpose#0 "
        "adaptive_average_pool#0 batch_normalization#0 layer_normalization#0 "
        "rms_normalization#0 moments#0 categorical_crossentropy#1 "
        "dot_product_attention#0 ctc_loss#0",
    ),
    "a variance is real": _of(COMPLEX, "var#0 var#1 var#2"),
    "Keras forgets to conjugate": _of(COMPLEX, "cholesky_inverse#0"),
}
DIFFERENT = {key: reason for reason, keys in _CALLS.items() for key in keys}
