"""Reverse-mode differentiation of what a tape has recorded.

One walk serves concrete and traced values: the tape holds the applied primitives in
order, and each primitive's rule is written in ops, so gradients of gradients are
recorded by an outer tape like anything else.
"""

from ckeras.engine import tree
from ckeras.engine.tracing import tapes
from ckeras.engine.tracing.graph import Symbol
from ckeras.engine.tracing.trace import current
from ckeras.engine.values import dtypes
from ckeras.engine.values.convert import convert_to_tensor
from ckeras.engine.values.operators import _table

__all__ = ["GradientTape", "backward"]


def backward(nodes, targets, d_targets, sources):
    """Gradients of targets with respect to sources.

    Args:
        nodes: applied primitives in the order of application.
        targets: values that they computed.
        d_targets: the gradient that each target starts from.
        sources: values that they used.

    Returns:
        For each source a value, or None where no target depends on it.
    """
    reached = {id(s) for s in sources}
    path = []
    for node in nodes:
        if not reached.isdisjoint(map(id, node.inputs)):
            floats = [id(o) for o in node.outputs if dtypes.is_inexact(o.dtype)]
            if floats:
                reached.update(floats)
                path.append(node)
    gradients = {}
    for target, d_target in zip(targets, d_targets, strict=True):
        _accumulate(gradients, target, d_target)
    wanted = {id(s) for s in sources}
    for node in reversed(path):
        d_outputs = [
            gradients.get(id(o)) if id(o) in wanted else gradients.pop(id(o), None)
            for o in node.outputs
        ]
        if all(d is None for d in d_outputs):
            continue
        needs = [id(i) in reached for i in node.inputs]
        d_inputs = node.primitive.gradient(node, d_outputs, needs)
        for value, d_value, need in zip(node.inputs, d_inputs, needs, strict=True):
            if need and d_value is not None:
                _accumulate(gradients, value, d_value)
    return [gradients.get(id(s)) for s in sources]


def _accumulate(gradients, value, d_value):
    known = gradients.get(id(value))
    gradients[id(value)] = d_value if known is None else _table["add"](known, d_value)


class GradientTape:
    """Records ops for automatic differentiation.

    Args:
        persistent: whether `gradient` may be called more than once.
        watch_accessed_variables: whether trainable variables that are read while
            recording are watched by themselves.

    Example:

    >>> v = ckeras.Variable(3.0)
    >>> with ckeras.GradientTape() as tape:
    ...     y = v * v
    >>> float(tape.gradient(y, v))
    6.0
    """

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self._persistent = persistent
        self._watch_variables = watch_accessed_variables
        self._recording = False
        self.reset()

    def reset(self):
        """Forgets everything recorded so far."""
        self._nodes = []
        self._used = False
        self._watched = {}
        self._reads = {}

    def __enter__(self):
        if self._recording:
            raise ValueError("Tape is still recording, and cannot be entered twice.")
        if self._used and not self._persistent:
            self.reset()
        self._recording = True
        tapes.push(self)
        return self

    def __exit__(self, *exc):
        if self._recording:
            tapes.pop(self)
            self._recording = False

    def record(self, node):
        """Keeps one applied primitive; called when a primitive is applied."""
        self._nodes.append(node)

    def note_read(self, variable, value):
        """Keeps the value that a variable had when it was read."""
        if id(variable) not in self._watched and not (
            self._watch_variables and variable.trainable
        ):
            return value
        _, values = self._reads.setdefault(id(variable), (variable, []))
        if not any(v is value for v in values):
            values.append(value)
        return value

    def watch(self, tensor):
        """Makes values or variables count as sources.

        Args:
            tensor: a value, a variable, or a nested structure of these.
        """
        for value in tree.flatten(tensor):
            if not hasattr(value, "shape"):
                raise TypeError(
                    "`watch` expects tensors or variables. "
                    f"Received: {value} of type {type(value).__name__}"
                )
            for name in _names_of(value, lift=True):
                self._watched[id(name)] = name

    def stop_recording(self):
        """Context in which this tape records nothing."""
        return tapes.paused(self)

    def watched_variables(self):
        """The variables read so far that count as sources."""
        return tuple(variable for variable, _ in self._reads.values())

    def gradient(
        self, target, sources, output_gradients=None, unconnected_gradients="none"
    ):
        """Gradients of a target with respect to sources.

        Args:
            target: a value or a nested structure of values, summed if not scalar.
            sources: values or variables, nested as you like.
            output_gradients: what each target's gradient starts from; ones by
                default.
            unconnected_gradients: `"none"` gives None, `"zero"` gives zeros where
                the target does not depend on a source.

        Returns:
            Gradients in the structure of `sources`.

        Raises:
            RuntimeError: on a second call of a tape that is not persistent.
        """
        if self._used and not self._persistent:
            raise RuntimeError(
                "`GradientTape.gradient` can be called once. For more gradients make "
                "the tape with `persistent=True`."
            )
        if unconnected_gradients not in ("none", "zero"):
            raise ValueError(
                "`unconnected_gradients` must be 'none' or 'zero'. "
                f"Received: {unconnected_gradients!r}"
            )
        self._used = True
        if self._recording and not self._persistent:
            self.__exit__()
        flat = tree.flatten(sources)
        followed = self._followed()
        values = [
            [v for v in self._values_of(source) if id(v) in followed] for source in flat
        ]
        targets, d_targets = self._seeds(target, output_gradients)
        everything = [v for group in values for v in group]
        pause = tapes.paused(self) if self._recording else _nothing
        with pause:
            found = iter(backward(self._nodes, targets, d_targets, everything))
            results = [self._sum(next(found) for _ in group) for group in values]
            if unconnected_gradients == "zero":
                results = [
                    _table["zeros_like"](s) if g is None else g
                    for s, g in zip(flat, results, strict=True)
                ]
        if not self._persistent:
            self._nodes = []
        return tree.pack_sequence_as(sources, results)

    def _followed(self):
        """The ids of all values that depend on what is watched."""
        followed = set(self._watched)
        for _, values in self._reads.values():
            followed.update(map(id, values))
        for node in self._nodes:
            if not followed.isdisjoint(map(id, node.inputs)):
                followed.update(map(id, node.outputs))
        return followed

    def _values_of(self, source):
        if hasattr(source, "_is_variable"):
            return self._reads.get(id(source), (None, []))[1]
        return _names_of(source)

    def _seeds(self, target, output_gradients):
        targets = [
            self._values_of(t)[-1] if hasattr(t, "_is_variable") else t
            for t in tree.flatten(target)
        ]
        if output_gradients is None:
            seeds = [None] * len(targets)
        else:
            seeds = tree.flatten(output_gradients)
        d_targets = [
            _table["ones_like"](t) if s is None else convert_to_tensor(s, t.dtype)
            for t, s in zip(targets, seeds, strict=True)
        ]
        return targets, d_targets

    @staticmethod
    def _sum(parts):
        total = None
        for part in parts:
            if part is not None:
                total = part if total is None else _table["add"](total, part)
        return total


def _names_of(value, lift=False):
    """A value and, if it is used in the body being traced, its symbol there."""
    active = current()
    if active is None or type(value) is not Symbol:
        return [value]
    if lift:
        active.graph.lift(value)
    _, symbol = active.graph.captures.get(id(value), (None, None))
    return [value] if symbol is None else [value, symbol]


class _Nothing:
    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None


_nothing = _Nothing()
