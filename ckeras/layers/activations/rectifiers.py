"""Layers that pass what is positive, and a part of what is negative."""

import warnings

from ckeras import activations, constraints, initializers, regularizers
from ckeras.layers.base.config import constructor_config
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.base.layer import Layer

__all__ = ["ELU", "LeakyReLU", "PReLU", "ReLU"]


class _Rectifier(Layer):
    """Base of layers without weights that give the shape they get."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self._build_at_init()

    def compute_output_shape(self, input_shape):
        return input_shape


class ReLU(_Rectifier):
    """x from `threshold` on, at most `max_value`; below, a line that is less steep.

    Args:
        max_value: largest output; none by default.
        negative_slope: slope below the threshold.
        threshold: where the line through x begins.

    Raises:
        ValueError: if one of them is negative.

    Example:

    >>> ckeras.layers.ReLU(max_value=2)(np.array([-1.0, 1.0, 3.0])).numpy()
    array([0., 1., 2.], dtype=float32)
    """

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        if max_value is not None and max_value < 0.0:
            raise ValueError(
                "max_value of a ReLU layer cannot be a negative value. "
                f"Received: max_value={max_value}"
            )
        others = {"negative_slope": negative_slope, "threshold": threshold}
        for name, value in others.items():
            if value is None or value < 0.0:
                raise ValueError(
                    f"{name} of a ReLU layer cannot be None or a negative value. "
                    f"Received: {name}={value}"
                )
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold

    def call(self, inputs):
        return activations.relu(
            inputs,
            negative_slope=self.negative_slope,
            max_value=self.max_value,
            threshold=self.threshold,
        )

    def get_config(self):
        return {**super().get_config(), **constructor_config(self, ReLU)}


class LeakyReLU(_Rectifier):
    """x where x > 0, else `negative_slope * x`.

    Args:
        negative_slope: slope left of 0.

    Raises:
        ValueError: if it is negative.

    Example:

    >>> ckeras.layers.LeakyReLU(negative_slope=0.5)(np.array([-2.0, 2.0])).numpy()
    array([-1.,  2.], dtype=float32)
    """

    def __init__(self, negative_slope=0.3, **kwargs):
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn(
                "Argument `alpha` is deprecated. Use `negative_slope` instead.",
                stacklevel=2,
            )
        super().__init__(**kwargs)
        if negative_slope is None or negative_slope < 0:
            raise ValueError(
                "The negative_slope value of a Leaky ReLU layer cannot be None or "
                "negative value. Expected a float. "
                f"Received: negative_slope={negative_slope}"
            )
        self.negative_slope = negative_slope

    def call(self, inputs):
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)

    def get_config(self):
        return {**super().get_config(), "negative_slope": self.negative_slope}


class ELU(_Rectifier):
    """x where x > 0, else `alpha * (exp(x) - 1)`.

    Args:
        alpha: what it approaches far left is -alpha.

    Example:

    >>> ckeras.layers.ELU()(np.array([-100.0, 2.0])).numpy()
    array([-1.,  2.], dtype=float32)
    """

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, inputs):
        return activations.elu(inputs, alpha=self.alpha)

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha}


class PReLU(Layer):
    """x where x > 0, else `alpha * x`, with a weight `alpha` for each position.

    Args:
        alpha_initializer: first values of alpha.
        alpha_regularizer: penalty on alpha.
        alpha_constraint: projection of alpha.
        shared_axes: axes along which alpha is the same, counted with the batch:
            `[1, 2]` gives images one alpha for each channel.

    Raises:
        ValueError: if the size of an axis that is not shared is not known.

    Example:

    >>> layer = ckeras.layers.PReLU(alpha_initializer="ones")
    >>> layer(np.array([[-2.0, 2.0]])).numpy()
    array([[-2.,  2.]], dtype=float32)
    """

    def __init__(
        self,
        alpha_initializer="Zeros",
        alpha_regularizer=None,
        alpha_constraint=None,
        shared_axes=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        if shared_axes is not None:
            several = isinstance(shared_axes, (list, tuple))
            shared_axes = list(shared_axes) if several else [shared_axes]
        self.shared_axes = shared_axes

    def build(self, input_shape):
        shape, rank = list(input_shape[1:]), len(input_shape)
        for axis in self.shared_axes or ():
            if not 1 <= axis < rank:
                raise ValueError(
                    f"`shared_axes` of layer '{self.name}' must be axes of its input "
                    f"from 1 to {rank - 1}. Received: shared_axes={self.shared_axes}, "
                    f"input_shape={tuple(input_shape)}"
                )
            shape[axis - 1] = 1
        if None in shape:
            raise ValueError(
                f"The input of layer '{self.name}' must have known sizes along all "
                "axes but the first and those in `shared_axes`. Received: "
                f"input_shape={tuple(input_shape)}, shared_axes={self.shared_axes}"
            )
        self.alpha = self.add_weight(
            name="alpha",
            shape=shape,
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        axes = {}
        if self.shared_axes:
            axes = {
                i: input_shape[i] for i in range(1, rank) if i not in self.shared_axes
            }
        self.input_spec = InputSpec(ndim=rank, axes=axes)

    def call(self, inputs):
        return activations.relu(inputs) - self.alpha * activations.relu(-inputs)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), **constructor_config(self, PReLU)}
