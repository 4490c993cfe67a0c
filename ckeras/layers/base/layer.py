"""The base class of layers and models: what happens when one is called.

A call goes through named stages: convert the arguments, check them, build, settle
`training` and masks, compute, add losses, pass masks on, record a graph node. The
account of weights is in `layer_state.py`, building in `layer_building.py`.
"""

from ckeras import dtype_policies, regularizers
from ckeras.dtype_policies import DTypePolicy, DTypePolicyMap
from ckeras.engine import scope, tree
from ckeras.engine.symbolic.keras_tensor import KerasTensor, any_symbolic_tensors
from ckeras.engine.symbolic.node import Node
from ckeras.engine.symbolic.operation import Operation, automatic_config
from ckeras.layers.base import call_context, layer_masks
from ckeras.layers.base.call_spec import (
    CallSpec,
    is_tensor_or_symbolic,
    parameters_of,
    shapes_for,
)
from ckeras.layers.base.input_spec import assert_input_compatibility
from ckeras.layers.base.layer_building import LayerBuilding
from ckeras.layers.base.layer_losses import LayerLosses
from ckeras.layers.base.layer_state import LayerState
from ckeras.utils.traceback_utils import filter_traceback

__all__ = ["Layer"]


class Layer(LayerState, LayerBuilding, LayerLosses, Operation):
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
        policy, own = dtype_policies.get(value), self._dtype_policy
        if isinstance(own, DTypePolicyMap) and self.path:
            if self.path in own:
                del own[self.path]
            own[self.path] = policy
        else:
            self._dtype_policy = policy

    def _policy_in_force(self):
        """The policy, or of a map the one for the layer's path."""
        policy = self._dtype_policy
        # The exact type first: maps are known by their abstract base class, slowly.
        if type(policy) is DTypePolicy or not isinstance(policy, DTypePolicyMap):
            return policy
        return policy[self.path] if self.path else policy

    @property
    def dtype(self):
        """The number type of the weights."""
        return self.variable_dtype

    @property
    def variable_dtype(self):
        """The number type of the weights."""
        return self._policy_in_force().variable_dtype

    @property
    def compute_dtype(self):
        """The number type of the computation."""
        return self._policy_in_force().compute_dtype

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

    # --- calling ---------------------------------------------------------------

    @filter_traceback
    def __call__(self, *args, **kwargs):
        self._check_super_called()
        if not self._called:
            self._called = True
        symbolic = any_symbolic_tensors(args, kwargs)
        # As in Keras, masks that are filled in become part of the recorded call
        # where nothing had to be converted: files tell them apart.
        original = args, kwargs
        args, kwargs = self._convert_arguments(args, kwargs)
        spec = CallSpec(self.call, self._call_context_args, args, kwargs)
        self._assert_input_compatibility(spec.first)
        if not self.built:
            with self._open_name_scope():
                self._build_on_call(spec)
        with call_context.entered(self) as context:
            self._settle_context(spec, context, kwargs)
            mask = layer_masks.take_masks(spec, kwargs)
            with self._open_name_scope(), call_context.autocasting(self):
                if symbolic:
                    outputs = self.symbolic_call(*args, **kwargs)
                else:
                    outputs = self._computed(*args, **kwargs)
                if not self.built:
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
            simple = len(args) == 1 and is_tensor_or_symbolic(args[0])
            plain = all([x is None or type(x) is bool for x in kwargs.values()])
            if not simple or not plain or args[0].dtype != self.input_dtype:
                args, kwargs = tree.map_structure(self._convert_leaf, (args, kwargs))
            elif kwargs:
                kwargs = dict(kwargs)
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
        for name in self._call_context_args:
            if name in spec.given:
                value = spec.given[name]
            else:
                value = context.get_value(name)
                if value is None:
                    value = spec.arguments.get(name)
            context.set_value(name, value)
            if value is not None and name in spec.parameters and name not in spec.given:
                kwargs[name] = value

    def _register_call_context_args(self, *names):
        """Makes further arguments ones that are passed down to inner layers."""
        if self._called:
            raise RuntimeError(
                "Cannot add call-context args after the layer has been called."
            )
        self._call_context_args = self._call_context_args | set(names)

    def _call_has(self, name):
        """Whether `call` has an argument of that name."""
        return name in parameters_of(self.call)

    @property
    def _call_has_training_arg(self):
        return self._call_has("training")

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
        spec = CallSpec(self.call, self._call_context_args, args, kwargs)
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
            if not isinstance(policy, DTypePolicyMap):
                policy = policy.name
            config = {**config, "dtype": policy}
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
