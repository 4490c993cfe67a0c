"""One timestep of the simple recurrent network."""

from ckeras import ops
from ckeras.engine import tree
from ckeras.layers.base.config import constructor_config
from ckeras.layers.rnn.cells.weighted_cell import WeightedCell

__all__ = ["SimpleRNNCell"]


class SimpleRNNCell(WeightedCell):
    """One step of a simple RNN, from (x, h) to h.

    `h = activation(x @ kernel + bias + h @ recurrent_kernel)`.

    Args:
        units: size of h.
        activation: activation; None for none.
        use_bias: whether a bias is added.
        kernel_initializer, recurrent_initializer, bias_initializer: first values.
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
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
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
        self._take_units(units)
        self._take_options(locals())

    def build(self, input_shape):
        self._add_weights(input_shape[-1], self.units, (self.units,))

    def call(self, sequence, states, training=False):
        h = states[0] if tree.is_nested(states) else states
        x_factors, h_factors = self._dropout_factors(sequence, h, training)
        x = sequence if x_factors is None else sequence * x_factors
        z = ops.matmul(x, self.kernel)
        if self.bias is not None:
            z = z + self.bias
        before = h if h_factors is None else h * h_factors
        new = self.activation(z + ops.matmul(before, self.recurrent_kernel))
        return new, [new] if tree.is_nested(states) else new

    def get_config(self):
        return {**super().get_config(), **constructor_config(self, SimpleRNNCell)}
