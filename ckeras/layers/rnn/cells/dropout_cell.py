"""Dropout masks that stay the same over all timesteps of a batch."""

from ckeras import ops, random

__all__ = ["DropoutRNNCell"]


class DropoutRNNCell:
    """Mixin for cells with `dropout`, `recurrent_dropout` and `seed_generator`.

    The masks are drawn at the first timestep and forgotten after the last, by the
    layer that runs the cell.

    Attributes:
        dropout_mask_count: number of masks of each kind; None for a single one.
    """

    dropout_mask_count = None
    _dropout_mask = None
    _recurrent_dropout_mask = None

    def _create_dropout_mask(self, step_input, rate):
        ones = ops.ones_like(step_input)
        if self.dropout_mask_count is None:
            return random.dropout(ones, rate, seed=self.seed_generator)
        return [
            random.dropout(ones, rate, seed=self.seed_generator)
            for _ in range(self.dropout_mask_count)
        ]

    def get_dropout_mask(self, step_input):
        """The factors of the inputs, drawn anew if there are none yet."""
        if self._dropout_mask is None and self.dropout > 0:
            self._dropout_mask = self._create_dropout_mask(step_input, self.dropout)
        return self._dropout_mask

    def get_recurrent_dropout_mask(self, step_input):
        """The factors of the state, drawn anew if there are none yet."""
        if self._recurrent_dropout_mask is None and self.recurrent_dropout > 0:
            mask = self._create_dropout_mask(step_input, self.recurrent_dropout)
            self._recurrent_dropout_mask = mask
        return self._recurrent_dropout_mask

    def reset_dropout_mask(self):
        """Forgets the factors of the inputs."""
        if self._dropout_mask is not None:
            self._dropout_mask = None

    def reset_recurrent_dropout_mask(self):
        """Forgets the factors of the state."""
        if self._recurrent_dropout_mask is not None:
            self._recurrent_dropout_mask = None
