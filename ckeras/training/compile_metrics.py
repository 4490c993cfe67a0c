"""The metrics that `compile` was given, resolved for the model's outputs."""

from typing import NamedTuple

from ckeras import metrics as metrics_module
from ckeras.engine import tree
from ckeras.engine.naming import object_name
from ckeras.engine.tracing import trace
from ckeras.training.outputs import (
    align_to_outputs,
    count_outputs,
    is_sparse_or_binary,
    names_for,
    structure_text,
)

__all__ = ["CompileMetrics", "resolve_metric"]


def resolve_metric(identifier, y_true, y_pred):
    """A `Metric` object for what `compile` was given.

    `"accuracy"` becomes the binary, sparse or categorical one by the shapes of
    targets and predictions.

    Raises:
        ValueError: if it is None or an unknown name.
    """
    if identifier is None:
        raise ValueError("Expected metric, received `None`")
    if str(identifier).lower() in ("accuracy", "acc"):
        binary, sparse = is_sparse_or_binary(y_true, y_pred)
        if binary:
            kind = metrics_module.BinaryAccuracy
        elif sparse:
            kind = metrics_module.SparseCategoricalAccuracy
        else:
            kind = metrics_module.CategoricalAccuracy
        return kind(name=str(identifier))
    metric = metrics_module.get(identifier)
    name = identifier if isinstance(identifier, str) else object_name(metric)
    if not isinstance(metric, metrics_module.Metric):
        metric = metrics_module.MeanMetricWrapper(metric)
    metric.name = name
    return metric


class _Entry(NamedTuple):
    index: int  # of the output, in flattened order
    output_name: str  # None unless the model has several outputs
    metrics: list


class CompileMetrics:
    """All metrics of `compile`, behind the interface of one.

    Args:
        metrics: (structure of) metrics, or a dict by output name.
        weighted_metrics: the same, for metrics that take the sample weights.
        output_names: names of the model's outputs in flattened order, if known.

    Raises:
        ValueError: if one of them is neither list, tuple nor dict, or holds an
            unknown name.
    """

    def __init__(self, metrics, weighted_metrics=None, output_names=None):
        given = {"metrics": metrics, "weighted_metrics": weighted_metrics}
        for argument, value in given.items():
            _check(argument, value)
        self._given = given
        self.name = "compile_metrics"
        self.output_names = output_names
        self.built = False
        self._entries = []
        self._weighted_entries = []

    @property
    def metrics(self):
        """The metric objects, once they are known."""
        entries = self._entries + self._weighted_entries
        return [metric for entry in entries for metric in entry.metrics]

    @property
    def variables(self):
        return [v for metric in self.metrics for v in metric.variables]

    def build(self, y_true, y_pred):
        """Makes the metric objects.

        Args:
            y_true, y_pred: structures of values or specs; only shapes are read.
        """
        names = self._names(y_pred)
        targets = self._align(y_true, y_pred)
        outputs = tree.flatten(y_pred)
        # Logs list the outputs as the model does, whatever order a dict has them in.
        order = range(len(outputs))
        if self.output_names and set(self.output_names) == set(names):
            order = [names.index(name) for name in self.output_names]
        built = []
        for argument, given in self._given.items():
            spread = _spread(argument, given, y_pred, names)
            entries = []
            for i in order:
                if spread[i]:
                    made = [
                        resolve_metric(m, targets[i], outputs[i]) for m in spread[i]
                    ]
                    name = names[i] if len(outputs) > 1 else None
                    entries.append(_Entry(i, name, made))
            built.append(entries)
        self._entries, self._weighted_entries = built
        self.built = True

    def _names(self, y_pred):
        """What logs call each flat output: a dict's keys, or the model's names."""
        outputs = tree.flatten(y_pred)
        if isinstance(y_pred, dict) and len(y_pred) == len(outputs):
            return tree.flatten({key: key for key in y_pred})
        if self.output_names and len(self.output_names) == len(outputs):
            return list(self.output_names)
        return [None] * len(outputs)

    def _align(self, y, y_pred):
        """The leaf of `y` for each flat output; missing ones are None."""
        if y is None:
            return [None] * count_outputs(y_pred)
        found = align_to_outputs(y, y_pred, names_for(y_pred, self.output_names))
        if found is not None:
            return found
        raise ValueError(
            "y_true and y_pred have different structures.\n"
            f"y_true: {structure_text(y)}\ny_pred: {structure_text(y_pred)}\n"
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes a batch's targets and predictions into account."""
        if not self.built:
            with trace.building(self):
                self.build(y_true, y_pred)
        targets = self._align(y_true, y_pred)
        outputs = tree.flatten(y_pred)
        for entry in self._entries:
            for metric in entry.metrics:
                metric.update_state(targets[entry.index], outputs[entry.index])
        if not self._weighted_entries:
            return
        if tree.is_nested(sample_weight):
            weights = self._align(sample_weight, y_pred)
        else:
            weights = [sample_weight] * len(outputs)
        for entry in self._weighted_entries:
            i = entry.index
            for metric in entry.metrics:
                metric.update_state(targets[i], outputs[i], weights[i])

    def reset_state(self):
        """Forgets all batches."""
        for metric in self.metrics:
            metric.reset_state()

    def result(self):
        """The value of each metric by its name in logs."""
        if not self.built:
            raise ValueError(
                "Cannot get result() since the metric has not yet been built."
            )
        results = {}
        for entry in self._entries:
            for metric in entry.metrics:
                name = _join(entry.output_name, metric.name)
                results[_unused(name, results)] = metric.result()
        for entry in self._weighted_entries:
            for metric in entry.metrics:
                name = _join(entry.output_name, metric.name)
                if name in results:
                    name = _join(entry.output_name, f"weighted_{metric.name}")
                results[_unused(name, results)] = metric.result()
        return results


def _check(argument, value):
    if value and not isinstance(value, (list, tuple, dict)):
        raise ValueError(
            f"Expected `{argument}` argument to be a list, tuple, or dict. "
            f"Received instead: {argument}={value} of type {type(value)}"
        )
    for identifier in tree.flatten(value or []):
        if isinstance(identifier, str) and identifier.lower() not in (
            "accuracy",
            "acc",
        ):
            metrics_module.get(identifier)  # unknown names fail here, not in `fit`


def _join(output_name, name):
    return f"{output_name}_{name}" if output_name else name


def _unused(name, results):
    index, candidate = 0, name
    while candidate in results:
        index += 1
        candidate = f"{name}_{index}"
    return candidate


def _as_list(given):
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _spread(argument, given, y_pred, names):
    """The list of metrics for each flat output."""
    count = count_outputs(y_pred)
    if not given:
        return [[]] * count
    if count == 1:
        return [[m for m in tree.flatten(given) if m is not None]]
    flat = tree.is_nested(y_pred) and len(y_pred) == count
    if flat and isinstance(given, (list, tuple)) and len(given) == count:
        return [_as_list(m) for m in given]
    if flat and isinstance(given, dict) and set(given) <= set(names):
        return [_as_list(given.get(name)) for name in names]
    found = align_to_outputs(given, y_pred, names) if not flat else None
    if found is None:
        raise ValueError(
            f"Invalid `{argument}`. `{argument}` should contain metrics objects and "
            "either be a dict or a list matching the output names of the functional "
            f"model {names} or match the output structure of the model: "
            f"{structure_text(y_pred)}.\nReceived: {argument}={given}"
        )
    return [_as_list(m) for m in found]
