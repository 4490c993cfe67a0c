"""Attention without projections, by sums."""

from ckeras import ops
from ckeras.layers.attention.attention import Attention

__all__ = ["AdditiveAttention"]


class AdditiveAttention(Attention):
    """softmax(Σ scale · tanh(query + key)) · value, Bahdanau's attention.

    Args:
        use_scale: whether the sum has trained weights.
        dropout: share of the scores that is dropped in training.

    Call arguments: as for `Attention`.

    Example:

    >>> query, value = np.zeros((2, 3, 4)), np.zeros((2, 5, 4))
    >>> ckeras.layers.AdditiveAttention()([query, value]).shape
    (2, 3, 4)

    References:
        Bahdanau et al., Neural Machine Translation by Jointly Learning to Align and
        Translate, 2015.
    """

    def __init__(self, use_scale=True, dropout=0.0, **kwargs):
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape):
        self._validate_inputs(input_shape)
        self.scale = None
        if self.use_scale:
            self.scale = self.add_weight(
                name="scale",
                shape=(input_shape[0][-1],),
                initializer="glorot_uniform",
            )

    def _calculate_scores(self, query, key):
        """Scores (batch, q_len, kv_len)."""
        pairs = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
        if self.scale is not None:
            pairs = self.scale * pairs
        return ops.sum(pairs, axis=-1)

    def get_config(self):
        config = super().get_config()
        del config["score_mode"]
        return config
