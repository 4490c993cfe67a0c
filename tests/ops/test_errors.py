"""What ops refuse, and in which words."""

import numpy as np
import pytest

from ckeras import ops
from ckeras.engine.function import function

X = np.ones((2, 3), "float32")

VALUE_ERRORS = {
    "sum axis": (lambda: ops.sum(X, axis=2), "out of bounds"),
    "mean axes": (lambda: ops.mean(X, axis=(0, -2)), "twice"),
    "softmax axis": (lambda: ops.softmax(X, axis=-3), "out of bounds"),
    "max empty": (lambda: ops.max(np.zeros((0, 2))), "initial"),
    "argmax empty": (lambda: ops.argmax(np.zeros((0, 2))), "no elements"),
    "add": (lambda: ops.add(X, np.ones((2, 4))), "broadcast"),
    "matmul": (lambda: ops.matmul(X, X), "must match"),
    "matmul scalar": (lambda: ops.matmul(X, 2.0), "at least one axis"),
    "matmul batch": (
        lambda: ops.matmul(np.ones((2, 3, 4)), np.ones((5, 4, 2))),
        "do not broadcast",
    ),
    "reshape": (lambda: ops.reshape(X, (4, 2)), "cannot reshape"),
    "reshape -1": (lambda: ops.reshape(X, (-1, 4)), "cannot reshape"),
    "reshape -1 -1": (lambda: ops.reshape(X, (-1, -1)), "at most one"),
    "squeeze": (lambda: ops.squeeze(X, 0), "cannot squeeze"),
    "transpose": (lambda: ops.transpose(X, (0, 0)), "each of the 2 axes once"),
    "concatenate": (lambda: ops.concatenate([X, X[:, :2]]), "must match"),
    "concatenate none": (lambda: ops.concatenate([]), "must not be empty"),
    "stack": (lambda: ops.stack([X, X[0]]), "same shape"),
    "split": (lambda: ops.split(X, 2, axis=1), "equal parts"),
    "broadcast_to": (lambda: ops.broadcast_to(X, (3, 3)), "does not broadcast"),
    "pad": (lambda: ops.pad(X, ((1, 1),) * 3), "pad_width"),
    "pad mode": (
        lambda: ops.pad(X, 1, mode="reflect", constant_values=1),
        "constant_values",
    ),
    "one_hot sparse": (lambda: ops.one_hot([1], 2, sparse=True), "dense"),
    "multi_hot": (lambda: ops.multi_hot([1]), "num_classes"),
    "crossentropy": (
        lambda: ops.categorical_crossentropy(X, X[0]),
        "must have the same shape",
    ),
    "sparse crossentropy": (
        lambda: ops.sparse_categorical_crossentropy([1, 2, 0], X),
        "up until the last dimension",
    ),
    "binary crossentropy": (
        lambda: ops.binary_crossentropy(X, X[0]),
        "must have the same shape",
    ),
    "einsum letters": (lambda: ops.einsum("ijk->i", X), "do not fit"),
    "einsum count": (lambda: ops.einsum("ij,jk->ik", X), "names 2 operands"),
    "einsum sizes": (lambda: ops.einsum("ij,jk->ik", X, X), "two sizes"),
    "inv": (lambda: ops.inv(X), "square"),
    "norm": (lambda: ops.norm(X, "nuc", axis=0), "Invalid `ord`"),
    "top_k": (lambda: ops.top_k(X, 4), "last axis"),
    "where": (lambda: ops.where(X > 0, X), "both"),
    "cast": (lambda: ops.cast(X, "text"), "Invalid dtype"),
    "glu": (lambda: ops.glu(X), "divisible by 2"),
    "normalize": (lambda: ops.normalize(X, order=0), "order"),
    "rearrange": (lambda: ops.rearrange(X, "a b c -> a"), "pattern"),
    "unstack": (lambda: ops.unstack(X, 5), "num"),
    "scatter_update": (
        lambda: ops.scatter_update(X, [[0, 0]], [1.0], "max_abs"),
        "reduction",
    ),
}
OTHER_ERRORS = {
    "axis type": (lambda: ops.sum(X, axis="a"), TypeError),
    "subtract booleans": (lambda: ops.subtract(X > 0, X > 0), TypeError),
    "negative boolean": (lambda: ops.negative(X > 0), TypeError),
    "bits of floats": (lambda: ops.bitwise_and(X, X), TypeError),
    "take": (lambda: ops.take(X, [5], axis=1), IndexError),
    "traced shape": (
        lambda: function(lambda x: ops.nonzero(x))(X),
        TypeError,
    ),
    "traced unique": (lambda: function(lambda x: ops.unique(x))(X), TypeError),
    "traced size": (
        lambda: function(lambda x: ops.reshape(x, (ops.sum(x), 2)))(X),
        TypeError,
    ),
}


@pytest.mark.parametrize("name", VALUE_ERRORS)
def test_value_error(name):
    call, words = VALUE_ERRORS[name]
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("name", OTHER_ERRORS)
def test_other_error(name):
    call, error = OTHER_ERRORS[name]
    with pytest.raises(error):
        call()


def test_softmax_over_one_class_warns():
    with pytest.warns(UserWarning, match="axis -1"):
        ops.softmax(X[:, :1])
