"""An arena: variables in one stretch of memory, so that one kernel updates them all."""

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec
from ckeras.engine.tracing import tapes, trace
from ckeras.engine.values import memory
from ckeras.engine.values.operators import _table
from ckeras.engine.values.tensor import Tensor

__all__ = ["Arena"]


def _member_spec(flat, *, start, shape):
    return Spec(shape, flat.dtype)


# A variable's place in its arena, as a value: no copy.
_member = Primitive(
    "arena_member",
    infer=_member_spec,
    view=lambda node: node.attrs["start"],
    gradient=NOT_DIFFERENTIABLE,
)


class Arena:
    """Several variables of one type, laid out one after the other.

    The members stay ordinary variables. Reading the arena gives their values as one
    flat vector; assigning a flat vector sets them all.

    Args:
        variables: the members, none of which is in another arena.
    """

    def __init__(self, variables):
        self.variables = list(variables)
        sizes = [v.size for v in self.variables]
        self.starts = [sum(sizes[:i]) for i in range(len(sizes))]
        self._start_by_id = {
            id(v): start for v, start in zip(self.variables, self.starts, strict=True)
        }
        dtype = self.variables[0].dtype
        self.memory = memory.empty(sum(sizes), dtype)
        self.address = self.memory.ctypes.data
        self.spec = Spec((sum(sizes),), dtype)
        for variable, start in zip(self.variables, self.starts, strict=True):
            part = self.memory[start : start + variable.size]
            variable._place(variable._array, part.reshape(variable.shape))
            variable._arena = self

    def start_of(self, variable):
        """The element of the arena at which a member begins."""
        return self._start_by_id[id(variable)]

    @classmethod
    def try_build(cls, variables):
        """An arena of the variables, or None if they cannot share one.

        They cannot if there are none, if one of them is in an arena already or
        listed twice, or if their types differ.
        """
        distinct = {id(v) for v in variables}
        if not variables or len(distinct) != len(variables):
            return None
        if any(v._arena is not None for v in variables):
            return None
        return cls(variables) if len({v.dtype for v in variables}) == 1 else None

    @property
    def value(self):
        """The members' values as one flat vector."""
        active = trace.current()
        if active is None:
            flat = Tensor(self.memory)
            return Tensor(self.memory.copy()) if tapes.active_tapes() else flat
        if not active.writes.keys().isdisjoint(self.variables):
            return _table["pack"]([active.read(v) for v in self.variables])
        return active.read(self)

    def assign(self, flat):
        """Sets all members from one flat vector."""
        active = trace.current()
        if active is None:
            np.copyto(self.memory, flat._array)
            return
        active.write(self, flat)
        active.forget_writes(self.variables, self._value_in, flat)

    def _value_in(self, flat, variable):
        """A member's value as a part of the arena's."""
        return _member(flat, start=self.start_of(variable), shape=variable.shape)

    def __reduce__(self):
        return Arena, (self.variables,)
