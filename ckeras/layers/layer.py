"""The base class of layers and models: what happens when one is called.

A call goes through named stages: convert the arguments, check them, build, settle
`training` and masks, compute, add losses, pass masks on, record a graph node. The
account of weights is in `layer_state.py`.
"""

import functools
import inspect
import warnings

from ckeras import dtype_policies, regularizers
from ckeras.engine import scope, trace, tree
from ckeras.engine.convert import is_tensor
from ckeras.engine.scope import current_path, name_scope
from ckeras.engine.symbolic.keras_tensor import KerasTensor, any_symbolic_tensors
from ckeras.engine.symbolic.node import Node
from ckeras.engine.symbolic.operation import Operation, automatic_config
from ckeras.layers import call_context, layer_masks
from ckeras.layers.call_spec import (
    CallSpec,
    is_tensor_or_symbolic,
    shapes_for,
    signature_of,
)
from ckeras.layers.input_spec import assert_input_compatibility
from ckeras.layers.layer_losses import LayerLosses
from ckeras.layers.layer_state import LayerState

__all__ = ["Layer"]


class Layer(LayerState, LayerLosses, Operation):
    """A computation with weights: the base class of all layers and models.

    Subclasses define `call`, and usually `build`, which makes the weights once the
    shape of the input is known. Calling a layer builds it if need be.

    Args:
        activity_regularizer: function of the output that gives a penalty.
        trainable: whether the weights are to be trained.
        dtype: number type or `DTypePolicy` of weights and computation.
        autocast: whether float inputs are cast to the layer's type.
        name: unique name in a model.

    Attributes:
        name, path: its name, and with the names of the layers around it.
        weights, trainable_weights, non_trainable_weights: lists of variables.
        losses: penalties of the last call and of the weights.
        input_spec: what `call` expects, checked on each call.

    Raises:
        ValueError: for an unknown keyword or a `trainable` that is no boolean.

    Example:

    >>> class Scale(ckeras.layers.Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight(shape=input_shape[-1:])
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> Scale()(np.ones((2, 3))).shape
    (2, 3)
    """

    _is_layer = True
    _super_called = False

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = _recorded(cls.__dict__["build"])

    def __init__(
        self,
        *,
        activity_regularizer=None,
        trainable=True,
        dtype=None,
        autocast=True,
        name=None,
        **kwargs,
    ):
        Operation.__init__(self, name=name)
        self._super_called = True
        self._dtype_policy = dtype_policies.get(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._take_input_shape(kwargs)
        if kwargs:
            raise ValueError(
                "Unrecognized keyword arguments passed to "
                f"{type(self).__name__}: {kwargs}"
            )
        if not isinstance(trainable, bool):
            raise ValueError(
                "Expected `trainable` to be a boolean. "
                f"Received: trainable={trainable} (of type {type(trainable)})"
            )
        self._path = None
        self._parent_path = None
        self.built = False
        self.autocast = autocast
        self._input_spec = None
        self._called = False
        self.supports_jit = True
        self._trainable = trainable
        self._supports_masking = type(self).compute_mask is not Layer.compute_mask
        self._convert_input_args = True
        self._allow_non_tensor_positional_args = False
        self._build_shapes_dict = None
        self._call_context_args = {"training"}

    def _take_input_shape(self, kwargs):
        """Older Keras's `input_shape`, which `Sequential` reads of its first layer."""
        dim, shape = kwargs.pop("input_dim", None), kwargs.pop("input_shape", None)
        if dim is not None:
            shape = (dim,)
        if isinstance(shape, int):
            shape = (shape,)
        if shape is not None:
            self._input_shape_arg = tuple(shape)

    # --- building --------------------------------------------------------------

    @property
    def path(self):
        """Names of the layers around it and its own; None before it is built."""
        return self._path

    @property
    def input_spec(self):
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value):
        self._input_spec = value

    @property
    def dtype_policy(self):
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value):
        self._dtype_policy = dtype_policies.get(value)

    @property
    def dtype(self):
        """The number type of the weights."""
        return self._dtype_policy.variable_dtype

    variable_dtype = dtype

    @property
    def compute_dtype(self):
        """The number type of the computation."""
        return self._dtype_policy.compute_dtype

    @property
    def input_dtype(self):
        """The number type to which float inputs are cast."""
        return self.compute_dtype

    @property
    def supports_masking(self):
        """Whether the layer passes masks on."""
        return self._supports_masking

    @supports_masking.setter
    def supports_masking(self, value):
        self._supports_masking = value

    def build(self, input_shape):
        """Makes the weights for inputs of a given shape; called at the first call."""
        self._check_super_called()
        if any(not layer.built for layer in self._layers):
            warnings.warn(
                f"`build()` was called on layer '{self.name}', however the layer does "
                "not have a `build()` method implemented and it looks like it has "
                "unbuilt state. This will cause the layer to be marked as built, "
                "despite not being actually built, which may cause failures down the "
                "line. Make sure to implement a proper `build()` method.",
                stacklevel=3,
            )
        self.built = True

    def get_build_config(self):
        """What `build_from_config` needs; by default the shapes given to `build`."""
        shapes = self._build_shapes_dict
        if shapes is None:
            return None
        if len(shapes) == 1:
            return {"input_shape": next(iter(shapes.values()))}
        return {"shapes_dict": shapes}

    def build_from_config(self, config):
        """Builds the layer as `get_build_config` describes."""
        if config and "input_shape" in config:
            self.build(config["input_shape"])
        elif config and "shapes_dict" in config:
            self.build(**config["shapes_dict"])

    def _maybe_build(self, spec):
        if self.built:
            return
        if type(self).build is not Layer.build:
            self.build(**shapes_for(self.build, spec, type(self).__name__))
            # Building may have set what the layer expects of its inputs.
            self._assert_input_compatibility(spec.first)
            return
        if any(not layer.built for layer in self._layers):
            try:
                arguments = tree.map_structure(_placeholder, spec.arguments)
                trace.infer(self.call, **arguments)
            except Exception as error:
                if spec.eager:
                    return
                warnings.warn(
                    f"Layer '{self.name}' looks like it has unbuilt state, but its "
                    "`call()` cannot be traced in order to build it automatically. "
                    "Either `call()` fails, which a call on a test input would show, "
                    "or the layer needs a `build(self, input_shape)` method that "
                    "builds its sublayers.\n"
                    f"Exception encountered: ''{error}''",
                    stacklevel=3,
                )
        self.build(next(iter(spec.shapes().values()), None))

    def _open_name_scope(self):
        if self._parent_path is None:
            self._parent_path = current_path()
        return name_scope(self.name, caller=self)

    def _check_super_called(self):
        if not self._super_called:
            raise RuntimeError(
                f"In layer '{type(self).__name__}', you forgot to call "
                "`super().__init__()` as the first statement in the `__init__()` "
                "method. Go add it!"
            )

    # --- calling ---------------------------------------------------------------

    def __call__(self, *args, **kwargs):
        self._check_super_called()
        self._called = True
        symbolic = any_symbolic_tensors(args, kwargs)
        original = args, kwargs
        args, kwargs = self._convert_arguments(args, dict(kwargs))
        spec = CallSpec(signature_of(self.call), self._call_context_args, args, kwargs)
        self._assert_input_compatibility(spec.first)
        with self._open_name_scope():
            self._maybe_build(spec)
        with call_context.entered(self) as context:
            self._settle_context(spec, context, kwargs)
            mask = layer_masks.take_masks(spec, kwargs)
            with self._open_name_scope():
                if symbolic:
                    outputs = self.symbolic_call(*args, **kwargs)
                else:
                    outputs = self.call(*args, **kwargs)
                self.built = True
                self._add_activity_loss(outputs)
            layer_masks.pass_masks(self, spec.first, outputs, mask)
        if symbolic:
            Node(self, *original, outputs)
        return outputs

    def symbolic_call(self, *args, **kwargs):
        return self.compute_output_spec(*args, **kwargs)

    def call(self, *args, **kwargs):
        raise self._not_implemented("call")

    def _convert_arguments(self, args, kwargs):
        """Arrays to tensors, and floats to the layer's type."""
        if self._convert_input_args:
            simple = len(args) == 1 and not kwargs and is_tensor_or_symbolic(args[0])
            if not simple or args[0].dtype != self.input_dtype:
                args, kwargs = tree.map_structure(self._convert_leaf, (args, kwargs))
        if not self._allow_non_tensor_positional_args:
            for x in tree.flatten(args):
                if not is_tensor_or_symbolic(x, allow_none=True):
                    raise ValueError(
                        "Only input tensors may be passed as positional arguments. "
                        "The following argument value should be passed as a keyword "
                        f"argument: {x} (of type {type(x)})"
                    )
        return args, kwargs

    def _convert_leaf(self, x):
        y = self._dtype_policy.convert_input(x, self.autocast, self.input_dtype)
        if y is not x:
            mask = getattr(x, "_keras_mask", None)
            if mask is not None:
                y._keras_mask = mask
        return y

    def _assert_input_compatibility(self, inputs):
        if self.input_spec:
            assert_input_compatibility(self.input_spec, inputs, self.name)

    def _settle_context(self, spec, context, kwargs):
        """`training`: the call's own, else the outer layer's, else the default."""
        parameters = signature_of(self.call).parameters
        for name in self._call_context_args:
            if name in spec.given:
                value = spec.given[name]
            else:
                value = context.get_value(name)
                if value is None:
                    value = spec.arguments.get(name)
            context.set_value(name, value)
            if value is not None and name in parameters and name not in spec.given:
                kwargs[name] = value

    def _register_call_context_args(self, *names):
        """Makes further arguments ones that are passed down to inner layers."""
        if self._called:
            raise RuntimeError(
                "Cannot add call-context args after the layer has been called."
            )
        self._call_context_args = self._call_context_args | set(names)

    def compute_mask(self, inputs, previous_mask):
        """The mask of the output; by default the input's."""
        return previous_mask

    def compute_output_shape(self, *args, **kwargs):
        raise self._not_implemented(
            "compute_output_shape",
            " Should implement `def compute_output_shape(self, input_shape)`.",
        )

    def compute_output_spec(self, *args, **kwargs):
        if type(self).compute_output_shape is Layer.compute_output_shape:
            return Operation.compute_output_spec(self, *args, **kwargs)
        method = self.compute_output_shape
        spec = CallSpec(signature_of(self.call), self._call_context_args, args, kwargs)
        shape = method(**shapes_for(method, spec, type(self).__name__))
        return self._placeholders(shape)

    def _placeholders(self, shape):
        if not isinstance(shape, (list, tuple, dict)):
            try:
                shape = tuple(shape)
            except TypeError:
                raise ValueError(
                    "Method `compute_output_shape()` of layer "
                    f"{type(self).__name__} is returning a type that cannot be "
                    "interpreted as a shape. It should return a shape tuple. "
                    f"Received: {shape}"
                ) from None
        return tree.map_shape_structure(
            lambda s: KerasTensor(s, dtype=self.compute_dtype), shape
        )

    def stateless_call(
        self,
        trainable_variables,
        non_trainable_variables,
        *args,
        return_losses=False,
        **kwargs,
    ):
        """Calls the layer with given values of its variables, changing none.

        Args:
            trainable_variables: values of the layer's `trainable_variables`.
            non_trainable_variables: values of its `non_trainable_variables`.
            *args, **kwargs: arguments of `call`.
            return_losses: whether the losses are returned as well.

        Returns:
            `(outputs, new non-trainable values)`, and the losses if asked for.

        Raises:
            ValueError: if the layer is not built, or the lists' lengths differ.
        """
        self._check_super_called()
        if not self.built:
            raise ValueError(
                f"To call stateless_call, {type(self).__name__} must be built (i.e. "
                "its variables must have been already created). You can build it by "
                "calling it on some data."
            )
        mapping = []
        for name, values in (
            ("trainable_variables", trainable_variables),
            ("non_trainable_variables", non_trainable_variables),
        ):
            own = getattr(self, name)
            if len(values) != len(own):
                raise ValueError(
                    f"Argument `{name}` must be a list of tensors corresponding 1:1 "
                    f"to {type(self).__name__}().{name}. Received list with length "
                    f"{len(values)}, but expected {len(own)} variables."
                )
            mapping.extend(zip(own, values, strict=True))
        with scope.StatelessScope(mapping, collect_losses=return_losses) as inner:
            outputs = self.call(*args, **kwargs)
            losses = self.losses if return_losses else None
        new = [inner.get_current_value(v) for v in self.non_trainable_variables]
        return (outputs, new, losses) if return_losses else (outputs, new)

    # --- description -----------------------------------------------------------

    @automatic_config
    def get_config(self):
        self._check_super_called()
        config = {
            **Operation.get_config(self),
            "trainable": self.trainable,
            "dtype": dtype_policies.serialize(self.dtype_policy),
        }
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(
                self.activity_regularizer
            )
        return config

    @classmethod
    def from_config(cls, config):
        if isinstance(config.get("dtype"), dict):
            policy = dtype_policies.deserialize(config["dtype"])
            config = {**config, "dtype": policy.name}
        return super().from_config(config)

    def _obj_type(self):
        return "Layer"

    def _not_implemented(self, name, advice=""):
        return NotImplementedError(
            f"Layer {type(self).__name__} does not have a `{name}` method "
            f"implemented.{advice}"
        )

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"

    def __str__(self):
        return self.__repr__()


def _placeholder(x):
    return KerasTensor(x.shape, x.dtype) if is_tensor(x) else x


def _recorded(build):
    """`build` with what belongs around it: name scope, path, shapes, lock."""
    signature = inspect.signature(build)

    @functools.wraps(build)
    def build_and_record(self, *args, **kwargs):
        if self._building:  # called by the `build` of a subclass
            return build(self, *args, **kwargs)
        object.__setattr__(self, "_building", True)
        try:
            with self._open_name_scope():
                self._path = current_path()
                build(self, *args, **kwargs)
        finally:
            object.__setattr__(self, "_building", False)
        bound = signature.bind(self, *args, **kwargs).arguments
        self._build_shapes_dict = dict(list(bound.items())[1:])
        self.built = True
        self._lock_state()
        return None

    return build_and_record


Layer.build = _recorded(Layer.build)
