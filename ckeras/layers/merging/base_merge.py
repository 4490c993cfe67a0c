"""What the layers have in common that combine inputs element by element."""

from ckeras import ops
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.layers.base.layer import Layer
from ckeras.layers.base.layer_masks import get_mask, set_mask

__all__ = ["Merge"]


class Merge(Layer):
    """Base class: takes a list of inputs, whose shapes are broadcast.

    Subclasses define `_merge_function(inputs)`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def _merge_function(self, inputs):
        raise NotImplementedError

    def build(self, input_shape):
        nested = isinstance(input_shape, (list, tuple)) and input_shape
        if not nested or not isinstance(input_shape[0], (tuple, list)):
            raise ValueError(
                "A merge layer should be called on a list of inputs. "
                f"Received: input_shape={input_shape} (not a list of shapes)"
            )
        batches = {s[0] for s in input_shape if s} - {None}
        if len(batches) > 1:
            raise ValueError(
                "Cannot merge tensors with different batch sizes. "
                f"Received tensors with shapes {input_shape}"
            )
        self.compute_output_shape(input_shape)  # raises where shapes do not fit

    def call(self, inputs):
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(
                "A merge layer should be called on a list of inputs. "
                f"Received: inputs={inputs} (not a list of tensors)"
            )
        return self._merge_function(_same_rank(inputs))

    def compute_output_shape(self, input_shape):
        shape = tuple(input_shape[0][1:])
        for other in input_shape[1:]:
            shape = broadcast(shape, tuple(other[1:]))
        batches = {s[0] for s in input_shape} - {None}
        return (batches.pop() if len(batches) == 1 else None, *shape)

    def compute_output_spec(self, inputs):
        shape = self.compute_output_shape([x.shape for x in inputs])
        return KerasTensor(shape, dtype=self.compute_dtype)

    def compute_mask(self, inputs, mask=None):
        masks = checked_masks(inputs, mask)
        if masks is None or any(m is None for m in masks):
            return None
        output = masks[0]
        for m in masks[1:]:
            output = ops.logical_or(output, m)
        return output

    def _merge_masked(self, function, inputs):
        """Combines pair by pair; where only one of two is unmasked, it is taken."""
        output = output_mask = None
        for x in inputs:
            mask = get_mask(x)
            if mask is not None:
                mask = ops.broadcast_to(ops.expand_dims(mask, -1), ops.shape(x))
            if output is None:
                output, output_mask = x, mask
                continue
            if mask is not None:
                x = ops.where(mask, x, output)
            if output_mask is not None:
                output = ops.where(output_mask, output, x)
            both = mask is not None and output_mask is not None
            output_mask = ops.logical_or(output_mask, mask) if both else None
            output = function(output, x)
        if output_mask is not None:
            set_mask(output, ops.any(output_mask, axis=-1))
        return output


def checked_masks(inputs, mask):
    """`mask` as a list that fits `inputs`; None if there is no mask at all."""
    if mask is None:
        return None
    for name, value in (("mask", mask), ("inputs", inputs)):
        if not isinstance(value, (tuple, list)):
            raise ValueError(f"`{name}` should be a list. Received: {name}={value}")
    if len(mask) != len(inputs):
        raise ValueError(
            "The lists `inputs` and `mask` should have the same length. Received: "
            f"inputs={inputs} of length {len(inputs)}, and mask={mask} of length "
            f"{len(mask)}"
        )
    return None if all(m is None for m in mask) else mask


def broadcast(a, b):
    """The shape of an elementwise combination; sizes may be None."""
    if len(a) < len(b):
        a, b = b, a
    shape = list(a[: len(a) - len(b)])
    for i, j in zip(a[len(a) - len(b) :], b, strict=True):
        if i is None or j is None:
            shape.append(None)
        elif i == 1 or j == 1 or i == j:
            shape.append(max(i, j) if min(i, j) else 0)
        else:
            raise ValueError(
                f"Inputs have incompatible shapes. Received shapes {a} and {b}"
            )
    return tuple(shape)


def _same_rank(inputs):
    """The inputs with axes of size 1 put after the batch's where some have fewer."""
    rank = max(len(x.shape) for x in inputs)
    result = []
    for x in inputs:
        for _ in range(rank - len(x.shape)):
            x = ops.expand_dims(x, axis=1)
        result.append(x)
    return result
