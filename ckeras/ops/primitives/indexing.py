"""Primitives that pick and place elements at indices known only at run time."""

import math

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec, Step
from ckeras.engine.values.dtypes import HALVES, is_complex
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.primitives import elementwise, movement

__all__ = [
    "add_along_axis",
    "gather",
    "one_hot",
    "scatter_add",
    "scatter_update",
    "take_along_axis",
]

_ADDABLE = ("float32", "float64", "int32", "int64")


def index_size(index):
    return 4 if index.dtype == "int32" else 8


def _as_index(index):
    """Indices in a type that the kernels read."""
    if index.dtype in ("int32", "int64"):
        return index
    wide = index.dtype in ("uint32", "uint64")
    return elementwise.cast(index, dtype="int64" if wide else "int32")


def _around(shape, axis):
    """Elements before, on and behind an axis."""
    return math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])


def index_refusal(size_of, indices_at):
    """The `explain` rule of a primitive: names the layer and the bad indices."""

    def explain(node, arrays, status):
        index, size = arrays[indices_at], size_of(node)
        where = f" in `{node.scope}`" if node.scope else ""
        return IndexError(
            f"`{node.primitive.name}`{where}: an index is out of range. Expected "
            f"indices from {-size} to {size - 1} for an axis of size {size}. "
            f"Received: indices from {index.min()} to {index.max()}"
        )

    return explain


# --- gather and scatter_add ----------------------------------------------------------


def _gather_spec(table, indices, *, axis):
    shape = (*table.shape[:axis], *indices.shape, *table.shape[axis + 1 :])
    return Spec(shape, table.dtype)


def _gather_step(node):
    (table, indices), axis = node.inputs, node.attrs["axis"]
    outer, rows, inner = _around(table.shape, axis)
    row_bytes = inner * np.dtype(table.dtype).itemsize
    m = math.prod(indices.shape)
    dims = (outer, rows, row_bytes, m, index_size(indices))
    return Step("indexing.gather", dims)


def _gather_gradient(node, d_outputs, needs):
    (table, indices), axis = node.inputs, node.attrs["axis"]
    rows = table.shape[axis]
    return [scatter_add(indices, d_outputs[0], rows=rows, axis=axis), None]


_gather = Primitive(
    "gather",
    infer=_gather_spec,
    lower=_gather_step,
    any_type=True,
    takes_complex=True,
    gradient=_gather_gradient,
    explain=index_refusal(lambda node: node.inputs[0].shape[node.attrs["axis"]], 1),
)


def gather(table, indices, *, axis=0):
    """The places `indices` of an axis of a table; negative ones count from the end.

    Args:
        table: a value.
        indices: integers of any shape, which replaces the axis in the result.
        axis: the axis, not negative.

    Raises:
        IndexError: for an index outside the axis.
    """
    return _gather(table, _as_index(indices), axis=axis)


def _scatter_add_spec(indices, updates, *, rows, axis):
    ndim = len(indices.shape)
    if updates.shape[axis : axis + ndim] != indices.shape:
        raise ValueError(
            "`scatter_add`: updates do not fit the indices. "
            f"Expected shape {indices.shape} from axis {axis} on. "
            f"Received: updates.shape={updates.shape}"
        )
    shape = (*updates.shape[:axis], rows, *updates.shape[axis + ndim :])
    return Spec(shape, updates.dtype)


def _scatter_add_step(node):
    (indices, _), (y,) = node.inputs, node.outputs
    outer, rows, inner = _around(y.shape, node.attrs["axis"])
    m = math.prod(indices.shape)
    dims = (outer, rows, inner, m, index_size(indices))
    return Step("indexing.scatter_add", dims, dtype=y.dtype, flops=outer * m * inner)


_scatter_add = Primitive(
    "scatter_add",
    infer=_scatter_add_spec,
    lower=_scatter_add_step,
    gradient=lambda node, d_outputs, needs: [
        None,
        gather(d_outputs[0], node.inputs[0], axis=node.attrs["axis"]),
    ],
    explain=index_refusal(lambda node: node.attrs["rows"], 0),
)


def scatter_add(indices, updates, *, rows, axis=0):
    """Zeros to which the updates are added at indices of an axis: undoes `gather`.

    Args:
        indices: integers.
        updates: value with the shape of the indices in place of the axis.
        rows: size of the axis in the result.
        axis: the axis, not negative.

    Raises:
        IndexError: for an index outside the axis.
    """
    indices, dtype = _as_index(indices), updates.dtype
    if dtype in _ADDABLE or dtype in HALVES or is_complex(dtype):
        return _scatter_add(indices, updates, rows=rows, axis=axis)
    updates = elementwise.cast(updates, dtype="int64")
    total = _scatter_add(indices, updates, rows=rows, axis=axis)
    return elementwise.cast(total, dtype=dtype)


# --- scatter_update ------------------------------------------------------------------


def _update_spec(x, indices, updates):
    expected = (*indices.shape, *x.shape[1:])
    if updates.shape != expected:
        raise ValueError(
            "`scatter_update`: updates do not fit the indices and the value. "
            f"Expected shape {expected}. Received: {updates.shape}"
        )
    return Spec(x.shape, x.dtype)


