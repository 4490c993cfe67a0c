"""Copies between layouts, against NumPy: every item size, odd shapes, threads."""

import itertools

import numpy as np
import pytest

from ckeras.ops.primitives.strided import StridedCopy, steps_of
from tests.kernels.harness import poisoned, run

DTYPES = ["int8", "int16", "float32", "float64"]
SHAPES = [
    (1,),
    (7,),
    (3, 5),
    (16, 16),
    (17, 33),
    (64, 48),
    (5, 0, 3),
    (33, 1, 18),
    (7, 3, 5, 2),
    (300, 401),
]


def values(shape, dtype):
    size = int(np.prod(shape))
    return (np.arange(size) % 251 - 125).astype(dtype).reshape(shape)


def strided(x, view, n_threads=1):
    """A contiguous copy of `view`, which is a view of x, by the kernel."""
    out = poisoned(view.shape, x.dtype)
    source = [s // x.itemsize for s in view.strides]
    start = (
        view.__array_interface__["data"][0] - x.__array_interface__["data"][0]
    ) // x.itemsize
    copy = StridedCopy(view.shape, source, steps_of(view.shape), start)
    dims = copy.dims(x.dtype)
    assert run("movement.copy", None, [x, out], dims, (), n_threads) == 0
    return out


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_transpose(dtype, shape):
    x = values(shape, dtype)
    for perm in itertools.permutations(range(len(shape))):
        np.testing.assert_array_equal(strided(x, x.transpose(perm)), x.transpose(perm))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [s for s in SHAPES if 0 not in s])
def test_reverse_and_steps(dtype, shape):
    x = values(shape, dtype)
    for steps in itertools.product((1, -1, 2, -3), repeat=len(shape)):
        view = x[tuple([slice(None, None, s) for s in steps])]
        np.testing.assert_array_equal(strided(x, view), view)


@pytest.mark.parametrize("dtype", DTYPES)
def test_broadcast(dtype):
    for narrow, wide in [
        ((1,), (9,)),
        ((3, 1), (3, 70)),
        ((1, 70), (3, 70)),
        ((5, 1, 4), (2, 5, 3, 4)),
        ((), (2, 3)),
    ]:
        x = values(narrow, dtype)
        view = np.broadcast_to(x, wide)
        np.testing.assert_array_equal(strided(x, view), view)


@pytest.mark.parametrize("shape", [(1 << 20,), (1000, 300), (30, 40, 7, 50)])
def test_threads_copy_the_same_bytes(shape):
    x = values(shape, "float32")
    for view in (x, x.T, x[::-1]):
        one, two = strided(x, view), strided(x, view, 2)
        np.testing.assert_array_equal(one, view)
        np.testing.assert_array_equal(two, view)


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("dtype", DTYPES)
def test_pad(dtype, n_threads):
    for shape, pads in [
        ((4,), ((1, 2),)),
        ((3, 5), ((0, 0), (2, 1))),
        ((3, 0), ((1, 0), (2, 1))),
        ((2, 3, 4), ((1, 0), (0, 2), (3, 1))),
        ((300, 200), ((5, 6), (7, 8))),
    ]:
        x = values(shape, dtype)
        expected = np.pad(x, pads, constant_values=7)
        out = poisoned(expected.shape, dtype)
        raw = np.array(7, dtype).tobytes().ljust(8, b"\0")
        axes = [
            n for size, pair in zip(shape, pads, strict=True) for n in (size, *pair)
        ]
        dims = (x.itemsize, int.from_bytes(raw, "little"), len(shape), *axes)
        assert run("movement.pad", None, [x, out], dims, (), n_threads) == 0
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("outer", [1, 3, 1000])
def test_concatenate(outer, n_threads):
    widths = (3, 0, 500, 1)
    arrays = [values((outer, w), "float32") + w for w in widths]
    out = poisoned((outer, sum(widths)), "float32")
    dims = (len(widths), outer, *(4 * w for w in widths))
    assert run("movement.concatenate", None, [*arrays, out], dims, (), n_threads) == 0
    np.testing.assert_array_equal(out, np.concatenate(arrays, 1))


def test_an_array_that_lies_in_the_pack_stays():
    out = poisoned((8,), "float32")
    out[2:5] = [1, 2, 3]
    first, last = np.array([8.0, 9.0], "float32"), np.array([5.0, 6, 7], "float32")
    dims = (3, 1, 8, 12, 12)
    buffers = [first, out[2:5], last, out]
    assert run("movement.concatenate", None, buffers, dims) == 0
    np.testing.assert_array_equal(out, [8, 9, 1, 2, 3, 5, 6, 7])


def test_copy_into_zeros():
    x, out = values((3, 4), "float64"), poisoned((9, 11), "float64")
    view = out[8::-3, 1:9:2]
    copy = StridedCopy(x.shape, (4, 1), (-33, 2), at=8 * 11 + 1)
    dims = (out.nbytes, *copy.dims("float64"))
    assert run("movement.copy_into_zeros", None, [x, out], dims) == 0
    np.testing.assert_array_equal(view, x)
    assert np.count_nonzero(out) == np.count_nonzero(x)
