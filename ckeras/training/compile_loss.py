"""The loss that `compile` was given, resolved for the model's outputs."""

from ckeras import losses, ops
from ckeras.engine import config, tree
from ckeras.engine.naming import object_name
from ckeras.engine.scope import name_scope
from ckeras.engine.tracing import trace
from ckeras.losses.wrapper import LossFunctionWrapper
from ckeras.metrics import Mean
from ckeras.training.loss_matching import (
    LossEntry,
    WeightedLoss,
    at_path,
    loss_name,
    match_losses,
)
from ckeras.training.outputs import (
    align_to_outputs,
    is_sparse_or_binary,
    names_for,
    structure_text,
)

__all__ = ["CompileLoss", "resolve_loss"]


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
            losses as `match_losses` reads it, or a dict by output name; None for an
            output without a loss.
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
        self._structure = None  # that of the outputs it was built for

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

        Raises:
            KeyError: for a loss without an output.
            ValueError: for losses, factors or targets that do not fit the outputs.
        """
        loss, weights = self._by_output_name(y_pred)
        names = self._names(y_pred)
        self._structure = tree.map_structure(lambda _: None, y_pred)
        loss = _weighted(loss, weights)
        if not tree.is_nested(loss):
            loss = tree.map_structure(lambda _: loss, self._structure)
        matched = match_losses(loss, y_pred, tree.pack_sequence_as(y_pred, names))
        y_true = self._targets(y_true, y_pred, [m.path for m in matched])
        self._entries = []
        for path, (given, weight), names in matched:
            target, output = at_path(y_true, path), at_path(y_pred, path)
            _check_given(target, names)
            resolved = resolve_loss(given, target, output)
            name = loss_name(path, names, resolved.name)
            self._entries.append(LossEntry(path, resolved, weight, name))
        if len(self._entries) > 1:
            self._means = [Mean(name=f"{e.name}_loss") for e in self._entries]
        self.built = True

    def _by_output_name(self, y_pred):
        """Losses and factors; a dict by output name becomes a list where needed."""
        loss, weights, names = self._user_loss, self._user_weights, self.output_names
        if not names or not isinstance(loss, dict) or isinstance(y_pred, dict):
            return loss, weights
        if set(names) != set(loss):
            raise ValueError(
                f"Expected keys {names} in loss dict, but found "
                f"loss.keys()={list(loss)}"
            )
        if isinstance(weights, dict):
            weights = [weights.get(name) for name in names]
        return [loss[name] for name in names], weights

    def _names(self, y_pred):
        """The name of each flat output, None where it is not known."""
        outputs = tree.flatten(y_pred)
        if self.output_names and len(self.output_names) == len(outputs):
            return list(self.output_names)
        return [None] * len(outputs)

    def _targets(self, y_true, y_pred, wanted):
        """The targets in the outputs' structure, None for an output without a loss.

        Args:
            wanted: paths of the outputs that have a loss.
        """
        if y_true is None:
            return tree.map_structure(lambda _: None, y_pred)
        found = align_to_outputs(y_true, y_pred, names_for(y_pred, self.output_names))
        if found is None:
            found = _partial_targets(y_true, y_pred, wanted)
        if found is None:
            raise ValueError(
                "y_true and y_pred have different structures.\n"
                f"y_true: {structure_text(y_true)}\ny_pred: {structure_text(y_pred)}\n"
            )
        return tree.pack_sequence_as(y_pred, found)

    def pairs(self, y_true, y_pred):
        """For each loss: the loss, its target and its output."""
        if not self.built:
            with trace.building(self):
                self.build(y_true, y_pred)
        paths = [entry.path for entry in self._entries]
        y_true = self._targets(y_true, y_pred, paths)
        # The same outputs may come in another container than when it was built.
        y_true = tree.pack_sequence_as(self._structure, tree.flatten(y_true))
        y_pred = tree.pack_sequence_as(self._structure, tree.flatten(y_pred))
        found = []
        for entry in self._entries:
            target = at_path(y_true, entry.path)
            _check_given(target, entry.name)
            found.append((entry, target, at_path(y_pred, entry.path)))
        return found

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The total loss, a scalar; None if no output has a loss."""
        with name_scope(self.name):
            return self.call(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred, sample_weight=None):
        pairs = self.pairs(y_true, y_pred)
        if by_output := tree.is_nested(sample_weight):
            paths = [entry.path for entry in self._entries]
            sample_weight = self._targets(sample_weight, y_pred, paths)
        total = None
        for i, (entry, target, output) in enumerate(pairs):
            weight = at_path(sample_weight, entry.path) if by_output else sample_weight
            value = ops.cast(entry.loss(target, output, weight), self.dtype)
            if self._means:  # each output's loss is recorded without its factor
                rows = tree.flatten(output)[0].shape[0]
                self._means[i].update_state(value, sample_weight=rows)
            if entry.weight is not None:
                value = ops.multiply(value, entry.weight)
            total = value if total is None else ops.add(total, value)
        return total


def _weighted(loss, weights):
    """The structure of losses with each as a pair of a loss and its factor."""
    flat = tree.flatten(loss)
    factors = [None] * len(flat) if weights is None else tree.flatten(weights)
    if len(flat) != len(factors):
        raise ValueError(
            f"`loss_weights` must match the number of losses, got {len(flat)} losses "
            f"and {len(factors)} weights."
        )
    pairs = [
        None if one is None else WeightedLoss(one, factor)
        for one, factor in zip(flat, factors, strict=True)
    ]
    return tree.pack_sequence_as(loss, pairs)


def _partial_targets(y_true, y_pred, wanted):
    """Flat targets, given only for the outputs with a loss; None if they aren't."""
    flat = tree.flatten(y_true)
    if len(flat) != len(wanted):
        return None
    by_path = dict(zip(wanted, flat, strict=True))
    numbered = tree.pack_sequence_as(y_pred, range(len(tree.flatten(y_pred))))
    by_number = {at_path(numbered, path): by_path[path] for path in by_path}
    return [by_number.get(i) for i in tree.flatten(numbered)]


def _check_given(target, name):
    """Raises ValueError if there is a loss for an output without targets."""
    if any(leaf is None for leaf in tree.flatten(target)):
        raise ValueError(
            "The loss needs targets: no `y` was given for "
            f"{f'output {name!r}' if isinstance(name, str) else 'the output'}. "
            "Call `fit(x, y)`, or pass an iterable of batches `(x, y)`."
        )
