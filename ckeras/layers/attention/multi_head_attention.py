"""Attention with several heads, each with projections of its own."""

import math
import string

from ckeras import constraints, initializers, ops, regularizers
from ckeras.layers.activations.softmax import Softmax
from ckeras.layers.attention.projected import (
    ProjectedAttention,
    check_lengths,
    check_window,
)
from ckeras.layers.base.layer_masks import get_mask, set_mask
from ckeras.layers.core.einsum_dense import EinsumDense
from ckeras.layers.regularization.dropout import Dropout
from ckeras.ops.promotion import as_axis

__all__ = ["MultiHeadAttention"]


class MultiHeadAttention(ProjectedAttention):
    """softmax(q·kᵀ / √key_dim)·v for each head, with q, k, v and the output projected.

    Unless scores are asked for or dropped, they are never stored: memory grows
    with the length, not with its square.

    Args:
        num_heads: number of heads.
        key_dim: size of a head's queries and keys.
        value_dim: size of a head's values; `key_dim` by default.
        dropout: share of the scores that is dropped in training.
        use_bias: whether the projections have biases.
        output_shape: size of the output's last axis, or of several; that of the
            query by default.
        attention_axes: axes over which to attend; all but batch and features by
            default.
        sliding_window: how near a key must be: a query sees those less than so many
            places away. None for all.
        flash_attention: whether to insist on never storing scores.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
            activity_regularizer, kernel_constraint, bias_constraint: as for `Dense`,
            for each projection.
        use_gate: whether the heads' results are multiplied by a sigmoid of a further
            projection of the query.
        seed: of the dropout.

    Call arguments:
        query: tensor (batch, q_len, features).
        value: tensor (batch, kv_len, features).
        key: tensor (batch, kv_len, features); `value` by default.
        query_mask, value_mask, key_mask: tensors (batch, length); taken from what is
            attached to the tensors.
        attention_mask: booleans (batch, q_len, kv_len), true where a query may look.
        return_attention_scores: whether to return the scores after softmax as well.
        training: whether to drop scores.
        use_causal_mask: whether a query sees keys up to its own place only.

    Raises:
        ValueError: if an argument or a shape does not fit.

    Example:

    >>> layer = ckeras.layers.MultiHeadAttention(num_heads=2, key_dim=3)
    >>> x = np.zeros((4, 5, 6), "float32")
    >>> layer(x, x).shape
    (4, 5, 6)
    >>> layer(x, x, return_attention_scores=True)[1].shape
    (4, 2, 5, 5)

    References:
        Vaswani et al., Attention Is All You Need, 2017.
        Qiu et al., Gated Attention for Large Language Models, 2025 (`use_gate`).
    """

    _kv_first = True

    def __init__(
        self,
        num_heads,
        key_dim,
        value_dim=None,
        dropout=0.0,
        use_bias=True,
        output_shape=None,
        attention_axes=None,
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
        _check_size("num_heads", num_heads)
        _check_size("key_dim", key_dim)
        if value_dim is not None:
            _check_size("value_dim", value_dim, " or `None`")
        super().__init__(**kwargs)
        self.supports_masking = True
        self._num_heads = num_heads
        self._key_dim = key_dim
        self._value_dim = value_dim or key_dim
        self._dropout = self._rate = dropout
        self._use_bias = use_bias
        self._use_gate = use_gate
        self._output_shape = _sizes(output_shape)
        self._kernel_initializer = initializers.get(kernel_initializer)
        self._bias_initializer = initializers.get(bias_initializer)
        self._kernel_regularizer = regularizers.get(kernel_regularizer)
        self._bias_regularizer = regularizers.get(bias_regularizer)
        self._activity_regularizer = regularizers.get(activity_regularizer)
        self._kernel_constraint = constraints.get(kernel_constraint)
        self._bias_constraint = constraints.get(bias_constraint)
        if isinstance(attention_axes, int):
            attention_axes = (attention_axes,)
        elif attention_axes and not isinstance(attention_axes, (list, tuple)):
            raise ValueError(
                "`attention_axes` must be an int, list, or tuple. "
                f"Received: attention_axes={attention_axes}"
            )
        self._attention_axes = attention_axes
        check_window(sliding_window)
        self._window = self._sliding_window = sliding_window
        self.seed = seed
        self._scale = 1.0 / math.sqrt(float(key_dim))
        self._set_flash_attention(flash_attention, dropout)

    @property
    def num_heads(self):
        return self._num_heads

    @property
    def key_dim(self):
        return self._key_dim

    @property
    def value_dim(self):
        return self._value_dim

    @property
    def dropout(self):
        return self._dropout

    @property
    def use_bias(self):
        return self._use_bias

    @property
    def attention_axes(self):
        return self._attention_axes

    @property
    def query_dense(self):
        return self._query_dense

    @property
    def key_dense(self):
        return self._key_dense

    @property
    def value_dense(self):
        return self._value_dense

    @property
    def output_dense(self):
        return self._output_dense

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        check_lengths(value_shape, key_shape)
        heads = self._num_heads
        self._query_dense = self._projection("query", query_shape, self._key_dim)
        self._key_dense = self._projection("key", key_shape, self._key_dim)
        if self._use_gate:
            self._gate_dense = self._projection(
                "gate", query_shape, self._value_dim, activation="sigmoid"
            )
        self._value_dense = self._projection("value", value_shape, self._value_dim)
        self._build_attention(len(value_shape) + 1)
        sizes = self._output_shape or (query_shape[-1],)
        inner_shape = (*query_shape[:-1], heads, self._value_dim)
        self._output_dense = self._dense("attention_output", inner_shape, 2, sizes)

    def _projection(self, name, shape, size, **arguments):
        return self._dense(name, shape, 1, (self._num_heads, size), **arguments)

    def _dense(self, name, shape, summed, sizes, **arguments):
        """A layer from the last `summed` axes of a shape to axes of some sizes."""
        free = len(shape) - summed
        equation, bias_axes = _projection_equation(free, summed, len(sizes))
        initializers_of = (self._kernel_initializer, self._bias_initializer)
        layer = EinsumDense(
            equation,
            output_shape=(*[None] * (free - 1), *sizes),
            bias_axes=bias_axes if self._use_bias else None,
            name=name,
            kernel_regularizer=self._kernel_regularizer,
            bias_regularizer=self._bias_regularizer,
            activity_regularizer=self._activity_regularizer,
            kernel_constraint=self._kernel_constraint,
            bias_constraint=self._bias_constraint,
            **self._common_arguments(initializers_of),
            **arguments,
        )
        layer.build(shape)
        return layer

    def _build_attention(self, rank):
        """What `_compute_attention` needs for values of a rank, heads included."""
        if self._attention_axes is None:
            axes = tuple(range(1, rank - 2))
        else:
            axes = tuple(
                [as_axis(a, rank - 1, "attention_axes") for a in self._attention_axes]
            )
        self._attention_axes = axes
        equations = _attention_equations(rank, axes)
        self._dot_product_equation, self._combine_equation, scores_rank = equations
        last = tuple(range(scores_rank - len(axes), scores_rank))
        self._softmax = Softmax(axis=last, dtype=self.dtype_policy)
        self._dropout_layer = Dropout(
            rate=self._dropout, dtype=self.dtype_policy, seed=self.seed
        )

    def _compute_attention(
        self,
        query,
        key,
        value,
        attention_mask=None,
        training=None,
        return_attention_scores=False,
        use_causal_mask=False,
    ):
        """Attention of projected heads, which a subclass may replace.

        Returns:
            The output (batch, q_len, heads, value_dim), and the scores or None.
        """
        if use_causal_mask:
            causal = self._compute_causal_mask(query, value)
            attention_mask = self._joined_masks([attention_mask, causal])
        if self._at_once(query, return_attention_scores):
            return self._dot_product(query, key, value, attention_mask), None
        return self._weighted_by_scores(query, key, value, attention_mask, training)

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
        key = value if key is None else key
        query_mask = get_mask(query)
        for x in (query, value, key):  # as Keras: masks end here
            set_mask(x, None)
        masks = {
            "query_mask": query_mask,
            "value_mask": value_mask,
            "key_mask": key_mask,
            "attention_mask": attention_mask,
            "use_causal_mask": use_causal_mask,
        }
        gate = self._gate_dense(query) if self._use_gate else None
        projected = (
            self._query_dense(query),
            self._key_dense(key),
            self._value_dense(value),
        )
        if self._needs_no_scores(
            projected[0], return_attention_scores, training, MultiHeadAttention
        ):
            output, scores = self._attend(*projected, **masks), None
        else:
            output, scores = self._compute_attention(
                *projected,
                self._compute_attention_mask(query, value, **masks),
                training,
                return_attention_scores,
            )
        if gate is not None:
            output = ops.multiply(output, gate)
        output = self._output_dense(output)
        if query_mask is not None:
            set_mask(output, query_mask)
        return (output, scores) if return_attention_scores else output

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        check_lengths(value_shape, value_shape if key_shape is None else key_shape)
        if self._output_shape:
            return (*query_shape[:-1], *self._output_shape)
        return tuple(query_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self._num_heads,
            "key_dim": self._key_dim,
            "value_dim": self._value_dim,
            "dropout": self._dropout,
            "use_bias": self._use_bias,
            "use_gate": self._use_gate,
            "output_shape": self._output_shape,
            "attention_axes": self._attention_axes,
            "sliding_window": self._sliding_window,
            "kernel_initializer": initializers.serialize(self._kernel_initializer),
            "bias_initializer": initializers.serialize(self._bias_initializer),
            "kernel_regularizer": regularizers.serialize(self._kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self._bias_regularizer),
            "activity_regularizer": regularizers.serialize(self._activity_regularizer),
            "kernel_constraint": constraints.serialize(self._kernel_constraint),
            "bias_constraint": constraints.serialize(self._bias_constraint),
            "seed": self.seed,
        }


def _check_size(name, size, otherwise=""):
    if not isinstance(size, int) or size <= 0:
        raise ValueError(
            f"Received an invalid value for argument `{name}`, expected a positive "
            f"integer{otherwise}. Received: {name}={size}"
        )


def _sizes(output_shape):
    if not output_shape:
        return output_shape
    if isinstance(output_shape, int):
        return (output_shape,)
    try:
        return tuple(output_shape)
    except TypeError:
        raise ValueError(
            f"Invalid `output_shape`: {output_shape}. When specified, the "
            "`output_shape` should be of type tuple, list, or int."
        ) from None


def _projection_equation(free, summed, new):
    """Equation and bias axes of a product over the last axes of the inputs."""
    letters = string.ascii_lowercase
    kept, inner = letters[:free], letters[free : free + summed]
    outer = letters[free + summed : free + summed + new]
    return f"{kept}{inner},{inner}{outer}->{kept}{outer}", outer


def _attention_equations(rank, axes):
    """Equations for values (batch, ..., heads, size), attending over some axes.

    Returns:
        That of the scores, from keys and queries to (batch, other axes, heads, axes of
        the queries, axes of the keys); that of the output; the rank of the scores.
    """
    target = string.ascii_lowercase[:rank]
    fresh = iter(string.ascii_lowercase[rank:])
    source = "".join([next(fresh) if i in axes else c for i, c in enumerate(target)])
    batch = "".join([c for i, c in enumerate(target[:-1]) if i not in axes])
    scores = batch + "".join([s[i] for s in (target, source) for i in axes])
    return f"{source},{target}->{scores}", f"{scores},{source}->{target}", len(scores)
