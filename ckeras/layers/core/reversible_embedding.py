"""An embedding that also maps vectors back to scores of the whole numbers."""

from ckeras import ops
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.layers.base.config import constructor_config
from ckeras.layers.base.layer_masks import set_mask
from ckeras.layers.core.embedding import Embedding

__all__ = ["ReversibleEmbedding"]


class ReversibleEmbedding(Embedding):
    """An `Embedding` that, called with `reverse=True`, projects vectors to logits.

    Args:
        input_dim: number of rows of the table.
        output_dim: length of the vectors.
        tie_weights: whether the projection back uses the table's transpose instead
            of weights of its own.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint,
            mask_zero: as for `Embedding`.
        reverse_dtype: number type of the projection; the layer's by default.
        logit_soft_cap: bounds the logits to ±this, by `cap * tanh(logits / cap)`.

    Example:

    >>> layer = ckeras.layers.ReversibleEmbedding(10, 4)
    >>> vectors = layer(np.array([[1, 2, 3]]))
    >>> layer(vectors, reverse=True).shape
    (1, 3, 10)

    References:
        Press and Wolf, Using the Output Embedding to Improve Language Models, 2016.
    """

    def __init__(
        self,
        input_dim,
        output_dim,
        tie_weights=True,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        reverse_dtype=None,
        logit_soft_cap=None,
        **kwargs,
    ):
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )
        self.tie_weights = tie_weights
        self.reverse_dtype = reverse_dtype
        self.logit_soft_cap = logit_soft_cap

    def build(self, input_shape=None):
        super().build(input_shape)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                name="reverse_embeddings",
                shape=(self.output_dim, self.input_dim),
                initializer=self.embeddings_initializer,
            )

    def call(self, inputs, reverse=False):
        if reverse:
            return self._logits(inputs)
        outputs = super().call(inputs)
        mask = Embedding.compute_mask(self, inputs)
        if mask is not None:
            set_mask(outputs, mask)
        return outputs

    def _logits(self, inputs):
        tied = self.tie_weights
        kernel = ops.transpose(self.embeddings) if tied else self.reverse_embeddings
        if self.reverse_dtype is not None:
            inputs = ops.cast(inputs, self.reverse_dtype)
            kernel = ops.cast(kernel, self.reverse_dtype)
        logits = ops.matmul(inputs, kernel)
        cap = self.logit_soft_cap
        return logits if cap is None else ops.tanh(logits / cap) * cap

    def compute_mask(self, inputs, mask=None):
        return None  # `call` knows the direction, and sets it

    def compute_output_shape(self, input_shape, reverse=False):
        if reverse:
            return (*input_shape[:-1], self.input_dim)
        return (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs, reverse=False):
        dtype = (self.reverse_dtype if reverse else None) or self.compute_dtype
        shape = self.compute_output_shape(inputs.shape, reverse)
        spec = KerasTensor(shape, dtype=dtype)
        if self.mask_zero and not reverse:
            set_mask(spec, KerasTensor(inputs.shape, dtype="bool"))
        return spec

    def get_config(self):
        return {
            **super().get_config(),
            **constructor_config(self, ReversibleEmbedding),
        }
