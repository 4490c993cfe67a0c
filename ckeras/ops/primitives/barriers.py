"""Primitives that return their input and only change what the gradient does."""

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec
from ckeras.ops.primitives import movement

__all__ = ["custom_gradient", "stop_gradient"]


def _same(x, *others, **attrs):
    return Spec(x.shape, x.dtype)


def _start(node):
    return 0


stop_gradient = Primitive(
    "stop_gradient", infer=_same, view=_start, gradient=NOT_DIFFERENTIABLE
)


def _ruled(node, d_outputs, needs):
    results = node.attrs["rule"](d_outputs[0])
    if len(results) != len(needs) - 1:
        raise ValueError(
            "The gradient of a function with `custom_gradient` must return a value "
            f"for each of its {len(needs) - 1} arguments. Received: {len(results)}"
        )
    # The first input is the result itself: its own history is left out.
    return [None, *[d if n else None for d, n in zip(results, needs[1:], strict=True)]]


_custom_gradient = Primitive(
    "custom_gradient", infer=_same, view=_start, gradient=_ruled
)


def custom_gradient(results, values, rule):
    """Results whose gradient is a function's.

    Args:
        results: what was computed from `values`.
        values: the arguments.
        rule: maps a gradient for each result to a list of one for each argument.
    """
    if len(results) == 1:
        return [_custom_gradient(results[0], *values, rule=rule)]
    # Several results become one, so that there is one place to come back to.
    packed = movement.pack(*results)
    ends = np.cumsum([0] + [int(np.prod(r.shape)) for r in results])

    def parts(flat):
        return [
            movement.reshape(
                movement.slice(flat, start=(a,), shape=(b - a,), strides=(1,)),
                shape=r.shape,
            )
            for r, a, b in zip(
                results, map(int, ends), map(int, ends[1:]), strict=False
            )
        ]

    packed = _custom_gradient(packed, *values, rule=lambda d: rule(*parts(d)))
    return parts(packed)
