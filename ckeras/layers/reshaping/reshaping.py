"""Flatten, Reshape, Permute and RepeatVector."""

import math

from ckeras import ops
from ckeras.engine import config
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.base.layer import Layer

__all__ = ["Flatten", "Permute", "RepeatVector", "Reshape"]


class _Reshaping(Layer):
    """Base: the output has the input's type and a shape that follows from its."""

    def compute_output_spec(self, inputs):
        shape = self.compute_output_shape(inputs.shape)
        return KerasTensor(shape, dtype=inputs.dtype)


class Flatten(_Reshaping):
    """Makes one axis of all axes but the batch's.

    Args:
        data_format: "channels_last" or "channels_first"; with the latter, channels
            are moved to the end first.

    Example:

    >>> ckeras.layers.Flatten()(np.ones((2, 3, 4))).shape
    (2, 12)
    """

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs):
        rank = len(inputs.shape)
        if self.data_format == "channels_first" and rank > 1:
            inputs = ops.transpose(inputs, axes=(0, *range(2, rank), 1))
        return ops.reshape(inputs, self.compute_output_shape(inputs.shape))

    def compute_output_shape(self, input_shape):
        rest = input_shape[1:]
        return (input_shape[0], None if None in rest else math.prod(rest))

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format}


class Reshape(_Reshaping):
    """Gives each sample another shape.

    Args:
        target_shape: sizes without the batch axis; one may be -1, to be found.

    Raises:
        ValueError: if more than one size is -1, or the sizes do not fit the input.

    Example:

    >>> ckeras.layers.Reshape((-1, 2))(np.ones((5, 12))).shape
    (5, 6, 2)
    """

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        target_shape = tuple(target_shape)
        if not all(isinstance(d, int) and d >= -1 for d in target_shape):
            raise ValueError(
                "`target_shape` must hold non-negative integers, and -1 for a size to "
                f"be found. Received: target_shape={target_shape}"
            )
        if target_shape.count(-1) > 1:
            raise ValueError(
                "`target_shape` may have at most one unknown dimension, given as -1. "
                f"Received: target_shape={target_shape}"
            )
        self.target_shape = target_shape
        self._build_at_init()

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *self._resolve(input_shape[1:]))

    def _resolve(self, shape):
        if None in shape:
            return tuple(None if d == -1 else d for d in self.target_shape)
        size = math.prod(shape)
        known = math.prod(d for d in self.target_shape if d != -1)
        missing = size // known if known else 0
        target = tuple(missing if d == -1 else d for d in self.target_shape)
        if math.prod(target) != size:
            raise ValueError(
                f"The total size of the tensor must be unchanged. Layer '{self.name}' "
                f"received: input_shape={tuple(shape)}, "
                f"target_shape={self.target_shape}"
            )
        return target

    def call(self, inputs):
        return ops.reshape(inputs, self.compute_output_shape(inputs.shape))

    def get_config(self):
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(_Reshaping):
    """Changes the order of the axes; the batch's stays first.

    Args:
        dims: the axes in their new order, counted from 1.

    Raises:
        ValueError: if `dims` is no permutation.

    Example:

    >>> ckeras.layers.Permute((2, 1))(np.ones((5, 3, 4))).shape
    (5, 4, 3)
    """

    def __init__(self, dims, **kwargs):
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(dims) != list(range(1, len(dims) + 1)):
            raise ValueError(
                "Invalid permutation argument `dims` for Permute Layer. The set of "
                "indices in `dims` must be consecutive and start from 1. "
                f"Received dims={dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs):
        return ops.transpose(inputs, axes=(0, *self.dims))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], *[input_shape[d] for d in self.dims])

    def get_config(self):
        return {**super().get_config(), "dims": self.dims}


class RepeatVector(_Reshaping):
    """Makes a sequence of `n` copies of each sample's vector.

    Args:
        n: length of the sequence.

    Raises:
        TypeError: if `n` is no integer.
        ValueError: if it is not positive.

    Example:

    >>> ckeras.layers.RepeatVector(3)(np.ones((5, 2))).shape
    (5, 3, 2)
    """

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(n, int):
            raise TypeError(
                f"Expected an integer value for `n`, got {type(n)}. Received: n={n}"
            )
        if n < 1:
            raise ValueError(f"`n` should be a positive integer. Received: n={n}")
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs):
        batch, features = ops.shape(inputs)
        shape = (batch, self.n, features)
        return ops.broadcast_to(ops.expand_dims(inputs, 1), shape)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.n, input_shape[1])

    def get_config(self):
        return {**super().get_config(), "n": self.n}
