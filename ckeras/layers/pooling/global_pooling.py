"""The maximum or the mean of all pixels."""

from ckeras import ops
from ckeras.engine import config
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.base.layer import Layer
from ckeras.layers.pooling.base_pooling import sizes_replaced

__all__ = [
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
]


class _GlobalPooling(Layer):
    """Base: `_dimensions` spatial axes become none, or axes of size 1."""

    _dimensions = None

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self._dimensions + 2)
        self.built = not self._has_own_build()

    @property
    def _axes(self):
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self._dimensions))

    def compute_output_shape(self, input_shape):
        sizes = (1,) * self._dimensions if self.keepdims else ()
        return sizes_replaced(tuple(input_shape), sizes, self.data_format)

    def get_config(self):
        config = {"data_format": self.data_format, "keepdims": self.keepdims}
        return {**super().get_config(), **config}


class _GlobalAveragePooling(_GlobalPooling):
    """The mean over all spatial axes.

    Args:
        data_format: `"channels_last"` or `"channels_first"`.
        keepdims: whether these axes stay, with size 1.
    """

    def call(self, inputs):
        return ops.mean(inputs, axis=self._axes, keepdims=self.keepdims)


class _GlobalMaxPooling(_GlobalPooling):
    """The maximum over all spatial axes.

    Args:
        data_format: `"channels_last"` or `"channels_first"`.
        keepdims: whether these axes stay, with size 1.
    """

    def call(self, inputs):
        return ops.max(inputs, axis=self._axes, keepdims=self.keepdims)


class GlobalAveragePooling1D(_GlobalAveragePooling):
    """The mean over the steps of a sequence, without those that are masked.

    Args:
        data_format: `"channels_last"` or `"channels_first"`.
        keepdims: whether the axis of the steps stays, with size 1.

    Call arguments:
        inputs: tensor (batch, steps, features), or features first.
        mask: booleans (batch, steps): which steps count. A sequence of which none
            does has the mean NaN.

    Example:

    >>> ckeras.layers.GlobalAveragePooling1D()(np.ones((4, 9, 3))).shape
    (4, 3)
    """

    _dimensions = 1

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(data_format=data_format, keepdims=keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        if mask is None:
            return super().call(inputs)
        last = self.data_format == "channels_last"
        mask = ops.cast(ops.expand_dims(mask, 2 if last else 1), "bool")
        (axis,) = self._axes
        kept = ops.where(mask, inputs, 0)
        count = ops.sum(ops.cast(mask, inputs.dtype), axis, keepdims=self.keepdims)
        return ops.sum(kept, axis, keepdims=self.keepdims) / count

    def compute_mask(self, inputs, mask=None):
        return None


class GlobalAveragePooling2D(_GlobalAveragePooling):
    __doc__ = f"""{_GlobalAveragePooling.__doc__}
    Example:

    >>> ckeras.layers.GlobalAveragePooling2D()(np.ones((4, 9, 8, 3))).shape
    (4, 3)
    """

    _dimensions = 2


class GlobalAveragePooling3D(_GlobalAveragePooling):
    __doc__ = f"""{_GlobalAveragePooling.__doc__}
    Example:

    >>> ckeras.layers.GlobalAveragePooling3D()(np.ones((4, 9, 8, 7, 3))).shape
    (4, 3)
    """

    _dimensions = 3


class GlobalMaxPooling1D(_GlobalMaxPooling):
    __doc__ = f"""{_GlobalMaxPooling.__doc__}
    Example:

    >>> ckeras.layers.GlobalMaxPooling1D()(np.ones((4, 9, 3))).shape
    (4, 3)
    """

    _dimensions = 1


class GlobalMaxPooling2D(_GlobalMaxPooling):
    __doc__ = f"""{_GlobalMaxPooling.__doc__}
    Example:

    >>> ckeras.layers.GlobalMaxPooling2D()(np.ones((4, 9, 8, 3))).shape
    (4, 3)
    """

    _dimensions = 2


class GlobalMaxPooling3D(_GlobalMaxPooling):
    __doc__ = f"""{_GlobalMaxPooling.__doc__}
    Example:

    >>> ckeras.layers.GlobalMaxPooling3D()(np.ones((4, 9, 8, 7, 3))).shape
    (4, 3)
    """

    _dimensions = 3
