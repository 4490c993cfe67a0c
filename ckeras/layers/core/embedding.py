"""The table of vectors for whole numbers."""

from ckeras import constraints, initializers, ops, regularizers
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.values import dtypes
from ckeras.layers.base.config import constructor_config, refuse_quantization
from ckeras.layers.base.layer import Layer

__all__ = ["Embedding"]


class Embedding(Layer):
    """Turns whole numbers into vectors: row `i` of a table that is trained.

    Args:
        input_dim: number of rows; inputs are in `range(input_dim)`.
        output_dim: length of the vectors.
        embeddings_initializer: first values of the table.
        embeddings_regularizer: penalty on the table.
        embeddings_constraint: projection of the table.
        mask_zero: whether the input 0 is padding, to be masked.
        weights: first value of the table, in a list.

    Raises:
        ValueError: if a size is not a positive integer.

    Example:

    >>> layer = ckeras.layers.Embedding(10, 4)
    >>> layer(np.array([[1, 2, 3]])).shape
    (1, 3, 4)
    """

    def __init__(
        self,
        input_dim,
        output_dim,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        weights=None,
        lora_rank=None,
        lora_alpha=None,
        quantization_config=None,
        **kwargs,
    ):
        _check_size("input_dim", input_dim)
        _check_size("output_dim", output_dim)
        input_length = kwargs.pop("input_length", None)
        super().__init__(**kwargs)
        refuse_quantization(
            "Embedding",
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            quantization_config=quantization_config,
        )
        if input_length is not None:  # Keras 2's way to say the input's shape
            self._input_shape_arg = (input_length,)
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.autocast = False
        self.quantization_config = None
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) else [weights])

    def build(self, input_shape=None):
        if self.built:
            return
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.input_dim, self.output_dim),
            initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )

    def call(self, inputs):
        if inputs.dtype not in ("int32", "int64"):
            inputs = ops.cast(inputs, "int32")
        return ops.take(self.embeddings, inputs, axis=0)

    def compute_mask(self, inputs, mask=None):
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs):
        shape = self.compute_output_shape(inputs.shape)
        return KerasTensor(shape, dtype=dtypes.standardize_dtype(self.compute_dtype))

    def get_config(self):
        skip = ("weights", "lora_rank", "lora_alpha")
        return {
            **super().get_config(),
            **constructor_config(self, Embedding, skip),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
        }


def _check_size(argument, size):
    if not isinstance(size, int) or isinstance(size, bool) or size <= 0:
        raise ValueError(
            f"`{argument}` must be a positive integer. "
            f"Received: {argument}={size} (of type {type(size).__name__})."
        )
