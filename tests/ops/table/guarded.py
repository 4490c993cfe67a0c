"""Calls every op with arrays that end, or begin, at a page that must not be touched.

A program of its own, which `test_bounds.py` runs: reading one element too many ends the
process. It prints each call before it makes it, so the last line names the culprit.

    python -m tests.ops.table.guarded table|indices
"""

import ctypes
import mmap
import sys
import warnings

import numpy as np

from ckeras import GradientTape, ops
from ckeras.engine import tree
from ckeras.engine.function import function
from tests.ops.table.calls import ERRORS, by_op

PAGE = mmap.PAGESIZE
NO_ACCESS, PAGES, SLOTS = 0, 16, 12


class Slot:
    """Some pages of memory between two that are not to be read or written."""

    def __init__(self):
        self._map = mmap.mmap(-1, (PAGES + 2) * PAGE)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        protect = ctypes.CDLL(None, use_errno=True).mprotect
        for page in (0, PAGES + 1):
            at = ctypes.c_void_p(start + page * PAGE)
            if protect(at, ctypes.c_size_t(PAGE), NO_ACCESS):
                raise OSError(ctypes.get_errno(), "mprotect")

    def place(self, x, at_end):
        """A copy of x that touches the page behind it, or the one before it."""
        if x.nbytes > PAGES * PAGE or not x.size:
            return x
        start = PAGE + (PAGES * PAGE - x.nbytes if at_end else 0)
        y = np.frombuffer(self._map, x.dtype, x.size, start).reshape(x.shape)
        y[...] = x
        return y


SLOT = [Slot() for _ in range(SLOTS)]


def placed(arrays, at_end):
    return [slot.place(x, at_end) for slot, x in zip(SLOT, arrays, strict=False)]


def attempt(call, arrays):
    try:
        call(*arrays)
    except (*ERRORS, ArithmeticError):
        pass


def with_gradient(call):
    """The call and its gradient with regard to its floats."""

    def both(*values):
        values = [ops.convert_to_tensor(v) for v in values]
        with GradientTape() as tape:
            tape.watch(values)
            results = [
                ops.sum(r)
                for r in tree.flatten(call(*values))
                if "float" in str(getattr(r, "dtype", ""))
            ]
        floats = [v for v in values if "float" in v.dtype]
        return [tape.gradient(results, floats) if results and floats else None, results]

    return both


def whole_table():
    """Every op: at once, compiled, and with its gradient."""
    for calls in by_op(types=("float32", "int8", "bfloat16", "float64")).values():
        for call in calls:
            print(call.key, flush=True)
            for at_end in (True, False):
                arrays = placed(call.arrays, at_end)
                if len(arrays) < len(call.arrays):
                    continue
                attempt(call, arrays)
                attempt(call.compiled(), arrays)
                attempt(with_gradient(call), arrays)


X = np.arange(12, dtype="float32").reshape(3, 4)
V = np.arange(5, dtype="float32")
CORNERS = np.array([[0, 0], [5, 0], [0, 4], [5, 4]], "float32")
IMAGE = np.random.default_rng(0).random((1, 5, 6, 2)).astype("float32")
PLUS = [lambda a: a + 1, lambda a: a * 2]

