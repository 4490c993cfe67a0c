"""Models that are stacks of layers."""

import inspect

from ckeras.engine import tree
from ckeras.engine.symbolic.keras_tensor import standardize_shape
from ckeras.engine.values.operators import TracedValueError
from ckeras.layers.base.layer import Layer
from ckeras.layers.base.layer_masks import get_mask
from ckeras.layers.core.input_layer import InputLayer
from ckeras.models.functional import Functional
from ckeras.models.model import Model

__all__ = ["Sequential"]


class Sequential(Model):
    """A stack of layers: each takes what the one before returns.

    The weights are made as soon as the shape of the input is known: from an `Input`
    as the first item, from `input_shape` of the first layer, or from the first data.

    Args:
        layers: the layers, first to last.
        trainable: whether the weights are to be trained.
        name: name of the model.

    Example:

    >>> model = ckeras.Sequential()
    >>> model.add(ckeras.Input(shape=(16,)))
    >>> model.add(ckeras.layers.Dense(8))
    >>> [w.path for w in model.weights]
    ['sequential/dense/kernel', 'sequential/dense/bias']
    """

    def __new__(cls, *args, **kwargs):
        # Not Model's, which may return another class.
        return Layer.__new__(cls, *args, **kwargs)

    def __init__(self, layers=None, trainable=True, name=None):
        Layer.__init__(self, trainable=trainable, name=name)
        self._forget_graph()
        if layers:
            for layer in layers if isinstance(layers, (list, tuple)) else [layers]:
                self.add(layer, rebuild=False)
            self._maybe_rebuild()

    def _forget_graph(self):
        # Past `__setattr__`: the graph's layers are this model's own already.
        self.__dict__.update(_functional=None, _stages=[])
        self.built = False
        self._reset_functions()

    def add(self, layer, rebuild=True):
        """Puts a layer on top.

        Args:
            layer: a layer, or a placeholder made by `Input`.
            rebuild: whether the model is built at once where that is possible.

        Raises:
            ValueError: for what is no layer, a name that is taken, a second input, or
                a layer that does not fit; the model then stays as it was.
        """
        if not self._layers and getattr(layer, "_input_shape_arg", None) is not None:
            self.add(InputLayer(shape=layer._input_shape_arg), rebuild=False)
        history = getattr(layer, "_keras_history", None)
        if history is not None and isinstance(history.operation, InputLayer):
            layer = history.operation
        self._check_new(layer)
        self._layers.append(layer)
        self.__dict__.update(_functional=None)
        self.built = False
        self._reset_functions()
        if rebuild:
            try:
                self._maybe_rebuild()
            except Exception:
                self._layers.pop()
                self._maybe_rebuild()
                raise

    def _check_new(self, layer):
        if not isinstance(layer, Layer):
            raise ValueError(
                "Only instances of `keras.Layer` can be added to a Sequential model. "
                f"Received: {layer} (of type {type(layer)})"
            )
        if any(layer.name == x.name and layer is not x for x in self._layers):
            raise ValueError(
                "All layers added to a Sequential model should have unique names. "
                f"Name '{layer.name}' is already the name of a layer in this model. "
                "Update the `name` argument to pass a unique name."
            )
        first = self._layers[0] if self._layers else None
        if isinstance(layer, InputLayer) and isinstance(first, InputLayer):
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use "
                f"input shape {first.batch_shape}. You cannot add a different Input "
                "layer to it."
            )

    def pop(self, rebuild=True):
        """Takes the last layer off and returns it.

        Args:
            rebuild: whether the model is built again at once.

        Raises:
            IndexError: if there is no layer.
        """
        if not self.layers:
            raise IndexError(f"Sequential model '{self.name}' has no layer to pop.")
        layer = self._layers.pop()
        self._forget_graph()
        if rebuild:
            self._maybe_rebuild()
        return layer

    def _maybe_rebuild(self):
        self.built = False
        self.__dict__.update(_functional=None)
        if len(self._layers) < 2:
            return
        first = self._layers[0]
        if isinstance(first, InputLayer):
            self.build(first.batch_shape)
        elif isinstance(first, Model) and hasattr(first, "input_shape"):
            self.build(first.input_shape)

    def _lock_state(self):
        """Layers may be added and taken off at any time."""

    # --- building --------------------------------------------------------------

    def build(self, input_shape=None):
        try:
            input_shape = standardize_shape(input_shape)
        except ValueError:
            return
        if not self._layers:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no "
                "layers. Call `model.add(layer)`."
            )
        first = self._layers[0]
        if not isinstance(first, InputLayer):
            dtype = getattr(first, "input_dtype", None)
            self._layers.insert(0, InputLayer(batch_shape=input_shape, dtype=dtype))
        elif first.batch_shape != input_shape:
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use "
                f"input shape {first.batch_shape}. You cannot build it with "
                f"input_shape {input_shape}"
            )
        try:
            outputs = self._stack()
        except (NotImplementedError, TracedValueError):
            return  # `call` goes from layer to layer
        graph = Functional(self._layers[0].output, outputs)
        self.__dict__.update(_functional=graph)

    def _stack(self):
        """Calls each layer on what the one before returned; the last result.

        Results are kept, so that adding layers one by one calls each once.
        """
        stages = self._stages
        known = sum(
            1 for a, (b, _) in zip(self._layers, stages, strict=False) if a is b
        )
        del stages[known:]
        for layer in self._layers[known:]:
            if not stages:
                stages.append((layer, layer.output))
                continue
            try:
                stages.append((layer, layer(stages[-1][1])))
            except TracedValueError:
                raise
            except TypeError as error:
                raise _explain(layer, error) from error
        return stages[-1][1]

    def call(self, inputs, training=None, mask=None, **kwargs):
        if self._functional is not None:
            return self._functional.call(inputs, training=training, mask=mask, **kwargs)
        outputs = inputs
        for layer in self.layers:
            given = {"mask": mask, **kwargs} if layer._call_has("mask") else kwargs
            given = {k: v for k, v in given.items() if layer._call_has(k)}
            if training is not None and layer._call_has("training"):
                given["training"] = training
            outputs = layer(outputs, **given)
            mask = tree.map_structure(get_mask, outputs)
        return outputs

    def _declared_output_spec(self, x):
        if self._functional is None or type(self).call is not Sequential.call:
            return None
        return self._functional._declared_output_spec(x)

    def compute_output_spec(self, inputs, training=None, mask=None, **kwargs):
        if self._functional is not None:
            return self._functional.compute_output_spec(inputs)
        for layer in self.layers:
            inputs = layer.compute_output_spec(inputs)
        return inputs

    def compute_output_shape(self, input_shape):
        if self._functional is not None:
            return self._functional.compute_output_shape(input_shape)
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    # --- description -----------------------------------------------------------

    @property
    def layers(self):
        """The layers, without the input."""
        skip = 1 if self._layers and isinstance(self._layers[0], InputLayer) else 0
        return self._layers[skip:]

    @layers.setter
    def layers(self, _):
        raise AttributeError(
            "`Sequential.layers` attribute is reserved and should not be used. Use "
            "`add()` and `pop()` to change the layers in this model."
        )

    def _of_graph(self, name, what):
        if self._functional is None:
            raise AttributeError(
                f"Sequential model '{self.name}' has no defined {what} yet."
            )
        return getattr(self._functional, name)

    @property
    def input_shape(self):
        """Shape of the input, once it is known."""
        return self._of_graph("input_shape", "input shape")

    @property
    def output_shape(self):
        """Shape of the output, once that of the input is known."""
        return self._of_graph("output_shape", "output shape")

    @property
    def inputs(self):
        """List of the symbolic input, once its shape is known."""
        return self._of_graph("inputs", "inputs")

    @property
    def outputs(self):
        """List of the symbolic output, once the input's shape is known."""
        return self._of_graph("outputs", "outputs")

    @property
    def input_names(self):
        """Names of the inputs, once the input's shape is known."""
        return self._of_graph("input_names", "input names")

    @property
    def output_names(self):
        """Names of the output's layer, once the input's shape is known."""
        return self._of_graph("output_names", "output names")

    @property
    def input_dtype(self):
        if self._layers and isinstance(self._layers[0], InputLayer):
            return self._layers[0].dtype
        return super().input_dtype

    def get_config(self):
        from ckeras.saving.serialization import serialize_keras_object

        config = {
            **Model.get_config(self),
            "name": self.name,
            "layers": [serialize_keras_object(layer) for layer in self._layers],
        }
        if self._functional is not None:
            config["build_input_shape"] = self._layers[0].batch_shape
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from ckeras.models.functional_config import make_layer

        if "name" not in config or "layers" not in config:
            raise ValueError(
                "A Sequential model configuration must be a dictionary containing the "
                f"'name' and 'layers' keys. Received: config={config}"
            )
        model = cls(name=config["name"])
        for description in config["layers"]:
            model.add(make_layer(description, custom_objects))
        shape = config.get("build_input_shape")
        if model._functional is None and isinstance(shape, (tuple, list)) and shape:
            model.build(shape)
        return model

    def _obj_type(self):
        return "Sequential"

    def __getstate__(self):
        state = super().__getstate__()
        # Chains of placeholders are long; the graph packs them flat.
        state["_stages"] = []
        return state


def _explain(layer, error):
    """A clearer error where a layer's `call` does not take one tensor."""
    parameters = inspect.signature(layer.call).parameters.values()
    positional = [
        p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    required = [p for p in positional if p.default is p.empty]
    name = type(layer).__name__
    if not positional:
        return ValueError(
            "Layers added to a Sequential model should have a single positional "
            f"argument, the input tensor. Layer {name} has no positional arguments."
        )
    if len(required) > 1:
        return ValueError(
            "Layers added to a Sequential model can only have a single required "
            f"positional argument, the input tensor. Layer {name} has multiple "
            f"required positional arguments: {required}"
        )
    return error
