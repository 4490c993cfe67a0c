"""Where an optimizer's variables lie, and which way of updating them applies."""

from ckeras.engine.arena import Arena

__all__ = ["arena_of", "kernel_matches", "snapshot"]


def snapshot(variable):
    """The variable's value, which later assignments do not change."""
    value = variable.value
    return value if value.is_symbolic else type(value)(value.numpy().copy())


def arena_of(variables):
    """The arena that holds exactly these variables: theirs, or a new one."""
    shared = variables[0]._arena if variables else None
    if shared is not None and len(shared.variables) == len(variables):
        pairs = zip(shared.variables, variables, strict=True)
        return shared if all(a is b for a, b in pairs) else None
    return Arena.try_build(variables)


def kernel_matches(cls):
    """Whether `arena_step` computes what `update_step` does.

    A subclass that overrides one of them alone is updated by `update_step`.
    """
    for base in cls.__mro__:
        if "arena_step" in base.__dict__ or "update_step" in base.__dict__:
            return {"arena_step", "update_step"} <= base.__dict__.keys()
    return False
