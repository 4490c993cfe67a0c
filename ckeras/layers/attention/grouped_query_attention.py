"""Attention in which several heads of the query share keys and values."""

import math

from ckeras import constraints, initializers, ops, regularizers
from ckeras.layers.activations.softmax import Softmax
from ckeras.layers.attention.projected import (
    ProjectedAttention,
    check_lengths,
    check_window,
)
from ckeras.layers.base.config import constructor_config
from ckeras.layers.core.einsum_dense import EinsumDense
from ckeras.layers.regularization.dropout import Dropout

__all__ = ["GroupQueryAttention"]


class GroupedQueryAttention(ProjectedAttention):
    """`MultiHeadAttention` with fewer heads of keys and values than of queries.

    Args:
        head_dim: size of a head.
        num_query_heads: heads of the query.
        num_key_value_heads: heads of keys and values, a divisor of these.
        dropout, use_bias, sliding_window, flash_attention, kernel_initializer,
            bias_initializer, kernel_regularizer, bias_regularizer,
            activity_regularizer, kernel_constraint, bias_constraint, use_gate, seed:
            as for `MultiHeadAttention`.

    Call arguments: as for `MultiHeadAttention`; tensors have three axes.

    Raises:
        ValueError: if the numbers of heads or the shapes do not fit.

    Example:

    >>> layer = ckeras.layers.GroupQueryAttention(
    ...     head_dim=3, num_query_heads=4, num_key_value_heads=2
    ... )
    >>> x = np.zeros((2, 5, 6), "float32")
    >>> layer(x, x).shape
    (2, 5, 6)

    References:
        Ainslie et al., GQA: Training Generalized Multi-Query Transformer Models, 2023.
    """

    _kv_first = False
    _attention_axes = (1,)
    _dot_product_equation = "bquh,bkuh->buqk"
    _combine_equation = "buqk,bkuh->bquh"

    def __init__(
        self,
        head_dim,
        num_query_heads,
        num_key_value_heads,
        dropout=0.0,
        use_bias=True,
        sliding_window=None,
        flash_attention=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        use_gate=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.head_dim = head_dim
        self.num_query_heads = self._num_heads = num_query_heads
        self.num_key_value_heads = num_key_value_heads
        if num_query_heads % num_key_value_heads != 0:
            raise ValueError(
                "`num_query_heads` must be divisible by `num_key_value_heads`. "
                f"Received: num_query_heads={num_query_heads}, "
                f"num_key_value_heads={num_key_value_heads}"
            )
        self.num_repeats = num_query_heads // num_key_value_heads
        self.dropout = self._rate = dropout
        self.use_bias = use_bias
        self.use_gate = use_gate
        check_window(sliding_window)
        self.sliding_window = self._window = sliding_window
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.seed = seed
        self._scale = 1.0 / math.sqrt(float(head_dim))
        self._return_attention_scores = False
        self._set_flash_attention(flash_attention, dropout)

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        self.feature_dim = query_shape[-1]
        heads = (self.num_query_heads, self.head_dim)
        kv_heads = (self.num_key_value_heads, self.head_dim)
        self._query_dense = self._dense("query", query_shape, heads)
        self._key_dense = self._dense("key", key_shape, kv_heads)
        if self.use_gate:
            self._gate_dense = self._dense("gate", query_shape, heads, "sigmoid")
        self._value_dense = self._dense("value", value_shape, kv_heads)
        self._softmax = Softmax(axis=-1, dtype=self.dtype_policy)
        self._dropout_layer = Dropout(
            rate=self.dropout, dtype=self.dtype_policy, seed=self.seed
        )
        self._output_dense = self._dense(
            "attention_output", (None, None, *heads), (self.feature_dim,)
        )

    def _dense(self, name, shape, sizes, activation=None):
        """A projection to axes of some sizes."""
        if name == "attention_output":
            equation, bias_axes = "bquh,uhm->bqm", "m"
        elif name in ("query", "gate"):
            equation, bias_axes = "bqm,muh->bquh", "uh"
        else:
            equation, bias_axes = "bkm,mvh->bkvh", "vh"
        layer = EinsumDense(
            equation,
            output_shape=(None, *sizes),
            bias_axes=bias_axes if self.use_bias else None,
            activation=activation,
            name=name,
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            activity_regularizer=self.activity_regularizer,
            kernel_constraint=self.kernel_constraint,
            bias_constraint=self.bias_constraint,
            **self._common_arguments((self.kernel_initializer, self.bias_initializer)),
        )
        layer.build(shape)
        return layer

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        self._return_attention_scores = return_attention_scores
        key = value if key is None else key
        masks = {
            "query_mask": query_mask,
            "value_mask": value_mask,
            "key_mask": key_mask,
            "attention_mask": attention_mask,
            "use_causal_mask": use_causal_mask,
        }
        gate = self._gate_dense(query) if self.use_gate else None
        projected = (
            self._query_dense(query),
            self._key_dense(key),
            self._value_dense(value),
        )
        if self._needs_no_scores(
            projected[0], return_attention_scores, training, GroupedQueryAttention
        ):
            output, scores = self._attend(*projected, **masks), None
        else:
            mask = self._compute_attention_mask(query, value, **masks)
            repeated = [ops.repeat(x, self.num_repeats, axis=2) for x in projected[1:]]
            output, scores = self._compute_attention(
                projected[0], *repeated, attention_mask=mask, training=training
            )
        if gate is not None:
            output = ops.multiply(output, gate)
        output = self._output_dense(output)
        return (output, scores) if return_attention_scores else output

    def _compute_attention(
        self,
        query,
        key,
        value,
        attention_mask=None,
        training=None,
        use_causal_mask=False,
    ):
        """Attention of projected heads, which a subclass may replace."""
        if use_causal_mask:
            causal = self._compute_causal_mask(query, value)
            attention_mask = self._joined_masks([attention_mask, causal])
        if self._at_once(query, self._return_attention_scores):
            return self._dot_product(query, key, value, attention_mask), None
        return self._weighted_by_scores(query, key, value, attention_mask, training)

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        if query_shape[-1] != value_shape[-1]:
            raise ValueError(
                "The last dimension of `query_shape` and `value_shape` must be equal, "
                f"but are {query_shape[-1]}, {value_shape[-1]}. Received: "
                f"query_shape={query_shape}, value_shape={value_shape}"
            )
        check_lengths(value_shape, value_shape if key_shape is None else key_shape)
        return query_shape

    def get_config(self):
        return {
            **super().get_config(),
            **constructor_config(self, GroupedQueryAttention, ("flash_attention",)),
        }


# Keras exports the class by another name than its own.
GroupQueryAttention = GroupedQueryAttention
