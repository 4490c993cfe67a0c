"""`function`: compiles a Python function of ops, once for each signature.

A call with new shapes or types traces the function, runs the passes and makes a plan;
every further call with that signature only runs the plan.
"""

import functools
import gc
import inspect
import os
import warnings
from typing import NamedTuple

import numpy as np

from ckeras.engine import passes, tree
from ckeras.engine.dispatch.signature import describe, rebuild
from ckeras.engine.plan.plan import Plan
from ckeras.engine.primitive import Spec
from ckeras.engine.tracing.tapes import active_tapes
from ckeras.engine.tracing.trace import Trace, current
from ckeras.engine.values.dtypes import standardize_dtype
from ckeras.engine.values.memory import Blocks
from ckeras.engine.values.tensor import Tensor
from ckeras.user_code import stacklevel

__all__ = ["Function", "function"]

# A function with so many compiled forms is likely never to be done with compiling. The
# number is above that of the sizes that the last batch of 32 may have, and of the
# lengths that sentences have.
MANY = 100


def function(python_function=None, **options):
    """Compiles a function of ops: it is traced once per signature of its arguments.

    Arrays, tensors and what nests them are inputs of the compiled form; other
    arguments (numbers, strings, None, objects) are fixed in it, and a new value
    compiles anew. Variables may be read and assigned. Inside another compiled
    function, or under a recording tape, the Python function itself is run.

    Args:
        python_function: what to compile; without it, a decorator is returned.

    Returns:
        A callable with the function's arguments, which returns tensors in the
        structure that the function returns.

    Example:

    >>> @ckeras.function
    ... def norm(x):
    ...     return ops.sqrt(ops.sum(x * x))
    >>> float(norm(np.array([3.0, 4.0], "float32")))
    5.0
    """
    if python_function is None:
        return functools.partial(function, **options)
    return Function(python_function, **options)


class _Compiled(NamedTuple):
    """A plan, and how to put its results into the function's structure."""

    plan: Plan
    structure: object
    is_value: list
    is_single: bool

    def pack(self, arrays):
        """The function's result with these arrays for its values."""
        if self.is_single:
            return Tensor(arrays[0])
        values = iter(arrays)
        flat = [
            Tensor(next(values)) if is_value else leaf
            for leaf, is_value in zip(
                tree.flatten(self.structure), self.is_value, strict=True
            )
        ]
        return tree.pack_sequence_as(self.structure, flat)


