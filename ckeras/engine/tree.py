"""Nested structures of lists, tuples, named tuples and dictionaries.

Dictionaries are visited by sorted key, ordered ones in their order; None is a leaf.
"""

from ckeras.engine.nesting import (
    children,
    flatten,
    is_nested,
    keys,
    mapped,
    pack,
    rebuild,
)

__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]


class MAP_TO_NONE:
    """Returned by a function given to `traverse` to put None in a place."""


def flatten_with_path(structure, _path=()):
    """Pairs of a leaf's path (a tuple of keys and indices) and the leaf.

    Fields of named tuples go by their index.
    """
    if not is_nested(structure):
        return [(_path, structure)]
    named = enumerate(children(structure))
    if isinstance(structure, dict):
        named = [(key, structure[key]) for key in keys(structure)]
    return [
        pair
        for name, child in named
        for pair in flatten_with_path(child, (*_path, name))
    ]


def pack_sequence_as(structure, flat_sequence):
    """The values of `flat_sequence` in the form of `structure`.

    Raises:
        ValueError: if the number of values differs from the number of leaves.
    """
    flat = list(flat_sequence)
    if not is_nested(structure):
        if len(flat) != 1:
            raise ValueError(
                "The target structure is a single leaf, but `flat_sequence` has "
                f"{len(flat)} elements. Received: {flat}"
            )
        return flat[0]
    leaves = len(flatten(structure))
    if leaves != len(flat):
        raise ValueError(
            "Could not pack sequence: `structure` has "
            f"{leaves} leaves, `flat_sequence` has {len(flat)} elements."
        )
    return pack(structure, iter(flat))


def assert_same_structure(a, b, check_types=True):
    """Checks that two structures have the same nesting.

    Args:
        a, b: the structures.
        check_types: whether lists and tuples must be of the same type.

    Raises:
        ValueError: naming the first place where they differ.
    """
    if is_nested(a) != is_nested(b):
        expected = type(a).__name__ if is_nested(a) else "leaf"
        raise ValueError(
            "`a` and `b` don't have the same structure. Expected an instance of "
            f"{expected}. Found: a={a}, b={b}"
        )
    if not is_nested(a):
        return
    both_dicts = isinstance(a, dict) and isinstance(b, dict)
    one_dict = isinstance(a, dict) != isinstance(b, dict)
    if type(a) is not type(b) and not both_dicts and (check_types or one_dict):
        raise ValueError(
            "`a` and `b` don't have the same container types. Expected an instance of "
            f"{type(a).__name__}. Received: {type(b).__name__}"
        )
    inner_a, inner_b = children(a), children(b)
    same_keys = not both_dicts or keys(a) == keys(b)
    if len(inner_a) != len(inner_b) or not same_keys:
        raise ValueError(
            f"`a` and `b` don't have the same structure. Found: a={a}, b={b}"
        )
    for x, y in zip(inner_a, inner_b, strict=True):
        assert_same_structure(x, y, check_types)


def assert_same_paths(a, b):
    """Checks that two structures have leaves at the same paths.

    Raises:
        ValueError: listing the paths that only one of them has.
    """
    paths_a = {p for p, _ in flatten_with_path(a)}
    paths_b = {p for p, _ in flatten_with_path(b)}
    if paths_a != paths_b:
        raise ValueError(
            "`a` and `b` don't have the same paths. Found only in one of them: "
            f"{sorted(paths_a ^ paths_b, key=str)}"
        )


def map_structure(func, *structures, none_is_leaf=True):
    """Applies `func` to the leaves of structures of the same nesting."""
    if not structures:
        raise ValueError("Must provide at least one structure")
    if not callable(func):
        raise TypeError(f"`func` must be callable. Received: func={func}")
    first, *others = structures
    for other in others:
        assert_same_structure(first, other, check_types=False)
    return mapped(func, structures, none_is_leaf)


def map_structure_up_to(shallow_structure, func, *structures):
    """Applies `func` to what stands in the places of the shallow structure's leaves."""
    if not structures:
        raise ValueError("Must provide at least one structure")
    if not is_nested(shallow_structure):
        return func(*structures)
    columns = [children(shallow_structure)]
    for structure in structures:
        inner = children(structure) if is_nested(structure) else ()
        if not is_nested(structure) or len(inner) != len(columns[0]):
            raise ValueError(
                "`shallow_structure` and `structures` don't have the same structure. "
                f"Found: {shallow_structure} and {structure}"
            )
        columns.append(inner)
    rows = zip(*columns, strict=True)
    return rebuild(
        shallow_structure, [map_structure_up_to(s, func, *row) for s, *row in rows]
    )


def traverse(func, structure, top_down=True):
    """Rebuilds `structure` with `func`'s result wherever it returns one.

    `func` sees every container and leaf; None keeps what it saw, `MAP_TO_NONE`
    puts None.
    """
    if top_down:
        result = func(structure)
        if result is not None:
            return None if result is MAP_TO_NONE else result
    if is_nested(structure):
        inner = [traverse(func, c, top_down) for c in children(structure)]
        structure = rebuild(structure, inner)
    if top_down:
        return structure
    result = func(structure)
    if result is None:
        return structure
    return None if result is MAP_TO_NONE else result


def lists_to_tuples(structure):
    """`structure` with every list turned into a tuple."""

    def to_tuple(value):
        return tuple(value) if isinstance(value, list) else None

    return traverse(to_tuple, structure, top_down=False)


def _is_shape(value):
    return isinstance(value, (list, tuple)) and all(
        e is None or isinstance(e, int) for e in value
    )


def map_shape_structure(func, structure):
    """Applies `func` to every shape (a list or tuple of sizes or None)."""
    if _is_shape(structure):
        return func(structure)
    if not is_nested(structure):
        raise ValueError(f"Cannot map function to unknown objects {structure}")
    return rebuild(
        structure, [map_shape_structure(func, c) for c in children(structure)]
    )
