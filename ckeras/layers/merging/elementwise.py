"""Sum, difference, product, mean, maximum and minimum of several inputs."""

import functools

from ckeras import ops
from ckeras.layers.merging.base_merge import Merge

__all__ = [
    "Add",
    "Average",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
    "add",
    "average",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]


class Add(Merge):
    """The sum of the inputs.

    Example:

    >>> x = np.ones((2, 3))
    >>> ckeras.layers.Add()([x, x, x]).numpy()[0]
    array([3., 3., 3.], dtype=float32)
    """

    def _merge_function(self, inputs):
        output = inputs[0]
        for x in inputs[1:]:
            output = ops.add(output, x)
        return output


class Subtract(Merge):
    """The first of two inputs minus the second."""

    def build(self, input_shape):
        super().build(input_shape)
        if len(input_shape) != 2:
            raise ValueError(
                "A `Subtract` layer should be called on exactly 2 inputs. "
                f"Received: input_shape={input_shape}"
            )

    def _merge_function(self, inputs):
        if len(inputs) != 2:
            raise ValueError(
                "A `Subtract` layer should be called on exactly 2 inputs. "
                f"Received: inputs={inputs}"
            )
        return ops.subtract(inputs[0], inputs[1])


class Multiply(Merge):
    """The product of the inputs; masked values count as 1, as 0 if all are masked."""

    def _merge_function(self, inputs):
        masks = [getattr(x, "_keras_mask", None) for x in inputs]
        output = None
        for x, mask in zip(inputs, masks, strict=True):
            if mask is not None:
                x = ops.where(ops.expand_dims(mask, -1), x, ops.cast(1, x.dtype))
            output = x if output is None else ops.multiply(output, x)
        if any(mask is None for mask in masks):
            return output
        kept = functools.reduce(ops.logical_or, masks)
        return ops.where(ops.expand_dims(kept, -1), output, ops.cast(0, output.dtype))


class Average(Merge):
    """The mean of the inputs."""

    def _merge_function(self, inputs):
        output = inputs[0]
        for x in inputs[1:]:
            output = ops.add(output, x)
        return output / len(inputs)


class Maximum(Merge):
    """The greatest of the inputs, element by element."""

    def _merge_function(self, inputs):
        return self._merge_masked(ops.maximum, inputs)


class Minimum(Merge):
    """The least of the inputs, element by element."""

    def _merge_function(self, inputs):
        return self._merge_masked(ops.minimum, inputs)


def add(inputs, **kwargs):
    """The sum of a list of inputs, by an `Add` layer."""
    return Add(**kwargs)(inputs)


def subtract(inputs, **kwargs):
    """The difference of two inputs, by a `Subtract` layer."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs, **kwargs):
    """The product of a list of inputs, by a `Multiply` layer."""
    return Multiply(**kwargs)(inputs)


def average(inputs, **kwargs):
    """The mean of a list of inputs, by an `Average` layer."""
    return Average(**kwargs)(inputs)


def maximum(inputs, **kwargs):
    """The greatest of a list of inputs, by a `Maximum` layer."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs, **kwargs):
    """The least of a list of inputs, by a `Minimum` layer."""
    return Minimum(**kwargs)(inputs)
