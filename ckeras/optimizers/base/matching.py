"""Whether gradients and variables belong together."""

import warnings

import numpy as np

from ckeras import ops
from ckeras.user_code import line_at_work, stacklevel

__all__ = ["fitting", "without_missing"]


def fitting(gradient, variable):
    """A variable's gradient in the variable's shape.

    Raises:
        ValueError: if it cannot be broadcast to that.
    """
    known = hasattr(gradient, "shape")
    shape = tuple(gradient.shape if known else np.shape(gradient))
    wanted = tuple(variable.shape)
    if shape == wanted:
        return gradient
    try:
        fits = np.broadcast_shapes(shape, wanted) == wanted
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"The gradient of variable '{variable.path}' has another shape than the "
            f"variable. Expected: {wanted}. Received: {shape}. Are gradients and "
            f"variables in the same order?\n{line_at_work()}"
        )
    return ops.broadcast_to(gradient, wanted)


def without_missing(grads, variables):
    """The gradients that are there, and their variables.

    Raises:
        ValueError: if there is none; a warning names those that are missing.
    """
    pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
    if not pairs:
        raise ValueError(
            "No gradients provided for any variable: the loss depends on none of "
            f"{[v.path for v in variables]}. Compute it with `ckeras.ops` from the "
            "model's outputs, inside the `with GradientTape()` block; NumPy arrays, "
            "`stop_gradient`, `argmax` and casts to integers end the gradient.\n"
            f"{line_at_work()}"
        )
    if len(pairs) < len(variables):
        missing = [v.path for g, v in zip(grads, variables, strict=True) if g is None]
        warnings.warn(
            f"Gradients do not exist for variables {missing} when minimizing the "
            "loss. If using `model.compile()`, did you forget to provide a `loss` "
            "argument?",
            stacklevel=stacklevel(),
        )
    return [g for g, _ in pairs], [v for _, v in pairs]
