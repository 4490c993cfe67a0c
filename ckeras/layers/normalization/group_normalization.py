"""Group normalization."""

from ckeras import ops
from ckeras.layers.base.config import constructor_config
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.normalization.base import ScaledNormalization
from ckeras.ops.nn.normalization import group_normalization

__all__ = ["GroupNormalization"]


class GroupNormalization(ScaledNormalization):
    """Brings each group of channels of each example to mean 0 and variance 1.

    Then scales and shifts every channel (Wu and He, 2018). One group is layer
    normalization over all axes but the first, and as many as channels instance
    normalization.

    Args:
        groups: number of groups; -1 for as many as there are channels.
        axis: axis of the channels.
        epsilon: what keeps the root away from 0.
        center: whether `beta` is added.
        scale: whether there is a factor `gamma`.
        beta_initializer, gamma_initializer: first values of the weights.
        beta_regularizer, gamma_regularizer: penalties on the weights.
        beta_constraint, gamma_constraint: projections of the weights.

    Raises:
        ValueError: if the channels cannot be divided into the groups.

    Example:

    >>> layer = ckeras.layers.GroupNormalization(groups=2)
    >>> layer(np.array([[1.0, 3.0, 10.0, 30.0]])).numpy().round(2)
    array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        groups=32,
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
        if not isinstance(groups, int) or (groups <= 0 and groups != -1):
            raise ValueError(
                "Received an invalid value for argument `groups`, expected a positive "
                "integer (or `-1` for instance normalization). "
                f"Received: groups={groups}"
            )
        if not isinstance(axis, int):
            raise TypeError(
                f"`axis` must be an integer, the axis of the channels. Received: {axis}"
            )
        super().__init__(**kwargs)
        self.groups = groups
        self.axis = axis
        self.epsilon = epsilon
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
        (channels,) = self._sizes(input_shape)
        if channels is None:
            raise ValueError(
                f"Axis {self.axis} of input tensor should have a defined dimension but "
                f"the layer received an input with shape {tuple(input_shape)}."
            )
        if self.groups == -1:
            self.groups = channels
        if channels < self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) cannot be more than the number of "
                f"channels ({channels})."
            )
        if channels % self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) must be a multiple of the number of "
                f"channels ({channels}): expected groups that divide the channels."
            )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})
        self._add_gamma_and_beta((channels,), gamma=self.scale, beta=self.center)

    def call(self, inputs):
        outputs = group_normalization(
            inputs, self.groups, self.axis, self.gamma, self.beta, self.epsilon
        )
        return ops.cast(ops.cast(outputs, inputs.dtype), self.compute_dtype)

    def get_config(self):
        own = constructor_config(self, GroupNormalization)
        return {**super().get_config(), **own}
