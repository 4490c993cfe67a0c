"""Complex numbers from polar coordinates."""

from ckeras.ops.primitives import elementwise
from ckeras.ops.primitives.by_numpy import complex_numbers
from ckeras.ops.promotion import pair
from ckeras.ops.registry import op

__all__ = ["polar"]


@op
def polar(abs_, angle):
    """The complex numbers of given size and angle: abs_ · e^(i·angle).

    Args:
        abs_, angle: tensors of floats of one shape.
    """
    size, angle = pair(abs_, angle, "float")
    return complex_numbers.complex_of(
        elementwise.multiply(size, elementwise.cos(angle)),
        elementwise.multiply(size, elementwise.sin(angle)),
    )
