"""The search for the likeliest label sequences of connectionist temporal classifiers.

A prefix's score is the sum over all alignments, kept apart for those that end in the
blank and those that end in a label (Graves 2012, section 7.5.3; Hannun 2014).
"""

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec

__all__ = ["ctc_beam_search"]


def _search(log_p, length, beam_width, top_paths, blank):
    """The best prefixes of one sequence.

    Args:
        log_p: logarithms of the probabilities (timesteps, classes).
        length: how many of the timesteps count.
        beam_width: how many prefixes are kept at each timestep.
        top_paths: how many are returned.
        blank: the class that stands for no label.

    Returns:
        (prefix, score) pairs, the best first.
    """
    beam = {(): (0.0, -np.inf)}  # scores of the alignments that end in blank, label
    for row in log_p[:length]:
        grown = {}
        for prefix, (blank_score, label_score) in beam.items():
            total = np.logaddexp(blank_score, label_score)
            _add(grown, prefix, 0, total + row[blank])
            for label, gain in enumerate(row):
                if label == blank:
                    continue
                if prefix and prefix[-1] == label:
                    # Without a blank in between it is the same label again.
                    _add(grown, prefix, 1, label_score + gain)
                    _add(grown, (*prefix, label), 1, blank_score + gain)
                else:
                    _add(grown, (*prefix, label), 1, total + gain)
        beam = dict(_best(grown, beam_width))
    return [(p, np.logaddexp(*scores)) for p, scores in _best(beam, top_paths)]


def _add(scores, prefix, place, score):
    pair = list(scores.get(prefix, (-np.inf, -np.inf)))
    pair[place] = np.logaddexp(pair[place], score)
    scores[prefix] = tuple(pair)


def _best(scores, count):
    """The likeliest prefixes; of equally likely ones those with smaller labels."""
    order = sorted(scores.items(), key=lambda item: (-np.logaddexp(*item[1]), item[0]))
    return order[:count]


def _evaluate(log_p, lengths, beam_width, top_paths, blank):
    batch, timesteps, _ = log_p.shape
    paths = np.full((top_paths, batch, timesteps), -1, "int32")
    scores = np.full((batch, top_paths), -np.inf, log_p.dtype)
    for i in range(batch):
        found = _search(log_p[i], int(lengths[i]), beam_width, top_paths, blank)
        for k, (prefix, score) in enumerate(found):
            paths[k, i, : len(prefix)] = prefix
            scores[i, k] = score
    return paths, scores


def _infer(log_p, lengths, *, beam_width, top_paths, blank):
    batch, timesteps, _ = log_p.shape
    return (
        Spec((top_paths, batch, timesteps), "int32"),
        Spec((batch, top_paths), log_p.dtype),
    )


ctc_beam_search = Primitive(
    "ctc_beam_search", infer=_infer, evaluate=_evaluate, gradient=NOT_DIFFERENTIABLE
)
