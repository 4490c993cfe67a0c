"""The loss that `compile` was given, resolved for the model's outputs."""

from typing import Any, NamedTuple

from ckeras import losses, ops
from ckeras.engine import config, trace, tree
from ckeras.engine.naming import object_name
from ckeras.engine.scope import name_scope
from ckeras.losses.wrapper import LossFunctionWrapper
from ckeras.metrics import Mean
from ckeras.training.outputs import (
    align_to_outputs,
    count_outputs,
    is_sparse_or_binary,
    names_for,
    structure_text,
)

__all__ = ["CompileLoss", "resolve_loss"]


class _Entry(NamedTuple):
    index: int  # of the output, in flattened order
    loss: Any
    weight: Any
    name: str


def resolve_loss(identifier, y_true, y_pred):
    """A `Loss` object for what `compile` was given for one output.

    `"crossentropy"` becomes the binary, sparse or categorical one by the shapes.
    """
    if str(identifier).lower() in ("crossentropy", "ce"):
        binary, sparse = is_sparse_or_binary(y_true, y_pred)
        if binary:
            loss = losses.get("binary_crossentropy")
        elif sparse:
            loss = losses.get("sparse_categorical_crossentropy")
        else:
            loss = losses.get("categorical_crossentropy")
    else:
        loss = losses.get(identifier)
    if isinstance(loss, losses.Loss):
        return loss
    name = identifier if isinstance(identifier, str) else object_name(loss)
    return LossFunctionWrapper(loss, name=name)


