"""Softmax as a layer, with masks."""

from ckeras import activations, ops
from ckeras.layers.base.layer import Layer

__all__ = ["Softmax"]

_FAR_BELOW = -1e9  # an exponent of 0 beside any other


class Softmax(Layer):
    """`exp(x) / sum(exp(x))` along an axis.

    Args:
        axis: axis or axes of the sum.

    Call arguments:
        inputs: a tensor.
        mask: what counts, broadcast to the inputs: true, or a number above 0.5. The
            output is 0 elsewhere.

    Raises:
        ValueError: if a mask cannot be broadcast to the inputs.

    Example:

    >>> ckeras.layers.Softmax()(np.zeros((1, 4))).numpy()
    array([[0.25, 0.25, 0.25, 0.25]], dtype=float32)
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs, mask=None):
        if mask is not None:
            _check_mask(mask, inputs)
            if mask.dtype != "bool":
                mask = ops.greater(mask, 0.5)
            inputs = ops.where(mask, inputs, _FAR_BELOW)
        if isinstance(self.axis, (list, tuple)) and len(self.axis) > 1:
            logs = inputs - ops.logsumexp(inputs, axis=self.axis, keepdims=True)
            outputs = ops.exp(logs)
        else:
            several = isinstance(self.axis, (list, tuple))
            axis = self.axis[0] if several else self.axis
            outputs = activations.softmax(inputs, axis=axis)
        # Where nothing counts, softmax alone would give equal shares.
        return outputs if mask is None else ops.where(mask, outputs, 0.0)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}


def _check_mask(mask, inputs):
    sizes = zip(reversed(mask.shape), reversed(inputs.shape), strict=False)
    fits = all(None in (m, n) or m in (1, n) for m, n in sizes)
    if not fits or len(mask.shape) > len(inputs.shape):
        raise ValueError(
            "The `mask` must be broadcastable to `inputs`, and must not have more "
            "dimensions. Each mask dimension must be 1 or match the corresponding "
            f"input dimension. Received: inputs.shape={inputs.shape}, "
            f"mask.shape={mask.shape}"
        )
