"""The reduction kernels against NumPy in float64."""

import numpy as np
import pytest

from tests.kernels.harness import poisoned, run

SHAPES = [
    (1, 1, 1),
    (1, 0, 1),
    (0, 3, 2),
    (3, 0, 4),
    (3, 4, 0),
    (1, 5, 1),
    (1, 15, 1),
    (1, 16, 1),
    (2, 17, 1),
    (1, 129, 1),
    (3, 1023, 1),
    (1, 1024, 1),
    (1, 5000, 1),
    (40, 7, 1),
    (1, 32, 10),
    (1, 7, 3),
    (2, 300, 3),
    (1, 1001, 15),
    (1, 129, 16),
    (1, 700, 33),
    (3, 9, 513),
    (2, 64, 1100),
]
DTYPES = ["float32", "float64", "int32", "int64"]
FOLDS = {"sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min}


def sample(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    return rng.integers(-9, 10, shape).astype(dtype)


def fold(name, x, n_threads=1, chunks=1, dtype=None):
    """Runs a reduction over the middle axis of x."""
    outer, reduce, inner = x.shape
    kind = dtype or x.dtype.name
    out = poisoned((outer, inner), x.dtype)
    work = poisoned((chunks, outer, inner), x.dtype)
    dims = (outer, reduce, inner, chunks)
    assert run(f"reduce.{name}", kind, [x, out, work], dims, (), n_threads) == 0
    return out


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", FOLDS)
def test_folds(name, shape, dtype):
    if name in ("max", "min") and shape[1] == 0:
        return
    x = sample(shape, dtype)
    if name == "prod":  # neither vanishing nor overflowing
        x = np.where(x > 0, 1.01, -0.99).astype(dtype) if x.dtype.kind == "f" else x
    wide = x.astype("float64") if x.dtype.kind == "f" else x
    with np.errstate(over="ignore"):
        expected = (
            FOLDS[name](wide, axis=1, dtype=wide.dtype)
            if name
            in (
                "sum",
                "prod",
            )
            else FOLDS[name](wide, axis=1)
        )
    found = fold(name, x)
    if x.dtype.kind == "i":
        np.testing.assert_array_equal(found, expected)
    else:
        eps = np.finfo(dtype).eps
        size = np.abs(wide).sum(axis=1) if name == "sum" else np.abs(expected)
        bound = eps * (8 * size if name == "sum" else (shape[1] + 4) * size) + 1e-300
        assert np.all(np.abs(found - expected) <= bound)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_length(dtype):
    """Integers that floats hold too: exact whatever the order of the additions."""
    x = np.random.default_rng(2).integers(-99, 100, 2200).astype(dtype)
    sums = np.cumsum(x.astype("int64"))
    tops = np.maximum.accumulate(x)
    for n in range(1, x.size + 1):
        run_of_x = x[:n].reshape(1, n, 1)
        assert fold("sum", run_of_x)[0, 0] == sums[n - 1], n
        assert fold("max", run_of_x)[0, 0] == tops[n - 1], n
    for inner in (1, 2, 3, 7, 16, 33):
        for reduce in range(1, 300):
            block = np.resize(x, (1, reduce, inner))
            np.testing.assert_array_equal(fold("sum", block), block.sum(axis=1))


@pytest.mark.parametrize("chunks", [2, 3, 7])
@pytest.mark.parametrize("shape", [(1, 5000, 1), (2, 700, 5), (1, 301, 40)])
@pytest.mark.parametrize("name", FOLDS)
def test_chunks(name, shape, chunks):
    x = np.where(sample(shape, "float64") > 0, 1.001, -0.999)
    expected = FOLDS[name](x, axis=1)
    np.testing.assert_allclose(fold(name, x, chunks=chunks), expected, rtol=1e-10)


@pytest.mark.parametrize(
    "shape, chunks",
    [((1, 400_001, 1), 12), ((1, 9000, 37), 8), ((50, 4001, 1), 1), ((1, 99, 4000), 1)],
)
@pytest.mark.parametrize("name", FOLDS)
def test_same_bits_for_any_thread_count(name, shape, chunks):
    x = sample(shape, "float32")
    if name == "prod":
        x = np.where(x > 0, 1.0001, 0.9999).astype("float32")
    one = fold(name, x, 1, chunks)
    for n_threads in (2, 5):
        assert fold(name, x, n_threads, chunks).tobytes() == one.tobytes()


def test_sum_is_as_accurate_as_pairwise():
    x = np.full((1, 1 << 20, 1), 0.1, "float32")
    expected = x.astype("float64").sum()
    assert abs(fold("sum", x)[0, 0] / expected - 1) < 3e-7
    x = np.full((1, 1 << 17, 3), 0.1, "float32")
    expected = x[..., 0].astype("float64").sum()
    assert np.all(np.abs(fold("sum", x) / expected - 1) < 3e-6)


@pytest.mark.parametrize("name", ["max", "min", "sum", "prod"])
@pytest.mark.parametrize("shape", [(1, 5, 1), (1, 20, 1), (1, 3000, 1), (1, 300, 20)])
def test_nan_propagates_from_anywhere(name, shape):
    for place in (0, 1, shape[1] // 2, shape[1] - 1):
        x = sample(shape, "float32")
        x[0, place, 0] = np.nan
        found = fold(name, x)
        assert np.isnan(found[0, 0])
        assert not np.isnan(found[0, 1:]).any()


def test_infinities():
    x = np.array([1, np.inf, 2, -np.inf, 3], "float32").reshape(1, 5, 1)
    assert fold("max", x)[0, 0] == np.inf
    assert fold("min", x)[0, 0] == -np.inf
    assert np.isnan(fold("sum", x)[0, 0])


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_extreme_integers(dtype):
    info = np.iinfo(dtype)
    x = np.array([info.min, info.max], dtype).reshape(2, 1, 1)
    np.testing.assert_array_equal(fold("max", x)[:, 0], x[:, 0, 0])
    np.testing.assert_array_equal(fold("min", x)[:, 0], x[:, 0, 0])
    x = np.full((1, 40, 1), info.max, dtype)
    assert fold("sum", x)[0, 0] == x.sum(dtype=dtype)  # wraps around


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 100, 1), (3, 9, 1), (1, 33, 5)])
def test_mean(shape, dtype):
    x = sample(shape, dtype) + 1
    np.testing.assert_allclose(
        fold("mean", x), x.astype("float64").mean(axis=1), rtol=10 * np.finfo(dtype).eps
    )


