"""Products of two inputs, sample by sample."""

import math

from ckeras import ops
from ckeras.layers.merging.base_merge import Merge

__all__ = ["Dot", "batch_dot", "dot"]


def batch_dot(x, y, axes):
    """Sum over an axis of `x` times an axis of `y`, for each sample.

    Args:
        x: tensor (batch, ...).
        y: tensor (batch, ...).
        axes: an axis of `x` and one of `y`, not negative and not the batch's.

    Returns:
        Tensor (batch, other axes of x, other axes of y); (batch, 1) if there are none.
    """
    a, b = axes
    batch = x.shape[0]
    rest_x = [i for i in range(1, len(x.shape)) if i != a]
    rest_y = [i for i in range(1, len(y.shape)) if i != b]
    sizes_x, sizes_y = [x.shape[i] for i in rest_x], [y.shape[i] for i in rest_y]
    depth = x.shape[a]
    left = ops.transpose(x, (0, *rest_x, a))
    right = ops.transpose(y, (0, b, *rest_y))
    product = ops.matmul(
        ops.reshape(left, (batch, math.prod(sizes_x), depth)),
        ops.reshape(right, (batch, depth, math.prod(sizes_y))),
    )
    return ops.reshape(product, (batch, *(sizes_x + sizes_y or [1])))


class Dot(Merge):
    """The product of two inputs, sample by sample, summed over an axis of each.

    Args:
        axes: the axis to sum over, or a pair: one for each input.
        normalize: whether the inputs are first scaled to length 1 along that axis,
            so that the result is the cosine of the angle between them.

    Raises:
        TypeError, ValueError: if `axes` is neither an integer nor a pair of them.

    Example:

    >>> x, y = np.ones((2, 3, 4)), np.ones((2, 4, 5))
    >>> ckeras.layers.Dot(axes=(2, 1))([x, y]).shape
    (2, 3, 5)
    """

    def __init__(self, axes, normalize=False, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(axes, (int, list, tuple)):
            raise TypeError(
                "Invalid type for argument `axes`: it should be a list or an int. "
                f"Received: axes={axes}"
            )
        if not isinstance(axes, int):
            if len(axes) != 2 or not all(isinstance(a, int) for a in axes):
                raise ValueError(
                    "Invalid format for argument `axes`: it should contain two "
                    f"integers. Received: axes={axes}"
                )
            axes = tuple(axes)
        self.axes = axes
        self.normalize = normalize

    def _axes(self, shapes):
        axes = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        return tuple(
            a % len(s) if a < 0 else a for a, s in zip(axes, shapes, strict=True)
        )

    def build(self, input_shape):
        self._check_two(input_shape)
        first, second = input_shape
        a, b = self._axes(input_shape)
        if 0 in (a, b):
            raise ValueError(
                "Cannot sum over axis 0, the batch's. "
                f"Received: axes={self.axes} for input shapes {first}, {second}"
            )
        if first[a] != second[b]:
            raise ValueError(
                f"Incompatible input shapes: axis values {first[a]} (at axis {a}) != "
                f"{second[b]} (at axis {b}). Full input shapes: {first}, {second}"
            )

    def _check_two(self, input_shape):
        pair = isinstance(input_shape, (tuple, list)) and len(input_shape) == 2
        if not pair or not isinstance(input_shape[0], (tuple, list)):
            raise ValueError(
                "A `Dot` layer should be called on a list of 2 inputs. "
                f"Received: input_shape={input_shape}"
            )

    def call(self, inputs):
        return self._merge_function(inputs)

    def _merge_function(self, inputs):
        x, y = inputs
        axes = self._axes([x.shape, y.shape])
        if self.normalize:
            x = ops.normalize(x, axis=axes[0])
            y = ops.normalize(y, axis=axes[1])
        return batch_dot(x, y, axes)

    def compute_output_shape(self, input_shape):
        self._check_two(input_shape)
        a, b = self._axes(input_shape)
        first, second = list(input_shape[0]), list(input_shape[1])
        del first[a], second[b]
        shape = first + second[1:]
        return tuple(shape) if len(shape) > 1 else (*shape, 1)

    def compute_mask(self, inputs, mask=None):
        return None

    def get_config(self):
        config = {"axes": self.axes, "normalize": self.normalize}
        return {**super().get_config(), **config}


def dot(inputs, axes=-1, **kwargs):
    """The product of two inputs, by a `Dot` layer.

    Args:
        inputs: two tensors.
        axes: the axis to sum over, or one for each.
        **kwargs: further arguments of the layer.
    """
    return Dot(axes=axes, **kwargs)(inputs)
