"""Loops that run as often as a condition or a count says."""

import builtins
import math

from ckeras.engine import control, tree
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.tracing import trace
from ckeras.engine.tracing.graph import Symbol
from ckeras.ops.control.structures import Carried, Widened
from ckeras.ops.primitives import elementwise
from ckeras.ops.promotion import as_value, constant, same_type, static_int
from ckeras.ops.registry import op

__all__ = ["fori_loop", "while_loop"]


def _same_specs(values):
    def spec(x):
        x = x if hasattr(x, "shape") else as_value(x)
        return KerasTensor(x.shape, x.dtype, record_history=False)

    return tree.map_structure(lambda x: x if x is None else spec(x), values)


@op(spec=lambda cond, body, loop_vars, maximum_iterations=None: _same_specs(loop_vars))
def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """Calls `body` on the loop's variables as long as `cond` of them is true.

    On known values this is Python's own loop. In a compiled function it is one step,
    which runs its body as often as needed; its gradient needs `maximum_iterations`,
    since what every iteration computed has to be kept.

    Args:
        cond: function of the loop's variables that returns a boolean scalar.
        body: function of the loop's variables that returns their new values, in the
            same structure, shapes and types.
        loop_vars: nested tensors. The parts of a list or tuple are passed one by one.
        maximum_iterations: number of iterations after which the loop ends anyway.

    Returns:
        The last values: a tuple if `loop_vars` is a list or tuple.

    Raises:
        TypeError: if a variable changes its structure, shape or type, or the condition
            is no boolean scalar.
    """
    for name, function in (("cond", cond), ("body", body)):
        if not callable(function):
            raise TypeError(
                f"`ops.while_loop`: `{name}` must be a function. Received: {function!r}"
            )
    limit = maximum_iterations
    if limit is not None:
        limit = builtins.max(static_int(limit, "while_loop", "maximum_iterations"), 0)
    several = isinstance(loop_vars, (list, tuple))
    carried = Carried("while_loop", tuple(loop_vars) if several else (loop_vars,))

    def goes_on(values):
        return _answer(cond(*carried.pack(values)))

    def step(values):
        result = body(*carried.pack(values))
        if several and not isinstance(result, (list, tuple)):
            raise TypeError(
                "`ops.while_loop`: `body` must return a value for each of the "
                f"{len(loop_vars)} parts of `loop_vars`. Received: {result!r}"
            )
        return carried.check(tuple(result) if several else (result,))

    last = carried.pack(_repeat(carried, step, goes_on, limit))
    return last if several else last[0]


def _answer(value):
    value = as_value(value)
    if value.shape != ():
        raise TypeError(
            "`ops.while_loop`: `cond` must return a boolean scalar. "
            f"Received: a value of shape {tuple(value.shape)}"
        )
    if value.dtype != "bool":
        value = elementwise.not_equal(value, constant(0, value.dtype))
    return value


def _repeat(carried, step, goes_on, limit):
    """The flat last values of a loop; `goes_on` may be None if there is a limit."""
    if trace.current() is not None:
        return _record(carried, step, goes_on, limit)
    values, n = carried.values, 0
    while limit is None or n < limit:
        if goes_on is not None and not builtins.bool(goes_on(values)):
            break
        try:
            values = step(values)
        except Widened as widened:
            values = widened.values
        n += 1
    return values


def _record(carried, step, goes_on, limit):
    while True:
        try:
            body = control.Body(lambda *values: step(values), carried.specs)
            break
        except Widened:  # a Python number met a wider type, in which it starts now
            continue
    condition = None
    if goes_on is not None:
        condition = control.Body(lambda *values: [goes_on(values)], carried.specs)
    last, _ = control.loop(body, carried.values, limit=limit, condition=condition)
    return last


@op(spec=lambda lower, upper, body_fun, init_val: _same_specs(init_val))
def fori_loop(lower, upper, body_fun, init_val):
    """Calls `value = body_fun(i, value)` for i from `lower` to `upper` - 1.

    Args:
        lower: the first i, an integer or an integer scalar.
        upper: the i at which the loop ends.
        body_fun: function of i and the carried value that returns its new value, in
            the same structure, shapes and types.
        init_val: the first carried value, nested as you like.

    Returns:
        The last carried value.

    Raises:
        TypeError: if a bound is no integer scalar, or the carried value changes its
            structure, shape or type.

    Example:
        >>> from ckeras import ops
        >>> int(ops.fori_loop(0, 10, lambda i, s: s + i, 0))
        45
    """
    if not callable(body_fun):
        raise TypeError(
            f"`ops.fori_loop`: `body_fun` must be a function. Received: {body_fun!r}"
        )
    lower, upper = same_type([_bound(lower, "lower"), _bound(upper, "upper")])
    known = type(lower) is not Symbol and type(upper) is not Symbol
    one = constant(1, lower.dtype)
    carried = Carried("fori_loop", (lower, init_val))

    def step(values):
        i, value = carried.pack(values)
        return carried.check((elementwise.add(i, one), body_fun(i, value)))

    def goes_on(values):
        return elementwise.less(values[0], upper)

    limit = None
    if known:
        limit = builtins.max(math.ceil(upper.item() - lower.item()), 0)
    last = _repeat(carried, step, None if known else goes_on, limit)
    return carried.pack(last)[1]


def _bound(value, name):
    value = as_value(value)
    if value.shape != () or value.dtype == "bool":
        raise TypeError(
            f"`ops.fori_loop`: `{name}` must be an integer scalar. Received: {name} of "
            f"dtype {value.dtype} and shape {tuple(value.shape)}"
        )
    return value
