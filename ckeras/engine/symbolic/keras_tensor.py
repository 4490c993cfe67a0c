"""The placeholder from which functional models are put together."""

from ckeras.engine import tree
from ckeras.engine.naming import auto_name
from ckeras.engine.values import dtypes
from ckeras.engine.values.operators import Operators

__all__ = ["KerasTensor", "any_symbolic_tensors", "is_keras_tensor"]

_ADVICE = (
    "A KerasTensor is a placeholder of a functional model: it has a shape and a dtype, "
    "but no numbers."
)


class KerasTensor(Operators):
    """A value whose shape and type are known, made by `Input` and by calling layers.

    Args:
        shape: sizes; None stands for one that is not known yet.
        dtype: number type.
        name: name, made up if not given.
        record_history: whether calling an operation on it makes a graph node.

    Raises:
        ValueError: if `shape` holds anything but non-negative integers and None.
    """

    is_symbolic = True

    def __init__(
        self,
        shape,
        dtype=None,
        sparse=False,
        ragged=False,
        record_history=True,
        name=None,
    ):
        if sparse or ragged:
            raise ValueError("Sparse and ragged tensors are not supported by ckeras.")
        self.shape = standardize_shape(shape)
        self.dtype = dtypes.standardize_dtype(dtype)
        self.sparse = False
        self.ragged = False
        self.record_history = record_history
        self.name = name or (
            auto_name(type(self).__name__) if record_history else "keras_tensor"
        )

    @property
    def size(self):
        """Number of elements, or None where a size is not known."""
        n = 1
        for d in self.shape:
            if d is None:
                return None
            n *= d
        return n

    def numpy(self):
        raise ValueError(f"{_ADVICE} `.numpy()` needs numbers. Received: {self}")

    def __array__(self, dtype=None, copy=None):
        raise ValueError(
            f"{_ADVICE} It cannot become a NumPy array. Use functions of `ckeras.ops` "
            f"or layers instead of NumPy's. Received: {self}"
        )

    def __bool__(self):
        raise TypeError(
            f"{_ADVICE} It cannot be used as a Python condition. Use `ops.where` or "
            f"`ops.cond`. Received: {self}"
        )

    def __float__(self):
        raise TypeError(f"{_ADVICE} It cannot become a Python number.")

    __int__ = __index__ = __float__

    # As in Keras, `==` asks whether it is the same placeholder; `ops.equal` compares.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __iter__(self):
        raise TypeError(f"{_ADVICE} It cannot be iterated over.")

    def __len__(self):
        raise TypeError(f"{_ADVICE} It has no `len()`; see its `shape`.")

    def __repr__(self):
        return (
            f"<KerasTensor shape={self.shape}, dtype={self.dtype}, "
            f"sparse={self.sparse}, ragged={self.ragged}, name={self.name}>"
        )


def standardize_shape(shape):
    """`shape` as a tuple of integers and None.

    Raises:
        ValueError: naming what does not belong into a shape.
    """
    if not hasattr(shape, "__iter__"):
        raise ValueError(f"Cannot convert '{shape}' to a shape.")
    shape = tuple(shape)
    for size in shape:
        if size is None:
            continue
        try:
            whole = size.__index__()
        except (AttributeError, TypeError):
            raise ValueError(
                f"Cannot convert '{shape}' to a shape. Found invalid entry '{size}' "
                f"of type '{type(size)}'."
            ) from None
        if whole < 0:
            raise ValueError(
                f"Cannot convert '{shape}' to a shape. Negative dimensions are not "
                "allowed."
            )
    return tuple(None if d is None else d.__index__() for d in shape)


def any_symbolic_tensors(args=(), kwargs=None):
    """Whether a `KerasTensor` is among the arguments, however nested."""
    values = (*args, *kwargs.values()) if kwargs else args
    return any(map(_has_keras_tensor, values))


def _has_keras_tensor(value):
    if isinstance(value, KerasTensor):
        return True
    if isinstance(value, (list, tuple, dict)):
        return any(isinstance(x, KerasTensor) for x in tree.flatten(value))
    return False


def is_keras_tensor(x):
    """Whether `x` is a symbolic tensor of a functional model."""
    return isinstance(x, KerasTensor)
