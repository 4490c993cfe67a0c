"""The base class of layers around another layer."""

from ckeras.layers.base.layer import Layer

__all__ = ["Wrapper"]


class Wrapper(Layer):
    """Base class of layers around another layer.

    Args:
        layer: the layer inside.

    Raises:
        ValueError: if `layer` is no layer.
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Layer {layer} supplied to Wrapper isn't a supported layer type. "
                "Please ensure wrapped layer is a valid Keras layer. "
                f"Received: {layer} (of type {type(layer)})"
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape=None):
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True

    def get_config(self):
        from ckeras.saving.serialization import serialize_keras_object

        return {**super().get_config(), "layer": serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from ckeras.saving.serialization import deserialize_keras_object

        config = dict(config)
        layer = deserialize_keras_object(
            config.pop("layer"), custom_objects=custom_objects
        )
        return cls(layer, **config)
