"""Values put together, taken apart and repeated."""

import itertools

import numpy as np

from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.ops.numpy.manipulation import (
    broadcast_to,
    expand_dims,
    ravel,
    reshaped,
    sliced,
)
from ckeras.ops.primitives import elementwise, indexing, movement
from ckeras.ops.promotion import (
    as_axis,
    as_value,
    constant,
    index_constant,
    same_type,
    static_int,
    static_sizes,
    with_type,
)
from ckeras.ops.registry import op

__all__ = [
    "append",
    "array_split",
    "concatenate",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "meshgrid",
    "pad",
    "repeat",
    "split",
    "stack",
    "tile",
    "vsplit",
    "vstack",
]


@op
def concatenate(xs, axis=0):
    """Values one after the other along an axis.

    Args:
        xs: sequence of tensors that agree in all other axes.
        axis: the axis to join.

    Raises:
        ValueError: if the shapes do not agree.

    Example:
        >>> import ckeras
        >>> ckeras.ops.concatenate([[1, 2], [3]]).numpy().tolist()
        [1, 2, 3]
    """
    xs = same_type(xs)
    if not xs:
        raise ValueError("`concatenate`: `xs` must not be empty.")
    if axis is None:
        xs, axis = [ravel(x) for x in xs], 0
    axis = as_axis(axis, len(xs[0].shape), "concatenate")
    return xs[0] if len(xs) == 1 else movement.concatenate(*xs, axis=axis)


@op
def append(x1, x2, axis=None):
    """x2 after x1 along an axis; None joins them as vectors."""
    return concatenate([x1, x2], axis=axis)


@op
def stack(x, axis=0):
    """Values of one shape along a new axis.

    Args:
        x: sequence of tensors of the same shape.
        axis: place of the new axis.
    """
    xs = same_type(x)
    if not xs:
        raise ValueError("`stack`: `x` must not be empty.")
    shape = xs[0].shape
    for v in xs:
        if v.shape != shape:
            raise ValueError(
                "`stack`: all values must have the same shape. "
                f"Received: shapes={[v.shape for v in xs]}"
            )
    axis = as_axis(axis, len(shape) + 1, "expand_dims")
    stacked = (*shape[:axis], len(xs), *shape[axis:])
    if axis == len(shape):
        xs = [movement.reshape(v, shape=(*shape, 1)) for v in xs]
    # In memory it is the same as joining them along the axis that comes next.
    return reshaped(movement.concatenate(*xs, axis=axis), stacked)


def _at_least(x, ndim):
    x = as_value(x)
    if len(x.shape) >= ndim:
        return x
    if ndim == 3:
        x = _at_least(x, 2)
        return reshaped(x, (*x.shape, 1))
    return reshaped(x, (1,) * (ndim - len(x.shape)) + x.shape)


@op
def hstack(xs):
    """Values side by side: joined along the second axis, vectors along the first."""
    xs = [_at_least(x, 1) for x in xs]
    return concatenate(xs, axis=0 if len(xs[0].shape) == 1 else 1)


@op
def vstack(xs):
    """Values below each other: joined along the first axis, vectors as rows."""
    return concatenate([_at_least(x, 2) for x in xs], axis=0)


@op
def dstack(xs):
    """Values behind each other: joined along the third axis."""
    return concatenate([_at_least(x, 3) for x in xs], axis=2)


