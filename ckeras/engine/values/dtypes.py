"""Names of number types and the promotion rules between them.

The rules are Keras's, which are JAX's: a float outranks every integer whatever its
width, a complex type every real one, an unsigned and a signed integer meet in the next
wider signed one, and Python numbers take the type of what they meet.
"""

import numpy as np

from ckeras.engine import config

__all__ = [
    "finfo",
    "is_complex",
    "is_float",
    "is_float_dtype",
    "is_inexact",
    "is_int",
    "is_int_dtype",
    "name_of",
    "real_type",
    "result_type",
    "standardize_dtype",
]

FLOATS = ("float16", "bfloat16", "float32", "float64")
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
COMPLEX = ("complex64", "complex128")
ALLOWED = {*FLOATS, *SIGNED, *UNSIGNED, *COMPLEX, "bool"}
# Kept in 16 bits; what computes with them does so in float32 and rounds its results.
HALVES = frozenset(("float16", "bfloat16"))
_WEAK = {bool: "bool", int: "int", float: "float", complex: "complex"}
_PYTHON = {bool: "bool", int: "int32", complex: "complex64"}

# NumPy has no bfloat16: the package `ml_dtypes` gives it one, and is imported when
# the name is first met.
_READY = ALLOWED - {"bfloat16"}
NAMES = {np.dtype(n): n for n in _READY}


def _learn_bfloat16():
    try:
        import ml_dtypes
    except ImportError as error:
        raise ImportError(
            "bfloat16 needs the package ml_dtypes: `pip install ml_dtypes`."
        ) from error
    NAMES[np.dtype(ml_dtypes.bfloat16)] = "bfloat16"
    _READY.add("bfloat16")


def name_of(dtype):
    """The name of a NumPy type in any byte order, or None if no tensor has it."""
    if dtype not in NAMES and dtype.name == "bfloat16":
        _learn_bfloat16()
    return NAMES.get(dtype) or NAMES.get(dtype.newbyteorder("="))


def standardize_dtype(dtype):
    """The Keras name of a type given as a name, a NumPy or a Python type.

    Raises:
        ValueError: if it is no number type.
    """
    if dtype is None:
        return config.floatx()
    if type(dtype) is str and dtype in _READY:
        return dtype
    if isinstance(dtype, type) and dtype in _WEAK:
        return _PYTHON.get(dtype) or config.floatx()
    try:
        name = name_of(np.dtype(dtype))
    except TypeError:
        name = str(getattr(dtype, "name", dtype)).rpartition(".")[2]
    if name not in ALLOWED:
        raise ValueError(f"Invalid dtype: {dtype}")
    if name not in _READY:
        _learn_bfloat16()
    return name


def finfo(dtype):
    """The limits of a type; NumPy itself knows none of bfloat16's."""
    if dtype != "bfloat16":
        return np.finfo(dtype)
    import ml_dtypes

    return ml_dtypes.finfo(dtype)


def is_float(dtype):
    """Whether `dtype` is a floating-point type."""
    return dtype in FLOATS


def is_complex(dtype):
    """Whether `dtype` is a complex type."""
    return dtype in COMPLEX


def is_inexact(dtype):
    """Whether `dtype` is a floating-point or a complex type: what has gradients."""
    return dtype in FLOATS or dtype in COMPLEX


def real_type(dtype):
    """The type of the parts of complex numbers; any other type as it is."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def is_int(dtype):
    """Whether `dtype` is an integer type (bool is none)."""
    return dtype in SIGNED or dtype in UNSIGNED


def is_float_dtype(dtype):
    """Whether `dtype`, a name, a NumPy or a Python type, is a floating-point type."""
    return is_float(standardize_dtype(dtype))


def is_int_dtype(dtype):
    """Whether `dtype`, a name, a NumPy or a Python type, is an integer type."""
    return is_int(standardize_dtype(dtype))


def _join_ints(names):
    signed = [SIGNED.index(n) for n in names if n in SIGNED]
    unsigned = [UNSIGNED.index(n) for n in names if n in UNSIGNED]
    if not unsigned:
        return SIGNED[max(signed)]
    if not signed:
        return UNSIGNED[max(unsigned)]
    width = max(*signed, max(unsigned) + 1) if signed else 0
    return SIGNED[width] if width < len(SIGNED) else config.floatx()


def result_type(*dtypes):
    """The type in which values of the given types meet.

    Args:
        *dtypes: names, NumPy types, or for a Python number its type or `"int"`,
            `"float"` or `"complex"`; those weigh less than any array's type of the
            same kind.
    """
    names = []
    for dtype in dtypes:
        weak = dtype if dtype in ("int", "float", "complex") else None
        if weak is None and isinstance(dtype, type):
            weak = _WEAK.get(dtype)
        names.append(weak or standardize_dtype(dtype))
    if not names:
        return config.floatx()
    if any(n in COMPLEX or n == "complex" for n in names):
        wide = {"float64", "complex128"}.intersection(names)
        return "complex128" if wide else "complex64"
    strong_floats = {n for n in names if n in FLOATS}
    if {"float16", "bfloat16"} <= strong_floats:
        strong_floats.add("float32")
    if strong_floats:
        return max(strong_floats, key=FLOATS.index)
    if "float" in names:
        return config.floatx()
    ints = [n for n in names if is_int(n)]
    if ints:
        return _join_ints(ints)
    return "int32" if "int" in names else "bool"
