"""The long short-term memory layer."""

from ckeras import activations, ops, regularizers
from ckeras.engine.symbolic.operation import constructor_signature
from ckeras.layers.config import constructor_config
from ckeras.layers.rnn.lstm_cell import LSTMCell
from ckeras.layers.rnn.rnn import RNN
from ckeras.ops.primitives import recurrent

__all__ = ["LSTM"]


def _options_of(cell_class):
    """Decorator: the layer shows the options of its cell as its own."""

    def reader(name):
        return property(lambda layer: getattr(layer.cell, name))

    def add(layer_class):
        for name, parameter in constructor_signature(cell_class).parameters.items():
            if name != "self" and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
                setattr(layer_class, name, reader(name))
        return layer_class

    return add


@_options_of(LSTMCell)
class LSTM(RNN):
    """Long short-term memory over a sequence (batch, timesteps, features).

    Equations are those of `LSTMCell`. With the usual activations and without
    recurrent dropout, one kernel computes all timesteps.

    A layer given `input_shape=(timesteps,)` reads a sequence of scalars: a 2-D input
    (batch, timesteps) is taken as (batch, timesteps, 1). This is an extension of
    Keras.

    Args:
        units: size of the output.
        activation, recurrent_activation, use_bias, kernel_initializer,
            recurrent_initializer, bias_initializer, unit_forget_bias,
            kernel_regularizer, recurrent_regularizer, bias_regularizer,
            kernel_constraint, recurrent_constraint, bias_constraint, dropout,
            recurrent_dropout, seed: as of `LSTMCell`.
        activity_regularizer: penalty on the output.
        return_sequences, return_state, go_backwards, stateful, unroll: as of `RNN`.
        use_cudnn: accepted for Keras's signature.

    Call arguments:
        sequences: tensor (batch, timesteps, features).
        initial_state: list of the first h and c; zeros by default.
        mask: boolean tensor (batch, timesteps); masked timesteps are skipped.
        training: whether dropout is applied.

    Example:

    >>> x = np.zeros((8, 5, 3), "float32")
    >>> ckeras.layers.LSTM(4)(x).shape
    (8, 4)
    >>> y, h, c = ckeras.layers.LSTM(4, return_sequences=True, return_state=True)(x)
    >>> y.shape, h.shape
    ((8, 5, 4), (8, 4))
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
        use_cudnn="auto",
        **kwargs,
    ):
        cell = LSTMCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            unit_forget_bias=unit_forget_bias,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name="lstm_cell",
            implementation=kwargs.pop("implementation", 2),
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        if use_cudnn not in ("auto", True, False):
            raise ValueError(
                "Invalid value received for argument `use_cudnn`. Expected one of "
                f"{{'auto', True, False}}. Received: use_cudnn={use_cudnn}"
            )
        self.use_cudnn = use_cudnn
        self.input_spec = self._sequence_spec()

    def _has_kernel(self):
        """Whether the whole-sequence kernel computes what this layer is."""
        return (
            self.cell.implementation != 1
            and self.cell.activation is activations.tanh
            and self.cell.recurrent_activation is activations.sigmoid
        )

    def inner_loop(self, sequences, initial_state, mask, training=False):
        if not self._has_kernel():
            return super().inner_loop(sequences, initial_state, mask, training)
        cell = self.cell
        if training and cell.dropout > 0:
            factors = cell.get_dropout_mask(sequences[:, 0])
            sequences = sequences * ops.expand_dims(factors, 1)
        outputs, h, c = lstm(
            sequences,
            initial_state,
            mask,
            cell,
            go_backwards=self.go_backwards,
            return_sequences=self.return_sequences,
        )
        last = h
        if mask is not None and self.zero_output_for_mask:
            kept = ops.flip(mask, axis=1) if self.go_backwards else mask
            kept = ops.expand_dims(ops.cast(kept, outputs.dtype), -1)
            last = h * kept[:, -1]
            outputs = outputs * kept if self.return_sequences else last
        return last, outputs, [h, c]

    def get_config(self):
        config = super().get_config()
        del config["cell"]
        cell = constructor_config(self.cell, LSTMCell)
        penalty = regularizers.serialize(self.activity_regularizer)
        return {**config, **cell, "activity_regularizer": penalty}

    @classmethod
    def from_config(cls, config):
        return super(RNN, cls).from_config(config)


def lstm(sequences, states, mask, cell, *, go_backwards, return_sequences):
    """All timesteps of an LSTM by one kernel.

    Returns:
        All outputs in the order of computing (the last one where `return_sequences`
        is False), and the last h and c.
    """
    if mask is not None and mask.dtype != "bool":
        mask = ops.cast(mask, "bool")
    outputs, h, c, *_ = recurrent.lstm(
        sequences,
        ops.convert_to_tensor(cell.kernel),
        ops.convert_to_tensor(cell.recurrent_kernel),
        None if cell.bias is None else ops.convert_to_tensor(cell.bias),
        *states,
        mask,
        go_backwards=go_backwards,
        return_sequences=return_sequences,
    )
    return outputs, h, c