def squares(x, chunks, n_threads=1):
    out, work = poisoned((1,), x.dtype), poisoned((chunks,), x.dtype)
    dims = (x.size, chunks)
    run("reduce.sum_of_squares", x.dtype.name, [x, out, work], dims, (), n_threads)
    return out[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [0, 1, 17, 1023, 1024, 100_003])
def test_sum_of_squares(n, dtype):
    x = sample((n,), dtype)
    expected = np.square(x.astype("float64")).sum()
    for chunks in (1, 3):
        assert squares(x, chunks) == pytest.approx(expected, rel=2e-6)
        assert squares(x, chunks, 2) == squares(x, chunks)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kept", ["all", "none", "some", "runs"])
@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (300, 33), (1000, 513), (0, 4)])
@pytest.mark.parametrize("chunks", [1, 5])
def test_sum_of_the_rows_that_count(shape, kept, dtype, chunks):
    x = sample(shape, dtype)
    mask = {
        "all": np.ones(len(x), bool),
        "none": np.zeros(len(x), bool),
        "some": np.random.default_rng(0).random(len(x)) < 0.6,
        "runs": np.arange(len(x)) % 100 < 37,
    }[kept]
    x[~mask] = np.nan
    found = []
    for threads in (1, 2):
        out, work = poisoned(shape[1], dtype), poisoned((chunks, shape[1]), dtype)
        dims = (*shape, chunks)
        buffers = [x, mask, out, work]
        assert run("reduce.kept_sum", dtype, buffers, dims, (), threads) == 0
        found.append(out)
    wide = x[mask].astype("float64")
    bound = 8 * np.finfo(dtype).eps * np.abs(wide).sum(0) + 1e-300
    assert (np.abs(found[0] - wide.sum(0)) <= bound).all()
    np.testing.assert_array_equal(*found)
