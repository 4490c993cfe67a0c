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
        A model with fresh weights, compiled alike if `model` is compiled.

    Raises:
        ValueError: if an argument does not go with this kind of model.

    Example:

    >>> copy = ckeras.models.clone_model(model)
    """
    if kwargs:
        raise ValueError(f"Unexpected keyword arguments: {list(kwargs)}")
    graph = isinstance(model, Functional) and takes_graph(type(model), Functional)
    if not isinstance(model, Sequential) and not graph:
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
    new = _clone_by_kind(model, clone, input_tensors, call_function)
    if model.compiled:
        new.compile_from_config(model.get_compile_config())
    return new


def _clone_by_kind(model, clone, input_tensors, call_function):
    if isinstance(model, Sequential):
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
    clones = {}  # a layer that is shared stays shared, also between nested models

    def clone(layer):
        if layer not in clones:
            nested = isinstance(layer, (Sequential, Functional))
            calls = call_function if isinstance(layer, Functional) else None
            if recursive and nested:
                clones[layer] = _clone_by_kind(layer, clone, None, calls)
            else:
                clones[layer] = function(layer)
        return clones[layer]

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
        input_tensors = tree.map_structure(
            lambda x: Input(batch_shape=x.shape, dtype=x.dtype, name=x.name),
            model.input,
        )
    else:
        _check_input_tensors(model, input_tensors)

    def operation_fn(operation):
        new = clone(operation)
        if call_function is None:
            return new
        return lambda *args, **kwargs: call_function(new, *args, **kwargs)

    inputs = tree.pack_sequence_as(model.input, tree.flatten(input_tensors))
    outputs = model._run_through_graph(inputs, operation_fn)
    return type(model)(inputs=inputs, outputs=outputs, name=model.name)


def _check_input_tensors(model, input_tensors):
    if not all(isinstance(x, KerasTensor) for x in tree.flatten(input_tensors)):
        raise ValueError(
            "All entries in `input_tensors` must be KerasTensors. Received "
            f"invalid values: input_tensors={input_tensors}"
        )
    try:
        tree.assert_same_structure(input_tensors, model.input)
    except ValueError as error:
        raise ValueError(
            "`input_tensors` must have the same structure as model.input. "
            f"Expected: {model.input}. Received: input_tensors={input_tensors}"
        ) from error
