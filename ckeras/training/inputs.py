"""Checking and casting the data of a model, before anything else happens."""

from ckeras.engine import tree
from ckeras.losses.labels import check_labels
from ckeras.training.data import cast_array
from ckeras.utils.packing import unpack_x_y_sample_weight

__all__ = ["cast_batch", "check_targets"]


def cast_batch(model, data):
    """A batch or whole data with every array in the type that the model reads.

    Inputs take the type of the model's input layer, where it has one.
    """
    if not isinstance(data, (tuple, list)):
        return _cast_inputs(model, data)
    x, *rest = data
    rest = [
        tree.map_structure(lambda a: None if a is None else cast_array(a), part)
        for part in rest
    ]
    return (_cast_inputs(model, x), *rest)


def _cast_inputs(model, x):
    wanted = _input_dtypes(model, x)
    flat = [
        None if array is None else cast_array(array, dtype)
        for array, dtype in zip(tree.flatten(x), wanted, strict=True)
    ]
    return tree.pack_sequence_as(x, flat)


def _input_dtypes(model, x):
    """The declared type for each array of `x`, None where none is declared."""
    inputs = getattr(model, "inputs", None) or []
    if isinstance(x, dict):
        by_name = {t.name: t.dtype for t in inputs}
        struct = getattr(model, "_inputs_struct", None)
        if isinstance(struct, dict):
            by_name.update({k: getattr(t, "dtype", None) for k, t in struct.items()})
        names = tree.flatten({key: key for key in x})
        if all(not tree.is_nested(value) for value in x.values()):
            return [by_name.get(name) for name in names]
    flat = tree.flatten(x)
    if len(flat) == len(inputs):
        return [t.dtype for t in inputs]
    return [None] * len(flat)


def check_targets(model, data, y_pred):
    """Checks targets against the outputs' shapes.

    Args:
        model: a compiled model.
        data: a batch, or all of the data.
        y_pred: the outputs' specs; None where they are not known beforehand.

    Raises:
        ValueError: for targets that the loss can't use, such as NaN or class numbers
            out of range.
    """
    if model._compile_loss is None or y_pred is None:
        return
    _, y, _ = unpack_x_y_sample_weight(data)
    for entry, target, output in model._compile_loss.pairs(y, y_pred):
        if not tree.is_nested(output):  # a loss of one's own for several outputs
            check_labels(entry.loss, target, output.shape)
