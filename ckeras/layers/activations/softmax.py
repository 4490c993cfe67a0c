"""Softmax as a layer, with masks."""

from ckeras import ops
from ckeras.layers.layer import Layer

__all__ = ["Softmax"]

_MASKED = -1e9  # far below any logit


class Softmax(Layer):
    """`exp(x) / sum(exp(x))` along one or several axes.

    Args:
        axis: the axis, or a list of axes, along which the outputs sum to 1.

    Call arguments:
        inputs: logits.
        mask: True (or above 0.5) where a logit counts; must broadcast to `inputs`.
            The others get 0, also where a whole axis is masked.

    Example:

    >>> x = np.array([[1.0, 2.0, 1.0]])
    >>> ckeras.layers.Softmax()(x, mask=np.array([[True, False, True]])).numpy()
    array([[0.5, 0. , 0.5]], dtype=float32)
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs, mask=None):
        if mask is None:
            return self._softmax(inputs)
        _check_mask(inputs.shape, mask.shape)
        if mask.dtype != "bool":
            mask = ops.greater(mask, 0.5)
        outputs = self._softmax(ops.where(mask, inputs, _MASKED))
        return ops.where(mask, outputs, 0.0)

    def _softmax(self, x):
        axes = self.axis if isinstance(self.axis, (list, tuple)) else [self.axis]
        if len(axes) == 1:
            return ops.softmax(x, axis=axes[0])
        return ops.exp(x - ops.logsumexp(x, axis=tuple(axes), keepdims=True))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}


def _check_mask(shape, mask_shape):
    fits = len(mask_shape) <= len(shape) and all(
        m in (1, None) or d in (m, None)
        for m, d in zip(reversed(mask_shape), reversed(shape), strict=False)
    )
    if not fits:
        raise ValueError(
            "The `mask` must be broadcastable to `inputs` and must not have more "
            f"dimensions. Received: inputs.shape={tuple(shape)}, "
            f"mask.shape={tuple(mask_shape)}"
        )