class Function:
    """A Python function together with its compiled forms; made by `function`."""

    def __init__(self, python_function, share_buffers=True):
        self.python_function = python_function
        self._share = share_buffers
        self._compiled = {}
        self._blocks = Blocks()
        self._last = None
        functools.update_wrapper(self, python_function)

    def __reduce__(self):
        return Function, (self.python_function, self._share)

    @property
    def plan(self):
        """The plan that ran last, or None before the first call."""
        return self._last.plan if self._last else None

    @property
    def plans(self):
        """All plans, in the order in which they were made."""
        return [c.plan for c in self._compiled.values()]

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        bound = Function(functools.partial(self.python_function, instance), self._share)
        # A method keeps its plans on the instance, for as long as that lives.
        name = getattr(self.python_function, "__name__", None)
        if name and hasattr(instance, "__dict__"):
            return instance.__dict__.setdefault(name, bound)
        return bound

    def __call__(self, *args, **kwargs):
        if current() is not None or active_tapes():
            return self.python_function(*args, **kwargs)
        arrays = []
        key = describe((args, kwargs), arrays)
        if key is None:  # symbolic arguments: a layer graph is being built
            return self.python_function(*args, **kwargs)
        compiled = self._compiled.get(key) or self._compile(key, args, kwargs, arrays)
        self._last = compiled
        plan = compiled.plan
        execution = plan.acquire()
        try:
            outputs = execution.run(arrays)
        finally:
            plan.release(execution)
        return compiled.pack(outputs)

    def _compile(self, key, args, kwargs, specs):
        # Garbage collections would take a third of the time of a small model, and
        # find nothing, since all of a trace is in use.
        enabled = gc.isenabled()
        gc.disable()
        try:
            return self._compiled_anew(key, args, kwargs, specs)
        finally:
            if enabled:
                gc.enable()

    def _compiled_anew(self, key, args, kwargs, specs):
        trace = Trace(compiles=True)
        graph = trace.graph
        graph.inputs = [
            graph.new_symbol(Spec(tuple(s.shape), standardize_dtype(s.dtype)))
            for s in specs
        ]
        args, kwargs = rebuild((args, kwargs), iter(graph.inputs))
        result = trace.run(self.python_function, args, kwargs)
        values = [_value_of(leaf, trace) for leaf in tree.flatten(result)]
        is_value = [hasattr(v, "is_symbolic") for v in values]
        graph.outputs = [v for v, known in zip(values, is_value, strict=True) if known]
        graph.reads = trace.reads
        graph.writes = list(trace.writes.items())
        passes.run(graph)
        plan = Plan(graph, self._share, self._blocks)
        structure = tree.pack_sequence_as(
            result, [None if k else v for v, k in zip(values, is_value, strict=True)]
        )
        is_single = is_value == [True] and not tree.is_nested(result)
        compiled = _Compiled(plan, structure, is_value, is_single)
        self._compiled[key] = compiled
        if len(self._compiled) == MANY:
            shapes = [tuple(s.shape) for s in specs]
            warnings.warn(
                _too_many(self.python_function, shapes), stacklevel=stacklevel()
            )
        return compiled

    # --- many batches in one call --------------------------------------------------

    def run_batches(self, data, indices, batch_size, first, count, budget_seconds=0.05):
        """Calls the function on batches of rows, as far as the time allows.

        Args:
            data: nested structure of arrays with a row for each sample; the
                function's only argument is a batch of it.
            indices: row numbers (int64) in the order of use; None for all in order.
            batch_size: rows of a batch; the last one may have fewer.
            first, count: the batches to run, by number.
            budget_seconds: after this time no further batch begins.

        Returns:
            How many batches were run, and the result of the last one.
        """
        arrays = []
        describe((data,), arrays)
        rows = len(arrays[0]) if indices is None else len(indices)
        n_full = rows // batch_size
        done, result = 0, None
        full = min(first + count, n_full) - first
        if full > 0:
            compiled = self._for_rows(data, arrays, batch_size)
            done, outputs = _run(
                compiled, arrays, indices, first * batch_size, batch_size, full,
                None, budget_seconds,
            )  # fmt: skip
            result = compiled.pack(outputs)
        if done == max(full, 0) and done < count and rows % batch_size:
            compiled = self._for_rows(data, arrays, rows % batch_size)
            more, outputs = _run(
                compiled, arrays, indices, n_full * batch_size, rows % batch_size, 1,
                None, 0.0,
            )  # fmt: skip
            result = compiled.pack(outputs)
            done += more
        return done, result

    def maps_rows(self, data, batch_size):
        """Whether `map_batches` can keep the results: a row for each sample.

        A result without any axis counts as one, so that `map_batches` says what is
        wrong with it.
        """
        arrays = []
        describe((data,), arrays)
        rows = len(arrays[0])
        return all(
            not value.shape or value.shape[0] == size
            for size in {min(batch_size, rows), rows % batch_size} - {0}
            for value in self._for_rows(data, arrays, size).plan.graph.outputs
        )

    def map_batches(
        self, data, batch_size, first, count, results=None, budget_seconds=0.05
    ):
        """Like `run_batches` in row order, keeping every row's results.

        Args:
            data, batch_size, first, count, budget_seconds: see `run_batches`.
            results: what an earlier call returned, to go on with.

        Returns:
            How many batches were run, and the function's result for all rows, of
            which those of later batches are not yet filled in.

        Raises:
            ValueError: if a result has no row for each sample.
        """
        arrays = []
        describe((data,), arrays)
        rows = len(arrays[0])
        n_full = rows // batch_size
        done = 0
        full = min(first + count, n_full) - first
        parts = [(first, full, batch_size), (n_full, 1, rows % batch_size)]
        for start, n, size in parts:
            if n <= 0 or size == 0 or start != first + done or done >= count:
                continue
            compiled = self._for_rows(data, arrays, size)
            _check_rows(compiled, size)
            if results is None:
                results = compiled.pack(_empty_results(compiled, rows))
            flat = [t._array for t in tree.flatten(results) if isinstance(t, Tensor)]
            more, _ = _run(
                compiled, arrays, None, start * batch_size, size, n, flat,
                budget_seconds,
            )  # fmt: skip
            done += more
        return done, results

    def _for_rows(self, data, arrays, size):
        """The compiled form for a batch of `size` rows of the data."""
        specs = [Spec((size, *a.shape[1:]), a.dtype.name) for a in arrays]
        key = describe((rebuild((data,), iter(specs)), {}), [])
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compile(key, (data,), {}, specs)
        self._last = compiled
        return compiled


def _run(compiled, arrays, indices, first_row, size, count, results, budget):
    plan = compiled.plan
    execution = plan.acquire()
    try:
        return execution.run_batches(
            arrays, indices, first_row, size, count, results, budget
        )
    finally:
        plan.release(execution)


def _check_rows(compiled, size):
    for value in compiled.plan.graph.outputs:
        if not value.shape or value.shape[0] != size:
            raise ValueError(
                "Every result of a prediction needs a row for each of the batch's "
                f"{size} samples. Received a result of shape {value.shape}."
            )


def _empty_results(compiled, rows):
    return [
        np.empty((rows, *value.shape[1:]), value.dtype)
        for value in compiled.plan.graph.outputs
    ]


def _value_of(leaf, trace):
    """What a function returned, with variables replaced by their traced values."""
    return trace.read(leaf) if hasattr(leaf, "_is_variable") else leaf


def _too_many(python_function, shapes):
    """What to say about a function that has been compiled again and again."""
    inner = python_function
    while isinstance(inner, functools.partial):
        inner = inner.func
    inner = inspect.unwrap(getattr(inner, "__func__", inner))
    name, code = (
        getattr(inner, "__name__", repr(inner)),
        getattr(inner, "__code__", None),
    )
    where = ""
    if code is not None:
        where = f" ({os.path.basename(code.co_filename)}:{code.co_firstlineno})"
    return (
        f"`{name}`{where} has been compiled {MANY} times, for as many different "
        "shapes, types or Python values of its arguments; the last one had arrays of "
        f"shapes {shapes}. Each time costs time and memory: bring batches to a few "
        "shapes, for instance by padding, and pass changing numbers as arrays. "
        "`run_eagerly=True` compiles nothing."
    )
