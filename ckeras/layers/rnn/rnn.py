"""The layer that runs a cell over a sequence."""

import numpy as np

from ckeras import ops
from ckeras.engine import tree
from ckeras.engine.scope import name_scope
from ckeras.engine.values.variable import Variable
from ckeras.layers.base.call_spec import parameters_of
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.base.layer import Layer
from ckeras.layers.base.tracking import no_automatic_dependency_tracking
from ckeras.layers.rnn.cells.dropout_cell import DropoutRNNCell
from ckeras.layers.rnn.cells.stacked_cells import StackedRNNCells, output_size
from ckeras.layers.rnn.loop import run_cell

__all__ = ["RNN"]


class RNN(Layer):
    """Runs a cell over the timesteps of a sequence (batch, timesteps, features).

    A layer given `input_shape=(timesteps,)` reads a sequence of scalars: a 2-D input
    (batch, timesteps) is taken as (batch, timesteps, 1). This is an extension of
    Keras.

    Args:
        cell: an object with `call(inputs, states) -> output, new states`, and
            `state_size`, an integer or a list of them.
        return_sequences: whether the outputs of all timesteps are returned, not only
            the last one's.
        return_state: whether the last states are returned as well.
        go_backwards: whether the sequence is read from its end; outputs come in the
            order in which they are computed.
        stateful: whether each batch goes on with the states of the one before.
        unroll: whether a compiled model has the timesteps one by one instead of a
            loop; results are the same.
        zero_output_for_mask: whether the output at masked timesteps is 0 rather than
            the one before.

    Raises:
        ValueError: if the cell has no `call` or no valid `state_size`.
    """

    def __init__(
        self,
        cell,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        zero_output_for_mask=False,
        **kwargs,
    ):
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        super().__init__(**kwargs)
        _check_cell(cell)
        self.cell = cell
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self.states = None
        self._expected_batch_size = None
        size = cell.state_size
        self.single_state = isinstance(size, int)
        self.state_size = [size] if self.single_state else list(size)
        shape = getattr(self, "_input_shape_arg", ())
        self._reads_scalars = len(shape) == 1
        if self._reads_scalars:
            self._input_shape_arg = (*shape, 1)

    def _sequence_spec(self, features=()):
        """What sequences of such timesteps look like, for subclasses' `input_spec`."""
        if self._reads_scalars:
            return InputSpec(min_ndim=2, max_ndim=3)
        return InputSpec(ndim=3, axes={-1: features[-1]} if features else {})

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        batch, length = sequences_shape[:2]
        size = output_size(self.cell)
        if not isinstance(size, int):
            raise ValueError("output_size must be an integer.")
        output = (batch, length, size) if self.return_sequences else (batch, size)
        if not self.return_state:
            return output
        states = tree.map_structure(lambda s: (batch, s), self.state_size)
        return (output, *states)

    def compute_mask(self, _, mask):
        output = tree.flatten(mask)[0] if self.return_sequences else None
        return [output, *[None] * len(self.state_size)] if self.return_state else output

    def build(self, sequences_shape, initial_state_shape=None):
        features = sequences_shape[2:] if len(sequences_shape) > 2 else (1,)
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build((sequences_shape[0], *features))
        # A layer from a file knows only by this shape that it reads scalars.
        self._reads_scalars = self._reads_scalars or len(sequences_shape) == 2
        if self.input_spec is not None:
            self.input_spec = self._sequence_spec(features)
        if not self.stateful:
            return
        if self.states is not None:
            self.reset_state()
            return
        if sequences_shape[0] is None:
            raise ValueError(
                "When using `stateful=True` in a RNN, the batch size must be static. "
                f"Found dynamic batch size: sequence.shape={sequences_shape}"
            )
        self._create_state_variables(sequences_shape[0])
        self._expected_batch_size = sequences_shape[0]

    @no_automatic_dependency_tracking
    def _create_state_variables(self, batch_size):
        with name_scope(self.name, caller=self):
            self.states = tree.map_structure(
                lambda value: Variable(
                    value, trainable=False, dtype=self.variable_dtype, name="rnn_state"
                ),
                self.get_initial_state(batch_size),
            )

    def get_initial_state(self, batch_size):
        """The states before the first timestep: a list."""
        function = getattr(self.cell, "get_initial_state", None)
        if function is None:
            dtype = getattr(self.cell, "compute_dtype", self.compute_dtype)
            return [ops.zeros((batch_size, d), dtype=dtype) for d in self.state_size]
        states = function(batch_size=batch_size)
        return list(states) if tree.is_nested(states) else [states]

    def reset_state(self):
        """Sets the states of a stateful layer to 0."""
        for variable in tree.flatten(self.states) if self.states is not None else ():
            variable.assign(ops.zeros(variable.shape, dtype=variable.dtype))

    reset_states = reset_state

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if len(sequences.shape) == 2:
            sequences = ops.expand_dims(sequences, -1)
        self._check_batch(sequences)
        states = self._first_states(sequences, initial_state)
        mask = self._mask_of_timesteps(sequences, mask)
        if training:
            shape = (sequences.shape[0], *sequences.shape[2:])
            self._draw_dropout_masks(self.cell, shape, states)
        try:
            results = self.inner_loop(sequences, states, mask, training=training)
        finally:
            self._forget_dropout_masks(self.cell)
        # The cell may compute in another type than the layer.
        last, outputs, states = self._cast(results, self.compute_dtype)
        if self.stateful:
            own, new = tree.flatten(self.states), tree.flatten(states)
            for variable, value in zip(own, new, strict=True):
                variable.assign(value)
        output = outputs if self.return_sequences else last
        return (output, *states) if self.return_state else output

    def _first_states(self, sequences, given):
        if given is None:
            given = self.states if self.stateful else None
        if given is None:
            given = self.get_initial_state(batch_size=sequences.shape[0])
        states = list(given) if tree.is_nested(given) else [given]
        expected, found = (tree.flatten(s) for s in (self.cell.state_size, states))
        if len(found) != len(expected):
            raise ValueError(
                f"Layer '{self.name}' expected `initial_state` to hold "
                f"{len(expected)} states, of sizes {expected}. "
                f"Received: {len(found)}, of shapes {[np.shape(s) for s in found]}"
            )
        return self._cast_states(self.cell, states)

    def _cast_states(self, cell, states):
        """A cell's states as tensors of the type in which it computes."""
        if isinstance(cell, StackedRNNCells):
            pairs = zip(cell.cells, states, strict=True)
            return [self._cast_states(inner, state) for inner, state in pairs]
        return self._cast(states, getattr(cell, "compute_dtype", self.compute_dtype))

    @staticmethod
    def _cast(values, dtype):
        return tree.map_structure(lambda x: ops.convert_to_tensor(x, dtype), values)

    def _mask_of_timesteps(self, sequences, mask):
        """The mask as a tensor (batch, timesteps), or None.

        Where it has an axis of features, timesteps count that have any.
        """
        mask = tree.flatten(mask)[0]
        if mask is None:
            return None
        given = mask = ops.convert_to_tensor(mask, dtype="bool")
        if len(mask.shape) == 3:
            mask = ops.any(mask, axis=-1)
        if tuple(mask.shape) != tuple(sequences.shape[:2]):
            raise ValueError(
                f"Layer '{self.name}' expected a mask of shape "
                f"{tuple(sequences.shape[:2])}. Received: mask.shape={given.shape}"
            )
        return mask

    def _check_batch(self, sequences):
        if sequences.shape[1] == 0:
            raise ValueError(
                f"Layer '{self.name}' cannot read a sequence without timesteps. "
                f"Received: sequences.shape={sequences.shape}"
            )
        expected = self._expected_batch_size
        if self.stateful and expected not in (None, sequences.shape[0]):
            raise ValueError(
                "If an RNN is stateful, the batch size of the input sequences must "
                "be the same as the batch size of the initial state. \n"
                f"- Expected batch size: {expected}\n"
                f"- Received batch size: {sequences.shape[0]}"
            )

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Runs the cell; returns last output, all outputs and last states."""
        kwargs = {}
        call = getattr(self.cell, "call", self.cell)
        if "training" in parameters_of(call):
            kwargs["training"] = training
        return run_cell(
            lambda x, states: self.cell(x, states, **kwargs),
            sequences,
            initial_state,
            mask=mask,
            go_backwards=self.go_backwards,
            zero_output_for_mask=self.zero_output_for_mask,
            all_outputs=self.return_sequences,
            unroll=self.unroll,
        )

    def _draw_dropout_masks(self, cell, shape, states):
        """Draws what belongs to the batch, not to a timestep, before the loop.

        Args:
            cell: a cell; of several that work as one, each draws its own masks.
            shape: of a timestep's inputs.
            states: the cell's first states.
        """
        if isinstance(cell, DropoutRNNCell):
            if cell.dropout > 0:
                cell.get_dropout_mask(ops.ones(shape, dtype=cell.compute_dtype))
            cell.get_recurrent_dropout_mask(tree.flatten(states)[0])
        elif isinstance(cell, StackedRNNCells):
            for inner, state in zip(cell.cells, states, strict=True):
                self._draw_dropout_masks(inner, shape, state)
                shape = (shape[0], output_size(inner))

    def _forget_dropout_masks(self, cell):
        for inner in (cell, *getattr(cell, "_flatten_layers", tuple)()):
            if isinstance(inner, DropoutRNNCell):
                inner.reset_dropout_mask()
                inner.reset_recurrent_dropout_mask()

    def get_config(self):
        from ckeras.saving.serialization import serialize_keras_object

        config = {
            "return_sequences": self.return_sequences,
            "return_state": self.return_state,
            "go_backwards": self.go_backwards,
            "stateful": self.stateful,
            "unroll": self.unroll,
            "zero_output_for_mask": self.zero_output_for_mask,
            "cell": serialize_keras_object(self.cell),
        }
        return {**super().get_config(), **config}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from ckeras.saving.serialization import deserialize_keras_object

        config = dict(config)
        cell = config.pop("cell")
        return cls(
            deserialize_keras_object(cell, custom_objects=custom_objects), **config
        )


def _check_cell(cell):
    if "call" not in dir(cell):
        raise ValueError(
            "Argument `cell` should have a `call` method. "
            f"The RNN was passed: cell={cell}"
        )
    size = getattr(cell, "state_size", None)
    if size is None:
        raise ValueError("state_size must be specified as property on the RNN cell.")
    if not isinstance(size, (list, tuple, int)):
        raise ValueError(
            "state_size must be an integer, or a list/tuple of integers (one for each "
            "state tensor)."
        )
    if size in ([], ()):
        raise ValueError(
            f"An RNN needs a cell with at least one state. Received: cell={cell}, "
            f"state_size={size}"
        )
