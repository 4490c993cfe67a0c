"""The layer that applies another one at each timestep."""

from ckeras import ops
from ckeras.engine import tree
from ckeras.layers.base.layer import Layer
from ckeras.layers.core.lambda_layer import Lambda
from ckeras.layers.core.wrapper import Wrapper

__all__ = ["TimeDistributed"]


class TimeDistributed(Wrapper):
    """Applies a layer to every timestep of (batch, timesteps, ...).

    A layer for which the samples of a batch are independent computes all timesteps at
    once, as one large batch. Layers that keep state, and layers of your own, of which
    that is not known, are called timestep by timestep.

    Args:
        layer: the layer.

    Call arguments:
        inputs: tensor (batch, timesteps, ...).
        training: passed on to the layer.
        mask: tensor (batch, timesteps, ...), passed on to the layer if it takes masks.

    Raises:
        ValueError: if `layer` is no layer, the input has fewer than 3 axes, or the
            mask does not fit the input.

    Example:

    >>> x = np.zeros((8, 5, 3), "float32")
    >>> ckeras.layers.TimeDistributed(ckeras.layers.Dense(2))(x).shape
    (8, 5, 2)
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, Layer):
            raise ValueError(
                "Please initialize `TimeDistributed` layer with a "
                f"`keras.layers.Layer` instance. Received: {layer}"
            )
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        super().build(_inner_shape(input_shape))

    def compute_output_shape(self, input_shape):
        shape = self.layer.compute_output_shape(_inner_shape(input_shape))
        if isinstance(shape, dict) or any(map(tree.is_nested, shape)):
            raise self._several_outputs(shape)
        return (shape[0], input_shape[1], *shape[1:])

    def call(self, inputs, training=None, mask=None):
        if mask is not None:
            _check_mask(mask.shape, inputs.shape)
        kwargs = {}
        if self.layer._call_has_training_arg:
            kwargs["training"] = training
        if mask is None or not self.layer._call_has("mask"):
            mask = None
        if _samples_are_independent(self.layer):
            return self._at_once(inputs, mask, kwargs)
        outputs = []
        for t in range(inputs.shape[1]):
            if mask is not None:
                kwargs["mask"] = mask[:, t]
            outputs.append(self._inner_call(inputs[:, t], kwargs))
        return ops.stack(outputs, axis=1)

    def _at_once(self, inputs, mask, kwargs):
        rows = inputs.shape[0] * inputs.shape[1]
        if mask is not None:
            kwargs["mask"] = ops.reshape(mask, (rows, *mask.shape[2:]))
        flat = ops.reshape(inputs, (rows, *inputs.shape[2:]))
        outputs = self._inner_call(flat, kwargs)
        return ops.reshape(outputs, (*inputs.shape[:2], *outputs.shape[1:]))

    def _inner_call(self, inputs, kwargs):
        output = self.layer.call(inputs, **kwargs)
        if tree.is_nested(output):
            raise self._several_outputs(output)
        return output

    def _several_outputs(self, received):
        return ValueError(
            f"Layer '{self.name}' expected layer '{self.layer.name}' to return one "
            f"tensor. Received: {len(received)} outputs. Give it a model that returns "
            "one of them."
        )


def _samples_are_independent(layer):
    """Whether a layer is known to treat each sample of a batch by itself."""
    for inner in layer._flatten_layers():
        own = not type(inner).__module__.startswith("ckeras.")
        free = any(not isinstance(o, Layer) for o in getattr(inner, "operations", ()))
        keeps = bool(inner._non_trainable_variables) or getattr(
            inner, "stateful", False
        )
        shaped = getattr(inner, "noise_shape", None) is not None
        if own or free or keeps or shaped or isinstance(inner, Lambda):
            return False
    return True


def _inner_shape(shape):
    if not isinstance(shape, (tuple, list)) or len(shape) < 3:
        raise ValueError(
            "`TimeDistributed` Layer should be passed an `input_shape` with at least 3 "
            f"dimensions, received: {shape}"
        )
    return (shape[0], *shape[2:])


def _check_mask(mask_shape, input_shape):
    if len(mask_shape) < 2:
        raise ValueError(
            "The `mask` passed to the `TimeDistributed` layer must be at least 2D "
            f"(e.g., `(batch_size, timesteps)`), but it has {len(mask_shape)} "
            f"dimension(s) with shape {mask_shape}."
        )
    if tuple(mask_shape[:2]) != tuple(input_shape[:2]):
        raise ValueError(
            "The `mask` passed to the `TimeDistributed` layer has a shape "
            f"{mask_shape} that is incompatible with the input shape {input_shape}. "
            "The first two dimensions of the mask (batch size and timesteps) must "
            "match the input's first two dimensions. Expected mask shape prefix: "
            f"({input_shape[0]}, {input_shape[1]})."
        )
