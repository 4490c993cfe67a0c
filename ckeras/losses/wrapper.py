"""A loss class around a loss function."""

from ckeras.engine import tree
from ckeras.losses.loss import Loss, squeeze_or_expand_to_same_rank
from ckeras.saving.serialization import deserialize_keras_object, serialize_keras_object

__all__ = ["LossFunctionWrapper"]


class LossFunctionWrapper(Loss):
    """A loss whose values per sample a function computes.

    Args:
        fn: function of `(y_true, y_pred, **kwargs)`.
        reduction, name, dtype: see `Loss`.
        **kwargs: further arguments of `fn`.
    """

    # In built-in losses: which of the function's arguments the configuration keeps.
    # None: the configuration holds the function and all of them.
    saved = None

    def __init__(
        self, fn, reduction="sum_over_batch_size", name=None, dtype=None, **kwargs
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs
        for key in self.saved or ():
            setattr(self, key, kwargs[key])

    def call(self, y_true, y_pred):
        pairs = tree.map_structure(squeeze_or_expand_to_same_rank, y_true, y_pred)
        y_true = tree.map_structure_up_to(y_true, lambda pair: pair[0], pairs)
        y_pred = tree.map_structure_up_to(y_pred, lambda pair: pair[1], pairs)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self):
        config = super().get_config()
        if self.saved is not None:
            return {**config, **{key: getattr(self, key) for key in self.saved}}
        fn = serialize_keras_object(self.fn)
        return {**config, "fn": fn, **serialize_keras_object(self._fn_kwargs)}

    @classmethod
    def from_config(cls, config):
        if "fn" in config:
            config = deserialize_keras_object(config)
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__}({self.fn.__name__}, kwargs={self._fn_kwargs})>"
