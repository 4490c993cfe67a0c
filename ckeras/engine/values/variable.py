"""Variables: named values that change, with memory that stays where it is.

Compiled plans read and write a variable's memory directly, so assigning copies into
it. An `Arena` moves several variables into one stretch of memory.
"""

import numpy as np

from ckeras.engine import scope
from ckeras.engine.primitive import Spec
from ckeras.engine.tracing import tapes, trace
from ckeras.engine.tracing.graph import Symbol
from ckeras.engine.values import dtypes, memory
from ckeras.engine.values.convert import convert_to_tensor
from ckeras.engine.values.operators import Operators, _table
from ckeras.engine.values.tensor import Tensor

__all__ = ["Variable", "storage_epoch"]

_epoch = 0


def storage_epoch():
    """A number that changes whenever some variable's memory moves."""
    return _epoch


class Variable(Operators):
    """A value that `assign` changes, such as a layer's weight.

    Args:
        initializer: the first value, or an initializer: a function of
            `(shape, dtype=...)`, or the name of one.
        shape: needed with an initializer.
        dtype: number type; `floatx` by default, or the initial array's type.
        trainable: whether optimizers change it.
        autocast: whether layers read it in their compute type.
        aggregation, synchronization: kept for Keras's signature.
        name: the last part of its path; must not contain a slash.

    Raises:
        ValueError: for an initializer, shape, type or name that cannot be used.

    Example:

    >>> v = ckeras.Variable([1.0, 2.0])
    >>> v.assign_add([1.0, 1.0]).numpy()
    array([2., 3.], dtype=float32)
    """

    _is_variable = True

    def __init__(
        self,
        initializer,
        shape=None,
        dtype=None,
        trainable=True,
        autocast=True,
        aggregation="none",
        synchronization="auto",
        name=None,
        layout=None,
        **kwargs,
    ):
        if kwargs:
            raise TypeError(f"Unrecognized keyword arguments: {list(kwargs)}")
        name = name or scope.unique_name("variable")
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name}"
            )
        allowed = ("none", "mean", "sum", "only_first_replica", None)
        if aggregation not in allowed:
            raise ValueError(
                "Invalid value for argument `aggregation`. Expected one of "
                f"{allowed}. Received: aggregation={aggregation}"
            )
        self._name = name
        parent = scope.current_path()
        self._path = f"{parent}/{name}" if parent else name
        self._trainable = bool(trainable)
        self._autocast = bool(autocast)
        self._aggregation = aggregation or "none"
        self._synchronization = synchronization
        self._regularizer = None
        self._constraint = None
        self.overwrite_with_gradient = False
        trace.check_new_variable()
        with trace.suspended():
            self._place(_initial_value(initializer, shape, dtype))
        self._initializer = initializer if callable(initializer) else None

    def _place(self, array, memory_array=None):
        """Puts the value into its memory: a new one, or a given part of an arena."""
        global _epoch
        if memory_array is None:
            memory_array = memory.empty(array.size, array.dtype).reshape(array.shape)
        else:
            _epoch += 1
        np.copyto(memory_array, array)
        self._array = memory_array
        self._tensor = Tensor(memory_array)
        self._spec = Spec(memory_array.shape, self._tensor.dtype)
        self.address = memory_array.ctypes.data  # asked for by each plan
        self._arena = None

    # --- value -----------------------------------------------------------------

    @property
    def spec(self):
        """Shape and type, as the trace wants them."""
        return self._spec

    @property
    def memory(self):
        """The NumPy array that holds the value."""
        return self._array

    @property
    def value(self):
        """The current value: a view of the memory, or a symbol inside a trace.

        Inside the call of a layer that computes in another type it is cast to that.
        """
        value = self._read()
        casting = scope.get_autocast_scope() if self._autocast else None
        if casting is None:
            return value
        dtype = casting.dtype_of(value.dtype)
        return value if dtype == value.dtype else _table["cast"](value, dtype)

    def _read(self):
        """The current value in the variable's own type."""
        inner = scope.get_stateless_scope()
        if inner is not None:
            value = inner.get_current_value(self)
            if value is not None:
                return value
        active = trace.current()
        if active is not None:
            value = active.read(self)
        elif tapes.active_tapes():
            # The tape must keep the value that was read, whatever is assigned later.
            value = Tensor(self._array.copy())
        else:
            return self._tensor
        for tape in tapes.active_tapes():
            value = tape.note_read(self, value)
        return value

    def numpy(self):
        """A copy of the value as a NumPy array."""
        value = self.value
        return value.numpy() if isinstance(value, Symbol) else np.array(value)

    def _convert(self, value, dtype=None):
        return convert_to_tensor(value, dtype or self._tensor.dtype)

    def assign(self, value):
        """Sets the value.

        Args:
            value: an array, tensor or number of the variable's shape.

        Returns:
            The variable itself.

        Raises:
            ValueError: if the shapes differ.
        """
        return self._store(self._convert(value))

    def _store(self, value):
        if value.shape != self._array.shape:
            raise ValueError(
                "The shape of the target variable and the shape of the target value "
                "in `variable.assign(value)` must match. "
                f"variable.shape={self.shape}, "
                f"Received: value.shape={tuple(value.shape)}. "
                f"Target variable: {self}"
            )
        inner = scope.get_stateless_scope()
        active = trace.current()
        if inner is not None:
            inner.add_update((self, value))
        elif active is not None:
            active.write(self, value)
        elif isinstance(value, Symbol):
            value.graph  # noqa: B018 - raises: the trace of this value has ended
        else:
            np.copyto(self._array, value._array)
        return self

    def assign_add(self, value):
        """Adds to the value; returns the variable."""
        value = self._convert(value)
        return self._store(_table["add"](self._read(), value))

    def assign_sub(self, value):
        """Subtracts from the value; returns the variable."""
        value = self._convert(value)
        return self._store(_table["subtract"](self._read(), value))

    # --- description -----------------------------------------------------------

    @property
    def shape(self):
        return self._array.shape

    @property
    def dtype(self):
        """The number type, that of the computation inside a layer's call."""
        casting = scope.get_autocast_scope() if self._autocast else None
        own = self._tensor.dtype
        return own if casting is None else casting.dtype_of(own)

    @property
    def ndim(self):
        return self._array.ndim

    @property
    def size(self):
        return self._array.size

    @property
    def name(self):
        return self._name

    @property
    def path(self):
        return self._path

    @property
    def autocast(self):
        return self._autocast

    @property
    def aggregation(self):
        return self._aggregation

    @property
    def synchronization(self):
        return self._synchronization

    @property
    def initializer(self):
        return self._initializer

    @property
    def trainable(self):
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)

    @property
    def regularizer(self):
        return self._regularizer

    @regularizer.setter
    def regularizer(self, value):
        if value is not None and not callable(value):
            raise ValueError(
                "Invalid value for attribute `regularizer`. Expected a callable or "
                f"None. Received: regularizer={value}"
            )
        self._regularizer = value

    @property
    def constraint(self):
        return self._constraint

    @constraint.setter
    def constraint(self, value):
        if value is not None and not callable(value):
            raise ValueError(
                "Invalid value for attribute `constraint`. Expected a callable or "
                f"None. Received: constraint={value}"
            )
        self._constraint = value

    def __array__(self, dtype=None, copy=None):
        value = self.value
        return value.__array__(dtype) if dtype is not None else self.numpy()

    def __float__(self):
        return float(self.value)

    def __int__(self):
        return int(self.value)

    def __bool__(self):
        raise TypeError("A Keras Variable cannot be used as a boolean.")

    def __repr__(self):
        about = f"path={self.path}, shape={self.shape}, dtype={self.dtype}"
        if trace.current() is not None:
            return f"<Variable {about}>"
        return f"<Variable {about}, value={self._array}>"

    # --- copies ----------------------------------------------------------------

    def __getstate__(self):
        state = self.__dict__.copy()
        del state["_tensor"], state["_spec"], state["address"], state["_arena"]
        state["_array"] = self._array.copy()
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._place(state["_array"])