# Functions of a value and of numbers that should be places in it.
INDEXED = {
    "take": (lambda x, i: ops.take(x, i, axis=1), X),
    "take flat": (lambda x, i: ops.take(x, i), X),
    "take_along_axis": (
        lambda x, i: ops.take_along_axis(x, i[None] + ops.zeros((3, 1), i.dtype), 1),
        X,
    ),
    "x[i]": (lambda x, i: ops.get_item(x, i), X),
    "x[:, i]": (lambda x, i: ops.get_item(x, (slice(None), i)), X),
    "x[i, i]": (lambda x, i: ops.get_item(x, (i, i)), X),
    "x[i, :, None]": (lambda x, i: ops.get_item(x, (i, slice(None), None)), X),
    "x[int]": (lambda x, i: ops.get_item(x, i[1]), X),
    "scatter": (lambda x, i: ops.scatter(i[:, None], x[0, 0] + i, (4,)), X),
    "slice": (lambda x, i: ops.slice(x, i[:2], (2, 2)), X),
    "slice_update": (lambda x, i: ops.slice_update(x, i[:2], x[:2, :2]), X),
    "segment_sum": (lambda x, i: ops.segment_sum(V[:3], i, 3), X),
    "segment_max": (lambda x, i: ops.segment_max(V[:3], i, 3), X),
    "segment_min": (lambda x, i: ops.segment_min(X, i, 3), X),
    "segment_prod": (lambda x, i: ops.segment_prod(X, i, 3), X),
    "segment_sum sorted": (lambda x, i: ops.segment_sum(X, i, 3, sorted=True), X),
    "one_hot": (lambda x, i: ops.one_hot(i, 4), X),
    "multi_hot": (lambda x, i: ops.multi_hot(i, 4), X),
    "in_top_k": (lambda x, i: ops.in_top_k(i, x, 2), X),
    "bincount": (lambda x, i: ops.bincount(i, minlength=4), X),
    "bincount weights": (lambda x, i: ops.bincount(i, x[:, 0], 4), X),
    "crossentropy": (lambda x, i: ops.sparse_categorical_crossentropy(i, x), X),
    "crossentropy of logits": (
        lambda x, i: ops.sparse_categorical_crossentropy(i, x, from_logits=True),
        X,
    ),
    "ctc_loss labels": (lambda x, i: ops.ctc_loss(i[None], x[None], [3], [3]), X),
    "ctc_loss lengths": (
        lambda x, i: ops.ctc_loss([[1, 2]] * 3, ops.stack([x] * 3), i, i),
        X,
    ),
    "ctc_decode": (lambda x, i: ops.ctc_decode(ops.stack([x] * 3), i), X),
    "ctc_decode beam": (
        lambda x, i: ops.ctc_decode(ops.stack([x] * 3), i, "beam_search"),
        X,
    ),
    "unravel_index": (lambda x, i: ops.unravel_index(i, (3, 4)), X),
    "switch": (lambda x, i: ops.switch(i[0], PLUS, x), X),
    "map_coordinates": (
        lambda x, i: ops.image.map_coordinates(x, ops.stack([i, i]), 1),
        X,
    ),
    "map_coordinates nearest": (
        lambda x, i: ops.image.map_coordinates(x, ops.stack([i, i]), 0, "wrap"),
        X,
    ),
    "roll": (lambda x, i: ops.cond(i[0] > 0, lambda: x, lambda: x + 1), X),
    "argpartition": (lambda x, i: ops.argpartition(ops.cast(i, x.dtype), 1), X),
    "histogram": (lambda x, i: ops.histogram(ops.cast(i, x.dtype), 4, (0, 3)), X),
    "digitize": (lambda x, i: ops.digitize(i, V), X),
    **{
        f"scatter_update {how}": (
            lambda x, i, how=how: ops.scatter_update(
                x, ops.stack([i, i], 1), x[:, 0], how
            ),
            X,
        )
        for how in (None, "add", "mul", "max", "min")
    },
}
# At once they return as many numbers as the largest one says.
ONLY_COMPILED = {"bincount", "bincount weights"}
WILD = [3, 4, -4, -5, 100_000, -100_000, 2**31 - 1, -(2**31), 2**40, -(2**62)]

