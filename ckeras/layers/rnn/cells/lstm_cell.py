"""One timestep of the long short-term memory."""

from ckeras import initializers, ops
from ckeras.layers.base.config import constructor_config
from ckeras.layers.rnn.cells.weighted_cell import WeightedCell

__all__ = ["LSTMCell"]


class ForgetBias(initializers.Initializer):
    """The bias of the four gates with 1 for the forget gate's part.

    Args:
        inner: initializer of the other parts.
    """

    def __init__(self, inner):
        self.inner = inner

    def __call__(self, shape, dtype=None):
        units = shape[0] // 4
        parts = [
            self.inner((units,), dtype=dtype),
            ops.ones((units,), dtype=dtype),
            self.inner((units * 2,), dtype=dtype),
        ]
        return ops.concatenate(parts)


class LSTMCell(WeightedCell):
    """One step of an LSTM, from (x, h, c) to (h, c).

    With the gates' parts of `x @ kernel + h @ recurrent_kernel + bias` in the order
    i, f, g, o, and `s` the recurrent activation:
    `c = s(f) * c + s(i) * activation(g)`; `h = s(o) * activation(c)`.

    Args:
        units: size of h and c.
        activation: activation of the candidate and of the output.
        recurrent_activation: activation of the gates.
        use_bias: whether a bias is added.
        kernel_initializer, recurrent_initializer, bias_initializer: first values.
        unit_forget_bias: whether the forget gate's bias begins at 1.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties.
        kernel_constraint, recurrent_constraint, bias_constraint: projections.
        dropout: share of the inputs that is 0 in training.
        recurrent_dropout: share of h that is 0 in training.
        seed: integer for repeatable dropout.

    Raises:
        ValueError: if `units` is not positive.
    """

    gates = 4

    def __init__(
        self,
        units,
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
        implementation = kwargs.pop("implementation", 2)
        super().__init__(**kwargs)
        self._take_units(units)
        self._take_options(locals())
        self._take_implementation(implementation)
        self.state_size = [self.units, self.units]

    def build(self, input_shape):
        first = ForgetBias(self.bias_initializer) if self.unit_forget_bias else None
        self._add_weights(input_shape[-1], self.units, (4 * self.units,), first)

    def call(self, inputs, states, training=False):
        h, c = states
        x_mask, h_mask = self._dropout_factors(inputs, h, training)
        if self.implementation == 1:
            z_i, z_f, z_g, z_o = self._gates_apart(inputs, h, x_mask, h_mask)
        else:
            x = inputs if x_mask is None else inputs * x_mask
            z = ops.matmul(x, self.kernel) + ops.matmul(h, self.recurrent_kernel)
            if self.bias is not None:
                z = z + self.bias
            z_i, z_f, z_g, z_o = ops.split(z, 4, axis=-1)
        gate = self.recurrent_activation
        c = gate(z_f) * c + gate(z_i) * self.activation(z_g)
        h = gate(z_o) * self.activation(c)
        return h, [h, c]

    def _gates_apart(self, x, h, x_masks, h_masks):
        """The gates' inputs where each gate has its own dropout masks."""
        kernels = ops.split(self.kernel, 4, axis=1)
        recurrent = ops.split(self.recurrent_kernel, 4, axis=1)
        biases = None if self.bias is None else ops.split(self.bias, 4, axis=0)
        gates = []
        x_gates = self._for_each_gate(x, x_masks)
        h_gates = self._for_each_gate(h, h_masks)
        for g in range(4):
            z = ops.matmul(x_gates[g], kernels[g])
            if biases is not None:
                z = z + biases[g]
            gates.append(z + ops.matmul(h_gates[g], recurrent[g]))
        return gates

    def get_config(self):
        return {**super().get_config(), **constructor_config(self, LSTMCell)}
