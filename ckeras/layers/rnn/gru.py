"""The gated recurrent unit layer."""

from ckeras import activations, ops
from ckeras.layers.rnn.cells.gru_cell import GRUCell
from ckeras.layers.rnn.kernel_rnn import KernelRNN
from ckeras.ops.primitives import recurrent

__all__ = ["GRU"]


class GRU(KernelRNN):
    """Gated recurrent units over a sequence (batch, timesteps, features).

    Equations are those of `GRUCell`. With the usual activations and without
    recurrent dropout, one kernel computes all timesteps.

    A layer given `input_shape=(timesteps,)` reads a sequence of scalars: a 2-D input
    (batch, timesteps) is taken as (batch, timesteps, 1). This is an extension of
    Keras.

    Args:
        units: size of the output.
        activation, recurrent_activation, use_bias, kernel_initializer,
            recurrent_initializer, bias_initializer, kernel_regularizer,
            recurrent_regularizer, bias_regularizer, kernel_constraint,
            recurrent_constraint, bias_constraint, dropout, recurrent_dropout,
            reset_after, seed: as of `GRUCell`.
        activity_regularizer: penalty on the output.
        return_sequences, return_state, go_backwards, stateful, unroll: as of `RNN`.
        use_cudnn: accepted for Keras's signature.

    Call arguments:
        sequences: tensor (batch, timesteps, features).
        initial_state: the first h, also as a list; zeros by default.
        mask: boolean tensor (batch, timesteps); masked timesteps are skipped.
        training: whether dropout is applied.

    Example:

    >>> x = np.zeros((8, 5, 3), "float32")
    >>> ckeras.layers.GRU(4)(x).shape
    (8, 4)
    >>> y, h = ckeras.layers.GRU(4, return_sequences=True, return_state=True)(x)
    >>> y.shape, h.shape
    ((8, 5, 4), (8, 4))
    """

    cell_class = GRUCell
    cell_name = "gru_cell"

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
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
        seed=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        reset_after=True,
        use_cudnn="auto",
        **kwargs,
    ):
        super().__init__(locals(), implementation=kwargs.pop("implementation", 2))

    def has_kernel(self, training):
        return (
            self.cell.implementation != 1
            and self.cell.activation is activations.tanh
            and self.cell.recurrent_activation is activations.sigmoid
        )

    def whole_sequence(self, sequences, states, mask, **options):
        bias, recurrent_bias = self.cell.biases()
        return recurrent.gru(
            sequences,
            ops.convert_to_tensor(self.cell.kernel),
            ops.convert_to_tensor(self.cell.recurrent_kernel),
            bias,
            recurrent_bias,
            *states,
            mask,
            reset_after=self.cell.reset_after,
            **options,
        )
