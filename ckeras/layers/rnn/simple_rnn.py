"""The simple recurrent layer."""

from ckeras import activations, ops
from ckeras.layers.rnn.cells.simple_rnn_cell import SimpleRNNCell
from ckeras.layers.rnn.kernel_rnn import KernelRNN
from ckeras.ops.primitives import recurrent

__all__ = ["SimpleRNN"]

# The activations that the kernel has.
_KERNELS = [
    activations.linear,
    activations.relu,
    activations.sigmoid,
    activations.tanh,
]


class SimpleRNN(KernelRNN):
    """Fully connected recurrent network over a sequence (batch, timesteps, features).

    The equation is that of `SimpleRNNCell`. With `tanh`, `relu`, `sigmoid` or no
    activation, and without recurrent dropout, one kernel computes all timesteps.

    A layer given `input_shape=(timesteps,)` reads a sequence of scalars: a 2-D input
    (batch, timesteps) is taken as (batch, timesteps, 1). This is an extension of
    Keras.

    Args:
        units: size of the output.
        activation, use_bias, kernel_initializer, recurrent_initializer,
            bias_initializer, kernel_regularizer, recurrent_regularizer,
            bias_regularizer, kernel_constraint, recurrent_constraint, bias_constraint,
            dropout, recurrent_dropout, seed: as of `SimpleRNNCell`.
        activity_regularizer: penalty on the output.
        return_sequences, return_state, go_backwards, stateful, unroll: as of `RNN`.

    Call arguments:
        sequences: tensor (batch, timesteps, features).
        initial_state: the first h, also as a list; zeros by default.
        mask: boolean tensor (batch, timesteps); masked timesteps are skipped.
        training: whether dropout is applied.

    Example:

    >>> x = np.zeros((8, 5, 3), "float32")
    >>> ckeras.layers.SimpleRNN(4)(x).shape
    (8, 4)
    >>> y, h = ckeras.layers.SimpleRNN(4, return_sequences=True, return_state=True)(x)
    >>> y.shape, h.shape
    ((8, 5, 4), (8, 4))
    """

    cell_class = SimpleRNNCell
    cell_name = "simple_rnn_cell"
    not_in_config = ("seed",)

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(locals())

    def has_kernel(self, training):
        drops = training and self.cell.drops(self.cell.recurrent_dropout)
        return not drops and self.cell.activation in _KERNELS

    def whole_sequence(self, sequences, states, mask, **options):
        bias = self.cell.bias
        return recurrent.simple_rnn(
            sequences,
            ops.convert_to_tensor(self.cell.kernel),
            ops.convert_to_tensor(self.cell.recurrent_kernel),
            None if bias is None else ops.convert_to_tensor(bias),
            *states,
            mask,
            activation=self.cell.activation.__name__,
            **options,
        )
