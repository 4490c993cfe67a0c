"""Calls of ops that show in which type values of two types meet."""

import numpy as np

# Types in which two types meet; Python numbers weigh less.
TYPES = ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32"]
SAMPLES = {t: np.ones((2,), t) for t in TYPES} | {"int": 2, "float": 0.5}
TYPE_BINARY = [
    "add",
    "multiply",
    "divide",
    "maximum",
    "minimum",
    "power",
    "mod",
    "floor_divide",
    "equal",
    "logical_and",
    "arctan2",
    "where",
    "matmul",
]
TYPE_UNARY = [
    "abs",
    "sum",
    "mean",
    "max",
    "prod",
    "var",
    "std",
    "argmax",
    "cumsum",
    "exp",
    "sqrt",
    "floor",
    "ceil",
    "round",
    "square",
    "sign",
    "negative",
    "median",
    "any",
    "count_nonzero",
    "sigmoid",
    "clip",
    "tril",
    "trace",
    "cumprod",
    "sort",
    "argsort",
    "log1p",
    "logsumexp",
    "softmax",
    "isnan",
    "ptp",
    "average",
]


def type_calls():
    """Calls that show a result's type: id and `(name, args)`."""
    for name in TYPE_UNARY:
        for t in TYPES:
            sample = np.ones((2, 2), t)
            args = (sample, 0, 1) if name == "clip" else (sample,)
            yield f"{name}:{t}", (name, args)
    for name in TYPE_BINARY:
        for a, x in SAMPLES.items():
            for b, y in SAMPLES.items():
                if name == "matmul" and ("int" in (a, b) or "float" in (a, b)):
                    continue
                args = (np.array([True]), x, y) if name == "where" else (x, y)
                yield f"{name}:{a},{b}", (name, args)
