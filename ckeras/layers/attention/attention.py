"""Attention without projections, by dot products."""

from ckeras import ops, random
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.layers.base.config import constructor_config
from ckeras.layers.base.layer import Layer

__all__ = ["Attention"]

_FAR_BELOW = 1e9  # what is taken from a score that must not count


class Attention(Layer):
    """softmax(query · keyᵀ) · value, Luong's attention.

    Args:
        use_scale: whether scores are multiplied by a trained number.
        score_mode: `"dot"`, or `"concat"` for a weighted sum of tanh(query + key).
        dropout: share of the scores that is dropped in training.
        seed: of the dropout.

    Call arguments:
        inputs: list of a query (batch, q_len, size), a value (batch, kv_len, size)
            and, if it is not the value, a key (batch, kv_len, size).
        mask: list of masks for query and value: where the query's is false, the output
            is 0, where the value's is, the value does not count.
        training: whether to drop scores.
        return_attention_scores: whether to return the scores after softmax as well.
        use_causal_mask: whether a query sees keys up to its own place only.

    Raises:
        ValueError: if `inputs` or `mask` are no lists of 2 or 3, or `score_mode` is
            not known.

    Example:

    >>> query, value = np.zeros((2, 3, 4)), np.zeros((2, 5, 4))
    >>> ckeras.layers.Attention()([query, value]).shape
    (2, 3, 4)
    """

    def __init__(
        self, use_scale=False, score_mode="dot", dropout=0.0, seed=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.use_scale = use_scale
        self.score_mode = score_mode
        self.dropout = dropout
        self.seed = seed
        if dropout > 0:
            self.seed_generator = random.SeedGenerator(seed=seed)
        if score_mode not in ("dot", "concat"):
            raise ValueError(
                "Invalid value for argument score_mode. Expected one of {'dot', "
                f"'concat'}}. Received: score_mode={score_mode}"
            )

    def build(self, input_shape):
        self._validate_inputs(input_shape)
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                name="concat_score_weight", shape=(), initializer="ones"
            )

    def _calculate_scores(self, query, key):
        """Scores (batch, q_len, kv_len)."""
        if self.score_mode == "dot":
            scores = ops.matmul(query, ops.swapaxes(key, -2, -1))
            return scores if self.scale is None else ops.multiply(scores, self.scale)
        pairs = ops.expand_dims(query, -2) + ops.expand_dims(key, -3)
        if self.scale is not None:
            pairs = self.scale * pairs
        return self.concat_score_weight * ops.sum(ops.tanh(pairs), axis=-1)

    def _calculate_score_mask(self, scores, v_mask, use_causal_mask):
        if not use_causal_mask:
            return v_mask
        rows, columns = scores.shape[-2:]
        ahead = ops.reshape(ops.arange(columns), (1, 1, -1)) - ops.reshape(
            ops.arange(rows), (1, -1, 1)
        )
        causal = ops.less_equal(ahead, 0)
        if v_mask is None:
            return causal
        return ops.logical_and(ops.expand_dims(v_mask, -2), causal)

    def _apply_scores(self, scores, value, scores_mask=None, training=False):
        """The weighted sums of values, and the scores after mask and softmax."""
        if scores_mask is not None:
            unseen = ops.logical_not(scores_mask)
            if len(unseen.shape) == 2:
                unseen = ops.expand_dims(unseen, -2)
            far_below = 65504.0 if scores.dtype == "float16" else _FAR_BELOW
            scores = ops.where(unseen, scores - far_below, scores)
        weights = ops.softmax(scores, axis=-1)
        if training and self.dropout > 0:
            weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
        return ops.matmul(weights, value), weights

    def _fits_kernel(self, inputs, v_mask):
        """Whether the scores are dot products that need not be stored."""
        steps = ("_calculate_scores", "_calculate_score_mask", "_apply_scores")
        mine = all(getattr(type(self), n) is getattr(Attention, n) for n in steps)
        ranks = {len(x.shape) for x in inputs}
        batches = {x.shape[0] for x in inputs}
        plain = v_mask is None or len(v_mask.shape) == 2
        return (
            mine
            and self.score_mode == "dot"
            and ranks == {3}
            and len(batches) == 1
            and plain
        )

    def _at_once(self, query, key, value, v_mask, use_causal_mask):
        """The weighted sums of values, by a kernel that stores no scores."""
        if self.scale is not None:
            query = ops.multiply(query, self.scale)
        if v_mask is not None:
            v_mask = ops.expand_dims(ops.cast(v_mask, "bool"), (1, 2))
        query, key, value = [ops.expand_dims(x, 2) for x in (query, key, value)]
        output = ops.dot_product_attention(
            query, key, value, mask=v_mask, scale=1.0, is_causal=use_causal_mask
        )
        return ops.squeeze(output, 2)

    def call(
        self,
        inputs,
        mask=None,
        training=False,
        return_attention_scores=False,
        use_causal_mask=False,
    ):
        self._validate_inputs(inputs, mask)
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) > 2 else value
        q_mask, v_mask = mask[:2] if mask else (None, None)
        drops = training and self.dropout > 0
        if not (return_attention_scores or drops) and self._fits_kernel(inputs, v_mask):
            output = self._at_once(query, key, value, v_mask, use_causal_mask)
        else:
            scores = self._calculate_scores(query=query, key=key)
            output, scores = self._apply_scores(
                scores=scores,
                value=value,
                scores_mask=self._calculate_score_mask(scores, v_mask, use_causal_mask),
                training=training,
            )
        if q_mask is not None:
            output = ops.where(ops.expand_dims(q_mask, -1), output, 0)
        return (output, scores) if return_attention_scores else output

    def compute_mask(self, inputs, mask=None):
        self._validate_inputs(inputs, mask)
        if mask is None or mask[0] is None:
            return None
        return ops.convert_to_tensor(mask[0])

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(
        self,
        inputs,
        mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        self._validate_inputs(inputs, mask)
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) > 2 else value
        shape = self.compute_output_shape([query.shape, value.shape, key.shape])
        spec = KerasTensor(shape, dtype=self.compute_dtype)
        if not return_attention_scores:
            return spec
        scores = (*query.shape[:-1], key.shape[-2])
        return spec, KerasTensor(scores, dtype=self.compute_dtype)

    def _validate_inputs(self, inputs, mask=None):
        name = type(self).__name__
        if not isinstance(inputs, list):
            raise ValueError(
                f"{name} layer must be called on a list of inputs, namely [query, "
                f"value] or [query, value, key]. Received: inputs={inputs}."
            )
        if len(inputs) not in (2, 3):
            raise ValueError(
                f"{name} layer accepts inputs list of length 2 or 3, namely [query, "
                f"value] or [query, value, key]. Received length: {len(inputs)}."
            )
        if mask is None:
            return
        if not isinstance(mask, list):
            raise ValueError(
                f"{name} layer mask must be a list, namely [query_mask, value_mask]. "
                f"Received: mask={mask}."
            )
        if len(mask) not in (2, 3):
            raise ValueError(
                f"{name} layer accepts mask list of length 2 or 3. "
                f"Received: inputs={inputs}, mask={mask}."
            )

    def get_config(self):
        return {**super().get_config(), **constructor_config(self, Attention)}
