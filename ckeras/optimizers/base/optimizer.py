"""The base class of optimizers: from gradients to new values of variables."""

from ckeras import ops
from ckeras.engine import scope
from ckeras.engine.tracing import trace
from ckeras.engine.values.arena import Arena
from ckeras.engine.values.convert import convert_to_tensor
from ckeras.ops.primitives import movement
from ckeras.optimizers.base import clipping, layout, matching
from ckeras.optimizers.base.state import OptimizerState

__all__ = ["Optimizer"]


class Optimizer(OptimizerState):
    """Changes variables so that a loss falls.

    To write your own, make its variables in `build` and change one of the model's
    variables in `update_step`.

    Args:
        learning_rate: a float, a `LearningRateSchedule`, or a function without
            arguments.
        weight_decay: share of each weight, times the learning rate, that a step
            takes off it.
        clipnorm: largest norm of each variable's gradient.
        clipvalue: largest absolute value of a gradient's elements.
        global_clipnorm: largest norm of all gradients together.
        use_ema: whether to keep moving averages of the variables.
        ema_momentum: how slowly those follow.
        ema_overwrite_frequency: number of steps after which the variables are set
            to their averages; None for at the end of training only.
        loss_scale_factor: factor of the loss, taken out of the gradients again.
        gradient_accumulation_steps: number of steps whose mean gradient makes one
            update.
        name: name in paths of variables.

    Raises:
        ValueError: for arguments out of range or that exclude each other.

    Example:

    >>> variable = ckeras.Variable([1.0, 2.0])
    >>> optimizer = ckeras.optimizers.SGD(learning_rate=0.5)
    >>> optimizer.apply([ckeras.ops.ones((2,))], [variable])
    >>> variable.numpy()
    array([0.5, 1.5], dtype=float32)
    """

    _arenas = None

    # --- building ---------------------------------------------------------------

    def build(self, variables):
        """Makes the state for the given variables of a model.

        Args:
            variables: the model's trainable variables.
        """
        variables = list(variables)
        if self.use_ema:
            self._model_variables_moving_average = self.add_optimizer_variables(
                variables, "average"
            )
        if self.gradient_accumulation_steps:
            self._accumulated_gradients = [
                self.add_variable_from_reference(v, name="gradient_accumulator")
                for v in variables
            ]
        self._trainable_variables = variables
        self._indices = {id(v): i for i, v in enumerate(variables)}
        self.built = True

    def _lay_out(self, *slots):
        """Puts the variables, and each list of slots, into an arena of its own.

        One kernel then updates all variables. Where that is not possible (several
        number types, another optimizer's variables), each is updated by itself.
        """
        variables = self._trainable_variables
        if any(v is None for slot in slots for v in slot):
            return
        parameters = layout.arena_of(variables, self)
        if parameters is not None:
            self._arenas = (parameters, [Arena.try_build(slot) for slot in slots])

    def arena_step(self, parameters, gradient, learning_rate, slots):
        """Updates all variables at once; defined by optimizers that have a kernel.

        Args:
            parameters: arena of the model's variables.
            gradient: all gradients as one vector.
            learning_rate: a scalar of the vector's type.
            slots: arenas of the optimizer's variables, as given to `_lay_out`.
        """
        raise NotImplementedError

    def update_step(self, gradient, variable, learning_rate):
        """Updates one variable; to be defined by subclasses.

        Args:
            gradient: the loss's gradient with respect to it.
            variable: the model's variable.
            learning_rate: a scalar.
        """
        raise NotImplementedError

    # --- applying gradients -----------------------------------------------------

    def apply_gradients(self, grads_and_vars):
        """Like `apply`, for pairs of gradient and variable.

        Returns:
            The counter of iterations.
        """
        grads, variables = zip(*grads_and_vars, strict=True)
        self.apply(grads, variables)
        return self._iterations

    def apply(self, grads, trainable_variables=None):
        """Updates variables by their gradients.

        Args:
            grads: a gradient or None for each variable.
            trainable_variables: the variables; by default those of `build`.

        Raises:
            ValueError: if gradients and variables do not match, or there is no
                gradient at all.
        """
        grads = list(grads)
        if not grads:
            return
        variables = self._checked_variables(grads, trainable_variables)
        with scope.name_scope(self.name, caller=self):
            grads, variables = matching.without_missing(grads, variables)
            grads = [
                matching.fitting(g, v) for g, v in zip(grads, variables, strict=True)
            ]
            grads, variables = self._overwrite_directly(grads, variables)
            if grads:
                if self.loss_scale_factor is not None:
                    grads = [g / self.loss_scale_factor for g in grads]
                self._backend_apply_gradients(grads, variables)
                for variable in variables:
                    if variable.constraint is not None:
                        variable.assign(variable.constraint(variable.value))
        self._iterations.assign_add(1)

    def _checked_variables(self, grads, trainable_variables):
        if trainable_variables is None:
            if not self.built:
                raise ValueError(
                    "When passing `grads` without `variables`, the optimizer must "
                    "already be built on a list of variables. Call "
                    "`optimizer.build(trainable_variables)` first. "
                )
            if len(grads) != len(self._trainable_variables):
                raise ValueError(
                    "When passing `grads` as a list of gradient tensors, the "
                    "gradients must match `optimizer.variables` one-to-on. Received "
                    f"a list of {len(grads)} gradients, but the optimizer is "
                    f"tracking {len(self._trainable_variables)} trainable variables."
                )
            return list(self._trainable_variables)
        variables = list(trainable_variables)
        if not self.built:
            with scope.name_scope(self.name, caller=self), trace.building():
                self.build(variables)
            self.built = True
        for variable in variables:
            if id(variable) not in self._indices:
                raise ValueError(
                    f"Unknown variable: {variable}. This optimizer can only be "
                    "called for the variables it was originally built with. When "
                    "working with a new set of variables, you should recreate a new "
                    "optimizer instance."
                )
        return variables

    def _overwrite_directly(self, grads, variables):
        """Variables that say so take their gradient as value; returns the others."""
        rest = []
        for gradient, variable in zip(grads, variables, strict=True):
            if not getattr(variable, "overwrite_with_gradient", False):
                rest.append((gradient, variable))
            elif self.gradient_accumulation_steps:
                index = self._get_variable_index(variable)
                largest = self._accumulated_gradients[index]
                now = self._is_update_step()
                joined = ops.maximum(gradient, largest.value)
                variable.assign(ops.where(now, joined, variable.value))
                largest.assign(ops.where(now, ops.zeros_like(joined), joined))
            else:
                variable.assign(gradient)
        return [g for g, _ in rest], [v for _, v in rest]

    def _is_update_step(self):
        steps = self.gradient_accumulation_steps
        return ops.equal(ops.mod(self._iterations + 1, steps), 0)

    def _backend_apply_gradients(self, grads, trainable_variables):
        if self.gradient_accumulation_steps:
            self._accumulate_and_update(grads, trainable_variables)
        elif self._one_kernel_applies(trainable_variables):
            self._update_by_arena(grads, trainable_variables)
        else:
            self._update_each(grads, trainable_variables)
        if self.use_ema:
            self._update_averages()

    def _update_each(self, grads, variables):
        grads = self._clip_gradients(grads)
        self._apply_weight_decay(variables)
        self._backend_update_step(grads, variables, self.learning_rate)

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        for gradient, variable in zip(grads, trainable_variables, strict=True):
            self.update_step(gradient, variable, learning_rate)

    def _accumulate_and_update(self, grads, variables):
        """Updates with the mean of the last gradients, in the steps that do.

        The update is computed in every step and taken where it is due: the step has
        no branches, so that it can be compiled.
        """
        now = self._is_update_step()
        sums = [
            self._accumulated_gradients[self._get_variable_index(v)] for v in variables
        ]
        totals = [g + s.value for g, s in zip(grads, sums, strict=True)]
        fixed = (self._iterations, self._learning_rate, *sums)
        slots = [v for v in self._variables if not any(v is f for f in fixed)]
        kept = [*variables, *slots]
        before = [layout.snapshot(v) for v in kept]
        steps = self.gradient_accumulation_steps
        self._update_each([t / steps for t in totals], variables)
        for variable, old in zip(kept, before, strict=True):
            if variable.value is not old:
                variable.assign(ops.where(now, variable.value, old))
        for s, total in zip(sums, totals, strict=True):
            s.assign(ops.where(now, ops.zeros_like(total), total))

    # --- all variables at once --------------------------------------------------

    def _one_kernel_applies(self, variables):
        own = self._trainable_variables
        return (
            self._arenas is not None
            and layout.kernel_matches(type(self))
            and len(variables) == len(own)
            and all(a is b for a, b in zip(variables, own, strict=True))
            and not scope.in_stateless_scope()
            and (
                self.weight_decay is None
                or all(self._use_weight_decay(v) for v in variables)
            )
        )

    def _update_by_arena(self, grads, variables):
        parameters, slots = self._arenas
        dtype = parameters.spec.dtype
        if self.clipnorm:
            grads = self._clip_gradients(grads)
        flat = movement.pack(*[convert_to_tensor(g, dtype) for g in grads])
        if self.global_clipnorm or self.clipvalue:
            flat = self._clip_gradients([flat])[0]
        learning_rate = ops.cast(self.learning_rate, dtype)
        if self.weight_decay is not None:
            value = parameters.value
            decay = ops.cast(self.weight_decay, dtype) * learning_rate
            parameters.assign(value - value * decay)
        self.arena_step(parameters, flat, learning_rate, slots)

    # --- clipping, decay, averages ----------------------------------------------

    def _clip_gradients(self, grads):
        if self.clipnorm and self.clipnorm > 0:
            return [clipping.by_norm(g, self.clipnorm) for g in grads]
        if self.global_clipnorm and self.global_clipnorm > 0:
            return clipping.by_global_norm(grads, self.global_clipnorm)
        if self.clipvalue and self.clipvalue > 0:
            return [ops.clip(g, -self.clipvalue, self.clipvalue) for g in grads]
        return grads

    def _apply_weight_decay(self, variables):
        if self.weight_decay is None:
            return
        for variable in variables:
            if self._use_weight_decay(variable):
                rate = ops.cast(self.learning_rate, variable.dtype)
                value = variable.value
                variable.assign(value - value * self.weight_decay * rate)

    def _update_averages(self):
        variables = self._trainable_variables
        averages = self._model_variables_moving_average
        every = self.ema_overwrite_frequency
        for variable, average in zip(variables, averages, strict=True):
            if average is None:
                continue
            started = ops.cast(ops.not_equal(self.iterations, 0), variable.dtype)
            momentum = started * self.ema_momentum
            value = momentum * average.value + (1.0 - momentum) * variable.value
            average.assign(value)
            if every:
                due = ops.equal(ops.mod(self.iterations + 1, every), 0)
                variable.assign(ops.where(due, value, variable.value))

    def finalize_variable_values(self, var_list):
        """At the end of training: sets the variables to their averages, if any.

        Args:
            var_list: the model's variables.
        """
        if not self.use_ema:
            return
        averages = self._model_variables_moving_average
        if len(var_list) != len(averages):
            raise ValueError(
                f"The length of model variables ({len(var_list)}) to override does "
                "not match the length of model variables stored in the optimizer "
                f"({len(averages)}). Please check if the optimizer was called on "
                "your model."
            )
        for variable, average in zip(var_list, averages, strict=True):
            if average is not None:
                variable.assign(average.value)

    def scale_loss(self, loss):
        """The loss times `loss_scale_factor`."""
        if self.loss_scale_factor is None:
            return loss
        return loss * self.loss_scale_factor

    # --- without side effects ---------------------------------------------------

    def stateless_apply(self, optimizer_variables, grads, trainable_variables):
        """New values instead of changed variables.

        Args:
            optimizer_variables: values of the optimizer's variables.
            grads: gradients.
            trainable_variables: values of the model's variables.

        Returns:
            New values of the model's variables and of the optimizer's.

        Raises:
            ValueError: before `build`, or if a list's length is wrong.
        """
        if not self.built:
            raise ValueError(
                f"To call `stateless_apply`, {type(self).__name__} must be built "
                "(i.e. its variables must have been created). You can build it via "
                "`optimizer.build(trainable_variables)`."
            )
        own = self.variables
        for given, expected, name in (
            (optimizer_variables, own, "optimizer_variables"),
            (trainable_variables, self._trainable_variables, "trainable_variables"),
        ):
            if len(given) != len(expected):
                raise ValueError(
                    f"Argument `{name}` must be a list of tensors corresponding 1:1 "
                    f"to those of {type(self).__name__}(). Received list with "
                    f"length {len(given)}, but expected {len(expected)} variables."
                )
        mapping = [
            *zip(self._trainable_variables, trainable_variables, strict=True),
            *zip(own, optimizer_variables, strict=True),
        ]
        with scope.StatelessScope(state_mapping=mapping) as inner:
            self.apply(grads)
        return (
            [inner.get_current_value(v) for v in self._trainable_variables],
            [inner.get_current_value(v) for v in own],
        )
