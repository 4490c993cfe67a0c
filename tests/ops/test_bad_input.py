"""Arguments that make no sense: an error in words, at once, compiled and in graphs."""

import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine.function import function

X = np.arange(6, dtype="float32").reshape(2, 3)
V = np.arange(3, dtype="float32")
EMPTY = np.zeros((0, 3), "float32")
SQUARE = np.eye(3, dtype="float32")
IMAGE = np.ones((1, 4, 4, 2), "float32")


def tensor(x):
    return x if hasattr(x, "is_symbolic") else ops.convert_to_tensor(x)


# Function of a value, the value, the error and a part of what it says.
CASES = {
    # Shapes and axes.
    "add": (lambda x: ops.add(x, np.ones(4)), X, ValueError, "broadcast"),
    "where": (lambda x: ops.where(x > 0, x, np.ones(5)), X, ValueError, "broadcast"),
    "clip": (lambda x: ops.clip(x, np.ones(7), 2), X, ValueError, "broadcast"),
    "axis": (lambda x: ops.sum(x, 5), X, ValueError, "axis 5"),
    "axis of text": (lambda x: ops.sum(x, "a"), X, TypeError, "must be an integer"),
    "axis of 1.5": (lambda x: ops.sum(x, 1.5), X, TypeError, "must be an integer"),
    "joined axis": (lambda x: ops.concatenate([x, x], 4), X, ValueError, "axis 4"),
    "rolled axis": (lambda x: ops.roll(x, 1, 5), X, ValueError, "axis 5"),
    "diagonal": (lambda x: ops.diagonal(x, 0, 0, 0), X, ValueError, "different axes"),
    "trace": (lambda x: ops.trace(x, 0, 0, 4), X, ValueError, "axis 4"),
    "sort": (ops.sort, np.float32(3), ValueError, "axis -1"),
    "inner": (lambda x: ops.inner(x, np.ones(4)), X, ValueError, "last dimension"),
    "tensordot": (lambda x: ops.tensordot(x, x, -1), X, ValueError, "negative"),
    "matmul": (lambda x: ops.matmul(x, x), X, ValueError, "must match"),
    "einsum": (lambda x: ops.einsum("i1->", x), X, ValueError, "letters"),
    "einsum None": (lambda x: ops.einsum(None, x), X, TypeError, "must be a string"),
    # Sizes.
    "repeat -2": (lambda x: ops.repeat(x, -2, 0), X, ValueError, "negative"),
    "repeat 1, -2": (lambda x: ops.repeat(x, [1, -2], 0), X, ValueError, "negative"),
    "repeats": (lambda x: ops.repeat(x, [1, 2, 3], 0), X, ValueError, "for each"),
    "tile": (lambda x: ops.tile(x, (-1, 2)), X, ValueError, "negative"),
    "tile text": (lambda x: ops.tile(x, "a"), X, TypeError, "must be an integer"),
    "reshape": (lambda x: ops.reshape(x, (-2, 3)), X, ValueError, "non-negative"),
    "reshape None": (lambda x: ops.reshape(x, None), X, TypeError, "integer"),
    "broadcast_to": (
        lambda x: ops.broadcast_to(x, (-1, 3)),
        X,
        ValueError,
        "not broad",
    ),
    "zeros": (lambda x: ops.zeros((-1, 2)) + x, X, ValueError, "not be negative"),
    "ones": (lambda x: ops.ones("a") + x, X, TypeError, "must be an integer"),
    "eye": (lambda x: ops.eye(-3) + x, X, ValueError, "not be negative"),
    "linspace": (lambda x: ops.linspace(x, 1, -3), X, ValueError, "not be negative"),
    "arange": (lambda x: ops.arange(0, 5, 0) + x, X, ValueError, "must not be 0"),
    "random": (lambda x: ckeras.random.normal((-2,)) + x, X, ValueError, "negative"),
    "one_hot": (lambda x: ops.one_hot(x, -2), X, ValueError, "not be negative"),
    "top_k": (lambda x: ops.top_k(x, -1), X, ValueError, "not be negative"),
    "top_k 9": (lambda x: ops.top_k(x, 9), X, ValueError, "last axis"),
    "segments": (
        lambda x: ops.segment_sum(x, np.array([0, 1]), -2),
        X,
        ValueError,
        "not be negative",
    ),
    "split": (lambda x: ops.split(x, 0), X, ValueError, "equal parts"),
    "array_split": (lambda x: ops.array_split(x, 0), X, ValueError, "positive"),
    "pad": (lambda x: ops.pad(x, ((-1, 0), (0, 0))), X, ValueError, "not negative"),
    "pad mode": (lambda x: ops.pad(x, 1, mode="magic"), X, ValueError, "unknown mode"),
    "pad nothing": (
        lambda x: ops.pad(x, ((1, 1), (0, 0)), mode="reflect"),
        EMPTY,
        ValueError,
        "empty axis",
    ),
    "diff": (lambda x: ops.diff(x, -1), X, ValueError, "not be negative"),
    "rfft": (lambda x: ops.rfft(x, -4), X, ValueError, "positive"),
    "irfft": (lambda x: ops.irfft((x, x), 0), X, ValueError, "positive"),
    "fft": (lambda x: ops.fft((x, np.ones(4))), X, ValueError, "same shape"),
    "windows": (lambda x: ops.extract_sequences(x, 2, 0), X, ValueError, "not be 0"),
    "blocks": (
        lambda x: ops.depth_to_space(x, 3),
        IMAGE,
        ValueError,
        "no multiple of `block_size`",
    ),
    "resize": (lambda x: ops.image.resize(x, (0, 3)), IMAGE, ValueError, "positive"),
    "pool": (lambda x: ops.max_pool(x, 0), IMAGE, ValueError, "positive"),
    "conv": (lambda x: ops.conv(x, np.ones((9, 9, 2, 1))), IMAGE, ValueError, "empty"),
    "unstack": (lambda x: ops.unstack(x, 9), X, ValueError, "num"),
    # No elements.
    "argmax": (ops.argmax, EMPTY, ValueError, "no elements"),
    "max": (lambda x: ops.max(x, 0), EMPTY, ValueError, "no elements"),
    "median": (ops.median, EMPTY, ValueError, "no elements"),
    "nonzero": (ops.nonzero, np.float32(1), ValueError, "at least one axis"),
    # Keys.
    "x[9]": (lambda x: tensor(x)[9], X, IndexError, "out of bounds"),
    "x[0, 0, 0]": (lambda x: tensor(x)[0, 0, 0], X, IndexError, "Too many"),
    "x['a']": (lambda x: tensor(x)["a"], X, IndexError, "Expected integers"),
    "x[1.5]": (lambda x: tensor(x)[1.5], X, IndexError, "Expected integers"),
    "x[mask]": (lambda x: tensor(x)[np.array([True])], X, IndexError, "mask"),
    "x[rows, columns]": (
        lambda x: tensor(x)[np.array([0]), np.array([5])],
        X,
        IndexError,
        "axis 1 of size 3",
    ),
    "slice": (lambda x: ops.slice(x, (0, 0), (5, 5)), X, ValueError, "larger"),
    "slice_update": (
        lambda x: ops.slice_update(x, (0, 0), np.ones((5, 5))),
        X,
        ValueError,
        "larger",
    ),
    "scatter": (
        lambda x: ops.scatter(np.zeros((1, 4), "int32"), x, (2, 3)),
        X,
        ValueError,
        "4 components",
    ),
    "along": (
        lambda x: ops.take_along_axis(x, np.array([[0], [1], [0]]), 1),
        X,
        ValueError,
        "take_along_axis",
    ),
    # Types.
    "None": (lambda x: ops.add(x, None), X, ValueError, "Expected numbers"),
    "text": (lambda x: ops.add(x, "a"), X, ValueError, "Expected numbers"),
    "dictionary": (lambda x: ops.add(x, {}), X, ValueError, "Expected numbers"),
    "type": (lambda x: ops.cast(x, "float99"), X, ValueError, "Invalid dtype"),
    "bits": (lambda x: ops.bitwise_and(x, x), X, TypeError, "integers"),
    "gcd": (lambda x: ops.gcd(x, x), X, TypeError, "integers"),
    "bincount": (lambda x: ops.bincount(x, minlength=3), V, TypeError, "integers"),
    "side": (lambda x: ops.searchsorted(x, x, "mid"), V, ValueError, "'left' or"),
    "inv": (ops.inv, X, ValueError, "square"),
    "norm": (lambda x: ops.norm(x, "zzz"), X, ValueError, "Invalid `ord`"),
    "solve": (lambda x: ops.solve(x, np.ones(5)), SQUARE, ValueError, "must match"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("way", ["at once", "compiled", "in a graph"])
def test_refused(name, way):
    call, x, error, words = CASES[name]
    if way == "compiled":
        call = function(call)
    if way == "in a graph":
        x = ckeras.KerasTensor(x.shape, str(x.dtype))
    if name == "x[rows, columns]" and way == "in a graph":
        return  # nothing looks at the numbers yet
    with pytest.raises(error, match=words):
        call(x)


# What only numbers show.
INDICES = {
    "take": lambda i: ops.take(X, i, axis=1),
    "take, flat": lambda i: ops.take(V, i),
    "take_along_axis": lambda i: ops.take_along_axis(X, i[None], 1),
    "x[[i]]": lambda i: ops.convert_to_tensor(X)[:, i],
    "x[[i], [0]]": lambda i: ops.convert_to_tensor(X)[i * 0, i],
}


@pytest.mark.parametrize("name", INDICES)
@pytest.mark.parametrize("index", [3, -7, 2**31 - 4, -(2**31)])
def test_index_out_of_range(name, index):
    call = INDICES[name]
    for f in (lambda i: call(ops.convert_to_tensor(i)), function(call)):
        f(np.array([0, 2], "int32"))
        with pytest.raises(IndexError, match=r"out of (range|bounds)"):
            f(np.array([0, index], "int32"))


def test_wide_indices_are_not_cut():
    for index in (2**32, 2**40, -(2**40)):
        with pytest.raises(IndexError, match="out of range"):
            ops.take(X, np.array([index]), axis=0)
    with pytest.raises(IndexError, match="out of range"):
        ops.take(X, np.array([2**63 + 1], "uint64"), axis=0)


def test_indices_that_do_not_count():
    for ids in ([0, 9], [0, -9]):
        found = ops.segment_sum(X, np.array(ids), num_segments=2)
        np.testing.assert_array_equal(found, [X[0], [0, 0, 0]])
    np.testing.assert_array_equal(ops.one_hot([5, -1, 2**30], 2), np.zeros((3, 2)))


@pytest.mark.parametrize("reduction", [None, "add", "mul", "max", "min"])
@pytest.mark.parametrize("place", [[0, 3], [0, -4], [-3, 0], [2, 0]])
def test_places_out_of_range(place, reduction):
    """An error at once; in a compiled function, as on JAX, nothing is changed."""

    def update(places):
        return ops.scatter_update(X, places, [2.0, 3.0], reduction=reduction)

    def scatter(places):
        return ops.scatter(places, np.ones(2, "float32"), (2, 3))

    places = np.array([place, [-1, 1]])
    for name, call in (("scatter", scatter), ("scatter_update", update)):
        with pytest.raises(IndexError, match=f"`{name}`: an index is out of range"):
            call(places)
        found = np.asarray(function(call)(places))
        assert found[1, 1] == call(np.array([[0, 0], [1, 1]]))[1, 1]
        found[1, 1] = 0 if name == "scatter" else X[1, 1]
        np.testing.assert_array_equal(found, 0 * X if name == "scatter" else X)


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("label", [4, -1])
def test_labels_that_are_no_class(label, from_logits):
    output = np.array([[0.1, 0.2, 0.3, 0.4]] * 2, "float32")

    def loss(target):
        return ops.sparse_categorical_crossentropy(target, output, from_logits)

    with pytest.raises(ValueError, match="Expected labels from 0 to 3"):
        loss(np.array([0, label]))
    found = function(loss)(np.array([0, label], "int32"))
    np.testing.assert_allclose(found, [loss(np.array([0, 0]))[0], 0])


FLOATS = np.array([1.9])
INDEXED = {
    "take": lambda: ops.take(X, FLOATS, axis=0),
    "take_along_axis": lambda: ops.take_along_axis(X, FLOATS[None], axis=0),
    "scatter": lambda: ops.scatter(FLOATS[None], [1.0], (2,)),
    "scatter_update": lambda: ops.scatter_update(V, FLOATS[None], [1.0]),
    "segment_sum": lambda: ops.segment_sum(V[:1], FLOATS, num_segments=2),
    "segment_max": lambda: ops.segment_max(V[:1], FLOATS, num_segments=2),
}


@pytest.mark.parametrize("name", INDEXED)
def test_indices_that_are_no_integers(name):
    with pytest.raises(TypeError, match=f"`{name}`: indices must be integers"):
        INDEXED[name]()


def test_of_placeholders_of_places_only_the_shape_counts():
    places = ckeras.KerasTensor((None, 1))
    assert ops.scatter(places, ckeras.KerasTensor((None, 3)), (2, 3)).shape == (2, 3)
    x = ckeras.KerasTensor((None, 3))
    assert ops.scatter_update(x, places, x).shape == (None, 3)
    compiled = function(lambda i: ops.scatter(i, np.ones((1, 3)), (2, 3)))
    with pytest.raises(TypeError, match="`scatter`: indices must be integers"):
        compiled(FLOATS[None])


def test_starts_that_are_no_integers():
    with pytest.raises(TypeError, match="must be integers"):
        ops.slice(X, (1.5, 0), (1, 1))


def test_truth_values_and_nothing_as_indices():
    np.testing.assert_array_equal(ops.take(X, [True, False], axis=0), X[[1, 0]])
    assert ops.take(X, [], axis=0).shape == (0, 3)


def test_matrices_that_are_not_positive_definite():
    x = np.stack([np.eye(2), [[1.0, 2.0], [2.0, 1.0]]])
    for call in (ops.cholesky, function(ops.cholesky)):
        for bad in (x, x[1], x * np.nan):
            with pytest.raises(ValueError, match="positive definite"):
                call(bad)


def test_matrices_without_an_answer():
    zero = np.zeros((2, 2, 2), "float32")
    zero[1] = np.eye(2)
    broken = np.full((2, 2), np.nan, "float32")
    for f in (lambda g, x: g(x), lambda g, x: function(g)(x)):
        y = np.asarray(f(ops.inv, zero))
        assert np.isinf(y[0]).all() and (y[1] == np.eye(2)).all()
        for decomposition in (ops.svd, ops.eigh, ops.eig):
            assert np.isnan(np.asarray(f(decomposition, broken)[0])).all()


def test_numbers_without_an_order():
    x = np.array([np.nan, np.inf, -np.inf, 1.0], "float32")
    assert int(ops.argmax(x)) == int(ops.argmin(x)) == 0
    np.testing.assert_array_equal(ops.argsort(x), [2, 3, 1, 0])
    np.testing.assert_array_equal(ops.sort(x), np.sort(x))
    assert np.isnan(ops.max(x)) and np.isnan(ops.median(x))
    assert not ops.isfinite(x)[:3].numpy().any()
    big = np.iinfo("int32")
    np.testing.assert_array_equal(ops.cast(x, "int32"), [0, big.max, big.min, 1])


def test_quantiles_outside():
    for q in (1.5, -0.1):
        with pytest.raises(ValueError, match="between 0 and 1"):
            ops.quantile(X, q)
    with pytest.raises(ValueError, match="shape of `x`"):
        ops.bincount(np.arange(3), weights=np.ones(7))
