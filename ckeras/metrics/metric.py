"""The base class of metrics: state that is updated batch by batch."""

from ckeras import dtype_policies, initializers, ops
from ckeras.engine import config, scope
from ckeras.engine.naming import auto_name
from ckeras.engine.tracing import trace
from ckeras.engine.values.variable import Variable

__all__ = ["Metric"]


class Metric:
    """A number that describes predictions, gathered over batches.

    Subclasses make variables with `add_variable` in their constructor and define
    `update_state` and `result`.

    Args:
        dtype: number type of the result; `floatx` by default.
        name: name in logs.

    Example:

    >>> metric = ckeras.metrics.Mean()
    >>> metric.update_state([1.0, 2.0])
    >>> metric.update_state([6.0])
    >>> float(metric.result())
    3.0
    """

    def __init__(self, dtype=None, name=None):
        self.name = name or auto_name(type(self).__name__)
        self._dtype = dtype_policies.get(dtype or config.floatx()).compute_dtype
        self._variables = []
        self._metrics = []
        self._is_passing = trace.is_compiling()

    def __setattr__(self, name, value):
        if "_metrics" in self.__dict__ and name not in ("_variables", "_metrics"):
            self._track(value)
        super().__setattr__(name, value)

    def _track(self, value):
        """Notes the variables and metrics in an attribute, also those in containers."""
        if isinstance(value, (list, tuple, dict, set)):
            for item in value.values() if isinstance(value, dict) else value:
                self._track(item)
        elif isinstance(value, (Variable, Metric)):
            own = self._variables if isinstance(value, Variable) else self._metrics
            if not any(value is known for known in own):
                own.append(value)

    @property
    def dtype(self):
        """The number type of the result."""
        return self._dtype

    @property
    def variables(self):
        """The state: the metric's own variables, then those of metrics inside it."""
        inner = (v for metric in self._metrics for v in metric.variables)
        return [*self._variables, *inner]

    def add_variable(
        self, shape, initializer, dtype=None, aggregation="sum", name=None
    ):
        """A new variable of the metric's state.

        Args:
            shape: tuple of sizes.
            initializer: an initializer or its name.
            dtype: number type; `floatx` by default.
            aggregation: how copies on several devices are joined.
            name: name of the variable.
        """
        self._check_super_called()
        path = scope.name_scope(self.name.replace("/", ">"), caller=self)
        with path, trace.building(self):
            variable = Variable(
                initializer=initializers.get(initializer),
                shape=shape,
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                synchronization="on_read",
                name=name,
            )
        self._variables.append(variable)
        return variable

    def add_weight(self, shape=(), initializer=None, dtype=None, name=None):
        """Another name of `add_variable`."""
        return self.add_variable(shape, initializer or "zeros", dtype, name=name)

    def reset_state(self):
        """Sets the whole state to 0."""
        for variable in self.variables:
            variable.assign(ops.zeros(variable.shape, dtype=variable.dtype))

    def update_state(self, *args, **kwargs):
        """Adds a batch to the state; to be defined by subclasses."""
        raise NotImplementedError

    def result(self):
        """The metric's value for what was added; to be defined by subclasses."""
        raise NotImplementedError

    def __call__(self, *args, **kwargs):
        """Adds a batch and returns the result."""
        self._check_super_called()
        self.update_state(*args, **kwargs)
        return self.result()

    # --- the same without side effects ------------------------------------------

    def _mapping(self, metric_variables):
        if len(metric_variables) != len(self.variables):
            raise ValueError(
                "Argument `metric_variables` must be a list of tensors corresponding "
                f"1:1 to {type(self).__name__}().variables. Received list with "
                f"length {len(metric_variables)}, but expected "
                f"{len(self.variables)} variables."
            )
        return list(zip(self.variables, metric_variables, strict=True))

    def _state_in(self, inner):
        """The state's values inside a stateless scope."""
        values = [(v, inner.get_current_value(v)) for v in self.variables]
        return [v if value is None else value for v, value in values]

    def stateless_update_state(self, metric_variables, *args, **kwargs):
        """The state after a batch, as a list of tensors.

        Args:
            metric_variables: the state before it.
            *args, **kwargs: what `update_state` takes.
        """
        with scope.StatelessScope(self._mapping(metric_variables)) as inner:
            self.update_state(*args, **kwargs)
        return self._state_in(inner)

    def stateless_result(self, metric_variables):
        """The result for a given state."""
        with scope.StatelessScope(self._mapping(metric_variables)):
            return self.result()

    def stateless_reset_state(self):
        """The state at the beginning, as a list of tensors."""
        with scope.StatelessScope() as inner:
            self.reset_state()
        return self._state_in(inner)

    # --- configuration ----------------------------------------------------------

    def get_config(self):
        """The arguments that make an equal object, as data."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config):
        """A new metric from what `get_config` gave."""
        return cls(**config)

    def _check_super_called(self):
        if "_metrics" not in self.__dict__:
            raise RuntimeError(
                f"In metric '{type(self).__name__}', `super().__init__()` was not "
                "called in the `__init__()` method."
            )

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"
