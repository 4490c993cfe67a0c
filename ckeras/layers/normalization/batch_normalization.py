"""Batch normalization."""

from ckeras import initializers, ops
from ckeras.engine import config as settings
from ckeras.engine.values import dtypes
from ckeras.layers.base.config import constructor_config
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.normalization import batch_renormalization
from ckeras.layers.normalization.base import ScaledNormalization

__all__ = ["BatchNormalization"]


class BatchNormalization(ScaledNormalization):
    """Brings each channel to mean 0 and variance 1, then scales and shifts.

    `(x - mean) / sqrt(variance + epsilon) * gamma + beta` (Ioffe and Szegedy, 2015). In
    training the moments are those of the batch, and the moving ones follow them:
    `moving = moving * momentum + batch * (1 - momentum)`. In inference they are the
    moving ones: the layer is then `x * a + b` with a vector `a` and a vector `b`.

    With `trainable = False` the layer works as in inference, in `fit` too.

    Args:
        axis: axis of the channels.
        momentum: of the moving moments.
        epsilon: what keeps the root away from 0.
        center: whether `beta` is added.
        scale: whether there is a factor `gamma`.
        beta_initializer, gamma_initializer: first values of the weights.
        moving_mean_initializer, moving_variance_initializer: first values of the
            moving moments.
        beta_regularizer, gamma_regularizer: penalties on the weights.
        beta_constraint, gamma_constraint: projections of the weights.
        renorm: whether to correct the batch's moments towards slowly moving ones
            (Ioffe, Batch Renormalization, 2017).
        renorm_clipping: bounds of the correction, a dictionary with any of `rmin`,
            `rmax` and `dmax`.
        renorm_momentum: momentum of the moments that the correction uses.
        synchronized: whether moments are those of all devices. There is one, so this
            changes nothing.

    Call arguments:
        inputs: a tensor.
        training: whether to use the batch's moments.
        mask: which positions count for the batch's moments; it has the inputs' axes but
            the last.

    Raises:
        ValueError: for an axis that the input does not have, or unknown or
            contradicting bounds.

    Example:

    >>> layer = ckeras.layers.BatchNormalization()
    >>> layer(np.array([[1.0], [3.0]]), training=True).numpy().round(2)
    array([[-1.],
           [ 1.]], dtype=float32)
    >>> layer.moving_mean.numpy()
    array([0.02], dtype=float32)
    """

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=1e-3,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        moving_mean_initializer="zeros",
        moving_variance_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        synchronized=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.axis = int(axis)
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)
        self._take_options(
            center,
            scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            moving_mean_initializer=moving_mean_initializer,
            moving_variance_initializer=moving_variance_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        self.renorm = renorm
        if renorm:
            renorm_clipping = batch_renormalization.checked_clipping(renorm_clipping)
        self.renorm_clipping = renorm_clipping
        self.renorm_momentum = renorm_momentum
        self.synchronized = synchronized
        self.moving_mean = None
        self.moving_variance = None

    def build(self, input_shape):
        shape = self._known_sizes(input_shape)
        self._add_gamma_and_beta(shape, gamma=self.scale, beta=self.center)
        self._add_statistic("moving_mean", shape, self.moving_mean_initializer)
        self._add_statistic("moving_variance", shape, self.moving_variance_initializer)
        if self.renorm:

            def deviation(shape, dtype=None):
                variance = _fresh(self.moving_variance_initializer)
                return ops.sqrt(variance(shape, dtype=dtype))

            mean = _fresh(self.moving_mean_initializer)
            self._add_statistic("moving_stddev", shape, deviation)
            self._add_statistic("renorm_mean", shape, mean)
            self._add_statistic("renorm_stddev", shape, deviation)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: shape[0]})

    def _add_statistic(self, name, shape, initializer):
        weight = self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer,
            trainable=False,
            autocast=False,
        )
        setattr(self, name, weight)

    def call(self, inputs, training=None, mask=None):
        if mask is not None and len(mask.shape) != len(inputs.shape) - 1:
            raise ValueError(
                "The mask provided should be one dimension less than the inputs. "
                f"Received: mask.shape={mask.shape}, inputs.shape={inputs.shape}"
            )
        # Half precision has too small a range for the moments.
        inputs = ops.cast(inputs, dtypes.result_type(inputs.dtype, "float32"))
        if training and self.trainable:
            outputs = self._by_batch(inputs, mask)
        else:
            outputs = self._by_moving_moments(inputs)
        return ops.cast(outputs, self.compute_dtype)

    def _by_batch(self, inputs, mask):
        mean, variance = self._moments(inputs, mask)
        gamma, beta = self.gamma, self.beta
        if self.renorm:
            gamma, beta = batch_renormalization.corrected(self, mean, variance)
            batch_renormalization.update(self, mean, variance)
        else:
            self._move("moving_mean", mean, self.momentum)
            self._move("moving_variance", variance, self.momentum)
        return ops.batch_normalization(
            inputs, mean, variance, self.axis, beta, gamma, self.epsilon
        )

    def _by_moving_moments(self, inputs):
        """inputs · a + b, all else being done on vectors."""
        dtype = inputs.dtype
        a = ops.rsqrt(ops.cast(self.moving_variance, dtype) + self.epsilon)
        if self.scale:
            a = a * ops.cast(self.gamma, dtype)
        b = -ops.cast(self.moving_mean, dtype) * a
        if self.center:
            b = b + ops.cast(self.beta, dtype)
        shape = [1] * len(inputs.shape)
        shape[self.axis] = -1
        return inputs * ops.reshape(a, shape) + ops.reshape(b, shape)

    def _move(self, name, value, momentum):
        """Moves a statistic a little towards a value of this batch."""
        weight = getattr(self, name)
        weight.assign(
            ops.cast(weight, value.dtype) * momentum + value * (1.0 - momentum)
        )

    def _moments(self, inputs, mask):
        axes = list(range(len(inputs.shape)))
        del axes[self.axis]
        if mask is None:
            return ops.moments(inputs, axes, synchronized=self.synchronized)
        kept = ops.expand_dims(ops.cast(mask, "bool"), axis=-1)
        kept = ops.broadcast_to(kept, ops.shape(inputs))
        count = ops.sum(ops.cast(kept, inputs.dtype), axes, keepdims=True)
        count = count + settings.epsilon()
        mean = ops.sum(ops.where(kept, inputs, 0), axes, keepdims=True) / count
        square = ops.square(ops.where(kept, inputs - mean, 0))
        variance = ops.sum(square, axes, keepdims=True) / count
        return ops.reshape(mean, [-1]), ops.reshape(variance, [-1])

    def get_config(self):
        own = constructor_config(self, BatchNormalization)
        return {**super().get_config(), **own}


def _fresh(initializer):
    """The same initializer with a seed of its own, if it has one."""
    known = isinstance(initializer, initializers.Initializer)
    return initializer.clone() if known else initializer
