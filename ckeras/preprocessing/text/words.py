"""Texts as lists of words, and words as numbers without a vocabulary."""

import hashlib

__all__ = ["FILTERS", "hashing_trick", "one_hot", "text_to_word_sequence"]

# Punctuation, tabs and newlines; the apostrophe is a part of words.
FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


def text_to_word_sequence(input_text, filters=FILTERS, lower=True, split=" "):
    """The words of a text.

    Args:
        input_text: String.
        filters: Characters that separate words as `split` does.
        lower: Whether the words are in lower case.
        split: String that separates words.

    Returns:
        List of words, none of them empty.

    Example:

    >>> text_to_word_sequence("It isn't here, is it?")
    ['it', "isn't", 'here', 'is', 'it']
    """
    text = input_text.lower() if lower else input_text
    text = text.translate(str.maketrans(dict.fromkeys(filters, split)))
    return [word for word in text.split(split) if word]


def hashing_trick(
    text,
    n,
    hash_function=None,
    filters=FILTERS,
    lower=True,
    split=" ",
    analyzer=None,
):
    """The words of a text as numbers below `n`, by their hashes; some may coincide.

    Args:
        text: String.
        n: Number above all results.
        hash_function: Function from a word to an integer; `"md5"` for one that is the
            same in every process, as Python's `hash`, the default, is not.
        filters, lower, split: As of `text_to_word_sequence`.
        analyzer: Function from a text to its words, instead of these three.

    Returns:
        List of integers from 1 to `n - 1`.

    Example:

    >>> hashing_trick("The cat saw the dog", 50, "md5")
    [43, 32, 21, 43, 2]
    """
    if hash_function is None:
        hash_function = hash
    elif hash_function == "md5":
        hash_function = _md5
    if analyzer is not None:
        words = analyzer(text)
    else:
        words = text_to_word_sequence(text, filters, lower, split)
    return [hash_function(word) % (n - 1) + 1 for word in words]


def _md5(word):
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


def one_hot(input_text, n, filters=FILTERS, lower=True, split=" ", analyzer=None):
    """`hashing_trick` with Python's `hash`: no one-hot vectors, despite the name.

    Args:
        input_text: String.
        n, filters, lower, split, analyzer: As of `hashing_trick`.

    Returns:
        List of integers from 1 to `n - 1`.
    """
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)
