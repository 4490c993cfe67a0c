"""Tracing: runs Python once on symbols and keeps what it did to variables.

Reads and assignments of variables are captured in order: a variable's first read is
an input of the graph, every later one sees the symbol assigned last, and what stands
at the end is written back.
"""

import contextlib
import functools
import threading

from ckeras.engine.tracing.graph import Graph
from ckeras.engine.tracing.tapes import active_tapes, paused
from ckeras.user_code import line_at_work

__all__ = [
    "Trace",
    "active",
    "building",
    "check_new_variable",
    "current",
    "is_compiling",
    "is_recorded",
    "suspended",
]


class _State(threading.local):
    trace = None
    compiling = False  # whether the trace's graph is going to be compiled
    building = False  # whether what was there before is being completed


_state = _State()


def current():
    """This thread's active trace, or None where ops run at once."""
    return _state.trace


@contextlib.contextmanager
def active(trace):
    """Context in which ops on symbols are recorded by `trace`."""
    outer, _state.trace = _state.trace, trace
    try:
        yield trace
    finally:
        _state.trace = outer


@contextlib.contextmanager
def suspended():
    """Context in which ops run at once although a trace is active."""
    with active(None), paused():
        yield


def is_compiling():
    """Whether each compilation of a function would make anew what is made now."""
    return _state.compiling and not _state.building


@contextlib.contextmanager
def building(owner=None):
    """Context in which `owner` may make variables although a function is compiled.

    Args:
        owner: what is older than the compilation; what is not has kept the value of
            `is_compiling()` as its attribute `_is_passing`, and gains nothing.
    """
    outer = _state.building
    _state.building = outer or not getattr(owner, "_is_passing", False)
    try:
        yield
    finally:
        _state.building = outer


def is_recorded():
    """Whether a gradient may be asked for of what is computed now.

    In a body no tape records, but one may record the node that runs the body.
    """
    trace = _state.trace
    return bool(active_tapes()) or (trace is not None and trace.recorded)


def check_new_variable():
    """Raises if a compiled function makes a variable that no later call would see.

    Raises:
        ValueError: naming the user's line.
    """
    if is_compiling():
        raise ValueError(
            "A variable is made while a function is being compiled, so each "
            "compilation would make another one. Make variables, and layers, metrics "
            "and seed generators that have some, once: in `__init__` or `build` of "
            "the layer or model, or outside of the compiled function.\n"
            f"{line_at_work()}"
        )


class Trace:
    """One run of a function on symbols.

    Args:
        compiles: whether the graph is going to be compiled.
        outer, lender: see `Graph`.

    Attributes:
        graph: the recorded `Graph`.
        reads: (holder, symbol) for each variable or arena read before any
            assignment, in the order of the reads.
        writes: symbol to be written back, by holder, in order.
        later: (function, values) that are to be called outside, with what the values
            are there; None if values of this trace cannot leave it that way.
        recorded: whether a tape records the node that the trace is going to be part of.
    """

    later = None
    recorded = False

    def __init__(self, compiles=False, outer=None, lender=None):
        self.compiles = compiles
        self.graph = Graph(outer, lender)
        self.reads = []
        self.writes = {}
        self._values = {}

    def read(self, holder):
        """The current symbol of a variable or arena."""
        symbol = self._values.get(holder)
        if symbol is None:
            symbol = self.graph.new_symbol(holder.spec)
            self._values[holder] = symbol
            self.reads.append((holder, symbol))
        elif type(symbol) is functools.partial:
            symbol = self._values[holder] = symbol()
        return symbol

    def write(self, holder, symbol):
        """Assigns a symbol or tensor to a variable or arena."""
        symbol = self.graph.lift(symbol)
        self._values[holder] = symbol
        self.writes.pop(holder, None)
        self.writes[holder] = symbol

    def forget_writes(self, holders, function, flat):
        """Notes that `holders` have new values by way of their arena.

        A value is `function(flat, holder)`, which is called if the value is read.
        """
        for holder in holders:
            self._values[holder] = functools.partial(function, flat, holder)
            self.writes.pop(holder, None)

    def run(self, function, args, kwargs):
        """Calls `function` with this trace active and closes the graph."""
        before = _state.trace, _state.compiling, _state.building
        _state.trace = self
        if self.compiles:
            _state.compiling, _state.building = True, False
        try:
            # Tapes of the caller must not see symbols: they would outlive the trace.
            with paused():
                return function(*args, **kwargs)
        finally:
            self.graph.closed = True
            _state.trace, _state.compiling, _state.building = before
