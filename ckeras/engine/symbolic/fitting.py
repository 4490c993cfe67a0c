"""Shapes of an op's results where unknown sizes have to fit known ones."""

import itertools
import math

from ckeras.engine import tree
from ckeras.engine.symbolic.inference import (
    in_place_of_none,
    infer_with,
    is_unknown,
    numbers_in,
    reword,
    say_none,
    trial_sizes,
)
from ckeras.engine.symbolic.keras_tensor import KerasTensor

__all__ = ["infer_fitting"]

# Unknown sizes may be as small as that, if the op allows it.
_SMALL = (0, 1, 2)
# Every small number of parts divides it, for ops that split an axis.
_DIVISIBLE = 840
# Numbers that are no sizes should not make larger ones than that.
_MOST_DIVISIBLE = 2**24
# A few operands with a few unknown sizes each: more than any op needs, and soon tried.
_MOST_SIZES = 8
_MOST_TRIALS = 300
# What a size may not exceed that is made of others, such as that of a dilated kernel.
_LARGEST_PRODUCT = 2**20
# What the second trial's sizes exceed at least, so that they differ from the first's.
_AT_LEAST = 100


def infer_fitting(function, args, kwargs, settings):
    """What `infer` finds, also where it takes an unknown size for a wrong one.

    `infer` fills in one number for all unknown sizes, which a known size may
    contradict: in `add` of (None, 3) and (2, None) they can only be 2 and 3, or 1. So
    if the op refuses large numbers, others are tried: first one that is easily divided,
    then the sizes that occur in the call, in as few places as will do. What smaller
    sizes, or others that fit as well, would change is None.

    Args:
        function: function of the call's values.
        args, kwargs: the values, `KerasTensor`s among them.
        settings: the call's other arguments, which may name sizes.

    Returns:
        The function's result with a `KerasTensor` in place of each value.

    Raises:
        ValueError: the op's own, if no sizes fit.
    """
    leaves = tree.flatten((args, kwargs))
    if not any(is_unknown(x) for x in leaves):
        return infer_with(function, args, kwargs, (1,))
    refusals = []
    for largest in _large_numbers(args, kwargs, settings):
        sizes = trial_sizes(largest, leaves)
        try:
            found = infer_with(function, args, kwargs, sizes)
        except ValueError as error:
            refusals.append(error)
        except Exception as error:
            reword(error, function, args, kwargs, sizes[-1])
            raise
        else:
            return _without(found, function, [(args, kwargs, n) for n in _SMALL])
    found = _fitted(function, args, kwargs, settings)
    if found is None:
        say_none(*refusals)
        raise refusals[0]
    return found


def _large_numbers(args, kwargs, settings):
    """What an unknown size should exceed: the numbers named, and the sizes as well."""
    named = numbers_in((args, kwargs, settings))
    yield max(named, default=0)
    known = _known_sizes((args, kwargs, settings))
    product = max(named, default=0) * max(known, default=0)
    yield max([min(product, _LARGEST_PRODUCT), *named, *known, _AT_LEAST])


def _known_sizes(x, except_for=None):
    """The known sizes of the values in a structure, `except_for` one, in order.

    Lists that are arrays without a type, or hold parts of one, have a length.
    """
    if x is except_for:
        return []
    if isinstance(x, dict):
        x = tuple(x.values())
    if isinstance(x, (list, tuple)):
        found = [n for child in x for n in _known_sizes(child, except_for)]
        return [*found, len(x)] if isinstance(x, list) else found
    return [n for n in getattr(x, "shape", None) or () if n is not None]


def _without(found, function, others):
    """`found` with None for the sizes that other calls of `function` do not have.

    Two large numbers give `x[:5]` five rows, though there may be fewer.

    Args:
        found: the function's result.
        function: what is called.
        others: (args, kwargs, number for unknown sizes) for each call; those that are
            refused say nothing.
    """
    for args, kwargs, size in others:
        try:
            other = infer_with(function, args, kwargs, (size,))
            found = in_place_of_none(found, other)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            continue
    return found


def _fitted(function, args, kwargs, settings):
    """What `function` returns for the first sizes that fit; None if there are none."""
    leaves = tree.flatten((args, kwargs))

    def with_sizes(pinned):
        changed = [_with_sizes(x, pinned) for x in leaves]
        return tree.pack_sequence_as((args, kwargs), changed)

    for pinned, sizes in _trials(leaves, args, kwargs, settings):
        try:
            found = infer_with(function, *with_sizes(pinned), sizes)
        except ValueError:
            continue
        others = [(*with_sizes(pinned), n) for n in _SMALL]
        others += [(*with_sizes(p), sizes[0]) for p in _variations(pinned)]
        return _without(found, function, others)
    return None


def _trials(leaves, args, kwargs, settings):
    """Sizes for some of the places, and the numbers for all the others.

    A place is an axis of unknown size. Axes of the same placeholder stay the same, and
    those that lie at the same end of several are tried together as well.
    """
    named = numbers_in((args, kwargs, settings))
    divisible = math.lcm(_DIVISIBLE, *[n for n in named if n])
    if divisible > _MOST_DIVISIBLE:
        divisible = _DIVISIBLE
    yield {}, (divisible, 2 * divisible)
    unknown = {id(x): x for x in leaves if is_unknown(x)}
    places = {
        (i, axis): _candidates((args, kwargs, settings), named, x)
        for i, x in unknown.items()
        for axis, size in enumerate(x.shape)
        if size is None
    }
    groups = _groups(places, unknown)
    sizes = trial_sizes(max(named, default=0), leaves)
    trials = (
        {place: n for group, n in zip(some, values, strict=True) for place in group}
        for count in range(1, len(places) + 1)
        for some in itertools.combinations(groups, count)
        if count == len(set().union(*some)) or count < 3
        for values in itertools.product(*[_common(group, places) for group in some])
    )
    for pinned in itertools.islice(trials, _MOST_TRIALS):
        yield pinned, sizes


def _groups(places, unknown):
    """The places one by one, those of the same axis from either end, and all."""
    first, last = {}, {}
    for place in places:
        i, axis = place
        first.setdefault(axis, []).append(place)
        last.setdefault(axis - len(unknown[i].shape), []).append(place)
    groups = [[p] for p in places]
    groups += [*last.values(), *first.values(), list(places)]
    return list(dict.fromkeys(tuple(group) for group in groups))


def _common(group, places):
    return [n for n in places[group[0]] if all(n in places[p] for p in group)]


def _candidates(structure, named, own):
    """The sizes in a call apart from those of the value `own`, known axes' first."""
    known = _known_sizes(structure, own)
    return list(dict.fromkeys([*known, *sorted(named - {0})]))[:_MOST_SIZES]


def _variations(pinned):
    """Other sizes for the places: smaller ones, multiples, and each changed alone."""
    for factor in (0, 2, 3):
        yield {place: factor * n for place, n in pinned.items()}
    yield dict.fromkeys(pinned, 1)
    if len(pinned) > 1:
        for place, n in pinned.items():
            yield {**pinned, place: 2 * n}
            yield {**pinned, place: 1}


def _with_sizes(x, pinned):
    """A value with the sizes that a trial gives it."""
    if not isinstance(x, KerasTensor):
        return x
    shape = [pinned.get((id(x), axis), size) for axis, size in enumerate(x.shape)]
    return KerasTensor(shape, x.dtype, record_history=False)
