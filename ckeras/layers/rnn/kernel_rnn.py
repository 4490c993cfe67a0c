"""The base of layers for which one kernel computes all timesteps."""

from ckeras import ops
from ckeras.layers.rnn.built_in_rnn import BuiltInRNN

__all__ = ["KernelRNN"]


class KernelRNN(BuiltInRNN):
    """Runs a built-in cell by a kernel where there is one for its options.

    Subclasses define `has_kernel(training)` and `whole_sequence`.
    """

    def __init__(self, arguments, **of_cell):
        others = {k: v for k, v in arguments.items() if k != "use_cudnn"}
        super().__init__(others, **of_cell)
        self.input_spec = self._sequence_spec()
        if "use_cudnn" in arguments:
            self._take_use_cudnn(arguments["use_cudnn"])

    def _take_use_cudnn(self, use_cudnn):
        """Keeps an argument that has a meaning on GPUs only."""
        if use_cudnn not in ("auto", True, False):
            raise ValueError(
                "Invalid value received for argument `use_cudnn`. Expected one of "
                f"{{'auto', True, False}}. Received: use_cudnn={use_cudnn}"
            )
        self.use_cudnn = use_cudnn

    def has_kernel(self, training):
        """Whether the whole-sequence kernel computes what this layer is."""
        raise NotImplementedError

    def whole_sequence(self, sequences, states, mask, **options):
        """All timesteps by one kernel.

        Args:
            sequences: tensor (batch, timesteps, features).
            states: list of the first states.
            mask: boolean tensor (batch, timesteps) or None.
            **options: `go_backwards` and `return_sequences`.

        Returns:
            All outputs in the order of computing (the last one where
            `return_sequences` is False), and each last state.
        """
        raise NotImplementedError

    def inner_loop(self, sequences, initial_state, mask, training=False):
        if not self.has_kernel(training):
            return super().inner_loop(sequences, initial_state, mask, training)
        sequences = ops.cast(sequences, self.cell.compute_dtype)  # of whole numbers
        if training and self.cell.drops(self.cell.dropout):
            factors = self.cell.get_dropout_mask(sequences[:, 0])
            sequences = sequences * ops.expand_dims(factors, 1)
        outputs, *states = self.whole_sequence(
            sequences,
            initial_state,
            mask,
            go_backwards=self.go_backwards,
            return_sequences=self.return_sequences,
        )
        last = states[0]
        if mask is not None and self.zero_output_for_mask:
            kept = ops.flip(mask, axis=1) if self.go_backwards else mask
            kept = ops.expand_dims(ops.cast(kept, outputs.dtype), -1)
            last = last * kept[:, -1]
            outputs = outputs * kept if self.return_sequences else last
        return last, outputs, states
