"""`x[…]` as slices, reshapes and gathers."""

import functools
import math
import operator

import numpy as np

from ckeras.engine.tracing.graph import Symbol
from ckeras.engine.values import dtypes
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.numpy.manipulation import permuted, reshaped
from ckeras.ops.numpy.sorting import concrete, take
from ckeras.ops.primitives import elementwise, indexing, movement
from ckeras.ops.promotion import as_value, constant, index_constant, with_type
from ckeras.ops.registry import op

__all__ = ["get_item"]


class OutOfBounds(IndexError, ValueError):
    """A key that does not fit a value's shape: Keras raises the one or the other."""


def _is_array(key):
    return (
        isinstance(key, (list, np.ndarray))
        or hasattr(key, "_is_variable")
        or (getattr(key, "is_symbolic", None) is not None)
    )


def _is_integer(key):
    return isinstance(key, (int, np.integer)) and not isinstance(key, (bool, np.bool_))


def _expanded(key, ndim):
    """The key as a list with one entry for each axis of x, and None for new axes."""
    keys = list(key) if isinstance(key, tuple) else [key]
    keys = [_as_key(k) for k in keys]
    used = sum(
        len(k.shape) if isinstance(k, Tensor) and k.dtype == "bool" else 1
        for k in keys
        if k is not None and k is not Ellipsis
    )
    if used > ndim:
        raise OutOfBounds(
            f"Too many indices: the value has {ndim} axes, but {used} were indexed."
        )
    dots = [i for i, k in enumerate(keys) if k is Ellipsis]
    if len(dots) > 1:
        raise OutOfBounds("An index can only have a single ellipsis ('...').")
    place = dots[0] if dots else len(keys)
    rest = [slice(None)] * (ndim - used)
    keys = keys[:place] + rest + keys[place + 1 :]
    return keys


def _as_key(key):
    if key is None or key is Ellipsis or isinstance(key, slice) or _is_integer(key):
        return key
    if isinstance(key, (bool, np.bool_)):
        raise IndexError("A boolean is no index. Expected integers, slices or arrays.")
    if not _is_array(key):
        try:
            return operator.index(key)
        except TypeError:
            raise IndexError(
                "Expected integers, slices, `None`, `...`, and integer or boolean "
                f"arrays as indices. Received: {key!r}"
            ) from None
    if isinstance(key, list) and not key:
        return Tensor(np.zeros(0, "int32"))
    value = as_value(key)
    if value.dtype.startswith("float"):
        raise IndexError(f"Indices must be integers. Received: {value.dtype}")
    return value


def _without_masks(keys, shape):
    """Boolean masks replaced by one index array for each of their axes."""
    found, axis = [], 0
    for key in keys:
        if getattr(key, "dtype", None) != "bool":
            found.append(key)
            axis += key is not None
            continue
        sizes = shape[axis : axis + len(key.shape)]
        if key.shape != sizes:
            raise IndexError(
                f"A mask must have the shape of the axes that it indexes, {sizes}. "
                f"Received a mask of shape {key.shape} for a value of shape {shape}."
            )
        places = np.nonzero(concrete(key, "x[mask]"))
        found += [Tensor(i.astype("int32")) for i in places]
        axis += len(key.shape)
    return found


@op
def get_item(x, key):
    """x[key], with NumPy's rules.

    Args:
        x: a tensor.
        key: an index or a tuple of them: integers, slices, `None`, `...`, arrays of
            integers, and boolean masks (concrete ones, since they decide the shape).

    Raises:
        IndexError: for an index out of range or of another kind.
    """
    x = as_value(x)
    kind = type(key)
    fixed = (key,) if kind is int else _fixed(key)
    if fixed is not None:
        primitive, attrs = _block(x.shape, fixed)
        return primitive(x, **attrs) if primitive else x
    if (kind is Tensor or kind is Symbol) and dtypes.is_int(key.dtype) and x.shape:
        return take(x, key, axis=0)
    keys = _without_masks(_expanded(key, len(x.shape)), x.shape)
    (primitive, attrs), keys = _basic(x.shape, keys)
    x = primitive(x, **attrs) if primitive else x
    arrays = [i for i, k in enumerate(keys) if k is not None]
    return _gathered(x, keys, arrays) if arrays else x


