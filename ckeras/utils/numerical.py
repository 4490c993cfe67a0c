"""One-hot matrices and normalization of arrays."""

import numpy as np


def to_categorical(x, num_classes=None):
    """Turn class numbers into one-hot rows.

    Args:
        x: Array-like of integers from 0 to `num_classes - 1`. A last axis of size
            1 is dropped first. A tensor gives a tensor, anything else a NumPy array.
        num_classes: Number of classes, the size of the new last axis. `None`
            means `max(x) + 1`.

    Returns:
        Array of shape `x.shape + (num_classes,)`, float64 for NumPy input as in
        Keras.

    Raises:
        ValueError: If a class number is negative or not below `num_classes`.

    Example:

    >>> to_categorical([0, 2, 1])
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.]])
    """
    if _is_tensor(x):
        from ckeras import ops

        if len(x.shape) > 1 and x.shape[-1] == 1:
            x = ops.reshape(x, x.shape[:-1])
        return ops.one_hot(x, num_classes)
    x = np.array(x, dtype="int64")
    shape = x.shape
    if len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    x = x.reshape(-1)
    if not num_classes:
        num_classes = int(x.max()) + 1
    if x.size and (x.min() < 0 or x.max() >= num_classes):
        bad = x.min() if x.min() < 0 else x.max()
        raise ValueError(
            "`to_categorical` expected class numbers from 0 to "
            f"`num_classes - 1` = {num_classes - 1} in `x`. Received: {bad}"
        )
    one_hot = np.zeros((x.size, num_classes))
    one_hot[np.arange(x.size), x] = 1
    return one_hot.reshape((*shape, num_classes))


def normalize(x, axis=-1, order=2):
    """Divide an array by its norm along an axis.

    Args:
        x: NumPy array or tensor.
        axis: Axis along which the norm is taken.
        order: Order of the norm, 2 for the Euclidean one.

    Returns:
        An array of the same kind and shape, with unit norm along `axis`; where the
        norm is 0 the values stay 0.

    Example:

    >>> normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    if _is_tensor(x):
        from ckeras import ops

        return ops.normalize(x, axis=axis, order=order)
    norm = np.atleast_1d(np.linalg.norm(x, order, axis))
    norm[norm == 0] = 1
    return x / np.expand_dims(norm, axis)


def _is_tensor(x):
    from ckeras.engine.values.convert import is_tensor

    return is_tensor(x)
