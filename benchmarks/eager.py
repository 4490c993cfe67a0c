"""What ops on small arrays cost, besides the NumPy calls that they stand for.

python benchmarks/eager.py
"""

import timeit

import numpy as np

import ckeras
from ckeras import ops

CALLS, ROUNDS = 2000, 40

a, b = np.linspace(-1, 1, 64, dtype="float32").reshape(8, 8), np.ones((8, 8), "float32")
mask, spot = a > 0, np.array([3, 1, 2])
x, y, keep, places = [ops.convert_to_tensor(v) for v in (a, b, mask, spot)]
u, line = b[0], a[:1]
v, row = ops.convert_to_tensor(u), ops.convert_to_tensor(line)
number = np.float32(2.0)
memory, variable = a.copy(), ckeras.Variable(a)

# Name, NumPy's call, ours. A NumPy view that an op has to lay out anew is copied.
CASES = [
    ("add", lambda: np.add(a, b), lambda: ops.add(x, y)),
    ("x + y", lambda: a + b, lambda: x + y),
    ("x * 2.0", lambda: a * number, lambda: x * 2.0),
    ("add of NumPy arrays", lambda: np.add(a, b), lambda: ops.add(a, b)),
    ("add, broadcast", lambda: np.add(a, u), lambda: ops.add(x, v)),
    ("maximum(x, 0)", lambda: np.maximum(a, 0.0), lambda: ops.maximum(x, 0.0)),
    ("divide", lambda: np.divide(a, b), lambda: ops.divide(x, y)),
    ("power(x, 2)", lambda: np.power(a, 2), lambda: ops.power(x, 2)),
    ("x < y", lambda: a < b, lambda: x < y),
    ("x == 0", lambda: a == 0, lambda: x == 0),
    ("logical_and", lambda: np.logical_and(mask, mask), lambda: keep & keep),
    ("exp", lambda: np.exp(a), lambda: ops.exp(x)),
    ("abs", lambda: np.abs(a), lambda: ops.abs(x)),
    ("tanh", lambda: np.tanh(a), lambda: ops.tanh(x)),
    ("sigmoid", lambda: 1 / (1 + np.exp(-a)), lambda: ops.sigmoid(x)),
    ("relu", lambda: np.maximum(a, 0), lambda: ops.relu(x)),
    ("clip", lambda: np.clip(a, -0.5, 0.5), lambda: ops.clip(x, -0.5, 0.5)),
    ("where", lambda: np.where(mask, a, b), lambda: ops.where(keep, x, y)),
    ("cast", lambda: a.astype("float64"), lambda: ops.cast(x, "float64")),
    ("sum", lambda: np.sum(a), lambda: ops.sum(x)),
    ("sum, axis", lambda: np.sum(a, axis=1), lambda: ops.sum(x, axis=1)),
    ("mean", lambda: np.mean(a, axis=-1), lambda: ops.mean(x, axis=-1)),
    ("max", lambda: np.max(a, axis=0), lambda: ops.max(x, axis=0)),
    ("argmax", lambda: np.argmax(a, axis=1), lambda: ops.argmax(x, axis=1)),
    ("all", lambda: np.all(mask), lambda: ops.all(keep)),
    ("matmul", lambda: np.matmul(a, b), lambda: ops.matmul(x, y)),
    ("x @ y", lambda: a @ b, lambda: x @ y),
    ("dot with a vector", lambda: np.dot(a, u), lambda: ops.dot(x, v)),
    ("reshape", lambda: np.reshape(a, (4, 16)), lambda: ops.reshape(x, (4, 16))),
    ("reshape, -1", lambda: np.reshape(a, (-1,)), lambda: ops.reshape(x, (-1,))),
    ("transpose", lambda: np.transpose(a).copy(), lambda: ops.transpose(x)),
    ("expand_dims", lambda: np.expand_dims(a, 1), lambda: ops.expand_dims(x, 1)),
    ("squeeze", lambda: np.squeeze(line), lambda: ops.squeeze(row)),
    ("x[1]", lambda: a[1], lambda: x[1]),
    ("x[2:5]", lambda: a[2:5], lambda: x[2:5]),
    ("x[:, 1:4]", lambda: a[:, 1:4].copy(), lambda: x[:, 1:4]),
    ("x[..., None]", lambda: a[..., None], lambda: x[..., None]),
    ("x[places]", lambda: a[spot], lambda: x[places]),
    ("take", lambda: np.take(a, spot, 0), lambda: ops.take(x, places, axis=0)),
    ("concatenate", lambda: np.concatenate([a, b]), lambda: ops.concatenate([x, y])),
    (
        "concatenate, axis 1",
        lambda: np.concatenate([a, b], 1),
        lambda: ops.concatenate([x, y], 1),
    ),
    ("stack", lambda: np.stack([a, b]), lambda: ops.stack([x, y])),
    ("split", lambda: np.split(a, 2), lambda: ops.split(x, 2)),
    ("zeros", lambda: np.zeros((8, 8), "float32"), lambda: ops.zeros((8, 8))),
    ("ones_like", lambda: np.ones_like(a), lambda: ops.ones_like(x)),
    ("arange", lambda: np.arange(8), lambda: ops.arange(8)),
    (
        "convert_to_tensor(array)",
        lambda: np.asarray(a),
        lambda: ops.convert_to_tensor(a),
    ),
    (
        "convert_to_tensor(2.0)",
        lambda: np.asarray(2.0, "float32"),
        lambda: ops.convert_to_tensor(2.0),
    ),
    (
        "convert_to_tensor([1, 2])",
        lambda: np.asarray([1, 2], "int32"),
        lambda: ops.convert_to_tensor([1, 2]),
    ),
    ("convert_to_numpy", lambda: np.asarray(a), lambda: ops.convert_to_numpy(x)),
    ("variable.value", lambda: memory, lambda: variable.value),
    ("variable + x", lambda: memory + a, lambda: variable + x),
    ("assign", lambda: np.copyto(memory, a), lambda: variable.assign(x)),
    ("assign_add", lambda: np.add(memory, a, memory), lambda: variable.assign_add(x)),
]


def microseconds(function):
    """The shortest time of one call, over several rounds."""
    return min(timeit.repeat(function, number=CALLS, repeat=ROUNDS)) / CALLS * 1e6


if __name__ == "__main__":
    print(f"{'8 by 8, float32':27}{'NumPy':>8}{'ckeras':>8}{'more':>8}  µs")
    for name, theirs, ours in CASES:
        numpy_time, time = microseconds(theirs), microseconds(ours)
        print(f"{name:27}{numpy_time:8.2f}{time:8.2f}{time - numpy_time:8.2f}")
