"""What attention with learned projections and several heads shares."""

from ckeras import ops
from ckeras.engine import config
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.layers.base.layer import Layer
from ckeras.ops.nn.attention import attend

__all__ = ["ProjectedAttention", "check_lengths", "check_window"]

# What subclasses of users may have of their own.
_REPLACEABLE = (
    "_compute_attention",
    "_compute_attention_mask",
    "_compute_causal_mask",
    "_compute_sliding_window_mask",
)


class ProjectedAttention(Layer):
    """Masks, scores and weighted sums of `MultiHeadAttention` and its kin.

    A subclass sets `_num_heads` (of the query), `_scale` (of the scores), `_rate` (of
    dropout), `_window`, `_flash_attention`, `_kv_first` (the order in the scores'
    equation), `_attention_axes`, `_dot_product_equation`, `_combine_equation`,
    `_softmax` and `_dropout_layer`.
    """

    def _set_flash_attention(self, flash_attention, dropout):
        self._flash_attention = flash_attention or config.is_flash_attention_enabled()
        if self._flash_attention and dropout > 0.0:
            raise ValueError(
                "Dropout is not supported when flash attention is enabled. "
                "Please set dropout to 0.0 to use flash attention."
            )

    # --- shapes ---

    def compute_output_spec(
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
        key_shape = None if key is None else key.shape
        shape = self.compute_output_shape(query.shape, value.shape, key_shape)
        output = KerasTensor(shape, dtype=self.compute_dtype)
        if not return_attention_scores:
            return output
        shape = self._scores_shape(query.shape, value.shape)
        return output, KerasTensor(shape, dtype=self.compute_dtype)

    def _scores_shape(self, query_shape, value_shape):
        """(batch, axes not attended over, heads, those of the queries, of the keys)."""
        axes = self._attention_axes or range(1, len(query_shape) - 1)
        axes = [a % len(query_shape) for a in axes]
        others = [n for i, n in enumerate(query_shape[:-1]) if i not in axes]
        pairs = [shape[a] for shape in (query_shape, value_shape) for a in axes]
        return (*others, self._num_heads, *pairs)

    # --- masks ---

    def _compute_attention_mask(
        self,
        query,
        value,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        use_causal_mask=False,
    ):
        """All masks in one, (batch, q_len, kv_len) or what broadcasts to it."""
        masks = []
        if query_mask is not None:
            masks.append(ops.expand_dims(ops.cast(query_mask, "bool"), -1))
        for mask in (value_mask, key_mask):
            if mask is not None:
                masks.append(ops.expand_dims(ops.cast(mask, "bool"), -2))
        if use_causal_mask:
            masks.append(self._compute_causal_mask(query, value))
        if self._window is not None:
            masks.append(self._compute_sliding_window_mask(query, value))
        if attention_mask is not None:
            masks.insert(0, attention_mask)
        return self._joined_masks(masks)

    def _joined_masks(self, masks):
        """All masks in one; None for none."""
        joint = None
        for mask in masks:
            if mask is not None:
                mask = ops.cast(mask, "bool")
                joint = mask if joint is None else ops.logical_and(joint, mask)
        return joint

    def _compute_causal_mask(self, query, value=None):
        """(1, q_len, kv_len): a query sees keys up to its own place."""
        ahead = _distances(query, query if value is None else value)
        return ops.less_equal(ahead, 0)

    def _compute_sliding_window_mask(self, query, value=None):
        """(1, q_len, kv_len): a query sees keys less than the window away."""
        ahead = _distances(query, query if value is None else value)
        return ops.less(ops.absolute(ahead), self._window)

    def _with_head_axes(self, mask, rank):
        """A mask with as many axes as the scores; those left out follow the batch."""
        axis = -2 * len(self._attention_axes) - 1
        for _ in range(rank - len(mask.shape)):
            mask = ops.expand_dims(mask, axis=axis)
        return mask

    # --- attention ---

    def _masked_softmax(self, attention_scores, attention_mask=None):
        if attention_mask is not None:
            rank = len(attention_scores.shape)
            attention_mask = self._with_head_axes(attention_mask, rank)
        return self._softmax(attention_scores, mask=attention_mask)

    def _at_once(self, query, return_attention_scores):
        """Whether scores are neither asked for nor dropped, so need not exist."""
        if self._flash_attention and return_attention_scores:
            raise ValueError(
                "Returning attention scores is not supported when flash "
                "attention is enabled. Please disable flash attention to access "
                "attention scores."
            )
        plain = self._rate == 0.0 and not return_attention_scores
        return plain and len(query.shape) == 4

    def _needs_no_scores(self, query, return_attention_scores, training, base):
        """Whether the output of projected heads may be computed by `_attend`.

        A layer with dropout can do without scores where it does not train.

        Args:
            query: its projected heads.
            return_attention_scores, training: of the call.
            base: the class of the layer that subclasses may differ from.
        """
        if any(getattr(type(self), n) is not getattr(base, n) for n in _REPLACEABLE):
            return False
        if self._at_once(query, return_attention_scores):
            return True
        needless = not (training or return_attention_scores)
        return needless and len(query.shape) == 4

    def _attend(
        self,
        query,
        key,
        value,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        use_causal_mask=False,
    ):
        """The output, by a kernel that stores no scores, nor masks that no one gave.

        What a query sees by places needs no mask, and a mask of keys is as small as it
        comes. Queries that see nothing or are masked see all keys evenly, those of a
        layer with dropout give 0: in Keras such a layer goes by the scores, whose
        softmax is multiplied by the mask.
        """
        mask = None if attention_mask is None else ops.cast(attention_mask, "bool")
        if mask is not None:
            mask = self._with_head_axes(mask, 4)
        for keys in (value_mask, key_mask):
            if keys is not None:
                keys = ops.expand_dims(ops.cast(keys, "bool"), (1, 2))
                mask = keys if mask is None else ops.logical_and(mask, keys)
        beyond = self._window is not None and query.shape[1] > key.shape[1]
        some_blind = mask is not None or beyond
        output = attend(
            query,
            key,
            value,
            mask,
            scale=self._scale,
            causal=use_causal_mask,
            window=self._window,
            masked=self._rate > 0.0 and some_blind,
        )
        if query_mask is None:
            return output
        seeing = ops.expand_dims(ops.cast(query_mask, "bool"), (2, 3))
        if self._rate > 0.0:
            return ops.multiply(output, ops.cast(seeing, output.dtype))
        evenly = ops.mean(value, axis=1, keepdims=True)
        if query.shape[2] != value.shape[2]:
            evenly = ops.repeat(evenly, query.shape[2] // value.shape[2], axis=2)
        return ops.where(seeing, output, evenly)

    def _dot_product(self, query, key, value, attention_mask):
        """The same with all masks in one."""
        if attention_mask is not None:
            attention_mask = self._with_head_axes(attention_mask, 4)
            attention_mask = ops.cast(attention_mask, "bool")
        return ops.dot_product_attention(
            query,
            key,
            value,
            mask=attention_mask,
            scale=self._scale,
            flash_attention=self._flash_attention,
        )

    def _weighted_by_scores(self, query, key, value, attention_mask, training):
        """The output, and the scores after softmax."""
        query = ops.multiply(query, ops.cast(self._scale, query.dtype))
        pair = (key, query) if self._kv_first else (query, key)
        scores = ops.einsum(self._dot_product_equation, *pair)
        scores = self._masked_softmax(scores, attention_mask)
        kept = scores
        if self._rate > 0.0:
            kept = self._dropout_layer(scores, training=training)
        return ops.einsum(self._combine_equation, kept, value), scores

    def _common_arguments(self, initializers_of):
        """What all projections are made with; initializers of their own."""
        kernel, bias = [type(i).from_config(i.get_config()) for i in initializers_of]
        return {
            "kernel_initializer": kernel,
            "bias_initializer": bias,
            "dtype": self.dtype_policy,
        }


def _distances(query, value):
    """(1, q_len, kv_len): how far each key is ahead of each query."""
    rows = ops.reshape(ops.arange(query.shape[1], dtype="int32"), (1, -1, 1))
    columns = ops.reshape(ops.arange(value.shape[1], dtype="int32"), (1, 1, -1))
    return ops.subtract(columns, rows)


def check_window(sliding_window):
    """Raises unless a window is None or a positive integer."""
    if sliding_window is not None and (
        not isinstance(sliding_window, int) or sliding_window <= 0
    ):
        raise ValueError(
            "`sliding_window` must be `None` or a positive integer. "
            f"Received: sliding_window={sliding_window}"
        )


def check_lengths(value_shape, key_shape):
    """Raises if keys and values do not come in pairs."""
    if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
        raise ValueError(
            "All dimensions of `value` and `key`, except the last one, must be equal. "
            f"Received: value_shape={value_shape} and key_shape={key_shape}"
        )
