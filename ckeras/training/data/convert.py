"""Brings what users pass as data to NumPy arrays that the engine can read."""

import numbers

import numpy as np

from ckeras.engine import config, tree

__all__ = [
    "as_arrays",
    "cast_array",
    "densify",
    "is_array_like",
    "is_sparse",
    "to_array",
]

_NUMERIC_KINDS = "biuf"


def _module(value):
    return type(value).__module__.partition(".")[0]


def is_array_like(value):
    """Whether `value` alone holds an array: one leaf of a data structure."""
    if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
        return True
    return is_sparse(value)


def is_sparse(value):
    """Whether `value` is a sparse matrix of SciPy."""
    return _module(value) == "scipy" and hasattr(value, "tocsr")


def densify(structure):
    """`structure` with arrays in place of sparse matrices."""
    return tree.map_structure(lambda a: a.toarray() if is_sparse(a) else a, structure)


def is_number_list(value):
    """Whether `value` is a list of numbers, or nested lists of them.

    Such a list is one array; a list of arrays is one array for each model input.
    """
    while isinstance(value, (list, tuple)) and len(value):
        if not all(
            isinstance(v, (list, tuple)) == isinstance(value[0], (list, tuple))
            for v in value
        ):
            return False
        value = value[0]
    return isinstance(value, (numbers.Number, str, bytes, list))


def _is_leaf_list(value):
    return isinstance(value, (list, tuple)) and (
        len(value) == 0 or is_number_list(value)
    )


def can_convert(structure):
    """Whether every leaf of `structure` is None, an array or a list of numbers."""
    if structure is None or is_array_like(structure) or _is_leaf_list(structure):
        return True
    if tree.is_nested(structure):
        items = structure.values() if isinstance(structure, dict) else structure
        return all(can_convert(item) for item in items)
    return False


def to_array(value, argument):
    """One array-like as a NumPy array of numbers; a sparse matrix stays one, of rows.

    Args:
        value: NumPy array, tensor, pandas object, sparse matrix of SciPy, or (nested)
            list of numbers.
        argument: what to call it in an error, such as `"x"`.

    Raises:
        ValueError: if it does not hold numbers, or has no axis of samples.
    """
    if _module(value) == "pandas":
        array = value.to_numpy()
        if array.ndim == 1:  # a Series is one column
            array = array[:, np.newaxis]
    elif is_sparse(value):
        array = value.tocsr()
    elif _module(value) == "torch":
        value = value.detach().cpu()
        is_bfloat16 = str(value.dtype) == "torch.bfloat16"  # unknown to NumPy
        array = (value.float() if is_bfloat16 else value).numpy()
    else:
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise ValueError(
                f"Argument `{argument}` can't be made into an array: {error}. "
                "Expected rows of the same length."
            ) from None
    if array.dtype.name == "bfloat16":
        array = array.astype("float32")
    _check_numeric(array, argument)
    if array.ndim == 0:
        raise ValueError(
            f"Argument `{argument}` must have at least one axis, that of the samples. "
            f"Received: {argument}={value} of rank 0"
        )
    if isinstance(value, (list, tuple)) and array.dtype == np.float64:
        array = array.astype(config.floatx())
    return array


def _check_numeric(array, argument):
    if array.dtype.kind in _NUMERIC_KINDS:
        return
    hint = ""
    if array.dtype.kind == "O":
        hint = " (an array of Python objects, such as strings or ragged rows)"
    raise ValueError(
        f"Argument `{argument}` has a dtype that can't be used. Expected numbers "
        f"(floats, integers or booleans). Received: dtype={array.dtype}{hint}"
    )


def as_arrays(structure, argument):
    """`structure` with each leaf as a NumPy array; None stays None."""
    if structure is None:
        return None
    if is_array_like(structure) or _is_leaf_list(structure):
        return to_array(structure, argument)
    if isinstance(structure, dict):
        return {k: as_arrays(v, f"{argument}[{k!r}]") for k, v in structure.items()}
    if isinstance(structure, (list, tuple)):
        items = [as_arrays(v, f"{argument}[{i}]") for i, v in enumerate(structure)]
        if hasattr(structure, "_fields"):
            return type(structure)(*items)
        return type(structure)(items)
    raise ValueError(
        f"Argument `{argument}` can't be used as data. Expected arrays, tensors, lists "
        "of numbers, or structures of these. "
        f"Received: {structure} of type {type(structure).__name__}"
    )


def cast_array(array, dtype=None):
    """An array as plans read it; a copy only where one is needed.

    It is contiguous and aligned, and its type is one that plans know.

    Args:
        array: a NumPy array of numbers.
        dtype: type of the model's input, or None where it is not declared: then
            floats become `floatx` and 64-bit integers that fit become int32.
    """
    if dtype is None:
        kind = array.dtype.kind
        dtype = array.dtype.newbyteorder("=")
        if kind == "f":
            dtype = config.floatx()
        elif dtype == np.int64 and _fits_int32(array):
            dtype = "int32"
        elif dtype == np.uint64:
            dtype = "int64"
    array = np.ascontiguousarray(array, dtype=dtype)
    return array if array.flags.aligned else array.copy()


def _fits_int32(array):
    info = np.iinfo(np.int32)
    return not array.size or (array.min() >= info.min and array.max() <= info.max)
