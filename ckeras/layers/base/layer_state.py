"""The account of a layer's variables, inner layers, metrics and seed generators."""

import collections
import functools
import math

from ckeras import constraints, initializers, regularizers
from ckeras.engine.scope import name_scope
from ckeras.engine.tracing.trace import is_compiling
from ckeras.engine.values import dtypes
from ckeras.engine.values.variable import Variable
from ckeras.layers.base.tracking import Tracker

__all__ = ["LayerState"]


def _check_shape_argument(add_weight):
    """Explains what scripts for Keras 2 got wrong, before Python's own error would."""

    @functools.wraps(add_weight)
    def checked(self, *args, **kwargs):
        if len(args) > 3:
            raise TypeError(
                "add_weight() takes at most 3 positional arguments (shape, "
                f"initializer, dtype) but {len(args)} were given."
            )
        if args and isinstance(args[0], str):
            raise ValueError(
                "`name` must be passed as a keyword argument. Received: "
                f"add_weight('{args[0]}', ...). Use: "
                f"add_weight(shape=..., name='{args[0]}')."
            )
        if args and "shape" in kwargs:
            raise ValueError(
                "`shape` was passed both positionally and as a keyword argument to "
                f"`add_weight()`. Received: {args[0]} and shape={kwargs['shape']}"
            )
        return add_weight(self, *args, **kwargs)

    return checked


