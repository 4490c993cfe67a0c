"""A column of layers, one on top of the other; an extension of Keras."""

from ckeras.layers.base.layer import Layer

__all__ = ["Column"]


class Column(Layer):
    """A stack of layers as one layer: each takes what the one before returns.

    ckeras's own layer, not one of Keras: a file with a `Column` in it loads in Keras
    only if the class is registered there.

    Args:
        layers: the layers, first to last.

    Raises:
        ValueError: if `layers` is empty or holds something else.

    Example:

    >>> column = ckeras.layers.Column(
    ...     [ckeras.layers.Dense(8, activation="relu"), ckeras.layers.Dense(2)]
    ... )
    >>> column(np.ones((3, 4))).shape
    (3, 2)
    """

    def __init__(self, layers, **kwargs):
        super().__init__(**kwargs)
        layers = list(layers)
        if not layers or not all(isinstance(layer, Layer) for layer in layers):
            raise ValueError(
                "`layers` of a Column must be a non-empty list of layers. "
                f"Received: layers={layers}"
            )
        self.layers = layers
        self.supports_masking = True
        first = layers[0]
        if hasattr(first, "_input_shape_arg") and not hasattr(self, "_input_shape_arg"):
            self._input_shape_arg = first._input_shape_arg

    def build(self, input_shape):
        shape = input_shape
        for layer in self.layers:
            if not layer.built:
                layer.build(shape)
            shape = layer.compute_output_shape(shape)

    def call(self, inputs, training=None):
        x = inputs
        for layer in self.layers:
            x = layer(x)
        return x

    def compute_mask(self, inputs, previous_mask):
        # The layers inside have set the mask of the output themselves.
        return None

    def compute_output_shape(self, input_shape):
        shape = input_shape
        for layer in self.layers:
            shape = layer.compute_output_shape(shape)
        return shape

    def get_config(self):
        from ckeras.saving.serialization import serialize_keras_object

        layers = [serialize_keras_object(layer) for layer in self.layers]
        return {**super().get_config(), "layers": layers}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from ckeras.saving.serialization import deserialize_keras_object

        config = dict(config)
        layers = [
            deserialize_keras_object(c, custom_objects=custom_objects)
            for c in config.pop("layers")
        ]
        return cls(layers, **config)
