"""Scopes of names, stateless calls and compute types, kept for each thread."""

import contextlib
import threading

from ckeras.engine.values import dtypes

__all__ = [
    "AutocastScope",
    "StatelessScope",
    "SymbolicScope",
    "current_path",
    "device",
    "get_autocast_scope",
    "get_stateless_scope",
    "in_stateless_scope",
    "in_symbolic_scope",
    "name_scope",
    "no_stateless_scope",
    "unique_name",
]


class _State(threading.local):
    def __init__(self):
        self.names = []  # (scope, path)
        self.stateless = []
        self.symbolic = 0
        self.autocast = None


_state = _State()


class name_scope:
    """Prefixes the path of what is made inside: `with name_scope("encoder"):`.

    Args:
        name: one path component, without a slash.
        caller: what opens the scope; opening it again for the caller that is
            innermost already adds nothing.
        deduplicate: whether a caller that is innermost already adds nothing.
        override_parent: path that stands in place of the scopes around it; by
            default the caller's, where it has one.
    """

    def __init__(self, name, caller=None, deduplicate=True, override_parent=None):
        if not isinstance(name, str) or "/" in name:
            raise ValueError(
                "Argument `name` must be a string and cannot contain character `/`. "
                f"Received: name={name}"
            )
        self.name = name
        self.caller = caller
        self.deduplicate = deduplicate
        if override_parent is None and deduplicate:
            # Where a layer was first opened is where it stays.
            override_parent = getattr(caller, "_parent_path", None)
        self.override_parent = override_parent
        self.used = {}
        self._entered = []

    def __enter__(self):
        stack = _state.names
        again = (
            self.deduplicate
            and self.caller is not None
            and stack
            and stack[-1][0].caller is self.caller
        )
        self._entered.append(not again)
        if not again:
            outer = self.override_parent
            if outer is None:
                outer = current_path()
            stack.append((self, f"{outer}/{self.name}" if outer else self.name))
        return self

    def __exit__(self, *exc):
        if self._entered.pop():
            _state.names.pop()


def current_path():
    """The names of the open scopes, joined by slashes."""
    return _state.names[-1][1] if _state.names else ""


_counts: dict = {}


def next_number(name):
    """How often `name` has been asked for, this time included."""
    _counts[name] = _counts.get(name, 0) + 1
    return _counts[name]


def unique_name(name):
    """`name`, or `name_1` and so on if it was given before."""
    count = next_number(name) - 1
    return f"{name}_{count}" if count else name


def reset_names():
    """Begins the numbering of names anew."""
    _counts.clear()


def _fitting(variable, value):
    value = variable._convert(value)
    if tuple(value.shape) != tuple(variable.shape):
        raise ValueError(
            "Invalid variable value in StatelessScope: a value must have its "
            f"variable's shape. Variable: {variable.path}, of shape "
            f"{tuple(variable.shape)}. Received: a value of shape {tuple(value.shape)}."
        )
    return value


class StatelessScope:
    """Reads and writes of variables go to a mapping instead of their storage.

    Args:
        state_mapping: pairs of a variable and the value that it reads inside.
        collect_losses: whether layers add their losses to `losses` of the scope.
        initialize_variables: accepted for Keras's signature; variables made inside
            are initialized at once.

    Raises:
        ValueError: for a key that is no variable, or a value of another shape.
    """

    def __init__(
        self, state_mapping=None, collect_losses=False, initialize_variables=True
    ):
        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self.losses = []
        self.state_mapping = {}
        for variable, value in state_mapping or ():
            if not hasattr(variable, "assign"):
                raise ValueError(
                    "Invalid reference variable in StatelessScope: all keys in "
                    "argument `state_mapping` must be `Variable` instances. "
                    f"Received instead: {variable}"
                )
            if value is not None:
                self.state_mapping[id(variable)] = _fitting(variable, value)

    def __enter__(self):
        _state.stateless.append(self)
        return self

    def __exit__(self, *exc):
        _state.stateless.remove(self)

    def add_loss(self, loss):
        """Collects a layer's loss."""
        self.losses.append(loss)

    def add_update(self, update):
        """Records an assignment: a pair of a variable and its new value."""
        variable, value = update
        self.state_mapping[id(variable)] = value

    def get_current_value(self, variable):
        """The variable's value inside the scope, or None if it has none there."""
        return self.state_mapping.get(id(variable))


def get_stateless_scope():
    """The innermost open `StatelessScope`, or None."""
    return _state.stateless[-1] if _state.stateless else None


def in_stateless_scope():
    """Whether a `StatelessScope` is open."""
    return bool(_state.stateless)


class no_stateless_scope:
    """Context in which no `StatelessScope` of the caller is in force."""

    def __enter__(self):
        self.saved, _state.stateless = _state.stateless, []

    def __exit__(self, *exc):
        _state.stateless = self.saved


class SymbolicScope:
    """Marks that layers are called to learn shapes, not to compute."""

    def __enter__(self):
        _state.symbolic += 1
        return self

    def __exit__(self, *exc):
        _state.symbolic -= 1


def in_symbolic_scope():
    """Whether layers are being called to learn shapes."""
    return _state.symbolic > 0


def get_autocast_scope():
    """The `AutocastScope` in force, or None."""
    return _state.autocast


class AutocastScope:
    """Context in which float variables are read in another floating-point type.

    Args:
        dtype: the type; None to read them as they are.

    Raises:
        ValueError: if `dtype` is no floating-point type.
    """

    def __init__(self, dtype):
        if dtype is not None:
            dtype = dtypes.standardize_dtype(dtype)
            if not dtypes.is_float(dtype):
                raise ValueError(
                    "`AutocastScope` can only be used with a floating-point target "
                    f"dtype, such as 'float16'. Received: dtype={dtype}"
                )
        self.dtype = dtype
        self.original_scope = None

    def dtype_of(self, dtype):
        """The type in which a variable of type `dtype` is read."""
        if self.dtype is None or not dtypes.is_float(dtype):
            return dtype
        return self.dtype

    def __enter__(self):
        self.original_scope, _state.autocast = _state.autocast, self
        return self

    def __exit__(self, *exc):
        _state.autocast = self.original_scope


@contextlib.contextmanager
def device(device_name):
    """Context in which everything is computed on a device: always the CPU.

    Args:
        device_name: `"cpu"` or `"cpu:0"`.

    Raises:
        ValueError: for any other device.
    """
    if str(device_name).lower() not in ("cpu", "cpu:0"):
        raise ValueError(
            "Argument `device_name` must be 'cpu' or 'cpu:0': ckeras computes on the "
            f"CPU only. Received: device_name={device_name}"
        )
    yield
