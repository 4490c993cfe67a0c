# cython: boundscheck=True
"""The walks through nested structures that every call of a layer takes, in C."""

import collections

__all__ = [
    "children", "flatten", "is_nested", "keys", "mapped", "pack", "rebuild",
]

# Structures that are nested more deeply than that contain themselves.
cdef enum:
    DEEPEST = 1000


cdef int check_depth(int depth) except -1:
    if depth > DEEPEST:
        raise RecursionError(f"A structure is nested in more than {DEEPEST} levels.")
    return 0


cdef inline bint nested(structure):
    return isinstance(structure, (list, tuple, dict))


def is_nested(structure):
    """Whether `structure` is a list, tuple or dictionary rather than a leaf."""
    return nested(structure)


cpdef list keys(mapping):
    """The keys of a dictionary in the order in which its values are visited."""
    if isinstance(mapping, collections.OrderedDict):
        return list(mapping)
    try:
        return sorted(mapping)
    except TypeError:
        return list(mapping)


cpdef list children(structure):
    """What a list, tuple or dictionary holds."""
    if isinstance(structure, dict):
        return [structure[key] for key in keys(structure)]
    return list(structure)


cpdef rebuild(like, list values):
    """A structure of the same kind with other children."""
    kind = type(like)
    if kind is list:
        return values
    if kind is tuple:
        return tuple(values)
    if isinstance(like, dict):
        by_key = dict(zip(keys(like), values, strict=True))
        items = [(k, by_key[k]) for k in like]
        if isinstance(like, collections.defaultdict):
            return collections.defaultdict(like.default_factory, items)
        return dict(items) if kind is dict else kind(items)
    if isinstance(like, tuple) and hasattr(like, "_fields"):  # a named tuple
        return kind(*values)
    return kind(values)


def flatten(structure):
    """The leaves of `structure` as a list.

    Raises:
        RecursionError: for a structure that contains itself.
    """
    leaves = []
    collect(structure, leaves, 0)
    return leaves


cdef collect(structure, list leaves, int depth):
    """Adds the leaves of `structure` to a list."""
    if not nested(structure):
        leaves.append(structure)
        return
    check_depth(depth)
    for child in children(structure):
        collect(child, leaves, depth + 1)


def pack(structure, values):
    """A structure like this one with the values of an iterator for its leaves.

    Raises:
        RecursionError: for a structure that contains itself.
    """
    return pack_inner(structure, values, 0)


cdef pack_inner(structure, values, int depth):
    if not nested(structure):
        return next(values)
    check_depth(depth)
    inner = [pack_inner(child, values, depth + 1) for child in children(structure)]
    return rebuild(structure, inner)


def mapped(function, structures, bint none_is_leaf):
    """`function` of the leaves of structures of the same nesting, in their structure.

    Args:
        function: called with a leaf of each structure.
        structures: a sequence of them.
        none_is_leaf: whether it is called for leaves that are None.

    Raises:
        RecursionError: for a structure that contains itself.
    """
    return map_inner(function, structures, none_is_leaf, 0)


cdef map_inner(function, structures, bint none_is_leaf, int depth):
    first = structures[0]
    if not nested(first):
        skip = first is None and not none_is_leaf
        return None if skip else function(*structures)
    check_depth(depth)
    columns = [children(structure) for structure in structures]
    rows = zip(*columns, strict=True)
    inner = [map_inner(function, row, none_is_leaf, depth + 1) for row in rows]
    return rebuild(first, inner)
