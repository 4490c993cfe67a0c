"""Limits on the size of gradients."""

from ckeras import ops

__all__ = ["by_global_norm", "by_norm", "global_norm"]


def by_norm(gradient, largest):
    """The gradient, shortened to the norm `largest` if it is longer."""
    norm = ops.sqrt(ops.sum(ops.square(gradient)))
    return gradient * largest / ops.maximum(norm, largest)


def global_norm(grads):
    """The norm of all gradients together."""
    squares = [ops.sum(ops.square(g)) for g in grads]
    return ops.sqrt(sum(squares[1:], squares[0]))


def by_global_norm(grads, largest):
    """The gradients, shortened together to the norm `largest` if they are longer.

    A norm that is no finite number makes all of them NaN.
    """
    norm = global_norm(grads)
    scale = largest * ops.minimum(1.0 / norm, 1.0 / largest)
    scale = scale + (norm - norm)
    return [g * scale for g in grads]
