"""Pairs of words that stand near each other, and pairs that do not."""

import random

import numpy as np

__all__ = ["make_sampling_table", "skipgrams"]

_EULER_GAMMA = 0.577  # with as many digits as Keras has


def make_sampling_table(size, sampling_factor=1e-5):
    """For words by their rank, the probability that `skipgrams` uses them.

    Frequent words are used less often (Mikolov et al., 2013):
    `min(1, sqrt(sampling_factor / frequency))`, with frequencies by Zipf's law,
    `frequency(rank) = 1 / (rank * (log(rank) + gamma) + 1/2 - 1 / (12 * rank))`.

    Args:
        size: Number of words.
        sampling_factor: How rare a word must be to be always used.

    Returns:
        NumPy array of shape `(size,)`. Entry 0 is no word's and equals entry 1.

    Example:

    >>> make_sampling_table(4).round(4)
    array([0.0032, 0.0032, 0.0055, 0.0074])
    """
    rank = np.maximum(np.arange(size), 1)
    inverse = rank * (np.log(rank) + _EULER_GAMMA) + 0.5 - 1 / (12.0 * rank)
    share = sampling_factor * inverse
    return np.minimum(1.0, share / np.sqrt(share))


def skipgrams(
    sequence,
    vocabulary_size,
    window_size=4,
    negative_samples=1.0,
    shuffle=True,
    categorical=False,
    sampling_table=None,
    seed=None,
):
    """Pairs of words of a sequence with labels: 1 for neighbours, 0 for chance.

    Random numbers are those of Python's `random` module.

    Args:
        sequence: List or array of word numbers; 0 stands for no word and is left out.
        vocabulary_size: Number above all words' numbers.
        window_size: How many words to each side are neighbours.
        negative_samples: How many pairs by chance there are for each of neighbours.
        shuffle: Whether the pairs are put into a random order.
        categorical: Whether labels are `[0, 1]` and `[1, 0]` instead of 1 and 0.
        sampling_table: Probability with which each word's pairs are used, see
            `make_sampling_table`; None uses all.
        seed: Integer for a repeatable order.

    Returns:
        List of pairs `[word, other]`, list of labels.

    Example:

    >>> skipgrams([3, 1, 2], 4, window_size=1, negative_samples=0, shuffle=False)
    ([[3, 1], [1, 3], [1, 2], [2, 1]], [1, 1, 1, 1])
    """
    couples = []
    for i, word in enumerate(sequence):
        if not word:
            continue
        if sampling_table is not None and sampling_table[word] < random.random():
            continue
        before = sequence[max(0, i - window_size) : i]
        near = [*before, *sequence[i + 1 : i + window_size + 1]]
        couples += [[word, other] for other in near if other]
    n_near, words = len(couples), [word for word, _ in couples]
    if negative_samples > 0:
        random.shuffle(words)
        couples += [
            [words[i % n_near], random.randint(1, vocabulary_size - 1)]
            for i in range(int(n_near * negative_samples))
        ]
    kinds = [int(i < n_near) for i in range(len(couples))]
    labels = [[1 - kind, kind] for kind in kinds] if categorical else kinds
    if shuffle:
        seed = random.randint(0, 10_000_000) if seed is None else seed
        for rows in (couples, labels):  # the same order for both
            random.seed(seed)
            random.shuffle(rows)
    return couples, labels
