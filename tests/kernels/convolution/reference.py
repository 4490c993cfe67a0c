"""A convolution and both of its gradients in float64, tap by tap."""

import itertools

import numpy as np

from ckeras.ops.primitives.windows.convolution import output_size


def _parts(x_shape, kernel, sizes, strides, dilations):
    """For each tap, the slices of the padded input that meet it."""
    for tap in itertools.product(*map(range, kernel)):
        yield (
            tap,
            (
                slice(None),
                *[
                    slice(t * d, t * d + (n - 1) * s + 1, s)
                    for t, d, n, s in zip(tap, dilations, sizes, strides, strict=True)
                ],
            ),
        )


def _geometry(x_shape, w_shape, strides, dilations, pads):
    axes = zip(x_shape[1:-1], w_shape[:-2], strides, dilations, pads, strict=True)
    sizes = [output_size(*axis) for axis in axes]
    padded = [n + sum(p) for n, p in zip(x_shape[1:-1], pads, strict=True)]
    padded = (x_shape[0], *padded, x_shape[-1])
    return sizes, padded, tuple([slice(a, a + n) for n, (a, _) in zip(
        x_shape[1:-1], pads, strict=True)])  # fmt: skip


def results(x, w, strides, dilations, pads, groups):
    """The convolution of x with w."""
    sizes, padded, inside = _geometry(x.shape, w.shape, strides, dilations, pads)
    wide = np.zeros(padded)
    wide[(slice(None), *inside)] = x
    y = np.zeros((x.shape[0], *sizes, groups, w.shape[-1] // groups))
    w = w.reshape(*w.shape[:-1], groups, -1)
    for tap, part in _parts(x.shape, w.shape[:-3], sizes, strides, dilations):
        seen = wide[part]
        seen = seen.reshape(*seen.shape[:-1], groups, -1)
        y += np.einsum("...gc,cgf->...gf", seen, w[tap])
    return y.reshape(*y.shape[:-2], -1)


def gradients(x, w, d_y, strides, dilations, pads, groups):
    """What d_y gives x and w."""
    sizes, padded, inside = _geometry(x.shape, w.shape, strides, dilations, pads)
    wide, d_wide = np.zeros(padded), np.zeros(padded)
    wide[(slice(None), *inside)] = x
    d_y = d_y.reshape(*d_y.shape[:-1], groups, -1)
    w = w.reshape(*w.shape[:-1], groups, -1)
    d_w = np.zeros(w.shape)
    for tap, part in _parts(x.shape, w.shape[:-3], sizes, strides, dilations):
        seen = wide[part]
        seen = seen.reshape(*seen.shape[:-1], groups, -1)
        d_w[tap] = np.einsum(
            "ngc,ngf->cgf",
            seen.reshape(-1, *seen.shape[-2:]),
            d_y.reshape(-1, *d_y.shape[-2:]),
        )
        d_seen = np.einsum("...gf,cgf->...gc", d_y, w[tap])
        d_wide[part] += d_seen.reshape(*d_seen.shape[:-2], -1)
    return d_wide[(slice(None), *inside)], d_w.reshape(*d_w.shape[:-2], -1)
