"""Texts as sequences of word numbers, by the vocabulary of given texts."""

import collections
import json
import warnings

import numpy as np

from ckeras.preprocessing.text.words import FILTERS, text_to_word_sequence

__all__ = ["Tokenizer", "tokenizer_from_json"]

_TABLES = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")


class Tokenizer:
    """Numbers the words of texts, the most frequent one first.

    Number 0 is no word's. Texts that are lists are taken to be split already.

    Args:
        num_words: Number above those that are used: the `num_words - 1` most frequent
            words are kept. None keeps all.
        filters, lower, split: As of `text_to_word_sequence`.
        char_level: Whether every character is a word.
        oov_token: Word with number 1 that stands for unknown ones; None leaves these
            out.
        analyzer: Function from a text to its words, instead of `filters` and `split`.

    Attributes:
        word_counts: How often each word occurs.
        word_docs, index_docs: In how many texts each word, each number, occurs.
        word_index, index_word: Number of each word, word of each number.
        document_count: Number of texts seen.

    Example:

    >>> tokenizer = Tokenizer(oov_token="?")
    >>> tokenizer.fit_on_texts(["the cat", "the dog"])
    >>> tokenizer.texts_to_sequences(["the dog saw"])
    [[2, 4, 1]]
    """

    def __init__(
        self,
        num_words=None,
        filters=FILTERS,
        lower=True,
        split=" ",
        char_level=False,
        oov_token=None,
        analyzer=None,
        **kwargs,
    ):
        if "nb_words" in kwargs:
            warnings.warn(
                "The `nb_words` argument in `Tokenizer` has been renamed `num_words`.",
                stacklevel=2,
            )
            num_words = kwargs.pop("nb_words")
        self.document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Unrecognized keyword arguments: {kwargs}")
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer
        self.word_counts = collections.OrderedDict()
        self.word_docs = collections.defaultdict(int)
        self.index_docs = collections.defaultdict(int)
        self.word_index = {}
        self.index_word = {}

    # --- vocabulary ----------------------------------------------------------------

    def fit_on_texts(self, texts):
        """Adds the words of texts to the vocabulary, and numbers all of it anew.

        Args:
            texts: Iterable of strings, or of lists of words.
        """
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in dict.fromkeys(words):  # each once, in order
                self.word_docs[word] += 1
        special = [] if self.oov_token is None else [self.oov_token]
        by_count = sorted(self.word_counts, key=self.word_counts.get, reverse=True)
        vocabulary = special + by_count
        self.word_index = {word: i for i, word in enumerate(vocabulary, 1)}
        self.index_word = {i: word for word, i in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences):
        """Counts in how many sequences each number occurs, for `"tfidf"`.

        Args:
            sequences: List of lists of word numbers.
        """
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] += 1

    def _words(self, text):
        if isinstance(text, list):
            return [word.lower() for word in text] if self.lower else text
        if self.char_level:
            return text.lower() if self.lower else text
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    # --- between texts and numbers -------------------------------------------------

    def texts_to_sequences(self, texts):
        """List of word numbers of each text."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts):
        """Yields the list of word numbers of each text."""
        for text in texts:
            numbers = [self._known(self.word_index.get(w)) for w in self._words(text)]
            yield [number for number in numbers if number is not None]

    def sequences_to_texts(self, sequences):
        """String of each list of word numbers, with spaces between words."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences):
        """Yields the string of each list of word numbers."""
        for sequence in sequences:
            known = [n if n in self.index_word else None for n in sequence]
            numbers = [self._known(number) for number in known]
            yield " ".join(self.index_word[n] for n in numbers if n is not None)

    def _known(self, number):
        """The number, or that of the token for unknown words if there is one."""
        rare = self.num_words and number is not None and number >= self.num_words
        if number is None or rare:
            return self.word_index.get(self.oov_token)
        return number

    # --- matrices ------------------------------------------------------------------

    def texts_to_matrix(self, texts, mode="binary"):
        """`sequences_to_matrix` of texts."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode=mode)

    def sequences_to_matrix(self, sequences, mode="binary"):
        """A row for each sequence with a column for each word.

        Args:
            sequences: List of lists of word numbers.
            mode: `"binary"` for 1 where the word occurs, `"count"` for how often,
                `"freq"` for its share of the sequence, `"tfidf"` for
                `(1 + log(count)) * log(1 + documents / (1 + documents with it))`.

        Returns:
            NumPy array of shape `(len(sequences), num_words)`.

        Raises:
            ValueError: If the number of columns is not known, nothing was counted for
                `"tfidf"`, or `mode` is unknown.
        """
        columns = self.num_words or (self.word_index and len(self.word_index) + 1)
        if not columns:
            raise ValueError(
                "Specify a dimension (`num_words` argument), or fit on some text "
                "data first."
            )
        if mode == "tfidf" and not self.document_count:
            raise ValueError("Fit the Tokenizer on some data before using tfidf mode.")
        if mode not in ("binary", "count", "freq", "tfidf"):
            raise ValueError(
                f"Unknown vectorization mode: {mode!r}. Expected 'binary', 'count', "
                "'freq' or 'tfidf'."
            )
        matrix = np.zeros((len(sequences), columns))
        for row, sequence in zip(matrix, sequences, strict=True):
            counts = collections.Counter(n for n in sequence if n < columns)
            for number, count in counts.items():
                row[number] = self._entry(mode, number, count, len(sequence))
        return matrix

    def _entry(self, mode, number, count, length):
        if mode == "binary":
            return 1
        if mode == "count":
            return count
        if mode == "freq":
            return count / length
        documents = 1 + self.index_docs.get(number, 0)
        return (1 + np.log(count)) * np.log(1 + self.document_count / documents)

    # --- storage -------------------------------------------------------------------

    def get_config(self):
        """Options and vocabulary, the tables of the vocabulary as JSON."""
        names = ("num_words", "filters", "lower", "split", "char_level", "oov_token")
        options = {name: getattr(self, name) for name in (*names, "document_count")}
        tables = {name: json.dumps(getattr(self, name)) for name in _TABLES}
        return {**options, **tables}

    def to_json(self, **kwargs):
        """The tokenizer as JSON, for `tokenizer_from_json`.

        Args:
            **kwargs: As of `json.dumps`.
        """
        content = {"class_name": type(self).__name__, "config": self.get_config()}
        return json.dumps(content, **kwargs)


def tokenizer_from_json(json_string):
    """The tokenizer of which `Tokenizer.to_json` has made a string.

    Args:
        json_string: The string.

    Returns:
        A `Tokenizer`.
    """
    config = dict(json.loads(json_string)["config"])
    tables = {name: json.loads(config.pop(name)) for name in _TABLES}
    tokenizer = Tokenizer(**config)
    for name, table in tables.items():
        if name.startswith("index"):  # JSON's keys are strings
            table = {int(number): value for number, value in table.items()}
        setattr(tokenizer, name, table)
    return tokenizer
