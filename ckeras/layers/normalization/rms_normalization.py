"""Normalization by the root mean square."""

from ckeras import ops
from ckeras.layers.normalization.base import NormalizationLayer

__all__ = ["RMSNormalization"]


class RMSNormalization(NormalizationLayer):
    """`x / sqrt(mean(x²) + epsilon) * scale`, the mean over `axis`.

    Zhang and Sennrich, Root Mean Square Layer Normalization (2019).

    Args:
        axis: axis or axes of the mean; the weight `scale` has their sizes.
        epsilon: what keeps the root away from 0.

    Raises:
        ValueError: if the input has no such axis, or its size is not known.

    Example:

    >>> layer = ckeras.layers.RMSNormalization()
    >>> layer(np.array([[3.0, 4.0]])).numpy().round(3)
    array([[0.849, 1.131]], dtype=float32)
    """

    def __init__(self, axis=-1, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis
        self.epsilon = epsilon

    def build(self, input_shape):
        several = isinstance(self.axis, (list, tuple))
        self.axis = sorted(self.axis) if several else [self.axis]
        shape = self._known_sizes(input_shape)
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones")

    def call(self, x):
        return ops.rms_normalization(
            x, scale=self.scale, axis=self.axis, epsilon=self.epsilon
        )

    def get_config(self):
        config = {"axis": self.axis, "epsilon": self.epsilon}
        return {**super().get_config(), **config}
