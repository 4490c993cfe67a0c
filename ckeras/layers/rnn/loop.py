"""The loop over timesteps, written in ops, for cells that no kernel computes."""

from ckeras import ops
from ckeras.engine import tree

__all__ = ["run_cell"]


def run_cell(
    step,
    sequences,
    states,
    *,
    mask=None,
    go_backwards=False,
    zero_output_for_mask=False,
    all_outputs=True,
):
    """Applies `step` at each timestep.

    Args:
        step: function of (inputs, states) that returns (output, new states).
        sequences: tensor (batch, timesteps, ...).
        states: list of the first states.
        mask: boolean tensor (batch, timesteps); where it is False, the states stay
            what they were.
        go_backwards: whether to begin at the last timestep.
        zero_output_for_mask: whether masked outputs are 0 instead of the last state.
        all_outputs: whether the outputs of all timesteps are wanted.

    Returns:
        The last output, all outputs in the order of computing, the last states.
    """
    timesteps = range(sequences.shape[1])
    outputs, output = [], None
    if mask is not None and mask.dtype != "bool":
        mask = ops.cast(mask, "bool")
    for t in reversed(timesteps) if go_backwards else timesteps:
        output, new_states = step(sequences[:, t], states)
        if not tree.is_nested(new_states):
            new_states = [new_states]
        if mask is None:
            states = new_states
        else:
            kept = mask[:, t]
            # A masked output is the state before, which is the output before.
            before = states[0]
            if tree.is_nested(before):  # of stacked cells, the last one's
                before = states[-1][0]
            if zero_output_for_mask:
                before = ops.zeros_like(output)
            output = _choose(kept, output, before)
            states = tree.map_structure(
                lambda new, old, kept=kept: _choose(kept, new, old),
                list(new_states),
                list(states),
            )
        if all_outputs:
            outputs.append(output)
    stacked = ops.stack(outputs, axis=1) if all_outputs else output
    return output, stacked, list(states)


def _choose(kept, new, old):
    """Rows of `new` where `kept`, else of `old`."""
    for _ in range(len(new.shape) - 1):
        kept = ops.expand_dims(kept, -1)
    return ops.where(kept, new, old)
