"""Conversion, and what stands between a value and its gradient."""

import numpy as np

from ckeras.engine import tree
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.values import convert, dtypes
from ckeras.ops.numpy.manipulation import reshaped, sliced
from ckeras.ops.primitives import barriers, elementwise, movement
from ckeras.ops.promotion import (
    as_axis,
    as_real,
    as_value,
    constant,
    static_int,
    with_type,
)
from ckeras.ops.registry import op

__all__ = [
    "cast",
    "convert_to_numpy",
    "convert_to_tensor",
    "custom_gradient",
    "dtype",
    "is_tensor",
    "pack",
    "saturate_cast",
    "shape",
    "stop_gradient",
    "unstack",
]

is_tensor = convert.is_tensor
convert_to_numpy = convert.convert_to_numpy


@op
def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    """x as a tensor.

    Args:
        x: a tensor, variable, NumPy array, number, or nested lists of these.
        dtype: type to convert to; None keeps an array's, gives Python floats `floatx`
            and Python integers int32.
        sparse, ragged: for compatibility; there are only dense tensors.

    Example:
        >>> import ckeras
        >>> ckeras.ops.convert_to_tensor([1, 2]).dtype
        'int32'
    """
    if sparse or ragged:
        raise ValueError("`convert_to_tensor`: tensors are dense here.")
    return convert.convert_to_tensor(x, dtype)


@op
def cast(x, dtype):
    """x in another type; fractions are cut off on the way to integers.

    Args:
        x: a tensor.
        dtype: the type's name.
    """
    dtype = dtypes.standardize_dtype(dtype)
    if type(x) is int or type(x) is float:
        return constant(np.asarray(x), dtype)  # a new one: constants are shared
    return with_type(x, dtype)


@op
def saturate_cast(x, dtype):
    """x in another type, numbers outside its range moved to the nearest inside."""
    dtype = dtypes.standardize_dtype(dtype)
    x = as_real(as_value(x), "saturate_cast")
    if dtype == "bool" and x.dtype != "bool":
        return elementwise.greater(x, constant(0, x.dtype))
    if dtype == x.dtype:
        return x
    limits = dtypes.finfo(dtype) if dtypes.is_float(dtype) else np.iinfo(dtype)
    own = dtypes.finfo if dtypes.is_float(x.dtype) else np.iinfo
    own = np.iinfo("uint8") if x.dtype == "bool" else own(x.dtype)
    if limits.min > own.min:
        x = elementwise.maximum(x, constant(limits.min, x.dtype))
    if limits.max < own.max:
        high = np.asarray(limits.max).astype(x.dtype)
        # A float may round the bound up, out of the range.
        if dtypes.is_float(x.dtype) and int(high) > int(limits.max):
            high = np.nextafter(high, np.asarray(0, x.dtype))
        x = elementwise.minimum(x, constant(high, x.dtype))
    return cast(x, dtype)


def shape(x):
    """The shape of x as a tuple; None for a size that is not known."""
    return tuple(x.shape) if hasattr(x, "shape") else as_value(x).shape


def dtype(x):
    """The name of x's type."""
    return dtypes.standardize_dtype(x.dtype if hasattr(x, "dtype") else type(x))


@op
def stop_gradient(variable):
    """The value itself, through which no gradient flows."""
    return barriers.stop_gradient(as_value(variable))


def custom_gradient(f):
    """A function with a gradient of its own.

    Args:
        f: function of tensors that returns a pair: its result, a tensor or several,
            nested as you like, and a function that maps the result's gradient (of
            the same structure) to the gradients of the arguments.

    Returns:
        The function of tensors that returns just the result.

    Raises:
        TypeError: if f is no function. The returned function raises it where f does
            not return such a pair.

    Example:
        >>> import ckeras
        >>> from ckeras import ops
        >>> @ops.custom_gradient
        ... def clipped(x):
        ...     return ops.abs(x), lambda upstream: ops.clip(upstream, -1, 1)
    """
    if not callable(f):
        raise TypeError(f"`custom_gradient` expects a function. Received: {f!r}")

    def call(*args, **kwargs):
        args = tree.map_structure(_current, args)
        kwargs = tree.map_structure(_current, kwargs)
        result = f(*args, **kwargs)
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise TypeError(
                "A function with `custom_gradient` must return a pair, its result and "
                f"the gradient's function. Received: {result!r}"
            )
        result, rule = result
        values = [as_value(a) for a in tree.flatten(args)]
        outputs = [as_value(r) for r in tree.flatten(result)]

        def flat_rule(*d_outputs):
            return tree.flatten(rule(tree.pack_sequence_as(result, d_outputs)))

        ruled = barriers.custom_gradient(outputs, values, flat_rule)
        return tree.pack_sequence_as(result, ruled)

    return call


def _current(x):
    """A variable's value, anything else as it is."""
    return as_value(x) if hasattr(x, "_is_variable") else x


def _unstack_spec(x, num=None, axis=0):
    axis = as_axis(axis, len(x.shape), "unstack")
    if num is not None and x.shape[axis] not in (None, num):
        _refuse_unstack(axis, x.shape[axis], num)
    num = x.shape[axis] if num is None else num
    if num is None:
        raise ValueError(
            f"Cannot infer argument `num` from shape {x.shape}. Either provide a "
            "tensor with a concrete shape in the `axis` dimension or explicitly pass "
            "the `num` argument."
        )
    rest = x.shape[:axis] + x.shape[axis + 1 :]
    return [KerasTensor(rest, x.dtype, record_history=False) for _ in range(num)]


def _refuse_unstack(axis, size, num):
    raise ValueError(
        f"`unstack`: `num` must be the size of axis {axis}, {size}. Received: num={num}"
    )


@op(spec=_unstack_spec)
def unstack(x, num=None, axis=0):
    """The parts of x along an axis, without that axis, as a list.

    Args:
        x: a tensor.
        num: number of parts; None for the size of the axis.
        axis: the axis.
    """
    x = as_value(x)
    axis = as_axis(axis, len(x.shape), "unstack")
    n = x.shape[axis] if num is None else static_int(num, "unstack", "num")
    if n != x.shape[axis]:
        _refuse_unstack(axis, x.shape[axis], num)
    rest = x.shape[:axis] + x.shape[axis + 1 :]
    return [reshaped(sliced(x, axis, i, i + 1), rest) for i in range(n)]


@op
def pack(xs):
    """All elements of all tensors, one after the other, as one vector."""
    return movement.pack(*[as_value(x) for x in xs])