class CompileLoss:
    """The weighted sum of the outputs' losses, and a mean of each of them.

    Args:
        loss: what `compile` was given: one loss for every output, or a structure of
            losses, or a dict by output name; None for an output without a loss.
        loss_weights: factors in the same structure, or None.
        output_names: names of the model's outputs in flattened order, if known.

    Raises:
        ValueError: for an unknown name of a loss.
        KeyError: in `build`, for a key that is no output's.
    """

    name = "compile_loss"

    def __init__(self, loss, loss_weights=None, output_names=None):
        for identifier in tree.flatten(loss):
            known = str(identifier).lower() in ("crossentropy", "ce")
            if identifier is not None and not known:
                losses.get(identifier)  # unknown names fail here, not in `fit`
        if loss_weights and not isinstance(loss_weights, (list, tuple, dict, float)):
            raise ValueError(
                "Expected `loss_weights` argument to be a float, list, tuple, or dict. "
                f"Received instead: loss_weights={loss_weights} of type "
                f"{type(loss_weights)}"
            )
        self._user_loss = loss
        self._user_weights = loss_weights
        self.output_names = output_names
        self.built = False
        self.dtype = config.floatx()
        self._entries = []
        self._means = []

    @property
    def metrics(self):
        """A `Mean` for the loss of each output, if there are several."""
        return list(self._means)

    @property
    def variables(self):
        return [v for metric in self._means for v in metric.variables]

    def build(self, y_true, y_pred):
        """Settles which loss goes with which output.

        Args:
            y_true, y_pred: structures of values or specs; only shapes are read.
        """
        count = count_outputs(y_pred)
        names = names_for(y_pred, self.output_names)
        flat_losses = self._spread("loss", self._user_loss, y_pred, names)
        if self._user_weights is None:
            weights = [None] * count
        else:
            weights = self._spread_weights(y_pred, names, flat_losses)
        wanted = [i for i, loss in enumerate(flat_losses) if loss is not None]
        targets = self._targets(y_true, y_pred, names, wanted)
        outputs = tree.flatten(y_pred)
        self._entries = []
        _check_given(targets, names, wanted)
        for i in wanted:
            loss = resolve_loss(flat_losses[i], targets[i], outputs[i])
            name = names[i] or loss.name
            self._entries.append(_Entry(i, loss, weights[i], name))
        if len(self._entries) > 1:
            self._means = [Mean(name=f"{e.name}_loss") for e in self._entries]
        self.built = True

    def _spread(self, argument, given, y_pred, names):
        """What was given for each flat output."""
        count = count_outputs(y_pred)
        if not tree.is_nested(given):
            return [given] * count
        if isinstance(given, dict) and not isinstance(y_pred, dict):
            known = [n for n in names if n is not None]
            if known and set(known) != set(given):
                raise ValueError(
                    f"Expected keys {known} in {argument} dict, but found "
                    f"{argument}.keys()={list(given)}"
                )
        _check_keys(argument, given, y_pred)
        found = align_to_outputs(given, y_pred, names)
        if found is None:
            raise ValueError(
                f"Argument `{argument}` of `compile()` does not go with the model's "
                f"outputs {structure_text(y_pred)}. Expected one entry, or one for "
                f"each of the {count} outputs. Received: {argument}={given}"
            )
        return found

    def _spread_weights(self, y_pred, names, flat_losses):
        given = self._user_weights
        if not tree.is_nested(given) and len(flat_losses) > 1:
            raise ValueError(
                "`loss_weights` must match the number of losses, got "
                f"{len(flat_losses)} losses and loss_weights={given}."
            )
        if len(tree.flatten(given)) != len(flat_losses):
            raise ValueError(
                f"`loss_weights` must match the number of losses, got "
                f"{len(flat_losses)} losses and {len(tree.flatten(given))} weights."
            )
        return self._spread("loss_weights", given, y_pred, names)

    def _targets(self, y_true, y_pred, names, wanted):
        """The target for each flat output, None where it has no loss."""
        if y_true is None:
            return [None] * count_outputs(y_pred)
        found = align_to_outputs(y_true, y_pred, names)
        if found is not None:
            return found
        flat = tree.flatten(y_true)
        if len(flat) == len(wanted):  # targets only for the outputs with a loss
            by_index = dict(zip(wanted, flat, strict=True))
            return [by_index.get(i) for i in range(count_outputs(y_pred))]
        raise ValueError(
            "y_true and y_pred have different structures.\n"
            f"y_true: {structure_text(y_true)}\ny_pred: {structure_text(y_pred)}\n"
        )

    def pairs(self, y_true, y_pred):
        """For each loss: the loss, its target and its output."""
        if not self.built:
            with trace.building(self):
                self.build(y_true, y_pred)
        names = names_for(y_pred, self.output_names)
        wanted = [e.index for e in self._entries]
        targets = self._targets(y_true, y_pred, names, wanted)
        _check_given(targets, names, wanted)
        outputs = tree.flatten(y_pred)
        return [(e, targets[e.index], outputs[e.index]) for e in self._entries]

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The total loss, a scalar; None if no output has a loss."""
        with name_scope(self.name):
            return self.call(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred, sample_weight=None):
        pairs = self.pairs(y_true, y_pred)
        names = names_for(y_pred, self.output_names)
        if tree.is_nested(sample_weight):
            wanted = [e.index for e in self._entries]
            weights = self._targets(sample_weight, y_pred, names, wanted)
        else:
            weights = [sample_weight] * count_outputs(y_pred)
        total = None
        for i, (entry, target, output) in enumerate(pairs):
            value = ops.cast(
                entry.loss(target, output, weights[entry.index]), self.dtype
            )
            if self._means:  # each output's loss is recorded without its factor
                self._means[i].update_state(value, sample_weight=output.shape[0])
            if entry.weight is not None:
                value = ops.multiply(value, entry.weight)
            total = value if total is None else ops.add(total, value)
        return total


def _check_keys(argument, given, y_pred):
    """Raises KeyError if a dict names an output that a dict of outputs lacks."""
    if not isinstance(given, dict) or not isinstance(y_pred, dict):
        return
    for key in given:
        if key not in y_pred:
            raise KeyError(
                f"The path: {(key,)} in the `{argument}` argument can't be found in "
                f"the model's outputs. Expected keys of {list(y_pred)}. "
                f"Received: {argument}.keys()={list(given)}"
            )


def _check_given(targets, names, wanted):
    """Raises ValueError if there is a loss for an output without targets."""
    for i in wanted:
        if targets[i] is None:
            raise ValueError(
                "The loss needs targets: no `y` was given for "
                f"{f'output {names[i]!r}' if names[i] else 'the output'}. "
                "Call `fit(x, y)`, or pass an iterable of batches `(x, y)`."
            )