# Functions of numbers that decide about places: what if these are no numbers?
STRANGE = {
    "map_coordinates": lambda v: ops.image.map_coordinates(X, ops.stack([v, v]), 1),
    "map_coordinates 0": lambda v: ops.image.map_coordinates(
        X, ops.stack([v, v]), 0, "mirror"
    ),
    "affine_transform": lambda v: ops.image.affine_transform(
        IMAGE, ops.concatenate([v, v])[:8], fill_mode="reflect"
    ),
    "perspective_transform": lambda v: ops.image.perspective_transform(
        IMAGE[0], ops.reshape(ops.concatenate([v, v])[:8], (4, 2)), CORNERS
    ),
    "scale_and_translate": lambda v: ops.image.scale_and_translate(
        IMAGE[0], (4, 4, 2), v[:2], v[2:4], (0, 1), "linear"
    ),
    "elastic_transform": lambda v: ops.image.elastic_transform(
        IMAGE, alpha=v[0], sigma=1.0, seed=1
    ),
    "resize": lambda v: ops.image.resize(
        IMAGE * ops.reshape(ops.concatenate([v, v])[:2], (2,)), (3, 9), "bicubic"
    ),
    "sort": ops.sort,
    "argsort": ops.argsort,
    "top_k": lambda v: ops.top_k(v, 3),
    "argmax": ops.argmax,
    "median": ops.median,
    "quantile": lambda v: ops.quantile(v, 0.3),
    "unique": lambda v: ops.unique(v, size=4),
    "searchsorted": lambda v: ops.searchsorted(v, V),
    "digitize": lambda v: ops.digitize(V, v),
    "histogram": lambda v: ops.histogram(v, 4, (0, 3)),
    "histogram ends": lambda v: ops.histogram(v, 4),
    "max_pool": lambda v: ops.max_pool(ops.reshape(v, (1, 6, 1)), 3, 2),
    "average_pool": lambda v: ops.average_pool(ops.reshape(v, (1, 6, 1)), 3, 2),
    "adaptive": lambda v: ops.adaptive_max_pool(ops.reshape(v, (1, 6, 1)), 4),
    "max": ops.max,
    "segment_max": lambda v: ops.segment_max(v, [0, 1, 2, 0, 1, 5], 3),
    "softmax": ops.softmax,
    "sparsemax": ops.sparsemax,
    "attention": lambda v: ops.dot_product_attention(
        *[ops.reshape(v, (1, 3, 1, 2))] * 3, is_causal=True
    ),
    "cumprod": ops.cumprod,
    "lu_factor": lambda v: ops.lu_factor(ops.reshape(v[:4], (2, 2))),
    "cast": lambda v: ops.take(V, ops.clip(ops.cast(v, "int32"), 0, 4)),
    "isin": lambda v: ops.isin(v, V),
    "nanargmax": ops.nanargmax,
    "in_top_k": lambda v: ops.in_top_k([1], v[None], 2),
    "crossentropy": lambda v: ops.sparse_categorical_crossentropy([1], v[None]),
    "ctc_loss": lambda v: ops.ctc_loss([[1]], ops.reshape(v, (1, 2, 3)), [1], [2]),
    "ctc_decode": lambda v: ops.ctc_decode(
        ops.reshape(v, (1, 2, 3)), [2], "beam_search"
    ),
}
ODD = [np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45]


def wild_places():
    """Indices out of every range; numbers that are none where places come of them."""
    for name, (call, x) in INDEXED.items():
        print(name, flush=True)
        for at_end in (True, False):
            for index in WILD:
                for dtype in ("int32", "int64", "uint32", "int8"):
                    if not np.iinfo(dtype).min <= index <= np.iinfo(dtype).max:
                        continue
                    i = np.array([0, index, 1], dtype)
                    arrays = placed([x, i], at_end)
                    if name not in ONLY_COMPILED:
                        attempt(call, arrays)
                    attempt(function(call), arrays)
                    attempt(function(with_gradient(call)), arrays)
    for name, call in STRANGE.items():
        print(name, flush=True)
        for at_end in (True, False):
            for odd in ODD:
                for v in (np.full(6, odd), np.array([1, odd, 2, -3, odd, 0.5])):
                    for dtype in ("float32", "float64"):
                        arrays = placed([v.astype(dtype)], at_end)
                        attempt(call, arrays)
                        attempt(function(with_gradient(call)), arrays)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    {"table": whole_table, "indices": wild_places}[sys.argv[1]]()
    print("done", flush=True)