def _one(key, axis, n):
    """Start, size and step of a single index on an axis of size n."""
    i = int(key)
    if not -n <= i < n:
        raise OutOfBounds(f"Index {i} is out of bounds for axis {axis} of size {n}.")
    return i % n, 1, 1


# Parts of a key that are known by their type and cannot change. A slice is given by
# its three numbers, since only later versions of Python can hash one.
_FIXED = frozenset({int, type(None), type(Ellipsis)})


def _fixed(key):
    """A key of integers, slices and so on as one that can be looked up, else None."""
    fixed = []
    for k in key if type(key) is tuple else (key,):
        if type(k) is slice:
            k = (k.start, k.stop, k.step)
            if not _FIXED.issuperset(map(type, k)):
                return None
        elif type(k) not in _FIXED:
            return None
        fixed.append(k)
    return tuple(fixed)


@functools.lru_cache(maxsize=4096)
def _block(shape, fixed):
    """What such a key takes out of a value of some shape; see `_basic`."""
    key = tuple([slice(*k) if type(k) is tuple else k for k in fixed])
    return _basic(shape, _expanded(key, len(shape)))[0]


def _basic(shape, keys):
    """Integers, slices and new axes as a block; what is left are arrays, by axis.

    Returns:
        The primitive that takes the block and its attributes, None for all of the
        value; and a list with None or an array for each axis of the result.
    """
    blocks = []  # start, size and step on each axis
    after, left = [], []  # the shape after this and what is still to index
    axes = iter(enumerate(shape))
    arrays = any(hasattr(k, "is_symbolic") for k in keys)
    for key in keys:
        if key is None:
            after.append(1)
            left.append(None)
            continue
        axis, n = next(axes)
        if _is_integer(key):
            blocks.append(_one(key, axis, n))
            if arrays:  # an integer among arrays is one of them
                after.append(1)
                left.append(constant(0, "int32"))
            continue
        is_slice = isinstance(key, slice)
        places = range(n)[key] if is_slice else range(n)
        size = len(places)
        blocks.append((places.start, size, places.step) if size else (0, 0, 1))
        after.append(size)
        left.append(None if is_slice else key)
    start, sizes, strides = zip(*blocks, strict=True) if blocks else ((), (), ())
    after = tuple(after)
    if sizes != shape or any(step != 1 for step in strides):
        return movement.slicing(shape, start, sizes, strides, after), left
    return (movement.reshape if after != shape else None, {"shape": after}), left


def _gathered(x, keys, arrays):
    """Takes the elements that index arrays name; several arrays work together."""
    if len(arrays) == 1:
        return take(x, keys[arrays[0]], axis=arrays[0])
    rest = [a for a in range(len(x.shape)) if a not in arrays]
    sizes = [x.shape[a] for a in arrays]
    dtype = "int64" if math.prod(sizes) >= 1 << 31 else "int32"
    flat = constant(0, dtype)
    for i, a in enumerate(arrays):
        index = with_type(_wrapped_index(keys[a], a, x.shape[a]), dtype)
        stride = constant(math.prod(sizes[i + 1 :]), dtype)
        flat = elementwise.add(flat, elementwise.multiply(index, stride))
    # NumPy's rule: neighbouring arrays leave their axes in place, others go first.
    together = arrays == list(range(arrays[0], arrays[-1] + 1))
    place = arrays[0] if together else 0
    perm = [*rest[:place], *arrays, *rest[place:]]
    x = permuted(x, perm)
    x = reshaped(
        x, (*x.shape[:place], math.prod(sizes), *x.shape[place + len(sizes) :])
    )
    return indexing.gather(x, flat, axis=place)


def _wrapped_index(key, axis, n):
    """Indices into one of several axes, counted from its front, checked one by one.

    Together they are one index into all of these axes, which would be inside though
    a single one is not.
    """
    if key.is_symbolic:
        return indexing.gather(constant(np.arange(n), "int32"), key, axis=0)
    index = key.numpy()
    if index.size and not -n <= index.min() <= index.max() < n:
        raise IndexError(
            f"An index is out of bounds for axis {axis} of size {n}. "
            f"Received: indices from {index.min()} to {index.max()}"
        )
    return index_constant(np.where(index < 0, index + n, index))
