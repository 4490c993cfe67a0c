"""Spectral normalization of another layer's kernel."""

from ckeras import initializers, ops
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.core.wrapper import Wrapper

__all__ = ["SpectralNormalization"]


class SpectralNormalization(Wrapper):
    """Divides a layer's kernel by its largest singular value (Miyato et al., 2018).

    That happens in every call with `training=True`, and changes the kernel itself: the
    gradient is that of the divided kernel. The singular value is estimated by power
    iteration, which goes on from call to call; a kernel of zeros stays as it is.

    Args:
        layer: a layer with a `kernel` or with `embeddings`.
        power_iterations: steps of power iteration in a call.

    Raises:
        ValueError: if `power_iterations` is not positive, or if the layer has neither
            of the two.

    Example:

    >>> layer = ckeras.layers.SpectralNormalization(ckeras.layers.Dense(3))
    >>> layer(np.ones((2, 4))).shape
    (2, 3)
    """

    def __init__(self, layer, power_iterations=1, **kwargs):
        super().__init__(layer, **kwargs)
        if power_iterations <= 0:
            raise ValueError(
                "`power_iterations` should be greater than zero. Received: "
                f"`power_iterations={power_iterations}`"
            )
        self.power_iterations = power_iterations

    def build(self, input_shape):
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        for name in ("kernel", "embeddings"):
            if hasattr(self.layer, name):
                self.kernel = getattr(self.layer, name)
                break
        else:
            raise ValueError(
                f"{type(self.layer).__name__} object has no attribute 'kernel' nor "
                "'embeddings'"
            )
        self.kernel_shape = self.kernel.shape
        self.vector_u = self.add_weight(
            name="vector_u",
            shape=(1, self.kernel_shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            dtype=self.kernel.dtype,
        )

    def call(self, inputs, training=False):
        if training:
            vector_u, kernel = self.normalized_weights()
            self.vector_u.assign(ops.stop_gradient(vector_u))
            self.kernel.assign(ops.stop_gradient(kernel))
        return ops.cast(self.layer(inputs), inputs.dtype)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def normalized_weights(self):
        """The vector after power iteration, and the kernel divided by what it found."""
        kernel = ops.convert_to_tensor(self.kernel)
        before = ops.convert_to_tensor(self.vector_u)
        matrix = ops.reshape(kernel, [-1, self.kernel_shape[-1]])
        u = before
        for _ in range(self.power_iterations):
            v = _unit(ops.matmul(u, ops.transpose(matrix)))
            u = _unit(ops.matmul(v, matrix))
        largest = ops.matmul(ops.matmul(v, matrix), ops.transpose(u))
        zero = ops.all(ops.equal(kernel, 0))
        divisor = ops.where(zero, 1, ops.reshape(largest, ()))
        return ops.where(zero, before, u), kernel / divisor

    def get_config(self):
        return {**super().get_config(), "power_iterations": self.power_iterations}


def _unit(x):
    return ops.divide_no_nan(x, ops.sqrt(ops.sum(ops.square(x))))
