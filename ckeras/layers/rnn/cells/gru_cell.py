"""One timestep of the gated recurrent unit."""

from ckeras import ops
from ckeras.engine import tree
from ckeras.layers.base.config import constructor_config
from ckeras.layers.rnn.cells.weighted_cell import WeightedCell

__all__ = ["GRUCell"]


class GRUCell(WeightedCell):
    """One step of a GRU, from (x, h) to h.

    With `s` the recurrent activation, and the parts of
    `x @ kernel + bias[0]` and of `h @ recurrent_kernel + bias[1]` in the order
    z, r, a: `z = s(x_z + h_z)`, `r = s(x_r + h_r)`,
    `h = z * h + (1 - z) * activation(x_a + r * h_a)`. Where not `reset_after`, there is
    one bias, and `(r * h) @ recurrent_kernel_a` takes the place of `r * h_a`.

    Args:
        units: size of h.
        activation: activation of the candidate.
        recurrent_activation: activation of the gates.
        use_bias: whether biases are added.
        kernel_initializer, recurrent_initializer, bias_initializer: first values.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties.
        kernel_constraint, recurrent_constraint, bias_constraint: projections.
        dropout: share of the inputs that is 0 in training.
        recurrent_dropout: share of h that is 0 in training.
        reset_after: whether the reset gate comes after the product with the recurrent
            kernel.
        seed: integer for repeatable dropout.

    Raises:
        ValueError: if `units` is not positive.
    """

    gates = 3

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
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        reset_after=True,
        seed=None,
        **kwargs,
    ):
        implementation = kwargs.pop("implementation", 2)
        super().__init__(**kwargs)
        self._take_units(units)
        self._take_options(locals())
        self._take_implementation(implementation)

    def build(self, input_shape):
        width = 3 * self.units
        self._add_weights(
            input_shape[-1], self.units, (2, width) if self.reset_after else (width,)
        )

    def biases(self):
        """What is added to the products with x and with h; None for nothing."""
        if self.bias is None:
            return None, None
        if not self.reset_after:
            return ops.convert_to_tensor(self.bias), None
        return self.bias[0], self.bias[1]

    def call(self, inputs, states, training=False):
        h = states[0] if tree.is_nested(states) else states
        x_factors, h_factors = self._dropout_factors(inputs, h, training)
        if self.implementation == 1:
            new = self._by_gates(inputs, h, x_factors, h_factors)
        else:
            x = inputs if x_factors is None else inputs * x_factors
            new = self._at_once(x, h)
        return new, [new] if tree.is_nested(states) else new

    def _at_once(self, x, h):
        n = self.units
        bias, recurrent_bias = self.biases()
        recurrent = ops.convert_to_tensor(self.recurrent_kernel)
        from_x = _plus(ops.matmul(x, self.kernel), bias)
        columns = recurrent if self.reset_after else recurrent[:, : 2 * n]
        from_h = _plus(ops.matmul(h, columns), recurrent_bias)
        z = self.recurrent_activation(from_x[:, :n] + from_h[:, :n])
        r = self.recurrent_activation(from_x[:, n : 2 * n] + from_h[:, n : 2 * n])
        if self.reset_after:
            last = r * from_h[:, 2 * n :]
        else:
            last = ops.matmul(r * h, recurrent[:, 2 * n :])
        return z * h + (1 - z) * self.activation(from_x[:, 2 * n :] + last)

    def _by_gates(self, x, h, x_factors, h_factors):
        """The new h where each gate has its own dropout masks."""
        bias, recurrent_bias = [_thirds(b) for b in self.biases()]
        kernels = ops.split(self.kernel, 3, axis=1)
        recurrent = ops.split(self.recurrent_kernel, 3, axis=1)
        x_z, x_r, x_a = [
            _plus(ops.matmul(part, w), b)
            for part, w, b in zip(
                self._for_each_gate(x, x_factors), kernels, bias, strict=True
            )
        ]
        h_z, h_r, h_a = self._for_each_gate(h, h_factors)
        b_z, b_r, b_a = recurrent_bias
        z = self.recurrent_activation(x_z + _plus(ops.matmul(h_z, recurrent[0]), b_z))
        r = self.recurrent_activation(x_r + _plus(ops.matmul(h_r, recurrent[1]), b_r))
        if self.reset_after:
            last = r * _plus(ops.matmul(h_a, recurrent[2]), b_a)
        else:
            last = ops.matmul(r * h_a, recurrent[2])
        return z * h + (1 - z) * self.activation(x_a + last)

    def get_config(self):
        return {**super().get_config(), **constructor_config(self, GRUCell)}


def _plus(x, bias):
    return x if bias is None else x + bias


def _thirds(bias):
    return [None] * 3 if bias is None else ops.split(bias, 3, axis=0)
