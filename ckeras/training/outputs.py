"""Matching what users give for each output with the model's output structure.

Everything is brought to the outputs' flattened order: dicts by sorted key.
"""

from ckeras.engine import tree

__all__ = [
    "align_to_outputs",
    "count_outputs",
    "is_sparse_or_binary",
    "names_for",
    "structure_text",
]


def count_outputs(y_pred):
    """Number of outputs in a structure."""
    return len(tree.flatten(y_pred))


def names_for(y_pred, output_names):
    """The name of each flat output; None where there is none.

    Keys of a dict of outputs are their names, whatever the layers are called.
    """
    names = []
    paths = [path for path, _ in tree.flatten_with_path(y_pred)]
    known = output_names if output_names and len(output_names) == len(paths) else None
    for i, path in enumerate(paths):
        parts = [str(p) for p in path]
        own = known[i] if known else None
        if path and isinstance(path[-1], int):
            parts[-1:] = [own] if own else []
        elif not path and own:
            parts = [own]
        has_key = any(isinstance(p, str) for p in path)
        names.append("/".join(parts) if own or has_key else None)
    return names


def align_to_outputs(given, y_pred, names):
    """The leaf of `given` for each flat output, or None if they can't be matched.

    `given` may have the outputs' structure, be a dict by output name, or a flat list
    with an entry for each output.
    """
    count = count_outputs(y_pred)
    if not tree.is_nested(given):
        return [given] if count == 1 else None
    if isinstance(given, dict) and not isinstance(y_pred, dict):
        if set(given) == {n for n in names if n is not None}:
            return [given[name] for name in names]
        return list(given.values()) if len(given) == count == 1 else None
    if isinstance(given, dict) and set(given) < set(y_pred) and _is_flat(y_pred):
        return [given.get(key) for key in tree.flatten({k: k for k in y_pred})]
    flat = _flatten_up_to(y_pred, given) if tree.is_nested(y_pred) else None
    if flat is not None:
        return flat
    flat = tree.flatten(given)
    return flat if len(flat) == count else None


def _is_flat(outputs):
    return all(not tree.is_nested(v) for v in outputs.values())


def _flatten_up_to(y_pred, given):
    try:
        marked = tree.map_structure_up_to(
            tree.lists_to_tuples(y_pred), _Leaf, tree.lists_to_tuples(given)
        )
    except (ValueError, TypeError, KeyError):
        return None
    leaves = tree.flatten(marked)
    return [leaf.value for leaf in leaves]


class _Leaf:
    """Hides a structure from `tree`, so that it counts as one leaf."""

    def __init__(self, value):
        self.value = value


def is_sparse_or_binary(y_true, y_pred):
    """Whether an output has one unit, and whether its targets are class numbers."""
    true_shape, pred_shape = y_true.shape, y_pred.shape
    binary = pred_shape[-1] == 1
    sparse = len(true_shape) < len(pred_shape) or (
        true_shape[-1] == 1 and pred_shape[-1] > 1
    )
    return binary, sparse


def structure_text(structure):
    """A structure with a star for each leaf, for errors."""
    return tree.map_structure(lambda _: "*", structure)