def _initial_value(initializer, shape, dtype):
    if isinstance(initializer, str):
        from ckeras import initializers

        initializer = initializers.get(initializer)
    if callable(initializer):
        if shape is None:
            raise ValueError(
                "When creating a Variable from an initializer, the `shape` argument "
                f"should be specified. Received: initializer={initializer} and "
                f"shape={shape}"
            )
        shape = _standardize_shape(shape)
        dtype = dtypes.standardize_dtype(dtype)
        memory.claim(shape, dtype)
        value = convert_to_tensor(initializer(shape, dtype=dtype), dtype)
        if tuple(value.shape) != shape:
            raise ValueError(
                f"The initializer {initializer} returned shape {tuple(value.shape)}. "
                f"Expected {shape}."
            )
    else:
        value = convert_to_tensor(initializer, dtype)
        if shape is not None and tuple(value.shape) != _standardize_shape(shape):
            raise ValueError(
                f"The initial value has shape {tuple(value.shape)}. "
                f"Expected shape={tuple(shape)}."
            )
    return np.asarray(value)


def _standardize_shape(shape):
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    for size in shape:
        whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
        if not whole or size < 0:
            raise ValueError(
                "Shapes of variables need sizes that are integers >= 0. "
                f"Received: shape={shape}"
            )
    return tuple(int(size) for size in shape)
