"""Layers without weights of their own: activation, identity, masking."""

from ckeras import activations, ops
from ckeras.engine import tree
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.layers.base.layer import Layer
from ckeras.layers.base.layer_masks import set_mask

__all__ = ["Activation", "Identity", "Masking"]


class Activation(Layer):
    """Applies an activation function.

    Args:
        activation: function or name, such as `"relu"`.

    Example:

    >>> ckeras.layers.Activation("relu")(np.array([[-1.0, 2.0]])).numpy()
    array([[0., 2.]], dtype=float32)
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.activation = activations.get(activation)
        self._build_at_init()

    def call(self, inputs):
        return self.activation(inputs)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = {"activation": activations.serialize(self.activation)}
        return {**super().get_config(), **config}


class Identity(Layer):
    """Returns its input."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def compute_output_spec(self, inputs):
        return tree.map_structure(lambda x: KerasTensor(x.shape, dtype=x.dtype), inputs)


class Masking(Layer):
    """Masks timesteps at which all features equal `mask_value`.

    Args:
        mask_value: the value that marks padding.

    Example:

    >>> x = np.array([[[1.0, 2.0], [0.0, 0.0]]])
    >>> ckeras.layers.Masking().compute_mask(x).numpy()
    array([[ True, False]])
    """

    def __init__(self, mask_value=0.0, **kwargs):
        super().__init__(**kwargs)
        # A value from a file may be a dictionary that describes a tensor.
        self.mask_value = mask_value
        self.supports_masking = True
        self._build_at_init()

    def compute_mask(self, inputs, mask=None):
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs):
        kept = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        outputs = inputs * ops.cast(kept, inputs.dtype)
        set_mask(outputs, ops.squeeze(kept, axis=-1))
        return outputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "mask_value": self.mask_value}
