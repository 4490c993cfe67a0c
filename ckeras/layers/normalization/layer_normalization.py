"""Layer normalization."""

import warnings

from ckeras import ops
from ckeras.layers.base.config import constructor_config
from ckeras.layers.normalization.base import ScaledNormalization

__all__ = ["LayerNormalization"]


class LayerNormalization(ScaledNormalization):
    """Brings each example to mean 0 and variance 1, then scales and shifts.

    `(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with moments over `axis` for
    each index of the other axes (Ba et al., 2016).

    Args:
        axis: axis or axes to normalize over; gamma and beta have their sizes.
        epsilon: what keeps the root away from 0.
        center: whether `beta` is added.
        scale: whether there is a factor `gamma`.
        beta_initializer, gamma_initializer: first values of the weights.
        beta_regularizer, gamma_regularizer: penalties on the weights.
        beta_constraint, gamma_constraint: projections of the weights.

    Raises:
        TypeError: if `axis` is neither an integer nor a list of integers.
        ValueError: if the input has no such axis, or its size is not known.

    Example:

    >>> layer = ckeras.layers.LayerNormalization()
    >>> layer(np.array([[1.0, 3.0], [10.0, 10.0]])).numpy().round(2)
    array([[-1.,  1.],
           [ 0.,  0.]], dtype=float32)
    """

    def __init__(
        self,
        axis=-1,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        rms_scaling = kwargs.pop("rms_scaling", False)
        if rms_scaling:
            warnings.warn(
                "`rms_scaling=True` is deprecated: it divides by the root of the "
                "variance. Use `RMSNormalization` to divide by the root mean square.",
                stacklevel=2,
            )
        super().__init__(**kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(
                "Expected an int or a list/tuple of ints for the argument 'axis', but "
                f"received: {axis!r}"
            )
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.epsilon = epsilon
        self.rms_scaling = rms_scaling
        self._take_options(
            center,
            scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        self.autocast = False

    def build(self, input_shape):
        self.axis = [self.axis] if isinstance(self.axis, int) else sorted(self.axis)
        self._add_gamma_and_beta(
            self._known_sizes(input_shape),
            gamma=self.scale or self.rms_scaling,
            beta=self.center and not self.rms_scaling,
        )

    def call(self, inputs):
        outputs = ops.layer_normalization(
            inputs,
            gamma=self.gamma,
            beta=self.beta,
            axis=self.axis,
            epsilon=self.epsilon,
            rms_scaling=self.rms_scaling,
        )
        return ops.cast(outputs, self.compute_dtype)

    def get_config(self):
        config = {"rms_scaling": self.rms_scaling}
        own = constructor_config(self, LayerNormalization)
        return {**super().get_config(), **own, **config}
