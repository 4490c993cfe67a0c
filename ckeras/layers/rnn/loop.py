"""The loop over timesteps, written in ops, for cells that no kernel computes.

With a mask it goes no further than the last timestep at which any row of the batch
counts; read backwards, it begins there.
"""

from ckeras import ops
from ckeras.engine import tree
from ckeras.engine.tracing import trace
from ckeras.ops.control.scans import scan_some

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
    unroll=False,
):
    """Applies `step` at each timestep.

    In a compiled function this is a loop of the plan, so that compiling takes as long
    for a thousand timesteps as for two.

    Args:
        step: function of (inputs, states) that returns (output, new states).
        sequences: tensor (batch, timesteps, ...).
        states: list of the first states.
        mask: boolean tensor (batch, timesteps); where it is False, the states stay
            what they were.
        go_backwards: whether to begin at the last timestep.
        zero_output_for_mask: whether masked outputs are 0 instead of the last output.
        all_outputs: whether the outputs of all timesteps are wanted.
        unroll: whether a compiled function has the steps one by one.

    Returns:
        The last output, all outputs in the order of computing, the last states.
    """
    if mask is not None and mask.dtype != "bool":
        mask = ops.cast(mask, "bool")

    def masked_step(x, states, kept, before):
        output, new_states = step(x, states)
        if not tree.is_nested(new_states):
            new_states = [new_states]
        if not unroll:
            _check_states(tree.flatten(states), tree.flatten(new_states))
        if kept is None:
            return output, list(new_states)
        if zero_output_for_mask:
            before = ops.zeros_like(output)
        elif before is None:
            before = _output_before(output, states)
        pairs = zip(tree.flatten(new_states), tree.flatten(states), strict=True)
        chosen = [_choose(kept, new, old) for new, old in pairs]
        states = tree.pack_sequence_as(list(new_states), chosen)
        return _choose(kept, output, before), states

    given = (masked_step, sequences, list(states), mask, go_backwards, all_outputs)
    if unroll or trace.current() is None or sequences.shape[1] == 1:
        return _one_by_one(*given)
    return _as_loop(*given, zero_output_for_mask)


def _output_before(output, states):
    """What stands for the output before the first timestep, if that is masked.

    It is the first state, of several cells the last one's, as the output of the usual
    cells is their first state. Where its shape is another one it is 0.
    """
    several = any(tree.is_nested(state) for state in states)
    before = tree.flatten(states[-1] if several else states)[0]
    return before if before.shape == output.shape else ops.zeros_like(output)


def _one_by_one(step, sequences, states, mask, go_backwards, all_outputs):
    timesteps = range(sequences.shape[1])
    outputs, output = [], None
    for t in reversed(timesteps) if go_backwards else timesteps:
        kept = None if mask is None else mask[:, t]
        output, states = step(sequences[:, t], states, kept, output)
        if all_outputs:
            outputs.append(output)
    stacked = ops.stack(outputs, axis=1) if all_outputs else output
    return output, stacked, list(states)


def _as_loop(
    step, sequences, states, mask, go_backwards, all_outputs, zero_output_for_mask
):
    rows = (_time_first(sequences), None if mask is None else _time_first(mask))

    def run(flat_states, row, before=None):
        x, kept = row
        output, new = step(x, tree.pack_sequence_as(states, flat_states), kept, before)
        return tree.flatten(new), output

    first, last = (-1, 0) if go_backwards else (0, -1)  # timesteps as they are read
    if mask is None and all_outputs:
        state, outputs = ops.scan(run, tree.flatten(states), rows, reverse=go_backwards)
        outputs = _in_order_of_reading(outputs, go_backwards)
        return outputs[:, -1], outputs, tree.pack_sequence_as(states, state)
    # The last output is carried along. The first step shows what it is like.
    carried = run(tree.flatten(states), _map(lambda x: x[first], rows))
    others = slice(None, -1) if go_backwards else slice(1, None)
    rows = _map(lambda x: x[others], rows)

    def carry(carried, row):
        flat_states, before = carried
        carried = run(flat_states, row, before)
        return carried, carried[1] if all_outputs else None

    if mask is None:
        (state, output), outputs = ops.scan(carry, carried, rows, reverse=go_backwards)
    else:
        count = _needed(rows[1])
        (state, output), outputs = scan_some(carry, carried, rows, count, go_backwards)
        if zero_output_for_mask:
            output = _choose(rows[1][last], output, ops.zeros_like(output))
        elif all_outputs:
            # After the last timestep that counts; read backwards, before the first.
            reached = ops.arange(outputs.shape[0], dtype="int64") < count
            repeated = carried[1] if go_backwards else output
            outputs = _choose(reached, outputs, repeated)
    if all_outputs:
        parts = [ops.expand_dims(carried[1], 0), outputs]
        outputs = ops.concatenate(parts[::-1] if go_backwards else parts, 0)
        outputs = _in_order_of_reading(outputs, go_backwards)
    else:
        outputs = output
    return output, outputs, tree.pack_sequence_as(states, state)


def _map(function, rows):
    return tree.map_structure(lambda x: x if x is None else function(x), rows)


def _in_order_of_reading(outputs, go_backwards):
    """Outputs (timesteps, batch, ...) with the batch first, the last one read last."""
    outputs = _time_first(outputs)
    return ops.flip(outputs, 1) if go_backwards else outputs


def _check_states(old, new):
    before, after = ([(tuple(s.shape), s.dtype) for s in x] for x in (old, new))
    if before != after:
        raise TypeError(
            "The states of a cell must keep their shapes and types. "
            f"Expected: {before}. The cell returned: {after}"
        )


def _needed(kept):
    """How many timesteps there are up to the last at which any row counts.

    Args:
        kept: the mask (timesteps, batch).
    """
    numbers = ops.arange(1, kept.shape[0] + 1, dtype="int64")
    return ops.max(ops.where(ops.any(kept, axis=1), numbers, 0))


def _time_first(x):
    """x with its first two axes exchanged."""
    return ops.swapaxes(x, 0, 1)


def _choose(kept, new, old):
    """Rows of `new` where `kept`, else of `old`."""
    for _ in range(len(new.shape) - 1):
        kept = ops.expand_dims(kept, -1)
    return ops.where(kept, new, old)
