"""What an optimizer is between steps: options, learning rate, variables."""

import re
import warnings

from ckeras import initializers, ops
from ckeras.engine import config as settings
from ckeras.engine import scope
from ckeras.engine.naming import auto_name
from ckeras.engine.tracing import trace
from ckeras.engine.values.convert import is_tensor
from ckeras.engine.values.variable import Variable
from ckeras.optimizers.base import layout
from ckeras.optimizers.base.options import own_names
from ckeras.optimizers.schedules.schedule import LearningRateSchedule
from ckeras.saving.serialization import deserialize_keras_object, serialize_keras_object

__all__ = ["OptimizerState"]


class OptimizerState:
    """Options, learning rate, variables and configuration of an optimizer."""

    def __init__(
        self,
        learning_rate,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        **kwargs,
    ):
        if kwargs.pop("decay", None) is not None:
            warnings.warn(
                "Argument `decay` is no longer supported and will be ignored.",
                stacklevel=3,
            )
        if kwargs:
            raise ValueError(f"Argument(s) not recognized: {kwargs}")
        self.name = name or auto_name(type(self).__name__)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.global_clipnorm = global_clipnorm
        self.clipvalue = clipvalue
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._check_options()
        self.built = False
        self._variables = []
        self._trainable_variables = []
        self._indices = {}
        self._not_decayed = ()
        self._not_decayed_pattern = None
        with scope.name_scope(self.name, caller=self):
            self._iterations = Variable(
                0,
                name="iteration",
                dtype="int32",
                trainable=False,
                aggregation="only_first_replica",
            )
            self._learning_rate = self._standardized_rate(learning_rate)

    def _check_options(self):
        steps = self.gradient_accumulation_steps
        if steps and not steps >= 2:
            raise ValueError(
                "`gradient_accumulation_steps` must be an integer >= 2. "
                f"Received: gradient_accumulation_steps={steps}"
            )
        if self.use_ema and not 0 <= self.ema_momentum <= 1:
            raise ValueError(
                "`ema_momentum` must be in the range [0, 1]. "
                f"Received: ema_momentum={self.ema_momentum}"
            )
        every = self.ema_overwrite_frequency
        if self.use_ema and every and (not isinstance(every, int) or every < 1):
            raise ValueError(
                "`ema_overwrite_frequency` must be an integer >= 1 or None. "
                f"Received: ema_overwrite_frequency={every}"
            )
        clips = (self.clipnorm, self.clipvalue, self.global_clipnorm)
        if sum(c is not None for c in clips) > 1:
            raise ValueError(
                "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be "
                f"set. Received: clipnorm={self.clipnorm}, "
                f"clipvalue={self.clipvalue}, global_clipnorm={self.global_clipnorm}"
            )

    def __setattr__(self, name, value):
        if "_variables" in self.__dict__:
            if isinstance(value, Variable) and not self._tracks(value):
                self._variables.append(value)
        elif isinstance(value, Variable):
            raise RuntimeError(
                f"In optimizer '{type(self).__name__}', you forgot to call "
                "`super().__init__()` as the first statement in the `__init__()` "
                "method. Go add it!"
            )
        super().__setattr__(name, value)

    def _tracks(self, variable):
        return any(variable is known for known in self._variables)

    # --- learning rate ----------------------------------------------------------

    def _standardized_rate(self, learning_rate):
        if callable(learning_rate):
            return learning_rate
        if not isinstance(learning_rate, float):
            raise ValueError(
                "Argument `learning_rate` should be float, or an instance of "
                "LearningRateSchedule, or a callable (that takes in the current "
                "iteration value and returns the corresponding learning rate "
                f"value). Received instead: learning_rate={learning_rate}"
            )
        return Variable(
            learning_rate,
            name="learning_rate",
            dtype=settings.floatx(),
            trainable=False,
            aggregation="only_first_replica",
        )

    @property
    def learning_rate(self):
        """The learning rate of the next step: a variable, or a schedule's value."""
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            return rate(self._iterations)
        if not isinstance(rate, Variable) and callable(rate):
            return rate()
        return rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        current = self._learning_rate
        if callable(learning_rate):
            if isinstance(current, Variable):
                self._variables = [v for v in self._variables if v is not current]
            self._learning_rate = learning_rate
        elif isinstance(current, LearningRateSchedule):
            raise TypeError(
                "This optimizer was created with a `LearningRateSchedule` object as "
                "its `learning_rate` constructor argument, hence its learning rate "
                "is not settable. If you need the learning rate to be settable, you "
                "should instantiate the optimizer with a float `learning_rate` "
                "argument."
            )
        else:
            current.assign(learning_rate)

    @property
    def iterations(self):
        """The number of updates so far."""
        if self.gradient_accumulation_steps:
            steps = self.gradient_accumulation_steps
            return ops.floor_divide(self._iterations, steps)
        return self._iterations

    # --- variables --------------------------------------------------------------

    @property
    def variables(self):
        """The state: iteration, learning rate, then what `build` made."""
        return list(self._variables)

    def _get_variable_index(self, variable):
        return self._indices[id(variable)]

    def add_variable(
        self,
        shape,
        initializer="zeros",
        dtype=None,
        aggregation="none",
        layout=None,
        name=None,
    ):
        """A new variable of the optimizer's state.

        Args:
            shape: tuple of sizes.
            initializer: an initializer or its name.
            dtype: number type; `floatx` by default.
            aggregation, layout: kept for Keras's signature.
            name: name of the variable.
        """
        with scope.name_scope(self.name, caller=self), trace.building():
            variable = Variable(
                initializer=initializers.get(initializer),
                shape=shape,
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                layout=layout,
                name=name,
            )
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable, name=None, initializer="zeros"
    ):
        """A new variable of the shape and type of a model's variable.

        Args:
            reference_variable: the model's variable.
            name: last part of the new variable's name.
            initializer: an initializer or its name.
        """
        path = getattr(reference_variable, "path", reference_variable.name)
        path = path.replace("/", "_").replace(":", "_")
        return self.add_variable(
            shape=reference_variable.shape,
            initializer=initializer,
            dtype=reference_variable.dtype,
            name=f"{path}_{name or 'var'}",
        )

    def add_optimizer_variables(self, trainable_variables, name, initializer="zeros"):
        """A list of new variables, one for each of the model's.

        Args:
            trainable_variables: the model's variables.
            name: name of the kind, or a list of names for a list per name.
            initializer: an initializer or its name, or one for each name.

        Returns:
            A list, or for several names a tuple of lists. None stands for variables
            that gradients overwrite.
        """
        names = [name] if isinstance(name, str) else list(name)
        if isinstance(initializer, (list, tuple)):
            starts = list(initializer)
        else:
            starts = [initializer] * len(names)
        if len(names) != len(starts):
            raise ValueError(
                "The number of provided names must match the number of provided "
                f"initializers. Received name='{name}', initializer='{initializer}'"
            )
        made = tuple([] for _ in names)
        for variable in trainable_variables:
            for kind, kind_name, start in zip(made, names, starts, strict=True):
                kind.append(
                    None
                    if getattr(variable, "overwrite_with_gradient", False)
                    else self.add_variable_from_reference(variable, kind_name, start)
                )
        return made[0] if isinstance(name, str) else made

    def assign(self, variable, value):
        """Sets a variable."""
        variable.assign(value)

    def assign_add(self, variable, value):
        """Adds to a variable."""
        variable.assign_add(value)

    def assign_sub(self, variable, value):
        """Subtracts from a variable."""
        variable.assign_sub(value)

    def set_weights(self, weights):
        """Sets all variables of the state.

        Raises:
            ValueError: before `build`, or if a shape differs.
        """
        if not self.built:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet "
                "been built. Please call `optimizer.build(trainable_variables)` to "
                "create the optimizer weights before calling `set_weights()`."
            )
        for variable, weight in zip(self.variables, weights, strict=False):
            if tuple(variable.shape) != tuple(weight.shape):
                raise ValueError(
                    f"Optimizer variable {variable.path} has shape {variable.shape} "
                    f"not compatible with provided weight shape {weight.shape}."
                )
            variable.assign(weight)

    def save_own_variables(self, store):
        """Writes the state into a file's store."""
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store):
        """Reads the state from a file's store; warns if it does not fit."""
        if len(store.keys()) != len(self.variables):
            hint = "" if self.built else " The optimizer has not been built yet."
            warnings.warn(
                f"Skipping variable loading for optimizer '{self.name}', because it "
                f"has {len(self.variables)} variables whereas the saved optimizer "
                f"has {len(store.keys())} variables.{hint}",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(self.variables):
            variable.assign(store[str(i)])

    # --- weight decay -----------------------------------------------------------

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Spares variables the weight decay.

        Args:
            var_list: variables.
            var_names: patterns; variables whose name holds one are spared.

        Raises:
            ValueError: after `build`.
        """
        if self.built:
            raise ValueError(
                "`exclude_from_weight_decay()` can only be configured before the "
                "optimizer is built."
            )
        self._not_decayed = tuple(var_list or ())
        names = "|".join(sorted(set(var_names or ())))
        self._not_decayed_pattern = re.compile(names) if names else None

    def _use_weight_decay(self, variable):
        if any(variable is spared for spared in self._not_decayed):
            return False
        pattern = self._not_decayed_pattern
        return pattern is None or pattern.search(variable.name) is None

    # --- configuration ----------------------------------------------------------

    def get_config(self):
        """The arguments that make an equal optimizer (without its state), as data."""
        rate = self._learning_rate
        if isinstance(rate, Variable) or is_tensor(rate):
            rate = float(rate.numpy())
        elif callable(rate):
            rate = serialize_keras_object(rate)
        config = {
            "name": self.name,
            "learning_rate": rate,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }
        return {**config, **{n: getattr(self, n) for n in own_names(type(self))}}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A new optimizer from what `get_config` gave."""
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = deserialize_keras_object(
                config["learning_rate"], custom_objects=custom_objects
            )
        return cls(**config)

    def __setstate__(self, state):
        self.__dict__.update(state)
        # Variables are found by identity, which a copy does not share.
        self._indices = {id(v): i for i, v in enumerate(self._trainable_variables)}
        if state.get("_arenas") is not None:
            layout.register(self._arenas[0], self)
