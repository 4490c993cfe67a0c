"""Normalization of each sample by itself."""

import warnings

from ckeras import constraints, initializers, ops, regularizers
from ckeras.layers.config import constructor_config
from ckeras.layers.layer import Layer
from ckeras.user_code import stacklevel

__all__ = ["LayerNormalization"]


class LayerNormalization(Layer):
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, moments over `axis`.

    Each sample is brought to mean 0 and variance 1 by itself, in training and in
    prediction alike.

    Args:
        axis: axis or axes over which a sample is normalized, usually the features'.
        epsilon: what keeps the root away from 0.
        center: whether `beta` is added.
        scale: whether `gamma` multiplies.
        beta_initializer, gamma_initializer: first values of the weights.
        beta_regularizer, gamma_regularizer: penalties on the weights.
        beta_constraint, gamma_constraint: projections of the weights.
        **kwargs: those of `Layer`, and `rms_scaling` (deprecated in Keras): True
            leaves out the mean and `beta`.

    Raises:
        TypeError: if `axis` is neither an integer nor a list of them.

    Source: Ba, Kiros and Hinton, Layer Normalization (2016).

    Example:

    >>> x = np.array([[1.0, 3.0], [10.0, 30.0]])
    >>> ckeras.layers.LayerNormalization(epsilon=0.0)(x).numpy()
    array([[-1.,  1.],
           [-1.,  1.]], dtype=float32)
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
                "`rms_scaling=True` is deprecated: it divides by the standard "
                "deviation, not by the root mean square.",
                stacklevel=stacklevel(),
            )
        super().__init__(**kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(
                "Expected an int or a list/tuple of ints for the argument 'axis', but "
                f"received: {axis!r}"
            )
        self.axis = axis if isinstance(axis, int) else list(axis)
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.rms_scaling = rms_scaling
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.supports_masking = True
        self.autocast = False

    def build(self, input_shape):
        self.axis = [self.axis] if isinstance(self.axis, int) else sorted(self.axis)
        self._check_axes(input_shape)
        shape = tuple(input_shape[axis] for axis in self.axis)
        self.gamma = self.beta = None
        if self.scale or self.rms_scaling:
            self.gamma = self.add_weight(
                name="gamma",
                shape=shape,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                autocast=False,
            )
        if self.center and not self.rms_scaling:
            self.beta = self.add_weight(
                name="beta",
                shape=shape,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                autocast=False,
            )

    def _check_axes(self, input_shape):
        for axis in [self.axis] if isinstance(self.axis, int) else self.axis:
            if not -len(input_shape) <= axis < len(input_shape):
                raise ValueError(
                    f"Axis {axis} is out of bounds for input shape {input_shape}. "
                    f"Received: axis={self.axis}"
                )
            if input_shape[axis] is None:
                raise ValueError(
                    f"Axis {axis} of the input of layer '{self.name}' must have a "
                    f"known size. Received: input_shape={input_shape}"
                )

    def call(self, inputs):
        outputs = ops.layer_normalization(
            inputs,
            self.gamma,
            self.beta,
            self.axis,
            self.epsilon,
            rms_scaling=self.rms_scaling,
        )
        return ops.cast(outputs, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        self._check_axes(input_shape)
        return input_shape

    def get_config(self):
        own = constructor_config(self, LayerNormalization)
        return {**super().get_config(), **own, "rms_scaling": self.rms_scaling}
