"""Arrays read at other coordinates, as SciPy's `ndimage.affine_transform` does.

The two cheap orders are computed here, so that SciPy is needed for splines only.
"""

import itertools

import numpy as np

__all__ = ["affine"]

MODES = ("constant", "nearest", "reflect", "wrap")


def affine(channels, matrix, offset, order, mode, cval):
    """Images whose pixel at p is that of the given ones at matrix · p + offset.

    Args:
        channels: array (channels, rows, columns).
        matrix: array (2, 2).
        offset: two numbers.
        order: 0 for the nearest pixel, 1 for linear interpolation, 2 to 5 for splines,
            which SciPy computes.
        mode: what stands outside: `"constant"` is `cval`, `"nearest"` the pixel at the
            border, `"reflect"` the pixels backwards, `"wrap"` those at the other end.
        cval: see above.

    Raises:
        ValueError: for another mode or order.
        ImportError: for an order above 1 if SciPy is not installed.
    """
    if mode not in MODES:
        raise ValueError(
            f"`fill_mode` must be one of {MODES}. Received: fill_mode={mode!r}"
        )
    if order not in range(6):
        raise ValueError(
            "`interpolation_order` must be an integer from 0 to 5. "
            f"Received: interpolation_order={order!r}"
        )
    if order > 1:
        return _splines(channels, matrix, offset, order, mode, cval)
    sizes = channels.shape[1:]
    rows, columns = np.mgrid[: sizes[0], : sizes[1]].reshape(2, -1).astype("float64")
    # In SciPy's order: places on the border are rounded to the same side of it.
    places = np.outer(matrix[:, 0], rows) + np.outer(matrix[:, 1], columns)
    places += np.reshape(offset, (2, 1))
    outside = False
    if mode == "constant":
        last = np.array(sizes).reshape(2, 1) - 1
        outside = ((places < 0) | (places > last)).any(axis=0)
    neighbours = [
        list(_neighbours(p, n, order, mode)) for p, n in zip(places, sizes, strict=True)
    ]
    flat = channels.reshape(len(channels), -1)
    total = 0
    for (row, row_weight), (column, column_weight) in itertools.product(*neighbours):
        total = total + flat[:, row * sizes[1] + column] * (row_weight * column_weight)
    total = np.where(outside, cval, total)
    return total.reshape(channels.shape).astype(channels.dtype)


def _neighbours(place, n, order, mode):
    """Pixels of an axis of n beside each place, and their weights."""
    if mode == "wrap" and n > 1:  # the first and the last pixel are one
        place = np.where((place < 0) | (place > n - 1), np.mod(place, n - 1), place)
    if mode == "reflect":
        place = np.mod(np.where(place < 0, -place - 1, place), 2 * n)
        place = np.where(place >= n, 2 * n - 1 - place, place)
    if order == 0:
        yield _inside(np.floor(place + 0.5), n, mode), 1.0
        return
    low = np.floor(place)
    share = place - low
    yield _inside(low, n, mode), 1.0 - share
    yield _inside(low + 1, n, mode), share


def _inside(index, n, mode):
    """Which pixel stands for one outside."""
    index = np.clip(index, -(2**31), 2**31).astype("int64")
    if mode == "reflect":
        index = np.mod(index, 2 * n)
        return np.where(index < n, index, 2 * n - 1 - index)
    return np.clip(index, 0, n - 1)


def _splines(channels, matrix, offset, order, mode, cval):
    try:
        from scipy import ndimage
    except ImportError:
        raise ImportError(
            "An `interpolation_order` above 1 needs SciPy. Install it with "
            "`pip install scipy`, or use 0 (nearest pixel) or 1 (linear)."
        ) from None
    return np.stack(
        [
            ndimage.affine_transform(
                channel, matrix, offset, order=order, mode=mode, cval=cval
            )
            for channel in channels
        ]
    )
