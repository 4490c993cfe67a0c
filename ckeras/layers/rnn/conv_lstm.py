"""The convolutional long short-term memory over one, two and three spatial axes."""

from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.convolution.base import of_rank
from ckeras.layers.rnn.built_in_rnn import BuiltInRNN
from ckeras.layers.rnn.cells.conv_lstm_cell import ConvLSTMCell

__all__ = ["ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"]


class ConvLSTM(BuiltInRNN):
    """An LSTM over a sequence (batch, timesteps, *spatial, channels), by convolutions.

    Equations are those of `LSTM`, with convolutions in the place of products: h and c
    are of the shape that a convolution of one timestep has.

    Args:
        filters: channels of the output.
        kernel_size: taps on each axis, one number for all or one each.
        strides: step from result to result, of the input's convolution.
        padding: `"valid"` or `"same"`, of the input's convolution.
        data_format: `"channels_last"`, `"channels_first"` for sequences (batch,
            timesteps, channels, *spatial), or None for the setting
            `config.image_data_format()`.
        dilation_rate: step from tap to tap, of the input's convolution; together with
            strides it must be 1.
        activation: activation of the candidate and of the output.
        recurrent_activation: activation of the gates.
        use_bias: whether a bias is added.
        kernel_initializer, recurrent_initializer, bias_initializer: first values.
        unit_forget_bias: whether the forget gate's bias begins at 1.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties.
        activity_regularizer: penalty on the output.
        kernel_constraint, recurrent_constraint, bias_constraint: projections.
        dropout: share of the inputs that is 0 in training.
        recurrent_dropout: share of h that is 0 in training.
        seed: integer for repeatable dropout.
        return_sequences, return_state, go_backwards, stateful: as of `RNN`; so are
            `unroll` and `zero_output_for_mask` among the further keywords.

    Call arguments:
        sequences: tensor (batch, timesteps, *spatial, channels), or channels first.
        initial_state: list of the first h and c; zeros by default.
        mask: boolean tensor (batch, timesteps); masked timesteps are skipped.
        training: whether dropout is applied.

    Raises:
        ValueError: for arguments out of range, spatial axes of unknown size, or an
            input too small for the kernel.
    """

    rank = None
    cell_name = "conv_lstm_cell"
    not_in_config = ("rank",)

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
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
        **kwargs,
    ):
        super().__init__(locals(), rank=self.rank)
        self.input_spec = self._sequence_spec()

    def _sequence_spec(self, features=()):
        if features:
            return InputSpec(shape=(None, None, *features))
        return InputSpec(ndim=self.rank + 3)

    def _first_states(self, sequences, given):
        states = super()._first_states(sequences, given)
        expected = self.cell.state_shape(sequences.shape[0])
        for name, state in zip("hc", states, strict=True):
            if tuple(state.shape) != expected:
                raise ValueError(
                    f"Layer '{self.name}' expected a first {name} of shape "
                    f"{expected}. Received: {tuple(state.shape)}"
                )
        return states

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        batch, length, *features = sequences_shape
        state, _ = self.cell.compute_output_shape((batch, *features))
        output = (batch, length, *state[1:]) if self.return_sequences else state
        return (output, state, state) if self.return_state else output


@of_rank(1, one_each=False)
class ConvLSTM1D(ConvLSTM):
    __doc__ = f"""{ConvLSTM.__doc__}
    Example:

    >>> x = np.zeros((4, 5, 10, 8), "float32")
    >>> ckeras.layers.ConvLSTM1D(16, 3)(x).shape
    (4, 8, 16)
    """

    cell_class = ConvLSTMCell


@of_rank(2, one_each=False)
class ConvLSTM2D(ConvLSTM):
    __doc__ = f"""{ConvLSTM.__doc__}
    Example:

    >>> x = np.zeros((4, 5, 10, 12, 3), "float32")
    >>> y = ckeras.layers.ConvLSTM2D(8, 3, padding="same", return_sequences=True)(x)
    >>> y.shape
    (4, 5, 10, 12, 8)
    """

    cell_class = ConvLSTMCell


@of_rank(3, one_each=False)
class ConvLSTM3D(ConvLSTM):
    __doc__ = f"""{ConvLSTM.__doc__}
    Example:

    >>> x = np.zeros((2, 3, 4, 6, 6, 1), "float32")
    >>> ckeras.layers.ConvLSTM3D(4, (1, 3, 3))(x).shape
    (2, 4, 4, 4, 4)
    """

    cell_class = ConvLSTMCell
