"""Models again, with new layers in place of the old ones."""

from ckeras.engine import tree
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.layers.core.input_layer import Input, InputLayer
from ckeras.models.functional import Functional
from ckeras.models.model import takes_graph
from ckeras.models.sequential import Sequential

__all__ = ["clone_model"]


def clone_model(
    model,
    input_tensors=None,
    clone_function=None,
    call_function=None,
    recursive=False,
    **kwargs,
):
    """A model like another one, with layers and weights of its own.

    Args:
        model: a functional or sequential model; other models are made again from
            their configuration.
        input_tensors: placeholders to build on instead of new ones.
        clone_function: function of a layer that returns what stands in its place; by
            default a layer of the same configuration.
        call_function: function of a new layer and its arguments that calls it.
        recursive: whether `clone_function` is applied inside of nested models.

    Returns:
        A model with fresh weights.

    Raises:
        ValueError: if an argument does not go with this kind of model.

    Example:

    >>> copy = ckeras.models.clone_model(model)
    """
    if kwargs:
        raise ValueError(f"Unexpected keyword arguments: {list(kwargs)}")
    is_sequential = isinstance(model, Sequential)
    graph = isinstance(model, Functional) and takes_graph(type(model), Functional)
    if not is_sequential and not graph:
        for name, value in (
            ("clone_function", clone_function),
            ("input_tensors", input_tensors),
        ):
            if value is not None:
                raise ValueError(
                    f"Argument `{name}` cannot be used with a model that is neither "
                    f"functional nor sequential. Received: model={model}"
                )
        return type(model).from_config(model.get_config())
    clone = _cloner(clone_function, call_function, recursive)
    if is_sequential:
        if call_function is not None:
            raise ValueError(
                "`call_function` argument is not supported with Sequential models. In "
                "a Sequential model, layers aren't called at model-construction time "
                "(they're merely listed). Use `call_function` with Functional models "
                f"only. Received model={model}"
            )
        return _clone_sequential(model, clone, input_tensors)
    return _clone_functional(model, clone, input_tensors, call_function)


def _cloner(clone_function, call_function, recursive):
    def from_config(layer):
        return type(layer).from_config(layer.get_config())

    function = clone_function or from_config

    def clone(layer):
        nested = isinstance(layer, (Sequential, Functional))
        if recursive and nested:
            calls = call_function if isinstance(layer, Functional) else None
            return clone_model(
                layer,
                clone_function=clone_function,
                call_function=calls,
                recursive=True,
            )
        return function(layer)

    return clone


def _clone_sequential(model, clone, input_tensors):
    layers = [clone(layer) for layer in model.layers]
    first = model._layers[0] if model._layers else None
    if input_tensors is not None:
        given = tree.flatten(input_tensors)
        if len(given) != 1:
            raise ValueError(
                "Argument `input_tensors` must contain a single tensor. Received: "
                f"input_tensors={input_tensors}"
            )
        layers.insert(0, given[0])
    elif isinstance(first, InputLayer):
        layers.insert(0, InputLayer.from_config(first.get_config()))
    return Sequential(layers, name=model.name)


def _clone_functional(model, clone, input_tensors, call_function):
    if input_tensors is None:
        placeholders = [
            Input(batch_shape=x.shape, dtype=x.dtype, name=x.name) for x in model.inputs
        ]
    else:
        placeholders = tree.flatten(input_tensors)
        if not all(isinstance(x, KerasTensor) for x in placeholders):
            raise ValueError(
                "All entries in `input_tensors` must be KerasTensors. Received "
                f"invalid values: inputs={input_tensors}"
            )
        if len(placeholders) != len(model.inputs):
            raise ValueError(
                f"`input_tensors` must hold {len(model.inputs)} placeholders. "
                f"Received: input_tensors={input_tensors}"
            )
    clones = {}

    def operation_fn(operation):
        if operation not in clones:
            clones[operation] = clone(operation)
        new = clones[operation]
        if call_function is None:
            return new
        return lambda *args, **kwargs: call_function(new, *args, **kwargs)

    inputs = tree.pack_sequence_as(model._inputs_struct, placeholders)
    outputs = model._run_through_graph(inputs, operation_fn)
    return type(model)(inputs=inputs, outputs=outputs, name=model.name)
