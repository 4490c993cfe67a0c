"""Shapes of results for placeholders with unknown sizes, against those of Keras.

The calls are those of `reference/ops/unknown_sizes.py`.
"""

import json
import pathlib
import re

import pytest

import ckeras
from ckeras import ops
from tests.reference.ops.unknown_sizes import CALLS, outcome

REFERENCE = pathlib.Path(__file__).parents[2] / "reference" / "ops"
SHAPES = json.loads((REFERENCE / "unknown_sizes.json").read_text())
# What ckeras answers otherwise, and why.
DIFFERENT = {
    "the unknown size can only be the one that stands beside it": {
        "ops.concatenate([t(None, 4), c(3, 4)], 1)": [[3, 8]],
        "ops.stack([t(None, 4), c(3, 4)], 1)": [[3, 2, 4]],
        "ops.hstack([t(None, 4), c(3, 4)])": [[3, 8]],
        "ops.dot_product_attention(*[t(2, None, 2, 3)] * 3, mask=c(1, 1, 5, 5) > 0)": [
            [2, 5, 2, 3]
        ],
        "ops.repeat(t(None, 4), np.array([1, 0, 2]), axis=0)": [[3, 4]],
        'ops.in_top_k(t(None, dtype="int32"), c(5, 7), 2)': [[5]],
    },
    "Keras's operators refuse a placeholder on an array's right, and lists": {
        "c(3, 4) - t(None, 4)": [[3, 4]],
        "ops.add(t(None, 2), [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]])": [[3, 2]],
    },
    "Keras compares None with a number": {"ops.correlate(t(None), c(200))": [[None]]},
}
EXPECTED = SHAPES | {k: v for calls in DIFFERENT.values() for k, v in calls.items()}


@pytest.mark.parametrize("call", CALLS)
def test_as_keras(call):
    found = outcome(ckeras, call)
    if isinstance(EXPECTED[call], str):
        assert isinstance(found, ValueError)
    else:
        assert found == EXPECTED[call]


@pytest.mark.parametrize("call", [c for c in CALLS if isinstance(EXPECTED[c], str)])
def test_errors_name_no_size_that_was_made_up(call):
    text = str(outcome(ckeras, call))
    numbers = re.findall(r"\d+", text)
    assert "None" in text
    assert set(numbers) <= set(re.findall(r"\d+", call)) | set("12")  # in words


class Cut(ckeras.layers.Layer):
    """A layer whose `call` names a size that no argument shows."""

    def call(self, x):
        return x[:, 100:]


class Joined(ckeras.layers.Layer):
    def call(self, x):
        return ops.concatenate([x, ops.ones((2, 3))], axis=1)


def test_sizes_in_a_layer_of_the_user():
    assert Cut()(ckeras.Input((None, 8))).shape == (None, None, 8)
    with pytest.raises(ValueError, match=r"\(None, 4\)"):
        Joined()(ckeras.KerasTensor((None, 4)))


def test_a_known_size_may_be_one_that_is_tried():
    for n in (83, 89):
        x = ckeras.KerasTensor((None, n, 127))
        assert ops.add(x, 1.0).shape == (None, n, 127)
        assert x[:, :, 1:].shape == (None, n, 126)
        with pytest.raises(ValueError, match=rf"\(None, {n}, 127\)"):
            ops.add(x, ckeras.KerasTensor((None, n, 5)))


def test_large_constants_take_no_memory_where_only_shapes_matter():
    x = ckeras.KerasTensor((None,) * 9)
    for function in (ops.ones_like, ops.zeros_like):
        assert function(x).shape == x.shape
    x = ckeras.KerasTensor((None, None, None, 5))
    assert ops.full_like(x, 1000000).shape == x.shape
    assert ops.rfft(x)[0].shape == (None, None, None, 3)
    border = ((1000, 1000), (0, 0), (0, 0), (0, 0))
    assert ops.pad(x, border, constant_values=x[0, 0, 0, 0]).shape == x.shape
    x = ckeras.KerasTensor((None,) * 4)
    for mode in ("constant", "edge", "reflect", "symmetric", "wrap"):
        assert ops.pad(x, 5000, mode=mode).shape == x.shape
    assert ops.pad(x, 5000, constant_values=x[0, 0, 0, 0]).shape == x.shape
