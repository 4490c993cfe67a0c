"""One timestep of the long short-term memory."""

from ckeras import activations, constraints, initializers, ops, random, regularizers
from ckeras.layers.config import constructor_config
from ckeras.layers.layer import Layer
from ckeras.layers.rnn.dropout_cell import DropoutRNNCell

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


class LSTMCell(DropoutRNNCell, Layer):
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
        if not isinstance(units, int) or units <= 0:
            raise ValueError(
                "Received an invalid value for argument `units`, expected a positive "
                f"integer, got {units}."
            )
        implementation = kwargs.pop("implementation", 2)
        super().__init__(**kwargs)
        self.units = units
        self.activation = activations.get(activation)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.unit_forget_bias = unit_forget_bias
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = min(1.0, max(0.0, dropout))
        self.recurrent_dropout = min(1.0, max(0.0, recurrent_dropout))
        # With recurrent dropout each gate has masks of its own, as in Keras.
        self.implementation = 1 if self.recurrent_dropout else implementation
        self.dropout_mask_count = 4 if self.implementation == 1 else None
        self.seed = seed
        self.seed_generator = random.SeedGenerator(seed)
        self.state_size = [self.units, self.units]
        self.output_size = self.units

    def build(self, input_shape):
        self.kernel = self.add_weight(
            shape=(input_shape[-1], self.units * 4),
            name="kernel",
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, self.units * 4),
            name="recurrent_kernel",
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias:
            first = self.bias_initializer
            self.bias = self.add_weight(
                shape=(self.units * 4,),
                name="bias",
                initializer=ForgetBias(first) if self.unit_forget_bias else first,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def call(self, inputs, states, training=False):
        h, c = states
        x_mask = h_mask = None
        if training and self.dropout > 0:
            x_mask = self.get_dropout_mask(inputs)
        if training and self.recurrent_dropout > 0:
            h_mask = self.get_recurrent_dropout_mask(h)
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
        for g in range(4):
            x_g = x if x_masks is None else x * x_masks[g]
            h_g = h if h_masks is None else h * h_masks[g]
            z = ops.matmul(x_g, kernels[g])
            if biases is not None:
                z = z + biases[g]
            gates.append(z + ops.matmul(h_g, recurrent[g]))
        return gates

    def get_initial_state(self, batch_size=None):
        """h and c before the first timestep: zeros."""
        shape = (batch_size, self.units)
        return [ops.zeros(shape, dtype=self.compute_dtype) for _ in range(2)]

    def get_config(self):
        return {**super().get_config(), **constructor_config(self, LSTMCell)}