class LayerState:
    """Weights of layers: making, listing, setting, saving."""

    def __new__(cls, *args, **kwargs):
        instance = super().__new__(cls, *args, **kwargs)
        tracker = Tracker()
        # Set past `__setattr__`, which tracks what it gets.
        instance.__dict__.update(
            _is_passing=is_compiling(),
            _tracker=tracker,
            _trainable_variables=tracker.stores["trainable_variables"],
            _non_trainable_variables=tracker.stores["non_trainable_variables"],
            _layers=tracker.stores["layers"],
            _metrics=tracker.stores["metrics"],
            _seed_generators=tracker.stores["seed_generators"],
            _losses=[],
            _loss_ids=set(),
        )
        return instance

    def __setattr__(self, name, value):
        object.__setattr__(self, name, self._tracker.track(value))

    def __delattr__(self, name):
        value = getattr(self, name)
        if isinstance(value, Variable):
            self._untrack_variable(value)
        object.__delattr__(self, name)

    @_check_shape_argument
    def add_weight(
        self,
        shape=None,
        initializer=None,
        dtype=None,
        *,
        trainable=True,
        autocast=True,
        regularizer=None,
        constraint=None,
        aggregation="none",
        overwrite_with_gradient=False,
        name=None,
    ):
        """Makes a variable that belongs to the layer.

        Args:
            shape: its shape; a scalar by default.
            initializer: object or name; by default "glorot_uniform" for floats and
                "zeros" for others.
            dtype: number type; the layer's by default.
            trainable: whether it is to be trained.
            autocast: whether a call reads it in the layer's compute type.
            regularizer: penalty on its value that is added to the loss.
            constraint: projection applied after each optimizer step.
            aggregation: kept as the variable's attribute.
            overwrite_with_gradient: whether optimizers set it to its gradient.
            name: the last part of its path.

        Returns:
            The `Variable`.

        Raises:
            ValueError: if the name was passed as the shape, or the shape twice.
        """
        self._check_super_called()
        dtype = self.variable_dtype if dtype is None else dtype
        dtype = dtypes.standardize_dtype(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if "float" in dtype else "zeros"
        with name_scope(self.name, caller=self):
            variable = Variable(
                initializer=initializers.get(initializer),
                shape=() if shape is None else shape,
                dtype=dtype,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._track_variable(variable)
        return variable

    def add_variable(
        self,
        shape,
        initializer,
        dtype=None,
        trainable=True,
        autocast=True,
        regularizer=None,
        constraint=None,
        name=None,
    ):
        """The same as `add_weight`, by its older name."""
        return self.add_weight(
            shape,
            initializer,
            dtype,
            trainable=trainable,
            autocast=autocast,
            regularizer=regularizer,
            constraint=constraint,
            name=name,
        )

    def _track_variable(self, variable):
        kind = "trainable" if variable.trainable else "non_trainable"
        self._tracker.add(f"{kind}_variables", variable)
        if not self.trainable:
            variable.trainable = False

    def _untrack_variable(self, variable):
        self._tracker.untrack(variable)

    # --- lists -----------------------------------------------------------------

    @property
    def trainable(self):
        """Whether the weights are to be trained; setting it sets it for all inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)
        for variable in self._trainable_variables:
            variable.trainable = self._trainable
        for layer in self._layers:
            layer.trainable = self._trainable

    @property
    def variables(self):
        """All variables but metrics': weights and the states of seed generators."""
        found = [*self._trainable_variables, *self._non_trainable_variables]
        found.extend(generator.state for generator in self._seed_generators)
        for layer in self._layers:
            found.extend(layer.variables)
        return _unique(found)

    @property
    def trainable_variables(self):
        """The variables that are trained."""
        return [v for v in self.variables if v.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self):
        """The variables that are not trained."""
        variables = self.variables
        return [v for v in variables if not v.trainable or not self.trainable]

    @property
    def weights(self):
        """The variables without states of seed generators."""
        found = [*self._trainable_variables, *self._non_trainable_variables]
        for layer in self._layers:
            found.extend(layer.weights)
        return _unique(found)

    @property
    def trainable_weights(self):
        """The weights that are trained."""
        return [v for v in self.weights if v.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self):
        """The weights that are not trained."""
        weights = self.weights
        return [v for v in weights if not v.trainable or not self.trainable]

    @property
    def metrics(self):
        """The metrics of the layer and of those inside."""
        found = list(self._metrics)
        for layer in self._layers:
            found.extend(layer.metrics)
        return found

    @property
    def metrics_variables(self):
        """The variables of the metrics."""
        return [v for metric in self.metrics for v in metric.variables]

    def _flatten_layers(self, include_self=True, recursive=True):
        """The layers inside, each once, outer ones before theirs."""
        layers, seen = [self] if include_self else [], set()
        queue = collections.deque(self._layers)
        while queue:
            layer = queue.popleft()
            if id(layer) not in seen:
                seen.add(id(layer))
                layers.append(layer)
                if recursive:
                    queue.extendleft(layer._layers)
        return layers

    # --- values ----------------------------------------------------------------

    def get_weights(self):
        """The values of `weights` as NumPy arrays."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights):
        """Sets the values of `weights`.

        Args:
            weights: arrays in the order of `get_weights`.

        Raises:
            ValueError: if their number or a shape differs; nothing is then set.
        """
        own = self.weights
        if len(own) != len(weights):
            raise ValueError(
                f"You called `set_weights(weights)` on layer '{self.name}' with a "
                f"weight list of length {len(weights)}, but the layer was expecting "
                f"{len(own)} weights."
            )
        for variable, value in zip(own, weights, strict=True):
            if tuple(variable.shape) != tuple(value.shape):
                raise ValueError(
                    f"Layer {self.name} weight shape {variable.shape} is not "
                    f"compatible with provided weight shape {tuple(value.shape)}."
                )
        for variable, value in zip(own, weights, strict=True):
            variable.assign(value)

    def count_params(self):
        """The number of scalars in the weights.

        Raises:
            ValueError: if the layer is not built.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer '{self.name}', but the "
                "layer isn't built. You can build it manually via: "
                "`layer.build(input_shape)`."
            )
        return sum(math.prod(v.shape) for v in self.weights)

    # --- files -----------------------------------------------------------------

    def _own_variables(self):
        return [*self._trainable_variables, *self._non_trainable_variables]

    def save_own_variables(self, store):
        """Puts the layer's own variables into `store`, under "0", "1" and so on."""
        for i, variable in enumerate(self._own_variables()):
            store[f"{i}"] = variable.numpy()

    def load_own_variables(self, store):
        """Sets the layer's own variables from `store`.

        Raises:
            ValueError: if their number or shapes differ.
        """
        own = self._own_variables()
        if len(store.keys()) != len(own):
            raise self._wrong_variable_count(own, len(store.keys()))
        for i, variable in enumerate(own):
            variable.assign(store[f"{i}"])

    def _wrong_variable_count(self, own, count):
        if not own and not self.built:
            return ValueError(
                f"Layer '{self.name}' was never built and thus it doesn't have any "
                f"variables. However the weights file lists {count} variables for "
                "this layer.\nIn most cases either the layer is owned by a layer "
                "whose `build()` does not build it, or the layer needs "
                "`get_build_config()` and `build_from_config()` methods that tell "
                "how to build it when a file is loaded."
            )
        return ValueError(
            f"Layer '{self.name}' expected {len(own)} variables, but received {count} "
            f"variables during loading. Expected: {[v.name for v in own]}"
        )


def _unique(variables):
    return list({id(v): v for v in variables}.values())
