"""A strided copy: what slicing, transposing, broadcasting and reversing all are.

`StridedCopy` describes one by sizes and strides, and brings it into the form in which
the kernel is fastest: few axes, and those two last that decide how elements move.
Borders have a kernel of their own, for which `padding_step` does the same.
"""

import numpy as np

from ckeras.engine.primitive import Step

__all__ = [
    "StridedCopy",
    "first_element",
    "is_one_run",
    "itemsize",
    "padding_step",
    "steps_of",
]

_MAX_AXES = 32
_LARGEST_ITEM = 8  # bytes of what the kernel moves as one
_UNIT_BYTES = 1 << 16  # what one thread copies at a time


def itemsize(dtype):
    """Bytes of an element."""
    return np.dtype(dtype).itemsize


def steps_of(shape):
    """The strides, in elements, of a contiguous array."""
    steps, step = [], 1
    for size in reversed(shape):
        steps.append(step)
        step *= size
    return steps[::-1]


def first_element(x_shape, start, shape):
    """The place, in elements, at which a block of a contiguous array begins."""
    starts = zip(start, steps_of(x_shape), strict=True)
    return 0 if 0 in shape else sum(first * step for first, step in starts)


def is_one_run(x_shape, shape, strides):
    """Whether a block is contiguous: whole behind one axis, single before it."""
    axis = 0
    while axis < len(shape) and shape[axis] == 1:
        axis += 1
    whole = shape[axis + 1 :] == x_shape[axis + 1 :]
    return whole and all(step == 1 for step in strides[axis:])


class StridedCopy:
    """A strided copy: sizes and, for source and target, strides in elements.

    Args:
        shape: what is copied.
        source, target: strides of each axis.
        start, at: first element in the source and in the target.
    """

    def __init__(self, shape, source, target, start=0, at=0):
        axes = zip(shape, source, target, strict=True)
        self.axes = [a for a in axes if a[0] != 1]
        self.start, self.at = start, at
        self._merge()
        self._order()

    def _merge(self):
        """Joins neighbouring axes that are one run on both sides."""
        merged = []
        for size, source, target in self.axes:
            if merged:
                n, s, t = merged[-1]
                if s == size * source and t == size * target:
                    merged[-1] = (n * size, source, target)
                    continue
            merged.append((size, source, target))
        self.axes = merged

    def _order(self):
        """Puts an axis that is contiguous in the source next to the last one."""
        if len(self.axes) > 2 and self.axes[-1][1] != 1:
            for i, (_, source, _) in enumerate(self.axes[:-1]):
                if source == 1:
                    self.axes.insert(-1, self.axes.pop(i))
                    break
        self.axes = [(1, 0, 0)] * (2 - len(self.axes)) + self.axes

    def dims(self, dtype):
        """The integers of the kernel `movement.copy`."""
        if len(self.axes) > _MAX_AXES:
            raise ValueError(f"cannot copy {len(self.axes)} axes that do not merge")
        item = itemsize(dtype)
        sizes, sources, targets = zip(*self.axes, strict=True)
        if item > _LARGEST_ITEM:  # complex128: pairs of float64
            pairs = StridedCopy(
                (*sizes, 2),
                (*[2 * s for s in sources], 1),
                (*[2 * t for t in targets], 1),
                2 * self.start,
                2 * self.at,
            )
            return pairs.dims("float64")
        rows, columns = sizes[-2:]
        unit_columns = columns
        if rows == 1 and columns * item > 2 * _UNIT_BYTES:
            unit_columns = _UNIT_BYTES // item
        unit_rows = max(_UNIT_BYTES // max(unit_columns * item, 1), 16) // 16 * 16
        return (
            item,
            self.start * item,
            self.at * item,
            max(min(unit_rows, rows), 1),
            max(unit_columns, 1),
            len(sizes),
            *sizes,
            *(s * item for s in sources),
            *(t * item for t in targets),
        )

    def step(self, dtype):
        """The kernel call that makes a new array of it."""
        return Step("movement.copy", self.dims(dtype))


def padding_step(x, pads, value):
    """The kernel call; axes without a border join the axis before them."""
    merged = []
    for size, (before, after) in zip(x.shape, pads, strict=True):
        if merged and not before and not after:
            merged[-1] = [n * size for n in merged[-1]]
        else:
            merged.append([size, before, after])
    merged = merged or [[1, 0, 0]]
    item = itemsize(x.dtype)
    if item > _LARGEST_ITEM:  # complex128: pairs of float64, of one value
        merged, item = [*merged, [2, 0, 0]], item // 2
    raw = np.asarray(value).astype(x.dtype).tobytes()[:item]
    bits = int.from_bytes(raw.ljust(8, b"\0"), "little", signed=True)
    flat = [n for axis in merged for n in axis]
    return Step("movement.pad", (item, bits, len(merged), *flat))