def _update_step(node):
    x, indices, _ = node.inputs
    row_bytes = math.prod(x.shape[1:]) * np.dtype(x.dtype).itemsize
    m = math.prod(indices.shape)
    dims = (x.shape[0], row_bytes, m, index_size(indices))
    return Step("indexing.scatter_update", dims, in_place={0: (0,)})


def _update_gradient(node, d_outputs, needs):
    _, indices, updates = node.inputs
    (d_y,) = d_outputs
    d_x = d_updates = None
    if needs[0]:
        zero = _zeros(updates.shape, d_y.dtype)
        d_x = _scatter_update(d_y, indices, zero)
    if needs[2]:
        d_updates = _kept_part(node, d_y)
    return [d_x, None, d_updates]


def _zeros(shape, dtype):
    return Tensor(np.zeros(shape, dtype))


def _kept_part(node, d_y):
    """The gradient of each update; zero for those that a later one overwrote."""
    x, indices, _ = node.inputs
    m = math.prod(indices.shape)
    order = Tensor(np.arange(m, dtype="int64").reshape(indices.shape))
    numbers = _scatter_update(_zeros((x.shape[0],), "int64"), indices, order)
    kept = elementwise.equal(_gather(numbers, indices, axis=0), order)
    ones = (1,) * (len(x.shape) - 1)
    kept = movement.reshape(kept, shape=(*indices.shape, *ones))
    picked = _gather(d_y, indices, axis=0)
    return elementwise.where(kept, picked, _zeros((), d_y.dtype))


_scatter_update = Primitive(
    "scatter_update",
    infer=_update_spec,
    lower=_update_step,
    any_type=True,
    takes_complex=True,
    gradient=_update_gradient,
)


def scatter_update(x, indices, updates):
    """x with its rows at `indices` replaced; of equal indices the last one counts.

    Args:
        x: a value (rows, …).
        indices: integers; one outside the rows changes nothing.
        updates: value of shape (*indices.shape, …).
    """
    return _scatter_update(x, _as_index(indices), updates)


# --- along an axis -------------------------------------------------------------------


def _take_spec(x, indices, *, axis):
    expected = [n for a, n in enumerate(x.shape) if a != axis]
    if expected != [n for a, n in enumerate(indices.shape) if a != axis]:
        raise ValueError(
            "`take_along_axis`: x and indices must agree but for the axis. "
            f"Received: x.shape={x.shape}, indices.shape={indices.shape}, axis={axis}"
        )
    return Spec(indices.shape, x.dtype)


def _take_step(node):
    (x, indices), axis = node.inputs, node.attrs["axis"]
    outer, n, inner = _around(x.shape, axis)
    item = np.dtype(x.dtype).itemsize
    dims = (outer, n, inner, indices.shape[axis], index_size(indices), item)
    return Step("indexing.take_along", dims)


def _take_gradient(node, d_outputs, needs):
    (x, indices), axis = node.inputs, node.attrs["axis"]
    size = x.shape[axis]
    return [add_along_axis(indices, d_outputs[0], axis=axis, size=size), None]


_take_along_axis = Primitive(
    "take_along_axis",
    infer=_take_spec,
    lower=_take_step,
    any_type=True,
    gradient=_take_gradient,
    explain=index_refusal(lambda node: node.inputs[0].shape[node.attrs["axis"]], 1),
)


def take_along_axis(x, indices, *, axis):
    """For each place the element of x at an index of the axis.

    Args:
        x: a value.
        indices: integers; shape of x but for the axis.
        axis: the axis, not negative.

    Raises:
        IndexError: for an index outside the axis.
    """
    return _take_along_axis(x, _as_index(indices), axis=axis)


def _along_spec(indices, updates, *, axis, size):
    shape = list(updates.shape)
    shape[axis] = size
    return Spec(tuple(shape), updates.dtype)


def _along_step(node):
    (indices, _), (y,), axis = node.inputs, node.outputs, node.attrs["axis"]
    outer, n, inner = _around(y.shape, axis)
    dims = (outer, n, inner, indices.shape[axis], index_size(indices))
    return Step("indexing.add_along", dims, dtype=y.dtype)


# Zeros to which updates are added along an axis: the gradient of `take_along_axis`.
add_along_axis = Primitive(
    "add_along_axis",
    infer=_along_spec,
    lower=_along_step,
    gradient=lambda node, d_outputs, needs: [
        None,
        take_along_axis(d_outputs[0], node.inputs[0], axis=node.attrs["axis"]),
    ],
    explain=index_refusal(lambda node: node.attrs["size"], 0),
)


# --- one_hot -------------------------------------------------------------------------


def _one_hot_step(node):
    (indices,), (y,) = node.inputs, node.outputs
    one = np.ones((), y.dtype).tobytes().ljust(8, b"\0")
    bits = int.from_bytes(one, "little", signed=True)
    m, item = math.prod(indices.shape), np.dtype(y.dtype).itemsize
    dims = (m, node.attrs["depth"], index_size(indices), item, bits)
    return Step("indexing.one_hot", dims)


_one_hot = Primitive(
    "one_hot",
    infer=lambda indices, *, depth, dtype: Spec((*indices.shape, depth), dtype),
    lower=_one_hot_step,
    any_type=True,
    gradient=NOT_DIFFERENTIABLE,
)


def one_hot(indices, *, depth, dtype="float32"):
    """Rows of zeros with a 1 at each index; all zeros for an index out of range."""
    return _one_hot(_as_index(indices), depth=depth, dtype=dtype)
