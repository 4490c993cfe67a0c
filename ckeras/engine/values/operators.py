"""Python operators and NumPy's protocols for every value that ops accept.

The arithmetic lives in the ops; they hand it over once, with `install`, because
imports only point towards the engine.
"""

import numpy as np

from ckeras.user_code import line_at_work

__all__ = ["Operators", "TracedValueError", "install", "numpy_functions"]

_table = {}
numpy_functions = {}


class TracedValueError(TypeError):
    """Python or NumPy needs the numbers of a value that has none yet."""


def install(table, functions=()):
    """Names the ops behind the operators and behind NumPy's functions.

    Args:
        table: op by operator name, such as `{"add": ops.add}`.
        functions: op by NumPy function, such as `{np.tanh: ops.tanh}`.
    """
    _table.update(table)
    numpy_functions.update(functions)


def _binary(name):
    def forward(self, other):
        return _table[name](self, other)

    def reflected(self, other):
        return _table[name](other, self)

    return forward, reflected


class Operators:
    """Mixin: `a + b`, `a[i]`, `abs(a)`, `np.tanh(a)` and so on, by the ops."""

    __slots__ = ()
    __array_priority__ = 1000

    __add__, __radd__ = _binary("add")
    __sub__, __rsub__ = _binary("subtract")
    __mul__, __rmul__ = _binary("multiply")
    __truediv__, __rtruediv__ = _binary("true_divide")
    __floordiv__, __rfloordiv__ = _binary("floor_divide")
    __mod__, __rmod__ = _binary("mod")
    __pow__, __rpow__ = _binary("power")
    __matmul__, __rmatmul__ = _binary("matmul")
    __and__, __rand__ = _binary("logical_and")
    __or__, __ror__ = _binary("logical_or")
    __xor__, __rxor__ = _binary("logical_xor")
    __lshift__, __rlshift__ = _binary("left_shift")
    __rshift__, __rrshift__ = _binary("right_shift")
    __lt__, _ = _binary("less")
    __le__, _ = _binary("less_equal")
    __gt__, _ = _binary("greater")
    __ge__, _ = _binary("greater_equal")
    __eq__, _ = _binary("equal")
    __ne__, _ = _binary("not_equal")
    del _

    # Equality is elementwise, so a value's hash is its identity.
    __hash__ = object.__hash__

    def __divmod__(self, other):
        return self // other, self % other

    def __rdivmod__(self, other):
        return other // self, other % self

    def __neg__(self):
        return _table["negative"](self)

    def __pos__(self):
        return self

    def __abs__(self):
        return _table["abs"](self)

    def __invert__(self):
        return _table["logical_not"](self)

    def __round__(self, ndigits=None):
        return _table["round"](self, decimals=ndigits or 0)

    def __getitem__(self, key):
        return _table["getitem"](self, key)

    def __setitem__(self, key, value):
        raise TypeError(
            f"Values are not written into: this one has shape {tuple(self.shape)}. "
            "Instead of `x[...] = y` use `x = ops.slice_update(x, start, y)`, "
            "`ops.scatter_update` or `ops.where`; a `Variable` takes a new value by "
            f"`assign`.\n{line_at_work()}"
        )

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of a 0-dimensional value")
        return self.shape[0]

    def __iter__(self):
        if not self.shape:
            raise TypeError("Iteration over a 0-dimensional value")
        return (self[i] for i in range(self.shape[0]))

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def T(self):
        return _table["transpose"](self)

    def astype(self, dtype):
        return _table["cast"](self, dtype)

    def reshape(self, *shape):
        if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
            shape = shape[0]
        return _table["reshape"](self, shape)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return _dispatch(ufunc, method, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return _dispatch(function, "__call__", args, kwargs)


def _dispatch(function, method, args, kwargs):
    """An op in place of the NumPy function, or NumPy itself on concrete values."""
    op = numpy_functions.get(function)
    if op is not None and method == "__call__" and not kwargs.get("out"):
        return op(*args, **kwargs)
    if any(getattr(a, "is_symbolic", False) for a in args):
        raise TracedValueError(_not_traceable(function, method, kwargs))
    concrete = [np.asarray(a) if isinstance(a, Operators) else a for a in args]
    target = function if method == "__call__" else getattr(function, method)
    return target(*concrete, **kwargs)


def _not_traceable(function, method, kwargs):
    name = (
        function.__name__ if method == "__call__" else f"{function.__name__}.{method}"
    )
    if kwargs.get("out"):
        why = "writes into `out`, which cannot be traced. Use what it returns"
    elif method == "at":
        why = "writes in place, which cannot be traced. Use `ops.scatter_update`"
    else:
        why = "cannot be traced. Use a function of `ckeras.ops`"
    return (
        f"NumPy's `{name}` {why}, or compile the model with `run_eagerly=True`.\n"
        f"{line_at_work()}"
    )
