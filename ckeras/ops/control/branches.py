"""One of several functions, picked by a value."""

import numpy as np

from ckeras.engine import control, tree
from ckeras.engine.symbolic.inference import infer
from ckeras.engine.tracing.graph import Symbol
from ckeras.ops.control.structures import describe, leaves, packed
from ckeras.ops.primitives import elementwise
from ckeras.ops.promotion import as_value, constant, join, type_of, with_type
from ckeras.ops.registry import op

__all__ = ["cond", "switch"]

_NUMBERS = (bool, int, float)


def _cond_spec(pred, true_fn, false_fn):
    specs = [_infer(true_fn), _infer(false_fn)]
    _require_same("`true_fn` and `false_fn`", specs, ValueError)
    return specs[0]


@op(spec=_cond_spec)
def cond(pred, true_fn, false_fn):
    """The result of one of two functions.

    Args:
        pred: boolean scalar. Where its value is known, only the function that it picks
            is called; in a compiled function both are traced, and one is run.
        true_fn, false_fn: functions without arguments. What they return must agree in
            structure, shapes and types.

    Returns:
        What `true_fn` returns if `pred` is true, else what `false_fn` returns.

    Raises:
        TypeError: if `pred` is no scalar, a function is none, or the two results
            differ in structure, shape or type.
        ValueError: if they differ while a functional model is built.

    Example:
        >>> from ckeras import ops
        >>> float(ops.cond(True, lambda: ops.ones(()), lambda: ops.zeros(())))
        1.0
    """
    for name, function in (("true_fn", true_fn), ("false_fn", false_fn)):
        _require_callable("cond", name, function)
    pred = _scalar("cond", "pred", pred)
    if type(pred) is not Symbol:
        return true_fn() if bool(pred) else false_fn()
    is_false = elementwise.equal(pred, constant(0, pred.dtype))
    index = with_type(is_false, "int32")
    return _record(index, [true_fn, false_fn], "`true_fn` and `false_fn`")


def _switch_spec(index, branches, *operands):
    return _infer(branches[0], *operands)


def _infer(function, *operands):
    """Shapes and types of what a branch returns, arrays and numbers included."""

    def values(*args):
        return tree.map_structure(
            lambda x: x if x is None else as_value(x), function(*args)
        )

    return infer(values, *operands)


@op(spec=_switch_spec)
def switch(index, branches, *operands):
    """The result of one of several functions.

    Args:
        index: integer scalar, the function's number; one out of range is moved to the
            nearest in range.
        branches: the functions. What they return must agree in structure, shapes and
            types.
        *operands: what the function is called with.

    Returns:
        What the function returns.

    Raises:
        TypeError: if `index` is no integer scalar, a branch is no function, or their
            results differ in structure, shape or type.
        ValueError: if there are no branches.
    """
    if not branches:
        raise ValueError("`ops.switch` needs at least one function in `branches`.")
    for i, function in enumerate(branches):
        _require_callable("switch", f"branches[{i}]", function)
    index = _scalar("switch", "index", index)
    if index.dtype == "bool" or "int" not in index.dtype:
        raise TypeError(
            "`ops.switch`: `index` must be an integer. "
            f"Received: index of dtype {index.dtype}"
        )
    operands = tree.map_structure(as_value, operands)
    if type(index) is not Symbol:
        return branches[min(max(int(index), 0), len(branches) - 1)](*operands)
    calls = [lambda function=function: function(*operands) for function in branches]
    return _record(with_type(index, "int32"), calls, "`branches`")


def _require_callable(name, argument, function):
    if not callable(function):
        raise TypeError(
            f"`ops.{name}`: `{argument}` must be a function. Received: {function!r}"
        )


def _scalar(name, argument, value):
    value = as_value(value)
    if value.shape != ():
        raise TypeError(
            f"`ops.{name}`: `{argument}` must be a scalar. "
            f"Received: {argument} of shape {tuple(value.shape)}"
        )
    return value


def _require_same(what, results, error):
    """Raises unless all results agree in structure, and leaves in shape and type."""
    first = results[0]
    for other in results[1:]:
        try:
            tree.assert_same_structure(first, other)
            pairs = zip(tree.flatten(first), tree.flatten(other), strict=True)
            same = all(_alike(a, b) for a, b in pairs)
        except (TypeError, ValueError):
            same = False
        if not same:
            raise error(
                f"{what} should return outputs of the same kind (structure, dtype and "
                f"shape). Got {describe(first)} and {describe(other)} instead."
            )


def _alike(a, b):
    if a is None or b is None:
        return a is b
    shape, dtype = np.shape(a), type_of(a)
    return tuple(shape) == tuple(np.shape(b)) and dtype == type_of(b)


def _record(index, functions, what):
    """Traces the functions and records the choice between their results."""
    results, bodies = [], []

    def flat(function):
        result = tree.map_structure(_value, function())
        results.append(result)
        return [None if type(x) in _NUMBERS else x for x in leaves(result)]

    for function in functions:
        bodies.append(control.Body(lambda f=function: flat(f), ()))
    results = _without_numbers(results)
    _require_same(what, results, TypeError)
    for body, result in zip(bodies, results, strict=True):
        filled = zip(body.results, leaves(result), strict=True)
        body.results = [x if value is None else value for value, x in filled]
    return packed(results[0], control.switch(index, bodies))


def _value(x):
    return x if x is None or type(x) in _NUMBERS else as_value(x)


def _without_numbers(results):
    """The results with Python numbers in the type that other branches have there."""
    rows = [tree.flatten(r) for r in results]
    if len({len(row) for row in rows}) == 1:
        columns = zip(*rows, strict=True)
        rows = list(zip(*map(_in_one_type, columns), strict=True))
    return [tree.pack_sequence_as(r, row) for r, row in zip(results, rows, strict=True)]


def _in_one_type(values):
    if any(v is None for v in values):
        return values
    dtype = join(*[type_of(v) for v in values])
    return [with_type(v, dtype) if type(v) in _NUMBERS else v for v in values]
