"""Any function as a layer."""

import inspect

from ckeras.engine import tree
from ckeras.layers.base.layer import Layer

__all__ = ["Lambda"]


class Lambda(Layer):
    """Applies a function of the inputs.

    A model with a `lambda` in it is only loaded with `safe_mode=False`; a function
    with a name, registered under it, or a layer class of your own is better.

    Args:
        function: function of the inputs, and of `mask` and `training` if it has them.
        output_shape: shape of the result without the batch axis, or a function from
            input shape to output shape; found by tracing if not given.
        mask: the output's mask, or a function of inputs and mask.
        arguments: further keyword arguments for the function.

    Example:

    >>> ckeras.layers.Lambda(lambda x: x**2)(np.array([3.0])).numpy()
    array([9.], dtype=float32)
    """

    def __init__(
        self, function, output_shape=None, mask=None, arguments=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.arguments = arguments or {}
        self.function = function
        self.supports_masking = mask is not None
        self.mask = mask
        self._output_shape = output_shape
        parameters = inspect.signature(function).parameters
        self._takes = [n for n in ("mask", "training") if n in parameters]

    def call(self, inputs, mask=None, training=None):
        given = {"mask": mask, "training": training}
        extra = {name: given[name] for name in self._takes if given[name] is not None}
        return self.function(inputs, **self.arguments, **extra)

    def compute_output_spec(self, inputs, mask=None, training=None):
        if self._output_shape is None:
            return super(Layer, self).compute_output_spec(inputs, mask, training)
        shape = tree.map_structure(lambda x: x.shape, inputs)
        return self._placeholders(self.compute_output_shape(shape))

    def compute_output_shape(self, input_shape):
        if self._output_shape is None:
            raise NotImplementedError(
                "We could not automatically infer the shape of the Lambda's output. "
                "Please specify the `output_shape` argument for this Lambda layer."
            )
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        first = input_shape[0] if not isinstance(input_shape, dict) else None
        batch = first if first is None or isinstance(first, int) else first[0]

        def with_batch(shape):
            return (batch, *shape)

        return tree.map_shape_structure(with_batch, self._output_shape)

    def compute_mask(self, inputs, mask=None):
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self):
        config = {"function": _serialize(self.function)}
        if self._output_shape is not None:
            shape = self._output_shape
            config["output_shape"] = _serialize(shape) if callable(shape) else shape
        if self.mask is not None:
            config["mask"] = _serialize(self.mask)
        return {**super().get_config(), **config, "arguments": self.arguments}

    @classmethod
    def from_config(cls, config, custom_objects=None, safe_mode=None):
        from ckeras.saving.serialization import deserialize_keras_object

        config = dict(config)
        safe_mode = True if safe_mode is None else safe_mode
        for key in ("function", "output_shape", "mask"):
            if isinstance(config.get(key), (dict, str)):
                config[key] = deserialize_keras_object(
                    config[key], custom_objects=custom_objects, safe_mode=safe_mode
                )
        return cls(**config)


def _serialize(function):
    from ckeras.saving.serialization import serialize_keras_object

    return serialize_keras_object(function)
