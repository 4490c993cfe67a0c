"""Symbols: the values that a trace computes with."""

from ckeras.engine.tracing.traced import Traced
from ckeras.engine.values.operators import Operators, TracedValueError
from ckeras.user_code import line_at_work

__all__ = ["Symbol"]


class Symbol(Traced, Operators):
    """A value of a trace: its shape and type are known, its numbers are not yet."""

    __slots__ = ("__weakref__", "_keras_history", "_keras_mask")
    is_symbolic = True

    @property
    def graph(self):
        graph = self._graph()
        if graph is None or graph.closed:
            raise RuntimeError(
                "A traced value is used after its trace has ended. Return it from "
                "the compiled function instead of storing it, or assign it to a "
                f"`Variable`.\n{line_at_work()}"
            )
        return graph

    @property
    def size(self):
        n = 1
        for d in self.shape:
            n *= d
        return n

    def numpy(self):
        raise _no_value(self, "`.numpy()`")

    def item(self):
        raise _no_value(self, "`.item()`")

    def tolist(self):
        raise _no_value(self, "`.tolist()`")

    def __array__(self, dtype=None, copy=None):
        raise _no_value(self, "a NumPy array of it")

    def __bool__(self):
        raise _no_value(
            self,
            "a Python condition (`if`, `while`, `and`)",
            "Use `ops.where`, `ops.cond` or `ops.while_loop`",
        )

    def __float__(self):
        raise _no_value(self, "`float()`")

    def __complex__(self):
        raise _no_value(self, "`complex()`")

    def __int__(self):
        raise _no_value(self, "`int()`")

    def __index__(self):
        raise _no_value(
            self,
            "a Python index or the bound of a `range`",
            "Use `ops.take` or `ops.fori_loop`",
        )

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        raise _no_value(self, "a pickle of it")

    def __format__(self, spec):
        if spec:
            raise _no_value(self, f"text in the format {spec!r}")
        return repr(self)

    def __repr__(self):
        return f"<Symbol shape={self.shape} dtype={self.dtype}>"


def _no_value(symbol, what, instead="Use functions of `ckeras.ops`"):
    return TracedValueError(
        f"A traced value (shape={symbol.shape}, dtype={symbol.dtype}) has no numbers "
        f"yet, so {what} cannot be had while a function is being compiled. "
        f"{instead}, or compile the model with `run_eagerly=True`.\n{line_at_work()}"
    )
