"""Every op with arrays that do not lie in memory in order, at once and compiled."""

import numpy as np
import pytest

from tests.ops.table.calls import by_op, outcome, same_outcome

TABLE = by_op(types=("float32", "int16", "bfloat16", "complex64", "bool"))


def strided(x):
    """Every second element along each axis of what is more than twice as large."""
    wide = np.empty([2 * n + 1 for n in x.shape], x.dtype)
    wide.view("uint8" if x.ndim else x.dtype)[...] = 85
    view = wide[(*[slice(1, None, 2)] * x.ndim, ...)]
    view[...] = x
    return view


def transposed(x):
    return x.T.copy().T


def reversed_axes(x):
    """Negative strides along each axis."""
    back = (*[slice(None, None, -1)] * x.ndim, ...)
    return x[back].copy()[back]


def repeated(x):
    """The first row for all rows: a stride of 0."""
    return np.broadcast_to(x[:1], x.shape) if x.ndim else x


def all_one(x):
    """The same element everywhere: strides of 0 along all axes."""
    return np.broadcast_to(x.ravel()[:1].reshape([1] * x.ndim), x.shape)


def unaligned(x):
    raw = np.empty(x.nbytes + 1, "uint8")
    view = raw[1:].view(x.dtype).reshape(x.shape)
    view[...] = x
    return view


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


def other_bytes(x):
    """The bytes of each number in the other order; there is no such bfloat16."""
    return x if x.dtype.kind == "V" else x.astype(x.dtype.newbyteorder("S"))


LAYOUTS = [
    strided,
    transposed,
    reversed_axes,
    repeated,
    all_one,
    unaligned,
    read_only,
    other_bytes,
]


def native(x):
    return np.array(x, x.dtype.newbyteorder("=") if x.dtype.kind != "V" else x.dtype)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:You are using a softmax")
@pytest.mark.parametrize("name", sorted(TABLE))
def test_layouts(name):
    for call in TABLE[name]:
        compiled = call.compiled()
        for layout in LAYOUTS:
            if layout is all_one and not all(x.size for x in call.arrays):
                continue
            views = [layout(x) for x in call.arrays]
            plain = [native(x) for x in views]
            for function in (call, compiled):
                expected = outcome(function, plain)
                found = outcome(function, views)
                same = same_outcome(found, expected, exactly=False)
                assert same, (call.key, layout, function)
            for x, y in zip(views, plain, strict=True):
                np.testing.assert_array_equal(x, y)  # inputs are left as they are


def test_layouts_are_what_they_say():
    x = np.arange(12.0).reshape(3, 4)
    assert strided(x).strides == (144, 16)
    assert transposed(x).strides == (8, 24)
    assert reversed_axes(x).strides == (-32, -8)
    assert repeated(x).strides == (0, 8)
    assert all_one(x).strides == (0, 0)
    assert not unaligned(x).flags.aligned
    assert other_bytes(x).dtype == ">f8"
    for layout in LAYOUTS:
        if layout not in (repeated, all_one):
            np.testing.assert_array_equal(layout(x), x)
