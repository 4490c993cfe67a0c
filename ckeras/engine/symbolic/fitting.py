"""Shapes of an op's results where unknown sizes have to fit known ones."""

import itertools

from ckeras.engine import tree
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.tracing import trace

__all__ = ["infer_fitting"]

# Sizes that every small number of parts divides, for ops that split an axis.
_DIVISIBLE = (840, 1680)
_SMALL = (2, 2)
# A few operands with a few unknown sizes each: more than any op needs, and soon tried.
_MOST_SIZES = 8
_MOST_TRIALS = 200


def infer_fitting(function, args, kwargs, settings):
    """What `trace.infer` finds, also where it takes an unknown size for a wrong one.

    `trace.infer` fills in one number for all unknown sizes, which a known size may
    contradict: in `add` of (None, 3) and (2, None) they can only be 2 and 3, or 1. So
    if the op refuses that number, others are tried: first one that is easily divided,
    then the sizes that occur in the call, in as few places as will do.

    Args:
        function: function of the call's values.
        args, kwargs: the values, `KerasTensor`s among them.
        settings: the call's other arguments, which may name sizes.

    Returns:
        The function's result with a `KerasTensor` in place of each value.

    Raises:
        ValueError: the op's own, for the first number, if no sizes fit.
    """
    try:
        found = trace.infer(function, *args, **kwargs)
    except ValueError as error:
        refusal = error
    else:
        return _cautious(found, function, args, kwargs)
    leaves = tree.flatten((args, kwargs))
    places = [
        (i, axis)
        for i, x in enumerate(leaves)
        if isinstance(x, KerasTensor)
        for axis, size in enumerate(x.shape)
        if size is None
    ]
    if not places:
        raise refusal
    sizes = {place: _named_sizes(leaves, settings, place[0]) for place in places}
    for pinned, fills in itertools.islice(_trials(sizes), _MOST_TRIALS):
        changed = [_with_sizes(x, i, pinned) for i, x in enumerate(leaves)]
        new_args, new_kwargs = tree.pack_sequence_as((args, kwargs), changed)
        try:
            return trace.infer(function, *new_args, fills=fills, **new_kwargs)
        except ValueError:
            continue
    raise refusal


def _cautious(found, function, args, kwargs):
    """`found` with None for the sizes that a small unknown size would change.

    Two large numbers give `x[:5]` five rows, though there may be fewer.
    """
    leaves = tree.flatten((args, kwargs))
    if not any(isinstance(x, KerasTensor) and None in x.shape for x in leaves):
        return found
    try:
        small = trace.infer(function, *args, fills=_SMALL, **kwargs)
        return tree.map_structure(_agreed, found, small)
    except (ValueError, IndexError, TypeError):
        return found  # the op refuses so small a size


def _agreed(found, small):
    if not isinstance(found, KerasTensor) or len(found.shape) != len(small.shape):
        return found
    pairs = zip(found.shape, small.shape, strict=True)
    shape = [a if a == b else None for a, b in pairs]
    return KerasTensor(shape, found.dtype, record_history=False)


def _named_sizes(leaves, settings, own):
    """The sizes in a call apart from those of its `own`-th leaf, known axes' first."""
    found = {}
    for i, x in enumerate(leaves):
        if isinstance(x, KerasTensor) and i != own:
            found.update(dict.fromkeys(d for d in x.shape if d is not None))
    for x in [*leaves, *tree.flatten(settings)]:
        if type(x) is int and x >= 0:
            found[x] = None
    return list(found)[:_MOST_SIZES]


def _trials(sizes):
    """Sizes for some of the places, and the fillings for all the others."""
    yield {}, _DIVISIBLE
    for count in range(1, len(sizes) + 1):
        for some in itertools.combinations(sizes, count):
            for values in itertools.product(*[sizes[place] for place in some]):
                yield dict(zip(some, values, strict=True)), trace.FILLS


def _with_sizes(x, i, pinned):
    """The `i`-th leaf with the sizes that a trial gives it."""
    if not isinstance(x, KerasTensor):
        return x
    shape = [pinned.get((i, axis), size) for axis, size in enumerate(x.shape)]
    return KerasTensor(shape, x.dtype, record_history=False)
