"""Several inputs side by side."""

from ckeras import ops
from ckeras.layers.merging.base_merge import Merge, checked_masks

__all__ = ["Concatenate", "concatenate"]


class Concatenate(Merge):
    """Puts the inputs one after the other along an axis.

    Args:
        axis: the axis; all other sizes must be the same.

    Raises:
        ValueError: if other sizes differ.

    Example:

    >>> x, y = np.ones((2, 3)), np.ones((2, 4))
    >>> ckeras.layers.Concatenate()([x, y]).shape
    (2, 7)
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape):
        nested = isinstance(input_shape, (list, tuple)) and input_shape
        if not nested or not isinstance(input_shape[0], (tuple, list)):
            raise ValueError(
                "A `Concatenate` layer should be called on a list of at least 1 "
                f"input. Received: input_shape={input_shape}"
            )
        others = []
        for shape in input_shape:
            rest = list(shape)
            if -len(rest) <= self.axis < len(rest):
                del rest[self.axis]
            others.append(rest)
        ranks = {len(s) for s in input_shape}
        if len(ranks) != 1 or any(
            len({d for d in sizes if d is not None}) > 1
            for sizes in zip(*others, strict=True)
        ):
            raise ValueError(
                "A `Concatenate` layer requires inputs with matching shapes except "
                f"for the concatenation axis. Received: input_shape={input_shape}"
            )

    def call(self, inputs):
        return self._merge_function(inputs)

    def _merge_function(self, inputs):
        return ops.concatenate(inputs, axis=self.axis)

    def compute_output_shape(self, input_shape):
        if not isinstance(input_shape[0], (tuple, list)):
            raise ValueError(
                "A `Concatenate` layer should be called on a list of inputs. "
                f"Received: input_shape={input_shape}"
            )
        output = list(input_shape[0])
        sizes = [shape[self.axis] for shape in input_shape]
        output[self.axis] = None if None in sizes else sum(sizes)
        return tuple(output)

    def compute_mask(self, inputs, mask=None):
        masks = checked_masks(inputs, mask)
        if masks is None:
            return None
        full = []
        for x, m in zip(inputs, masks, strict=True):
            if m is None:
                m = ops.ones_like(x, dtype="bool")
            elif len(m.shape) < len(x.shape):
                m = ops.logical_or(
                    ops.expand_dims(m, axis=-1), ops.zeros_like(x, dtype="bool")
                )
            full.append(m)
        return ops.any(ops.concatenate(full, axis=self.axis), axis=-1)

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}


def concatenate(inputs, axis=-1, **kwargs):
    """A list of inputs put side by side, by a `Concatenate` layer.

    Args:
        inputs: tensors of the same rank.
        axis: the axis along which they are put.
        **kwargs: further arguments of the layer.
    """
    return Concatenate(axis=axis, **kwargs)(inputs)
