"""Calls of ops whose gradients are compared: those of `op_values.py` with float32.

Inputs only. Where signs or orders are free (vectors of decompositions), the op is left
to finite differences.
"""

import numpy as np

from tests.reference.ops.op_values import value_calls

# Vectors up to a sign, or complex numbers.
FREE = {"eig", "eigh", "qr", "svd"}


def weights(i, shape):
    """What the elements of the i-th float result count."""
    rng = np.random.default_rng([i, *shape])
    return rng.uniform(0.5, 1.5, shape).astype("float32")


def _places(x, found):
    """Appends the arrays of nested arguments to a list."""
    if isinstance(x, np.ndarray):
        found.append(x)
    elif isinstance(x, (list, tuple)):
        for e in x:
            _places(e, found)
    return found


def _with(x, values):
    """Nested arguments with the next values in place of the arrays."""
    if isinstance(x, np.ndarray):
        return next(values)
    if isinstance(x, (list, tuple)):
        return type(x)([_with(e, values) for e in x])
    return x


def gradient_calls():
    """Key, function of `ops` and of values, and arrays for these, of every call."""
    for key, (name, args, kwargs) in value_calls():
        key, _, dtype = key.rpartition(":")
        if dtype != "float32" or name in FREE:
            continue
        arrays = _places(args, [])
        if not any(x.dtype == np.float32 for x in arrays):
            continue

        def call(ops, *values, name=name, args=args, kwargs=kwargs):
            return getattr(ops, name)(*_with(args, iter(values)), **kwargs)

        yield key, call, arrays
