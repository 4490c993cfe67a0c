"""What ops on large arrays cost, besides the NumPy calls that compute the same.

python benchmarks/ops.py [threads]
"""

import sys
import timeit

import numpy as np

import ckeras
from ckeras import ops

ROUNDS, LEAST = 7, 0.02  # rounds, and seconds that one takes at least

rng = np.random.default_rng(0)


def normal(*shape):
    return rng.normal(size=shape).astype("float32")


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def layer_normalization(x):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-7)


def top_k(x, k):
    part = np.argpartition(-x, k, axis=-1)[:, :k]
    values = np.take_along_axis(x, part, -1)
    order = np.argsort(-values, axis=-1)
    return np.take_along_axis(values, order, -1), np.take_along_axis(part, order, -1)


def scatter(index, rows, n):
    y = np.zeros((n, rows.shape[1]), "float32")
    np.add.at(y, index, rows)
    return y


A, B, V = normal(512, 512), normal(512, 512), normal(512)
C, D = normal(64, 64, 64), normal(64, 64, 64)
X, Y, ROW = normal(1024, 1024), normal(1024, 1024), normal(1024)
COLUMN, KEEP = normal(1024, 1), X > 0
HEADS, KEYS = normal(8, 64, 8, 32), normal(8, 64, 8, 32)
N = rng.integers(0, 1024, size=4096).astype("int32")
PLACES = rng.integers(0, 1024, size=(1024, 64)).astype("int32")
ROWS, INTS = normal(4096, 256), rng.integers(0, 99, size=(1024, 1024)).astype("int32")

# Name, NumPy's call, ours; both are given the arrays as their library keeps them.
CASES = [
    ("matmul 512", (A, B), np.matmul, ops.matmul),
    ("matmul, vector", (A, V), np.matmul, ops.matmul),
    ("matmul, 64 of 64", (C, D), np.matmul, ops.matmul),
    (
        "einsum btnh,bsnh->bnts",
        (HEADS, KEYS),
        lambda a, b: np.einsum("btnh,bsnh->bnts", a, b, optimize=True),
        lambda a, b: ops.einsum("btnh,bsnh->bnts", a, b),
    ),
    (
        "tensordot",
        (C, D),
        lambda a, b: np.tensordot(a, b, 1),
        lambda a, b: ops.tensordot(a, b, 1),
    ),
    ("add", (X, Y), np.add, ops.add),
    ("add, row", (X, ROW), np.add, ops.add),
    ("multiply, column", (X, COLUMN), np.multiply, ops.multiply),
    ("where", (KEEP, X, Y), np.where, ops.where),
    ("exp", (X,), np.exp, ops.exp),
    ("tanh", (X,), np.tanh, ops.tanh),
    ("sum", (X,), np.sum, ops.sum),
    ("sum, axis 0", (X,), lambda x: np.sum(x, 0), lambda x: ops.sum(x, 0)),
    ("sum, axis 1", (X,), lambda x: np.sum(x, 1), lambda x: ops.sum(x, 1)),
    ("max, axis 0", (X,), lambda x: np.max(x, 0), lambda x: ops.max(x, 0)),
    ("var, axis 1", (X,), lambda x: np.var(x, 1), lambda x: ops.var(x, 1)),
    ("argmax, axis 1", (X,), lambda x: np.argmax(x, 1), lambda x: ops.argmax(x, 1)),
    ("any", (KEEP,), lambda x: np.any(x, 1), lambda x: ops.any(x, 1)),
    ("cumsum, axis 1", (X,), lambda x: np.cumsum(x, 1), lambda x: ops.cumsum(x, 1)),
    ("softmax", (X,), softmax, ops.softmax),
    ("layer_normalization", (X,), layer_normalization, ops.layer_normalization),
    ("top_k 5", (X,), lambda x: top_k(x, 5), lambda x: ops.top_k(x, 5)),
    ("sort", (X,), np.sort, ops.sort),
    ("argsort", (X,), np.argsort, ops.argsort),
    ("median", (X,), lambda x: np.median(x, 1), lambda x: ops.median(x, 1)),
    ("take", (X, N), lambda x, i: np.take(x, i, 0), lambda x, i: ops.take(x, i, 0)),
    (
        "take_along_axis",
        (X, PLACES),
        lambda x, i: np.take_along_axis(x, i, 1),
        lambda x, i: ops.take_along_axis(x, i, 1),
    ),
    (
        "segment_sum",
        (N, ROWS),
        lambda i, x: scatter(i, x, 1024),
        lambda i, x: ops.segment_sum(x, i, 1024),
    ),
    (
        "one_hot",
        (N,),
        lambda i: np.eye(1024, dtype="float32")[i],
        lambda i: ops.one_hot(i, 1024),
    ),
    ("transpose", (X,), lambda x: np.transpose(x).copy(), ops.transpose),
    (
        "concatenate, axis 1",
        (X, Y),
        lambda x, y: np.concatenate([x, y], 1),
        lambda x, y: ops.concatenate([x, y], 1),
    ),
    ("x[:, ::2]", (X,), lambda x: x[:, ::2].copy(), lambda x: x[:, ::2]),
    (
        "pad",
        (X,),
        lambda x: np.pad(x, ((1, 1), (2, 2))),
        lambda x: ops.pad(x, ((1, 1), (2, 2))),
    ),
    (
        "cast to float64",
        (X,),
        lambda x: x.astype("float64"),
        lambda x: ops.cast(x, "float64"),
    ),
    (
        "cast to int32",
        (X,),
        lambda x: x.astype("int32"),
        lambda x: ops.cast(x, "int32"),
    ),
    (
        "cast from int32",
        (INTS,),
        lambda x: x.astype("float32"),
        lambda x: ops.cast(x, "float32"),
    ),
]


def milliseconds(function, arrays):
    """The shortest time of one call, over several rounds."""
    timer = timeit.Timer(lambda: function(*arrays))
    calls = max(1, int(LEAST / max(timer.timeit(1), 1e-6)))
    return min(timer.repeat(ROUNDS, calls)) / calls * 1e3


def main():
    if len(sys.argv) > 1:
        ckeras.config.set_num_threads(int(sys.argv[1]))
    print(f"{'':26}{'NumPy':>9}{'ckeras':>9}  ms  {'NumPy / ckeras':>14}")
    for name, arrays, theirs, ours in CASES:
        numpy_time = milliseconds(theirs, arrays)
        time = milliseconds(ours, [ops.convert_to_tensor(a) for a in arrays])
        share = numpy_time / time
        print(f"{name:26}{numpy_time:9.3f}{time:9.3f}      {share:14.2f}")


if __name__ == "__main__":
    main()
