"""Connectionist temporal classification: labels whose places in time are not known.

Graves et al. (2006). The labels with a blank before, between and behind them are the
states; each timestep either stays in a state, goes on to the next one, or skips a blank
between two different labels.
"""

import numpy as np

from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.ops.control.scans import scan
from ckeras.ops.nn.activations import log_softmax
from ckeras.ops.numpy import reductions
from ckeras.ops.numpy.arithmetic import logaddexp
from ckeras.ops.numpy.joining import concatenate, pad, stack
from ckeras.ops.numpy.manipulation import expand_dims, permuted, reshaped, sliced
from ckeras.ops.numpy.sorting import argsort, take_along_axis
from ckeras.ops.primitives import elementwise, movement
from ckeras.ops.primitives.by_numpy import decoding
from ckeras.ops.promotion import as_places, as_value, constant, join, with_type
from ckeras.ops.registry import op

__all__ = ["ctc_decode", "ctc_loss"]

# What stands for the logarithm of 0; a finite number, so that sums stay numbers.
_NEVER = -1e5


def _scores(x):
    x = as_value(x)
    return with_type(x, join(x.dtype, "float32"))


def _check_loss(target, output, target_length, output_length):
    if len(target.shape) != 2 or len(output.shape) != 3:
        raise ValueError(
            "`ctc_loss`: expected `target` of shape (batch, max_length) and `output` "
            "of shape (batch, timesteps, classes). "
            f"Received: target.shape={target.shape}, output.shape={output.shape}"
        )
    batch = output.shape[0]
    lengths = (target_length.shape, output_length.shape)
    if target.shape[0] != batch or lengths != ((batch,), (batch,)):
        raise ValueError(
            "`ctc_loss`: all arguments must have the same batch size. Received: "
            f"target.shape={target.shape}, output.shape={output.shape}, "
            f"target_length.shape={lengths[0]}, output_length.shape={lengths[1]}"
        )


def _loss_spec(target, output, target_length, output_length, mask_index=0):
    dtype = join(output.dtype, "float32")
    return KerasTensor(output.shape[:1], dtype, record_history=False)


@op(spec=_loss_spec)
def ctc_loss(target, output, target_length, output_length, mask_index=0):
    """-log of the probability of label sequences, over all their alignments.

    Args:
        target: integers (batch, max_length), the labels.
        output: tensor (batch, timesteps, classes) of logits.
        target_length: integers (batch,): how many labels count.
        output_length: integers (batch,): how many timesteps count.
        mask_index: the class that stands for the blank.

    Returns:
        A tensor (batch,).

    Raises:
        ValueError: if the shapes do not fit.
    """
    target, output = as_places(target), _scores(output)
    target_length, output_length = as_places(target_length), as_places(output_length)
    _check_loss(target, output, target_length, output_length)
    batch, timesteps, _ = output.shape
    labels = elementwise.maximum(target, constant(0, "int32"))
    states = _with_blanks(labels, mask_index)
    gains = take_along_axis(log_softmax(output), expand_dims(states, 1), axis=2)
    never = constant(_NEVER, output.dtype)
    size = states.shape[1]
    start = np.full((batch, size), _NEVER)
    start[:, 0] = 0
    penalty = elementwise.where(
        _may_skip(states, labels), constant(0, never.dtype), never
    )

    def step(alpha, row):
        gain, counts = row
        before = pad(alpha, ((0, 0), (1, 0)), constant_values=_NEVER)
        skipped = pad(alpha, ((0, 0), (2, 0)), constant_values=_NEVER)
        reached = logaddexp(alpha, sliced(before, 1, 0, size))
        skipped = elementwise.add(sliced(skipped, 1, 0, size), penalty)
        reached = elementwise.add(logaddexp(reached, skipped), gain)
        return elementwise.where(expand_dims(counts, 1), reached, alpha), ()

    times = constant(np.arange(timesteps)[:, None], "int32")
    counts = elementwise.less(times, expand_dims(output_length, 0))
    rows = permuted(gains, (1, 0, 2)), counts
    # The first timestep is reached from a state before all, as if by a step, too.
    alpha, _ = scan(step, constant(start, output.dtype), rows)
    last = elementwise.multiply(target_length, constant(2, "int32"))
    at_blank = _at(alpha, last)
    earlier = elementwise.maximum(
        elementwise.subtract(last, constant(1, "int32")), constant(0, "int32")
    )
    empty = elementwise.equal(target_length, constant(0, "int32"))
    at_label = elementwise.where(empty, never, _at(alpha, earlier))
    return elementwise.negative(logaddexp(at_blank, at_label))


