"""`keras.preprocessing.text`, as in Keras 2."""

from ckeras.preprocessing.text.tokenizer import Tokenizer, tokenizer_from_json
from ckeras.preprocessing.text.words import (
    hashing_trick,
    one_hot,
    text_to_word_sequence,
)

__all__ = [
    "Tokenizer",
    "hashing_trick",
    "one_hot",
    "text_to_word_sequence",
    "tokenizer_from_json",
]
