import pytest

from ckeras.preprocessing.text import Tokenizer, one_hot, tokenizer_from_json


def fitted(**options):
    tokenizer = Tokenizer(**options)
    tokenizer.fit_on_texts(["the cat", "the dog saw"])
    return tokenizer


def test_a_tokenizer_from_json_does_the_same():
    tokenizer = fitted(num_words=4, oov_token="?")
    again = tokenizer_from_json(tokenizer.to_json())
    texts = ["the bird saw the cat"]
    assert again.texts_to_sequences(texts) == tokenizer.texts_to_sequences(texts)
    expected = tokenizer.texts_to_matrix(texts, "tfidf").tolist()
    assert again.texts_to_matrix(texts, "tfidf").tolist() == expected
    assert again.to_json() == tokenizer.to_json()


def test_one_hot_takes_pythons_hash():
    assert one_hot("cat dog cat", 30) == [
        hash(w) % 29 + 1 for w in ("cat", "dog", "cat")
    ]


def test_old_name_of_num_words():
    with pytest.warns(UserWarning, match="renamed `num_words`"):
        assert Tokenizer(nb_words=3).num_words == 3


def test_unknown_argument():
    with pytest.raises(TypeError, match="words"):
        Tokenizer(words=3)


def test_matrix_errors():
    with pytest.raises(ValueError, match="num_words"):
        Tokenizer().sequences_to_matrix([[1]])
    with pytest.raises(ValueError, match="before using tfidf"):
        Tokenizer(num_words=3).sequences_to_matrix([[1]], mode="tfidf")
    with pytest.raises(ValueError, match="'mean'"):
        fitted().texts_to_matrix(["cat"], mode="mean")