def _with_blanks(labels, blank):
    """Labels (batch, n) as states (batch, 2n + 1), blanks around each of them."""
    batch, n = labels.shape
    blanks = movement.broadcast_to(constant(blank, "int32"), shape=(batch, n))
    pairs = reshaped(stack([blanks, labels], axis=2), (batch, 2 * n))
    return pad(pairs, ((0, 0), (0, 1)), constant_values=blank)


def _may_skip(states, labels):
    """Which states can be reached from the label before: those of another label."""
    batch, n = labels.shape
    never = constant(np.zeros((batch, min(n, 1)), bool), "bool")
    if n > 1:
        after, before = sliced(labels, 1, 1, n), sliced(labels, 1, 0, n - 1)
        differs = elementwise.not_equal(after, before)
        never = concatenate([never, differs], axis=1)
    blanks = constant(np.zeros((batch, n), bool), "bool")
    pairs = reshaped(stack([blanks, never], axis=2), (batch, 2 * n))
    return pad(pairs, ((0, 0), (0, 1)))


def _at(alpha, index):
    return reshaped(take_along_axis(alpha, expand_dims(index, 1), axis=1), index.shape)


def _decode_spec(
    inputs,
    sequence_lengths,
    strategy="greedy",
    beam_width=100,
    top_paths=1,
    merge_repeated=True,
    mask_index=0,
):
    count = 1 if strategy == "greedy" else top_paths
    dtype = join(inputs.dtype, "float32")
    batch, timesteps = inputs.shape[:2]
    return (
        KerasTensor((count, batch, timesteps), "int32", record_history=False),
        KerasTensor((batch, count), dtype, record_history=False),
    )


@op(spec=_decode_spec)
def ctc_decode(
    inputs,
    sequence_lengths,
    strategy="greedy",
    beam_width=100,
    top_paths=1,
    merge_repeated=True,
    mask_index=0,
):
    """Label sequences from the output of a connectionist temporal classifier.

    Args:
        inputs: tensor (batch, timesteps, classes) of logits.
        sequence_lengths: integers (batch,): how many timesteps count.
        strategy: `"greedy"` takes the likeliest class at each timestep;
            `"beam_search"` the likeliest sequences over all alignments.
        beam_width: how many sequences the beam search keeps at each timestep.
        top_paths: how many it returns.
        merge_repeated: whether the greedy strategy takes equal neighbours as one; the
            beam search always does.
        mask_index: the class that stands for the blank.

    Returns:
        Integers (paths, batch, timesteps), -1 behind each sequence's end; and scores
        (batch, paths): logarithms of the probabilities, or for `"greedy"` the negative
        sum of the logits taken.

    Raises:
        ValueError: for an unknown strategy, or inputs of another shape.
    """
    if strategy not in ("greedy", "beam_search"):
        raise ValueError(
            f"Invalid strategy {strategy}. Supported values are 'greedy' and "
            "'beam_search'."
        )
    inputs, lengths = _scores(inputs), as_places(sequence_lengths)
    if len(inputs.shape) != 3 or lengths.shape != inputs.shape[:1]:
        raise ValueError(
            "`ctc_decode`: expected `inputs` of shape (batch, timesteps, classes) and "
            "`sequence_lengths` of shape (batch,). "
            f"Received: shapes {inputs.shape} and {lengths.shape}"
        )
    if mask_index is None:
        mask_index = inputs.shape[-1] - 1
    if strategy == "greedy":
        return _greedy(inputs, lengths, merge_repeated, mask_index)
    return decoding.ctc_beam_search(
        log_softmax(inputs),
        lengths,
        beam_width=int(beam_width),
        top_paths=int(top_paths),
        blank=int(mask_index),
    )


def _greedy(inputs, lengths, merge_repeated, blank):
    timesteps = inputs.shape[1]
    times = constant(np.arange(timesteps)[None], "int32")
    counts = elementwise.less(times, expand_dims(lengths, 1))
    blank = constant(blank, "int32")
    labels = elementwise.where(counts, reductions.argmax(inputs, axis=-1), blank)
    taken = elementwise.where(
        counts, reductions.max(inputs, axis=-1), constant(0, inputs.dtype)
    )
    keep = elementwise.not_equal(labels, blank)
    if merge_repeated and timesteps > 1:
        after, before = (
            sliced(labels, 1, 1, timesteps),
            sliced(labels, 1, 0, timesteps - 1),
        )
        changes = pad(
            elementwise.not_equal(after, before), ((0, 0), (1, 0)), constant_values=True
        )
        keep = elementwise.logical_and(keep, changes)
    # Those to keep go to the front, in order; -1 stands behind them.
    order = argsort(elementwise.where(keep, times, constant(timesteps, "int32")))
    labels = elementwise.where(keep, labels, constant(-1, "int32"))
    labels = take_along_axis(labels, order, axis=1)
    scores = elementwise.negative(reductions.sum(taken, axis=1, keepdims=True))
    return expand_dims(labels, 0), scores
