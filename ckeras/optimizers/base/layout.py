"""Where an optimizer's variables lie, and which way of updating them applies."""

import gc
import weakref

from ckeras.engine.values.arena import Arena

__all__ = ["arena_of", "kernel_matches", "register", "snapshot"]

# The optimizers that update an arena as a whole.
_users = weakref.WeakKeyDictionary()


def snapshot(variable):
    """The variable's value, which later assignments do not change."""
    value = variable.value
    return value if value.is_symbolic else type(value)(value.numpy().copy())


def register(arena, optimizer):
    """Notes that `optimizer` updates `arena`: it must not be taken apart."""
    _users.setdefault(arena, weakref.WeakSet()).add(optimizer)
    return arena


def arena_of(variables, optimizer):
    """An arena of exactly these variables, for an optimizer; None if there is none.

    Variables that lie in an arena of other variables, after some layers were frozen
    for instance, move to a new one once nobody updates the old one any more.
    """
    old = {v._arena for v in variables if v._arena is not None}
    for arena in old:
        if len(arena.variables) == len(variables) and all(
            a is b for a, b in zip(arena.variables, variables, strict=True)
        ):
            return register(arena, optimizer)
    if old:
        gc.collect()  # a compiled model and its optimizer refer to each other
        if any(_users.get(arena) for arena in old):
            return None
        if len({id(v) for v in variables}) < len(variables):
            return None
        if len({v.dtype for v in variables}) > 1:
            return None
        return register(Arena(variables), optimizer)
    arena = Arena.try_build(variables)
    return None if arena is None else register(arena, optimizer)


def kernel_matches(cls):
    """Whether `arena_step` computes what `update_step` does.

    A subclass that overrides one of them alone is updated by `update_step`.
    """
    for base in cls.__mro__:
        if "arena_step" in base.__dict__ or "update_step" in base.__dict__:
            return {"arena_step", "update_step"} <= base.__dict__.keys()
    return False
