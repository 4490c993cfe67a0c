"""One timestep of the convolutional long short-term memory."""

from ckeras import ops
from ckeras.layers.base.config import constructor_config
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.convolution.base import check_positive
from ckeras.layers.convolution.geometry import Geometry
from ckeras.layers.rnn.cells.lstm_cell import ForgetBias
from ckeras.layers.rnn.cells.weighted_cell import WeightedCell

__all__ = ["ConvLSTMCell"]


class ConvLSTMCell(Geometry, WeightedCell):
    """One step of an LSTM whose products are convolutions (Shi et al., 2015).

    With the gates' parts of `conv(x, kernel) + conv(h, recurrent_kernel) + bias` in
    the order i, f, g, o, and `s` the recurrent activation:
    `c = s(f) * c + s(i) * activation(g)`; `h = s(o) * activation(c)`.
    The convolution of h has no strides and no dilation, and keeps its size.

    Args:
        rank: number of spatial axes, 1 to 3.
        filters: channels of h and c.
        kernel_size: taps on each axis, one number for all or one each.
        strides, padding, data_format, dilation_rate: of the input's convolution.
        activation: activation of the candidate and of the output.
        recurrent_activation: activation of the gates.
        use_bias: whether a bias is added.
        kernel_initializer, recurrent_initializer, bias_initializer: first values.
        unit_forget_bias: whether the forget gate's bias begins at 1.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties.
        kernel_constraint, recurrent_constraint, bias_constraint: projections.
        dropout: share of the inputs that is 0 in training, drawn for each gate.
        recurrent_dropout: share of h that is 0 in training, drawn for each gate.
        seed: integer for repeatable dropout.

    Raises:
        ValueError: for arguments out of range, or an input too small for the kernel.
    """

    gates = 4
    dropout_mask_count = 4

    def __init__(
        self,
        rank,
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
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if rank not in (1, 2, 3):
            raise ValueError(
                f"Rank {rank} convolutions are not implemented: expected 1, 2 or 3 "
                f"spatial axes. Received: rank={rank}"
            )
        self.rank = rank
        check_positive("filters", filters)
        self.filters = filters
        self._take_geometry(kernel_size, strides, padding, data_format, dilation_rate)
        if not self._strides_or_dilation():
            raise ValueError(
                "Specifying `strides > 1` is not compatible with `dilation_rate > 1`. "
                "Please provide `strides=1` or `dilation_rate=1`. "
                f"Received: strides={self.strides} and "
                f"dilation_rate={self.dilation_rate}"
            )
        self._take_options(locals())
        # Channels only; the other axes follow from the input's shape.
        self.state_size = [filters, filters]
        self.input_spec = InputSpec(ndim=rank + 2)

    def build(self, inputs_shape, states_shape=None):
        channels = inputs_shape[self._axis]
        sizes = inputs_shape[1:-1] if self._axis == -1 else inputs_shape[2:]
        if None in sizes:
            raise ValueError(
                "ConvLSTM layers only support static input shapes for the spatial "
                f"dimension. Received invalid input shape: input_shape={inputs_shape}"
            )
        if channels is None:
            raise ValueError(
                "The channel dimension of the inputs should be defined. Found None. "
                f"Full input shape received: input_shape={inputs_shape}"
            )
        self._input_shape = tuple(inputs_shape[1:])
        self.state_shape(None)  # refuses an input that is too small
        self.input_spec = InputSpec(shape=(None, *self._input_shape))
        self._add_weights(
            channels,
            self.filters,
            (4 * self.filters,),
            ForgetBias(self.bias_initializer) if self.unit_forget_bias else None,
            window=self.kernel_size,
        )

    def state_shape(self, batch_size):
        """The shape of h and c."""
        return self._output_shape((batch_size, *self._input_shape), self.filters)

    def get_initial_state(self, batch_size=None):
        """The states before the first timestep: zeros."""
        shape = self.state_shape(batch_size)
        return [ops.zeros(shape, dtype=self.compute_dtype) for _ in range(2)]

    def call(self, inputs, states, training=False):
        h, c = states
        x_factors, h_factors = self._dropout_factors(inputs, h, training)
        layout = {"padding": "same", "data_format": self.data_format}
        z = self._gates(inputs, self.kernel, x_factors, **self._geometry())
        z = z + self._gates(h, self.recurrent_kernel, h_factors, **layout)
        z_i, z_f, z_g, z_o = ops.split(self._plus_bias(z), 4, axis=self._axis)
        gate = self.recurrent_activation
        c = gate(z_f) * c + gate(z_i) * self.activation(z_g)
        h = gate(z_o) * self.activation(c)
        return h, [h, c]

    @property
    def _axis(self):
        """The axis of the channels."""
        return -1 if self.data_format == "channels_last" else 1

    def _gates(self, x, kernel, factors, **options):
        """x convolved for all gates; the gates' x differ if there are factors."""
        if factors is None:
            return ops.conv(x, kernel, **options)
        kernels = ops.split(kernel, 4, axis=-1)
        pairs = zip(self._for_each_gate(x, factors), kernels, strict=True)
        parts = [ops.conv(part, kernel, **options) for part, kernel in pairs]
        return ops.concatenate(parts, axis=self._axis)

    def _plus_bias(self, z):
        if self.bias is None:
            return z
        bias = ops.convert_to_tensor(self.bias)
        if self.data_format == "channels_first":
            bias = ops.reshape(bias, (-1, *(1,) * self.rank))
        return z + bias

    def compute_output_shape(self, inputs_shape, states_shape=None):
        shape = self._output_shape(inputs_shape, self.filters)
        return shape, [shape, shape]

    def get_config(self):
        own = constructor_config(self, ConvLSTMCell, skip=("rank",))
        return {**super().get_config(), **own}
