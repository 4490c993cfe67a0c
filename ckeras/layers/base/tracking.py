"""Keeps account of a layer's parts: what is assigned to its attributes.

Variables, layers, metrics and seed generators are found in attributes and in lists,
dictionaries, tuples and sets there, also when they are added to these later.
"""

import collections
import functools
import threading

from ckeras.engine.values.variable import Variable
from ckeras.metrics.metric import Metric
from ckeras.random.seed_generator import SeedGenerator

__all__ = ["TrackedDict", "TrackedList", "Tracker", "no_automatic_dependency_tracking"]

STORES = (
    "trainable_variables",
    "non_trainable_variables",
    "metrics",
    "layers",
    "seed_generators",
)


class _State(threading.local):
    enabled = True


_state = _State()


def no_automatic_dependency_tracking(function):
    """Decorator: what `function` assigns to attributes is not tracked."""

    @functools.wraps(function)
    def untracked(*args, **kwargs):
        before, _state.enabled = _state.enabled, False
        try:
            return function(*args, **kwargs)
        finally:
            _state.enabled = before

    return untracked


class Tracker:
    """A layer's parts by kind, in the order in which they were added.

    Attributes:
        stores: list of parts by the name of their kind.
        locked: whether adding parts is an error.
    """

    def __init__(self):
        self.stores = {name: [] for name in STORES}
        self.locked = False
        self._message = None

    def track(self, value):
        """Notes the parts in `value`; returns it, containers as tracking ones."""
        if type(value) in _PLAIN or not _state.enabled:
            return value
        kind = _kind(value)
        if kind is not None:
            self._note(kind, value)
            return value
        if isinstance(value, tuple):
            items = [self.track(v) for v in value]
            named = hasattr(value, "_fields")
            return type(value)(*items) if named else type(value)(items)
        wrapper = _wrapper(value)
        return value if wrapper is None else wrapper(value, self)

    def _note(self, kind, value):
        if kind == "variables":
            # A frozen variable stays where it was put when it was trainable.
            if contains(self.stores["trainable_variables"], value):
                return
            kind = "trainable_variables" if value.trainable else _FIXED
        if not contains(self.stores[kind], value):
            self.add(kind, value)

    def add(self, kind, value):
        """Adds a part.

        Raises:
            ValueError: if the tracker is locked.
        """
        if self.locked:
            raise ValueError(self._message)
        self.stores[kind].append(value)

    def untrack(self, value):
        """Forgets a part."""
        for store in self.stores.values():
            for i, item in enumerate(store):
                if item is value:
                    del store[i]
                    break

    def lock(self, message=None):
        """Makes adding parts an error."""
        self.locked = True
        if message is not None:
            self._message = message

    def unlock(self):
        """Allows adding parts again."""
        self.locked = False


_FIXED = "non_trainable_variables"
# Types of values that have no parts.
_PLAIN = frozenset((bool, int, float, str, type(None)))


def contains(items, value):
    """Whether `value` itself, not just something equal, is among `items`."""
    return any(item is value for item in items)


def _kind(value):
    if isinstance(value, Variable):
        return "variables"
    if isinstance(value, Metric):
        return "metrics"
    if isinstance(value, SeedGenerator):
        return "seed_generators"
    return "layers" if getattr(value, "_is_layer", False) is True else None


def _wrapper(value):
    if isinstance(value, list):
        return TrackedList
    if isinstance(value, collections.OrderedDict):
        return TrackedOrderedDict
    if isinstance(value, dict):
        return TrackedDict
    return TrackedSet if isinstance(value, set) else None


class TrackedList(list):
    """A list that tells its tracker what is added and removed."""

    tracker = None

    def __init__(self, values=(), tracker=None):
        self.tracker = tracker
        super().__init__([self._noted(v) for v in values])

    def _noted(self, value):
        return value if self.tracker is None else self.tracker.track(value)

    def _forget(self, *values):
        if self.tracker is not None:
            for value in values:
                self.tracker.untrack(value)

    def append(self, value):
        super().append(self._noted(value))

    def insert(self, index, value):
        super().insert(index, self._noted(value))

    def extend(self, values):
        super().extend([self._noted(v) for v in values])

    def __iadd__(self, values):  # type: ignore[misc]
        self.extend(values)
        return self

    def __setitem__(self, index, value):
        if isinstance(index, slice):
            self._forget(*self[index])
            super().__setitem__(index, [self._noted(v) for v in value])
        else:
            self._forget(self[index])
            super().__setitem__(index, self._noted(value))

    def remove(self, value):
        for i, item in enumerate(self):
            if item is value:
                del self[i]
                return
        self._forget(value)
        super().remove(value)

    def pop(self, index=-1):
        value = super().pop(index)
        self._forget(value)
        return value

    def clear(self):
        self._forget(*self)
        super().clear()

    def __delitem__(self, index):
        values = self[index] if isinstance(index, slice) else [self[index]]
        super().__delitem__(index)
        self._forget(*values)


class _TrackedMapping:
    """What the tracking dictionaries have in common."""

    tracker = None

    def _noted(self, value):
        return value if self.tracker is None else self.tracker.track(value)

    def _forget(self, *values):
        if self.tracker is not None:
            for value in values:
                self.tracker.untrack(value)

    def __setitem__(self, key, value):
        super().__setitem__(key, self._noted(value))

    def __delitem__(self, key):
        value = self[key]
        super().__delitem__(key)
        self._forget(value)

    def update(self, *args, **kwargs):
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def setdefault(self, key, default=None):
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key, *default):
        value = super().pop(key, *default)
        self._forget(value)
        return value

    def popitem(self):
        key, value = super().popitem()
        self._forget(value)
        return key, value

    def clear(self):
        self._forget(*self.values())
        super().clear()


class TrackedDict(_TrackedMapping, dict):
    """A dictionary that tells its tracker what is added and removed."""

    def __init__(self, values=(), tracker=None):
        self.tracker = tracker
        super().__init__()
        self.update(values)


class TrackedOrderedDict(  # type: ignore[misc]
    _TrackedMapping, collections.OrderedDict
):
    """An ordered dictionary that tells its tracker what is added and removed."""

    def __init__(self, values=(), tracker=None):
        self.tracker = tracker
        super().__init__()
        self.update(values)


class TrackedSet(set):
    """A set that tells its tracker what is added and removed."""

    tracker = None

    def __init__(self, values=(), tracker=None):
        self.tracker = tracker
        super().__init__()
        self.update(values)

    def add(self, value):
        super().add(value if self.tracker is None else self.tracker.track(value))

    def update(self, *others):
        for values in others:
            for value in values:
                self.add(value)

    def remove(self, value):
        super().remove(value)
        if self.tracker is not None:
            self.tracker.untrack(value)

    def discard(self, value):
        if value in self:
            self.remove(value)

    def pop(self):
        value = super().pop()
        if self.tracker is not None:
            self.tracker.untrack(value)
        return value

    def clear(self):
        for value in list(self):
            self.remove(value)
