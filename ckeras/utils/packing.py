"""The tuples `(x, y, sample_weight)` in which batches travel."""

__all__ = ["pack_x_y_sample_weight", "unpack_x_y_sample_weight"]


def unpack_x_y_sample_weight(data):
    """Split a batch into inputs, targets and sample weights.

    Made for models that override `train_step`, `test_step` or `predict_step`.

    Args:
        data: `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`.

    Returns:
        Tuple `(x, y, sample_weight)`, with None for what is missing.

    Raises:
        ValueError: If `data` is a tuple of another length.

    Example:

    >>> unpack_x_y_sample_weight(("inputs", "targets"))
    ('inputs', 'targets', None)
    """
    if not isinstance(data, (tuple, list)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or "
            f"`(x, y, sample_weight)`, found: {data}"
        )
    return (*data, None, None)[:3]


def pack_x_y_sample_weight(x, y=None, sample_weight=None):
    """Join inputs, targets and sample weights to the tuple that `fit` passes on.

    Args:
        x: Inputs.
        y: Targets, or None.
        sample_weight: Weight of each sample, or None.

    Returns:
        `(x, y, sample_weight)`, or `(x, y)` without weights; without targets `x`
        itself, or `(x,)` if `x` is a list or tuple.

    Example:

    >>> pack_x_y_sample_weight("inputs", "targets")
    ('inputs', 'targets')
    """
    if y is None and sample_weight is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    if sample_weight is None:
        return x, y
    return x, y, sample_weight
