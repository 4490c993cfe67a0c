"""What linear algebra expects of its arguments."""

from ckeras.ops.promotion import as_float

__all__ = ["as_matrices"]


def as_matrices(x, name, square=False):
    """`x` as floats, whose last two axes are matrices.

    Raises:
        ValueError: if there are no such axes, or `square` ones are not.
    """
    x = as_float(x)
    if len(x.shape) < 2:
        raise ValueError(
            f"`{name}`: expected input to have rank >= 2. Received: shape={x.shape}"
        )
    if square and x.shape[-1] != x.shape[-2]:
        raise ValueError(
            f"`{name}`: expected a square matrix. Received: shape={x.shape}"
        )
    return x
