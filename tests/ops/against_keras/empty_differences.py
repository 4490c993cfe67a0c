"""Calls of `reference/ops/op_empty.py` that ckeras answers otherwise than Keras.

With the reason: Keras's answer is the mistake of a back end, or NumPy has another.
"""

_ALL = ("no rows", "no columns", "no axes")
_NONE = ("no rows", "no columns")


def _of(calls, ways, types=("float32", "int32")):
    return [f"{c}:{t} {way}" for c in calls.split() for t in types for way in ways]


_CALLS = {
    "JAX refuses integers here; Keras takes them on other back ends": _of(
        "erf#0 rsqrt#0 rsqrt#1 sigmoid#0 silu#0 swish#0 normalize#0",
        _ALL,
        ["int32"],
    )
    + _of("glu#0", _NONE, ["int32"]),
    "computed in floats: integers make no useful result": [
        *_of("rms_normalization#0", _ALL, ["int32"]),
        *_of("layer_normalization#0 dot_product_attention#0", _NONE, ["int32"]),
    ],
    "a value without axes has none to sort or to repeat along": _of(
        "argsort#0 repeat#0", ["no axes"]
    ),
    "a value without axes is a vector of one, as in NumPy": _of(
        "meshgrid#0", ["no axes"]
    ),
    "an empty vector has a histogram, as in NumPy": _of("histogram#0", _NONE),
    "an integral over nothing is 0, as in NumPy": _of("trapezoid#0", ["no columns"]),
    "a block does not fit behind the end": _of("slice_update#0", ["no rows"]),
    "small integers overflow in JAX, before they become floats": _of(
        "saturate_cast#4", ["no axes"], ["int32"]
    ),
}
DIFFERENT = {key: reason for reason, keys in _CALLS.items() for key in keys}