def _split_spec(x, indices_or_sections, axis=0):
    """Parts of an axis of unknown size, cut at given places.

    It is taken to reach as far as the last of them, as in Keras.
    """
    axis = as_axis(axis, len(x.shape), "split")
    n = x.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        sections = static_int(indices_or_sections, "split", "indices_or_sections")
        sizes = [None if n is None else n // max(sections, 1)] * sections
        if sections < 1 or (n is not None and n % sections):
            _refuse_split(axis, x.shape, sections)
    else:
        cuts = [0, *np.asarray(indices_or_sections).tolist()]
        if n is not None:
            cuts = [min(c, n) if c >= 0 else max(c + n, 0) for c in cuts]
        sizes = [max(b - a, 0) for a, b in itertools.pairwise(cuts)]
        sizes.append(None if n is None else n - min(cuts[-1], n))
        if n is None and min(cuts) < 0:
            sizes = [None] * len(cuts)
    shapes = [(*x.shape[:axis], size, *x.shape[axis + 1 :]) for size in sizes]
    return [KerasTensor(s, x.dtype, record_history=False) for s in shapes]


def _refuse_split(axis, shape, sections):
    raise ValueError(
        f"`split`: axis {axis} of size {shape[axis]} cannot be cut into {sections} "
        f"equal parts. Received: x.shape={shape}"
    )


@op(spec=_split_spec)
def split(x, indices_or_sections, axis=0):
    """Parts of x along an axis.

    Args:
        x: a tensor.
        indices_or_sections: number of equal parts, or the places to cut at.
        axis: the axis to cut.

    Returns:
        A list of tensors.

    Raises:
        ValueError: if the axis cannot be cut into equal parts.
    """
    x = as_value(x)
    axis = as_axis(axis, len(x.shape), "split")
    n = x.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        sections = static_int(indices_or_sections, "split", "indices_or_sections")
        if sections < 1 or n % sections:
            _refuse_split(axis, x.shape, sections)
        cuts = [n // sections * i for i in range(1, sections)]
    else:
        cuts = [
            static_int(c, "split", "indices_or_sections")
            for c in np.asarray(indices_or_sections)
        ]
    return _cut(x, cuts, axis)


def _cut(x, cuts, axis):
    n = x.shape[axis]
    places = [min(c, n) if c >= 0 else max(c + n, 0) for c in cuts]
    starts, stops = [0, *places], [*places, n]
    return [
        sliced(x, axis, start, max(start, stop))
        for start, stop in zip(starts, stops, strict=True)
    ]


@op
def array_split(x, indices_or_sections, axis=0):
    """Parts of x along an axis, the first ones longer by 1 if they cannot be equal."""
    if np.ndim(indices_or_sections):
        return split(x, indices_or_sections, axis)
    x = as_value(x)
    axis = as_axis(axis, len(x.shape), "array_split")
    sections = static_int(indices_or_sections, "array_split", "indices_or_sections")
    if sections < 1:
        raise ValueError(
            "`array_split`: `indices_or_sections` must be positive. "
            f"Received: {sections}"
        )
    size, longer = divmod(x.shape[axis], sections)
    cuts = [size * i + min(i, longer) for i in range(1, sections)]
    return _cut(x, cuts, axis)


@op(
    spec=lambda x, indices_or_sections: _split_spec(
        x, indices_or_sections, 0 if len(x.shape) == 1 else 1
    )
)
def hsplit(x, indices_or_sections):
    """`split` along the second axis; of a vector along its only one."""
    x = as_value(x)
    return split(x, indices_or_sections, axis=0 if len(x.shape) == 1 else 1)


@op(spec=_split_spec)
def vsplit(x, indices_or_sections):
    """`split` along the first axis."""
    return split(x, indices_or_sections, axis=0)


@op(spec=lambda x, indices_or_sections: _split_spec(x, indices_or_sections, 2))
def dsplit(x, indices_or_sections):
    """`split` along the third axis."""
    return split(x, indices_or_sections, axis=2)


@op
def repeat(x, repeats, axis=None):
    """Each element repeated.

    Args:
        x: a tensor.
        repeats: how often, one number or one for each place along the axis.
        axis: the axis to repeat along; None repeats in the vector of all elements.
    """
    x = as_value(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = as_axis(axis, len(x.shape), "repeat")
    n = x.shape[axis]
    counts = np.asarray(repeats)
    if counts.size and counts.min() < 0:
        raise ValueError(
            f"`repeat`: `repeats` must not be negative. Received: repeats={repeats}"
        )
    if counts.size == 1:
        times = static_int(counts.reshape(()).item(), "repeat", "repeats")
        wide = expand_dims(x, axis + 1)
        shape = [*x.shape]
        shape.insert(axis + 1, times)
        shape_out = [*x.shape]
        shape_out[axis] = n * times
        return reshaped(broadcast_to(wide, shape), shape_out)
    if counts.size != n:
        raise ValueError(
            f"`repeat`: `repeats` must be one number or one for each of the {n} places "
            f"along axis {axis}. Received: repeats={repeats}"
        )
    index = np.repeat(np.arange(n), counts.reshape(-1))
    return indexing.gather(x, index_constant(index), axis=axis)


@op
def tile(x, repeats):
    """x as a whole repeated along each axis.

    Args:
        x: a tensor.
        repeats: how often along each axis, counted from the last one.
    """
    x = as_value(x)
    repeats = list(static_sizes(repeats, "tile", "repeats"))
    ndim = max(len(repeats), len(x.shape))
    repeats = [1] * (ndim - len(repeats)) + repeats
    sizes = [1] * (ndim - len(x.shape)) + list(x.shape)
    # Each axis as a pair (repetition, place): one broadcast, no copies in between.
    narrow, wide = [], []
    for times, n in zip(repeats, sizes, strict=True):
        narrow += [1, n]
        wide += [times, n]
    y = broadcast_to(reshaped(x, narrow), wide)
    return reshaped(y, [t * n for t, n in zip(repeats, sizes, strict=True)])


@op
def meshgrid(*x, indexing="xy"):
    """Coordinate grids of vectors.

    Args:
        *x: vectors of coordinates.
        indexing: `"xy"` (the first two axes exchanged) or `"ij"`.

    Returns:
        A list of tensors, one for each vector, all of the grid's shape.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(
            f"Valid values for `indexing` are 'xy' and 'ij', but received {indexing}."
        )
    xs = [ravel(v) for v in x]
    places = list(range(len(xs)))
    if indexing == "xy" and len(xs) > 1:
        places[:2] = [1, 0]
    shape = [0] * len(xs)
    for place, v in zip(places, xs, strict=True):
        shape[place] = v.shape[0]
    grids = []
    for place, v in zip(places, xs, strict=True):
        narrow = [v.shape[0] if i == place else 1 for i in range(len(xs))]
        grids.append(broadcast_to(reshaped(v, narrow), shape))
    return grids


def _pad_widths(pad_width, ndim):
    widths = np.asarray(pad_width)
    try:
        return [tuple(int(n) for n in w) for w in np.broadcast_to(widths, (ndim, 2))]
    except ValueError:
        raise ValueError(
            "`pad`: `pad_width` must be a pair (before, after) for each of the "
            f"{ndim} axes. Received: pad_width={pad_width}"
        ) from None


@op
def pad(x, pad_width, mode="constant", constant_values=None):
    """x with a border.

    Args:
        x: a tensor.
        pad_width: pairs (before, after) for each axis; one pair or number for all.
        mode: `"constant"`, or one of NumPy's that repeat elements of x: `"edge"`,
            `"reflect"`, `"symmetric"`, `"wrap"`.
        constant_values: the border's value in mode `"constant"`, 0 by default.
    """
    x = as_value(x)
    pads = _pad_widths(pad_width, len(x.shape))
    if mode == "constant":
        return _pad_constant(x, pads, constant_values)
    if constant_values is not None:
        raise ValueError(
            "Argument `constant_values` can only be provided when "
            f"`mode == 'constant'`. Received: mode={mode}"
        )
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise ValueError(f"`pad`: unknown mode {mode!r}.")
    for axis, (before, after) in enumerate(pads):
        if before or after:
            if not x.shape[axis]:
                raise ValueError(
                    f"`pad`: an empty axis has nothing to repeat in mode {mode!r}. "
                    f"Received: x.shape={x.shape}, axis {axis}"
                )
            index = np.pad(np.arange(x.shape[axis]), (before, after), mode=mode)
            x = indexing.gather(x, index_constant(index), axis=axis)
    return x


def _pad_constant(x, pads, value):
    value = 0 if value is None else value
    if getattr(value, "is_symbolic", False):
        padded = movement.pad(x, pads=tuple(pads), value=0)
        value = with_type(value, x.dtype)
        for axis, (before, after) in enumerate(pads):
            if before or after:
                inside = np.pad(np.ones(x.shape[axis], bool), (before, after))
                along = (-1,) + (1,) * (len(pads) - 1 - axis)
                inside = constant(inside.reshape(along), "bool")
                padded = elementwise.where(inside, padded, value)
        return padded
    if not any(n for p in pads for n in p):
        return x
    return movement.pad(x, pads=tuple(pads), value=np.asarray(value).item())
