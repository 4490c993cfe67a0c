"""Calls of `preprocessing.text` and `sequence` that are compared with Keras's."""

import json
import random

import numpy as np

TEXTS = ["The cat sat on the mat.", "The dog, the cat & a bird!", "", "a A b\tc\nd"]
TOKENIZERS = {
    "all": {},
    "few": {"num_words": 4},
    "few, unknown": {"num_words": 4, "oov_token": "<o>"},
    "unknown": {"oov_token": "<o>"},
    "characters": {"char_level": True},
    "split": {"lower": False, "split": "_"},
    "analyzer": {"analyzer": lambda text: text.split("a")},
}
SKIPGRAMS = {
    "default": {},
    "window": {"window_size": 1, "categorical": True},
    "positive": {"negative_samples": 0, "shuffle": False},
    "negative": {"negative_samples": 2.5},
    "table": {"sampling_table": [0.3] * 9},
    "seed": {"seed": 4},
}
GENERATORS = {
    "default": {},
    "stride": {"stride": 3, "batch_size": 2},
    "reverse": {"sampling_rate": 2, "reverse": True},
    "range": {"start_index": 3, "end_index": 15, "batch_size": 4},
    "shuffle": {"shuffle": True, "batch_size": 3},
}


def tokenized(text, options):
    tokenizer = text.Tokenizer(**options)
    tokenizer.fit_on_texts(TEXTS)
    tokenizer.fit_on_texts([["X", "cat"]])
    numbers = tokenizer.texts_to_sequences([*TEXTS, ["cat", "Zzz"], "new words cat"])
    found = {
        "numbers": numbers,
        "texts": tokenizer.sequences_to_texts([*numbers, [99, 1, 0]]),
    }
    for mode in ("binary", "count", "freq", "tfidf"):
        found[mode] = tokenizer.texts_to_matrix(TEXTS, mode=mode).tolist()
    config = tokenizer.get_config()
    for name in ("word_counts", "word_docs", "index_docs", "index_word", "word_index"):
        config[name] = json.loads(config[name])
    found["config"] = config
    return found


def generated(sequence, options):
    np.random.seed(0)
    data = np.arange(40.0).reshape(20, 2)
    made = sequence.TimeseriesGenerator(data, np.arange(20), 5, **options)
    return [[part.tolist() for part in made[i]] for i in range(len(made))]


def outputs(text, sequence):
    """What the modules `text` and `sequence` return, by case."""
    found = {f"tokenizer {n}": tokenized(text, o) for n, o in TOKENIZERS.items()}
    for name, options in SKIPGRAMS.items():
        random.seed(3)
        found[f"skipgrams {name}"] = sequence.skipgrams(
            [1, 2, 0, 3, 4, 5, 8, 2, 1], 9, **options
        )
    for name, options in GENERATORS.items():
        found[f"generator {name}"] = generated(sequence, options)
    found["sampling table"] = sequence.make_sampling_table(20).tolist()
    found["hashes"] = text.hashing_trick("The cat saw the dog", 50, "md5")
    found["words"] = text.text_to_word_sequence("It isn't here, is it?", split="|")
    tokenizer = text.Tokenizer(num_words=5)
    tokenizer.fit_on_sequences([[1, 2, 3], [3, 3]])
    matrix = tokenizer.sequences_to_matrix([[1, 3, 3, 7], []], mode="tfidf")
    found["counted numbers"] = matrix.tolist()
    return json.loads(json.dumps(found))
