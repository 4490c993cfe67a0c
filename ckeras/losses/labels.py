"""Checks of labels before training, with errors that say what to change.

They look at values, so they run once on the arrays that a user passes, not in the
compiled step.
"""

import numpy as np

from ckeras.losses import lookup
from ckeras.losses.wrapper import LossFunctionWrapper

__all__ = ["check_labels"]

_ONE_HOT = ("categorical_crossentropy", "categorical_focal_crossentropy")
_SPARSE = ("sparse_categorical_crossentropy",)
_BINARY = ("binary_crossentropy", "binary_focal_crossentropy")
_SAME_SHAPE = (
    *_ONE_HOT,
    *_BINARY,
    "categorical_hinge",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "squared_hinge",
)


def check_labels(loss, y, output_shape, name="y"):
    """Checks labels against a built-in loss and the shape of the model's output.

    Args:
        loss: a loss, loss function or its name; nothing is checked for your own.
        y: labels, an array whose first axis is the samples.
        output_shape: shape of the predictions, None for the samples' axis.
        name: how errors call the labels.

    Raises:
        ValueError: if labels are NaN, out of range or of a shape that the loss
            cannot compare with the output.
    """
    function, options = _function(loss)
    title = getattr(function, "__name__", None)
    if title not in (*_SPARSE, *_SAME_SHAPE) or function is not lookup.get(title):
        return
    y = np.asarray(y)
    if not y.size or y.dtype.kind not in "biuf":
        return
    low, high = y.min(), y.max()
    if np.isnan(low):
        where = tuple(int(i) for i in np.argwhere(np.isnan(y))[0])
        raise ValueError(
            f"Argument `{name}` holds NaN (first at index {where}), so the loss "
            f"'{title}' would be NaN. Expected numbers."
        )
    shape = (len(y), *tuple(output_shape)[1:])
    if None in shape:
        return
    if title in _SPARSE:
        _check_sparse(title, name, y, shape, options)
        return
    if title in _ONE_HOT:
        _check_one_hot(title, name, y, shape, high)
    _check_same_shape(title, name, y, shape)
    if title in (*_ONE_HOT, *_BINARY) and (low < 0 or high > 1):
        raise ValueError(
            f"Argument `{name}` is out of range for the loss '{title}': expected "
            f"values from 0 to 1. Received values from {low} to {high}."
        )


def _function(loss):
    if isinstance(loss, str):
        try:
            loss = lookup.get(loss)
        except ValueError:
            return None, {}
    if isinstance(loss, LossFunctionWrapper):
        return loss.fn, loss._fn_kwargs
    return loss, {}


def _check_sparse(title, name, y, shape, options):
    axis = options.get("axis", -1) % len(shape)
    classes = shape[axis]
    wanted = shape[:axis] + shape[axis + 1 :]
    with_axis = (*shape[:axis], 1, *shape[axis + 1 :])
    if y.shape not in (wanted, with_axis):
        hint = ""
        if y.shape == shape:
            hint = " For one-hot labels, use 'categorical_crossentropy'."
        raise ValueError(
            f"Argument `{name}` has a wrong shape for the loss '{title}': expected "
            f"class numbers of shape {wanted} for predictions of shape {shape}. "
            f"Received shape {y.shape}.{hint}"
        )
    ignored = options.get("ignore_class")
    counted = y if ignored is None else y[y != ignored]
    if not counted.size:
        return
    low, high = counted.min(), counted.max()
    if low < 0 or high >= classes:
        raise ValueError(
            f"Argument `{name}` is out of range for the loss '{title}': expected "
            f"class numbers from 0 to {classes - 1}, since the output has {classes} "
            f"units. Received labels from {low} to {high}."
            + (f" Use an output layer with units={int(high) + 1}." if low >= 0 else "")
        )


def _check_one_hot(title, name, y, shape, high):
    units = shape[-1]
    classes = y.shape[-1] if y.shape[:-1] == shape[:-1] and y.ndim > 1 else 1
    numbers = y.shape in (shape[:-1], (*shape[:-1], 1))
    if units == 1 and (classes > 1 or (numbers and high > 1)):
        if classes == 1:
            classes = int(high) + 1
        raise ValueError(
            f"The loss '{title}' needs one output unit for each class, but the "
            f"output has 1 unit and `{name}` has {classes} classes. Use an output "
            f"layer with units={classes} and activation='softmax' (and one-hot "
            "labels, see `utils.to_categorical`), or for two classes units=1, "
            "activation='sigmoid' and the loss 'binary_crossentropy'."
        )
    if numbers and units > 1:
        raise ValueError(
            f"Argument `{name}` has a wrong shape for the loss '{title}': expected "
            f"one-hot labels of shape {shape}. Received shape {y.shape}. Use "
            f"`utils.to_categorical({name}, {units})`, or the loss "
            "'sparse_categorical_crossentropy' for class numbers."
        )


def _check_same_shape(title, name, y, shape):
    ours, theirs = y.shape, shape
    if len(ours) == len(theirs) + 1 and ours[-1] == 1:
        ours = ours[:-1]
    elif len(theirs) == len(ours) + 1 and theirs[-1] == 1:
        theirs = theirs[:-1]
    fits = len(ours) == len(theirs) and all(
        a == b or 1 in (a, b) for a, b in zip(ours, theirs, strict=True)
    )
    classes_differ = title in _ONE_HOT and ours[-1:] != theirs[-1:]
    if not fits or classes_differ:
        raise ValueError(
            f"Argument `{name}` has a wrong shape for the loss '{title}': expected "
            f"{shape}, the shape of the predictions. Received shape {y.shape}."
        )
