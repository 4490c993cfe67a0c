"""Shapes and types of what a function returns for placeholders.

The function is run on symbols, with numbers in the place of unknown sizes. Nothing is
computed, so these may be large: larger than whatever a call cuts off or skips.
"""

import itertools
import math
import re

import numpy as np

from ckeras.engine import tree
from ckeras.engine.scope import SymbolicScope
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.tracing.trace import Trace

__all__ = [
    "in_place_of_none",
    "infer",
    "infer_with",
    "is_unknown",
    "numbers_in",
    "reword",
    "say_none",
    "trial_sizes",
]

# What an unknown size exceeds at least, and in a second attempt: code of the user's
# own may name sizes that no argument shows.
_LEAST, _MORE = 41, 2048
# Numbers beyond this are hardly sizes, but seeds, values and the like.
_LARGEST_SIZE = 2**20
# The values of longer arrays are data.
_LONGEST_SETTING = 16


def infer(function, *args, **kwargs):
    """Shapes and types of what `function` returns for symbolic arguments.

    Runs it on symbols; sizes that are None are filled in twice, differently, and every
    size of a result that changes with them is None. Where that leaves nothing of an
    axis, or is refused, larger numbers are tried. Variables keep their values.

    Args:
        function: any function of ops.
        *args, **kwargs: nested structures with `KerasTensor`s in them.

    Returns:
        The function's result with a `KerasTensor` in place of each value.
    """
    if not any(is_unknown(x) for x in tree.flatten((args, kwargs))):
        return infer_with(function, args, kwargs, (1,))
    named = numbers_in((args, kwargs))
    sizes = trial_sizes(max(named, default=0), args, kwargs)
    larger = trial_sizes(max([_MORE, *named]), args, kwargs)
    try:
        found = infer_with(function, args, kwargs, sizes)
    except Exception as error:
        try:
            return infer_with(function, args, kwargs, larger)
        except type(error) as second:
            say_none(error, second)
        except Exception:
            pass
        raise
    if not any(_is_empty(x) for x in tree.flatten(found)):
        return found
    try:
        return in_place_of_none(found, infer_with(function, args, kwargs, larger))
    except ValueError:
        return found


def infer_with(function, args, kwargs, sizes):
    """What `function` returns, with None where the results for `sizes` differ.

    Args:
        function: any function of ops.
        args, kwargs: nested structures with `KerasTensor`s in them.
        sizes: the numbers to be filled in for unknown sizes, one after the other.

    Returns:
        The function's result with a `KerasTensor` in place of each value.
    """
    results = [_infer_once(function, args, kwargs, size) for size in sizes]
    return in_place_of_none(*results)


def in_place_of_none(*results):
    """The first of several results, with None for the sizes in which they differ.

    Raises:
        ValueError: if they differ in more than that.
    """

    def merge(*values):
        first = values[0]
        if not isinstance(first, KerasTensor):
            return first
        sizes = zip(*[v.shape for v in values], strict=True)
        shape = [d[0] if len(set(d)) == 1 else None for d in sizes]
        return KerasTensor(shape, first.dtype, record_history=False)

    return tree.map_structure(merge, *results)


def is_unknown(x):
    """Whether `x` is a placeholder with an unknown size."""
    return isinstance(x, KerasTensor) and None in x.shape


def _is_empty(x):
    return isinstance(x, KerasTensor) and 0 in x.shape


def numbers_in(structure):
    """The whole numbers, without signs, that may name sizes in a call's arguments.

    Args:
        structure: nested lists, tuples, dictionaries and slices; the values of short
            arrays count as well, shapes do not.

    Returns:
        A set of integers.
    """
    found, rest = set(), [structure]
    while rest:
        x = rest.pop()
        if isinstance(x, (list, tuple)):
            rest.extend(x)
        elif isinstance(x, dict):
            rest.extend(x.values())
        elif isinstance(x, slice):
            rest.extend((x.start, x.stop, x.step))
        elif isinstance(x, np.ndarray):
            if x.size <= _LONGEST_SETTING and x.dtype.kind in "iu":
                rest.extend(x.ravel().tolist())
        elif isinstance(x, (int, np.integer)) and not isinstance(x, bool):
            found.add(abs(int(x)))
    return {n for n in found if n <= _LARGEST_SIZE}


def trial_sizes(largest, *structures):
    """Two numbers to stand for unknown sizes.

    They are prime, not among the known sizes, more than twice as large as `largest`
    and further apart than that: neither cutting `largest` off on both ends nor
    counting in steps of it makes them equal.

    Args:
        largest: the largest number that a call names.
        *structures: the call's values.
    """
    shapes = [getattr(x, "shape", ()) for x in tree.flatten(structures)]
    known = {size for shape in shapes for size in shape}
    first = _next_prime(2 * max(largest, _LEAST), known)
    return first, _next_prime(first + largest, known)


def _next_prime(above, known):
    candidates = itertools.count(above + 1)
    return next(n for n in candidates if n not in known and _is_prime(n))


def _is_prime(n):
    return all(n % d for d in range(2, math.isqrt(n) + 1))


def say_none(error, other):
    """Puts None for the sizes that were made up into the text of `error`, in place.

    Args:
        error: what the function raised with one number in the place of None.
        other: what it raised with another.
    """
    texts = [e.args[0] if e.args else None for e in (error, other)]
    if not all(type(text) is str for text in texts):
        return
    first, second = [re.split(r"(\d+)", text) for text in texts]
    if len(first) == len(second):
        pairs = zip(first, second, strict=True)
        error.args = "".join(a if a == b else "None" for a, b in pairs), *error.args[1:]


def reword(error, function, args, kwargs, size):
    """Puts None for made-up sizes into the text of an error, in place.

    Args:
        error: what `function` raised.
        function, args, kwargs: the call.
        size: another number to stand for unknown sizes than that of the error.
    """
    try:
        _infer_once(function, args, kwargs, size)
    except type(error) as other:
        say_none(error, other)
    except Exception:
        pass


def _infer_once(function, args, kwargs, size):
    trace = Trace()

    def to_symbol(x):
        if not isinstance(x, KerasTensor):
            return x
        shape = tuple(size if d is None else d for d in x.shape)
        symbol = trace.graph.new_symbol(KerasTensor(shape, x.dtype))
        mask = getattr(x, "_keras_mask", None)
        if mask is not None:
            symbol._keras_mask = to_symbol(mask)
        return symbol

    def to_spec(x):
        if hasattr(x, "_is_variable") or getattr(x, "is_symbolic", None) is not None:
            return KerasTensor(x.shape, x.dtype, record_history=False)
        return x

    args, kwargs = tree.map_structure(to_symbol, (args, kwargs))
    with SymbolicScope():
        result = trace.run(function, args, kwargs)
    return tree.map_structure(to_spec, result)
