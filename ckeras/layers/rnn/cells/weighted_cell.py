"""What the built-in cells share: their options, weights and first states."""

import numbers

from ckeras import activations, constraints, initializers, ops, random, regularizers
from ckeras.layers.base.layer import Layer
from ckeras.layers.rnn.cells.dropout_cell import DropoutRNNCell

__all__ = ["WeightedCell"]

_GETTERS = {
    "activation": activations.get,
    "initializer": initializers.get,
    "regularizer": regularizers.get,
    "constraint": constraints.get,
}
_FLAGS = ("use_bias", "unit_forget_bias", "reset_after")


class WeightedCell(DropoutRNNCell, Layer):
    """Base of cells with a kernel, a recurrent kernel and a bias.

    Attributes:
        gates: how many matrices lie side by side in the kernels.
        implementation: 1 if each gate has dropout masks of its own.
    """

    gates = 1

    def _take_units(self, units):
        """Keeps the size of output and state.

        Raises:
            ValueError: if it is not positive.
        """
        whole = isinstance(units, numbers.Integral) and not isinstance(units, bool)
        if not whole or units <= 0:
            raise ValueError(
                "Received an invalid value for argument `units`, expected a positive "
                f"integer, got {units!r}."
            )
        self.units = self.state_size = self.output_size = int(units)

    def _take_options(self, arguments):
        """Keeps a cell's options under their names, strings as what they stand for.

        Args:
            arguments: `locals()` of the cell's `__init__`; others are left alone.
        """
        for name, value in arguments.items():
            get = _GETTERS.get(name.rpartition("_")[2])
            if get is not None or name in _FLAGS:
                setattr(self, name, value if get is None else get(value))
        self.dropout = min(1.0, max(0.0, arguments["dropout"]))
        self.recurrent_dropout = min(1.0, max(0.0, arguments["recurrent_dropout"]))
        self.seed = arguments["seed"]
        self.seed_generator = random.SeedGenerator(self.seed)

    def _take_implementation(self, implementation):
        # With recurrent dropout each gate has masks of its own, as in Keras.
        self.implementation = 1 if self.recurrent_dropout else implementation
        self.dropout_mask_count = self.gates if self.implementation == 1 else None

    def _add_weights(
        self, features, units, bias_shape, bias_initializer=None, window=()
    ):
        """Makes kernels (*window, features or units, gates · units) and the bias."""
        width = self.gates * units
        for name, prefix, shape in (
            ("kernel", "kernel", (*window, features, width)),
            ("recurrent_kernel", "recurrent", (*window, units, width)),
            ("bias", "bias", bias_shape),
        ):
            weight = None
            if name != "bias" or self.use_bias:
                initializer = getattr(self, f"{prefix}_initializer")
                if name == "bias" and bias_initializer is not None:
                    initializer = bias_initializer
                weight = self.add_weight(
                    shape=shape,
                    name=name,
                    initializer=initializer,
                    regularizer=getattr(self, f"{prefix}_regularizer"),
                    constraint=getattr(self, f"{prefix}_constraint"),
                )
            setattr(self, name, weight)

    def drops(self, rate):
        """Whether a rate means dropout: for cells with gates, 1 is as good as 0."""
        return rate > 0 and (rate < 1 or self.gates == 1)

    def _dropout_factors(self, x, h, training):
        """The factors of the inputs and of the state, None for none."""
        x_factors = h_factors = None
        if training and self.drops(self.dropout):
            x_factors = self.get_dropout_mask(x)
        if training and self.drops(self.recurrent_dropout):
            h_factors = self.get_recurrent_dropout_mask(h)
        return x_factors, h_factors

    def _for_each_gate(self, x, factors):
        """x times the factors of each gate."""
        return [x if factors is None else x * factors[g] for g in range(self.gates)]

    def get_initial_state(self, batch_size=None):
        """The states before the first timestep: zeros."""
        sizes = self.state_size if isinstance(self.state_size, list) else [self.units]
        return [ops.zeros((batch_size, n), dtype=self.compute_dtype) for n in sizes]
