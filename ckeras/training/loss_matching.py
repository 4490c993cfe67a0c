"""Which of the losses of `compile` goes with which output, or group of outputs."""

from typing import Any, NamedTuple

from ckeras.engine import tree

__all__ = [
    "LossEntry",
    "Matched",
    "WeightedLoss",
    "at_path",
    "loss_name",
    "match_losses",
]


class WeightedLoss:
    """A loss with its factor; a leaf of structures.

    Args:
        loss: what `compile` was given for it.
        weight: the factor, or None.
    """

    def __init__(self, loss, weight):
        self.loss = loss
        self.weight = weight

    def __iter__(self):
        return iter((self.loss, self.weight))


class Matched(NamedTuple):
    """A loss and the place of what it is applied to."""

    path: tuple  # of an output, or of a structure of outputs
    loss: WeightedLoss
    names: Any  # of the outputs, in their structure; None where not known


class LossEntry(NamedTuple):
    """A loss object and the place of what it is applied to."""

    path: tuple
    loss: Any
    weight: Any
    name: str


def at_path(structure, path):
    """What stands in a structure at a path of keys and indices."""
    for key in path:
        structure = structure[key]
    return structure


def match_losses(loss, y_pred, names, path=()):
    """A list of `Matched`: the losses with the outputs that they are applied to.

    A loss in the place of a structure of outputs gets them all. A list (or tuple) with
    one loss for each output goes with them in order. A list in the place of anything
    but a list is several losses for the same outputs.

    Args:
        loss: structure of `WeightedLoss`; None for outputs without a loss.
        y_pred: structure of outputs.
        names: their names, in the same structure.
        path: where these outputs are in the model's.

    Raises:
        KeyError: for a loss without an output.
    """
    if loss is None:
        return []
    if not tree.is_nested(loss):
        return [Matched(path, loss, names)]
    if isinstance(loss, (list, tuple)):
        outputs = len(tree.flatten(y_pred))
        if len(loss) == outputs and not any(tree.is_nested(one) for one in loss):
            loss = tree.pack_sequence_as(y_pred, loss)
            if not tree.is_nested(loss):
                return match_losses(loss, y_pred, names, path)
        elif not isinstance(y_pred, type(loss)):
            return [m for one in loss for m in match_losses(one, y_pred, names, path)]
    if not isinstance(loss, dict if isinstance(y_pred, dict) else type(y_pred)):
        raise KeyError(
            f"The path: {path} in the `loss` argument, can't be found in the model's "
            f"output (`y_pred`). Expected a {type(y_pred).__name__} as the output is. "
            f"Received a {type(loss).__name__}"
        )
    matched = []
    for key, one in loss.items() if isinstance(loss, dict) else enumerate(loss):
        if one is None:
            continue
        if key not in (y_pred if isinstance(y_pred, dict) else range(len(y_pred))):
            raise KeyError(
                f"The path: {(*path, key)} in the `loss` argument, can't be found in "
                "either the model's output (`y_pred`) or in the labels (`y_true`)."
            )
        matched += match_losses(one, y_pred[key], names[key], (*path, key))
    return matched


def loss_name(path, names, default):
    """What logs call a loss: keys down to its outputs, then the output's own name.

    A loss for several outputs has their names, unless a key says what they are.

    Args:
        path: of what the loss is applied to.
        names: the outputs' names, in their structure; None where not known.
        default: used in the place of an output's name that is not known.
    """
    keys = list(path)
    if not tree.is_nested(names) and (not keys or isinstance(keys[-1], int)):
        keys[-1:] = [default if names is None else names]
    if keys:
        return "/".join(str(key) for key in keys)
    flat = list(names) if isinstance(names, dict) else tree.flatten(names)
    return default if None in flat else "_".join(flat)
