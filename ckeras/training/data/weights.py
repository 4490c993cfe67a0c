"""Sample weights: those given, and those that follow from class weights."""

import numpy as np

from ckeras.engine import config, tree

__all__ = ["class_weight_to_sample_weights", "resolve_sample_weight"]


def class_weight_to_sample_weights(y, class_weight):
    """The weight of each sample's class.

    Args:
        y: array of class numbers, shape `(n,)` or `(n, 1)`, or of one-hot rows.
        class_weight: dict from class number to weight; classes that it leaves out
            have weight 1.
    """
    y = np.asarray(y)
    if y.ndim > 1:
        y = y[..., 0] if y.shape[-1] == 1 else np.argmax(y, axis=-1)
    labels, inverse = np.unique(np.round(y).astype("int64"), return_inverse=True)
    weights = [class_weight.get(int(label), 1.0) for label in labels]
    return np.asarray(weights, dtype=config.floatx())[inverse].reshape(y.shape)


def resolve_sample_weight(y, sample_weight, class_weight):
    """The sample weights to use, in the structure of `y`, or None.

    Raises:
        ValueError: if both kinds of weights are given, or they don't go with `y`.
    """
    if class_weight is not None:
        if sample_weight is not None:
            raise ValueError(
                "You cannot `class_weight` and `sample_weight` at the same time."
            )
        if y is None:
            raise ValueError(
                "`class_weight` needs targets to look the classes up in. "
                "Received: y=None"
            )
        if tree.is_nested(y):
            raise ValueError(
                "`class_weight` is only supported for Models with a single output. "
                f"Received targets for {len(tree.flatten(y))} outputs."
            )
        return class_weight_to_sample_weights(y, class_weight)
    if sample_weight is None or not tree.is_nested(y):
        return sample_weight
    if tree.is_nested(sample_weight):
        try:
            tree.assert_same_structure(y, sample_weight)
        except (ValueError, TypeError) as error:
            raise ValueError(
                "You should provide one `sample_weight` array per output in `y`. "
                f"The two structures did not match: {error}"
            ) from None
        return sample_weight
    shape = sample_weight.shape
    if len(shape) != 1 and shape[1:] != (1,):
        raise ValueError(
            "For a model with multiple outputs, a single `sample_weight` array must "
            "have one weight per sample, shape (num_samples,). Pass one array per "
            f"output for other weights. Received: sample_weight.shape={shape}"
        )
    return tree.map_structure(lambda _: sample_weight, y)
