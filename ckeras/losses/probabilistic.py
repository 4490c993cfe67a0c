"""Losses for predicted probabilities, as classes."""

from ckeras import ops
from ckeras.engine.values import dtypes
from ckeras.losses import crossentropy
from ckeras.losses.wrapper import LossFunctionWrapper

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "KLDivergence",
    "Poisson",
    "SparseCategoricalCrossentropy",
]


class KLDivergence(LossFunctionWrapper):
    """Kullback-Leibler divergence; see `kl_divergence`.

    Args:
        reduction, name, dtype: see `Loss`.
    """

    saved = ()

    def __init__(
        self, reduction="sum_over_batch_size", name="kl_divergence", dtype=None
    ):
        super().__init__(crossentropy.kl_divergence, reduction, name, dtype)


class Poisson(LossFunctionWrapper):
    """Loss for counts; see `poisson`.

    Args:
        reduction, name, dtype: see `Loss`.
    """

    saved = ()

    def __init__(self, reduction="sum_over_batch_size", name="poisson", dtype=None):
        super().__init__(crossentropy.poisson, reduction, name, dtype)


class BinaryCrossentropy(LossFunctionWrapper):
    """Crossentropy of labels that are 0 or 1; see `binary_crossentropy`.

    Args:
        from_logits: whether predictions are scores before a sigmoid.
        label_smoothing: how far labels are moved towards one half, 0 to 1.
        axis: axis of the mean.
        reduction, name, dtype: see `Loss`.
    """

    saved = ("from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="binary_crossentropy",
        dtype=None,
    ):
        super().__init__(
            crossentropy.binary_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """Binary crossentropy for rare classes; see `binary_focal_crossentropy`.

    Args:
        apply_class_balancing: whether to weigh the classes by `alpha`.
        alpha: weight of class 1; class 0 has the rest.
        gamma: how much less sure predictions count.
        from_logits: whether predictions are scores before a sigmoid.
        label_smoothing: how far labels are moved towards one half, 0 to 1.
        axis: axis of the mean.
        reduction, name, dtype: see `Loss`.
    """

    saved = (
        "from_logits",
        "label_smoothing",
        "axis",
        "apply_class_balancing",
        "alpha",
        "gamma",
    )

    def __init__(
        self,
        apply_class_balancing=False,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="binary_focal_crossentropy",
        dtype=None,
    ):
        super().__init__(
            crossentropy.binary_focal_crossentropy,
            reduction,
            name,
            dtype,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalCrossentropy(LossFunctionWrapper):
    """Crossentropy of one-hot labels; see `categorical_crossentropy`.

    Args:
        from_logits: whether predictions are scores before a softmax.
        label_smoothing: share of the labels that is spread over all classes.
        axis: axis of the classes.
        reduction, name, dtype: see `Loss`.
    """

    saved = ("from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="categorical_crossentropy",
        dtype=None,
    ):
        super().__init__(
            crossentropy.categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """Categorical crossentropy for rare classes; see the function of that name.

    Args:
        alpha: weight, one for all or one for each class.
        gamma: how much less sure predictions count.
        from_logits: whether predictions are scores before a softmax.
        label_smoothing: share of the labels that is spread over all classes.
        axis: axis of the classes.
        reduction, name, dtype: see `Loss`.
    """

    saved = ("from_logits", "label_smoothing", "axis", "alpha", "gamma")

    def __init__(
        self,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="categorical_focal_crossentropy",
        dtype=None,
    ):
        super().__init__(
            crossentropy.categorical_focal_crossentropy,
            reduction,
            name,
            dtype,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """Crossentropy of class numbers; see `sparse_categorical_crossentropy`.

    Args:
        from_logits: whether predictions are scores before a softmax.
        ignore_class: label of the places that do not count.
        reduction: see `Loss`.
        axis: axis of the classes.
        name, dtype: see `Loss`.
    """

    saved = ("from_logits", "ignore_class")

    def __init__(
        self,
        from_logits=False,
        ignore_class=None,
        reduction="sum_over_batch_size",
        axis=-1,
        name="sparse_categorical_crossentropy",
        dtype=None,
    ):
        super().__init__(
            crossentropy.sparse_categorical_crossentropy,
            reduction,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )

    def _convert_labels(self, x):
        # Class numbers stay integers: floats would only be turned back.
        x = ops.convert_to_tensor(x)
        return x if dtypes.is_int(x.dtype) else self._convert(x)


class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """Crossentropy for labels some of which are wrong.

    See `categorical_generalized_cross_entropy`.

    Args:
        q: between 0 and 1.
        reduction, name, dtype: see `Loss`.

    Raises:
        ValueError: if `q` is not between 0 and 1.
    """

    saved = ("q",)

    def __init__(
        self,
        q=0.5,
        reduction="sum_over_batch_size",
        name="categorical_generalized_cross_entropy",
        dtype=None,
    ):
        if not 0 < q < 1:
            raise ValueError(f"q must be in the interval (0, 1). Received: q={q}")
        fn = crossentropy.categorical_generalized_cross_entropy
        super().__init__(fn, reduction, name, dtype, q=q)
