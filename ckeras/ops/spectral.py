"""Fourier transforms. Complex values are pairs of tensors: real and imaginary part."""

import math

import numpy as np

from ckeras.ops.math import extract_sequences, segment_sum
from ckeras.ops.numpy.joining import pad
from ckeras.ops.numpy.manipulation import permuted, reshaped, sliced
from ckeras.ops.primitives import elementwise, indexing
from ckeras.ops.primitives.by_numpy import spectra
from ckeras.ops.promotion import (
    as_float,
    as_value,
    constant,
    filled,
    static_int,
    with_type,
)
from ckeras.ops.registry import op

__all__ = ["fft", "fft2", "ifft2", "irfft", "istft", "rfft", "stft"]


def _complex(x):
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(
            "Input `x` should be a tuple of two tensors - real and imaginary. "
            f"Received: x={x}"
        )
    real, imag = as_value(x[0]), as_value(x[1])
    if real.shape != imag.shape:
        raise ValueError(
            "Input `x` should be a tuple of two tensors - real and imaginary. Both the "
            "real and imaginary parts should have the same shape. "
            f"Received: x[0].shape = {real.shape}, x[1].shape = {imag.shape}"
        )
    if not (real.dtype.startswith("float") and imag.dtype.startswith("float")):
        raise ValueError(
            "At least one tensor in input `x` is not of type float. "
            f"Received: {real.dtype} and {imag.dtype}"
        )
    return real, with_type(imag, real.dtype)


def _last(x, count):
    return tuple(range(len(x.shape) - count, len(x.shape)))


@op
def fft(x):
    """Discrete Fourier transform along the last axis.

    Args:
        x: pair of tensors, the real and the imaginary part.

    Returns:
        The transform's real and imaginary part.
    """
    real, imag = _complex(x)
    return spectra.fourier(real, imag, axes=_last(real, 1), inverse=False)


@op
def fft2(x):
    """Discrete Fourier transform along the last two axes; as `fft`."""
    real, imag = _complex(x)
    return spectra.fourier(real, imag, axes=_last(real, 2), inverse=False)


@op
def ifft2(x):
    """Inverse of `fft2`."""
    real, imag = _complex(x)
    y = spectra.fourier(real, imag, axes=_last(real, 2), inverse=True)
    scale = constant(1 / max(math.prod(real.shape[-2:]), 1), real.dtype)
    return tuple(elementwise.multiply(part, scale) for part in y)


def _length(n, op):
    n = static_int(n, op, "fft_length")
    if n < 1:
        raise ValueError(f"`{op}`: `fft_length` must be positive. Received: {n}")
    return n


def _resized(x, n):
    """x with n places in its last axis: cut off, or filled up with zeros."""
    axis = len(x.shape) - 1
    if n <= x.shape[-1]:
        return sliced(x, axis, 0, n)
    return pad(x, [(0, 0)] * axis + [(0, n - x.shape[-1])])


@op
def rfft(x, fft_length=None):
    """The first half of the Fourier transform of real values along the last axis.

    Args:
        x: a tensor.
        fft_length: length to cut x off at or fill it up to.

    Returns:
        Real and imaginary part, with fft_length // 2 + 1 places.
    """
    x = as_float(x)
    n = x.shape[-1] if fft_length is None else _length(fft_length, "rfft")
    x = _resized(x, n)
    zeros = filled(x.shape, 0, x.dtype)
    y = spectra.fourier(x, zeros, axes=_last(x, 1), inverse=False)
    return tuple(sliced(part, len(x.shape) - 1, 0, n // 2 + 1) for part in y)


@op
def irfft(x, fft_length=None):
    """Inverse of `rfft`.

    Args:
        x: pair of tensors, the real and the imaginary part.
        fft_length: length of the result; 2 · (places - 1) by default.
    """
    real, imag = _complex(x)
    if fft_length is None and not real.shape[-1]:
        return real
    n = 2 * (real.shape[-1] - 1) if fft_length is None else fft_length
    n = _length(n, "irfft")
    half = n // 2 + 1
    real, imag = _resized(real, half), _resized(imag, half)
    # The other half mirrors the first one, with the sign of the imaginary part.
    places = np.arange(n)
    mirrored = places >= half
    index = constant(np.where(mirrored, n - places, places), "int32")
    axis = len(real.shape) - 1
    real = indexing.gather(real, index, axis=axis)
    imag = indexing.gather(imag, index, axis=axis)
    sign = constant(np.where(mirrored, -1, 1), imag.dtype)
    imag = elementwise.multiply(imag, sign)
    y, _ = spectra.fourier(real, imag, axes=(axis,), inverse=True)
    return elementwise.multiply(y, constant(1 / n, y.dtype))


def _window(window, length, fft_length, dtype):
    """The window in the middle of `fft_length` places; ones if there is none."""
    if fft_length < length:
        raise ValueError(
            "`fft_length` must equal or larger than `sequence_length`. "
            f"Received: sequence_length={length}, fft_length={fft_length}"
        )
    if window is None:
        return np.ones(fft_length, dtype)
    if isinstance(window, str):
        if window not in ("hann", "hamming"):
            raise ValueError(
                "If a string is passed to `window`, it must be one of "
                f'`"hann"`, `"hamming"`. Received: window={window}'
            )
        middle = 0.5 if window == "hann" else 0.54
        turn = 2 * np.pi * np.arange(length) / length
        window = middle - (1 - middle) * np.cos(turn)
    window = np.asarray(window, dtype)
    if window.shape != (length,):
        raise ValueError(
            "The shape of `window` must be equal to [sequence_length]. "
            f"Received: window shape={window.shape}"
        )
    before = (fft_length - length) // 2
    return np.pad(window, (before, fft_length - length - before))


def _check_stride(stride):
    if not isinstance(stride, int) or stride <= 0:
        raise ValueError(
            "`sequence_stride` must be a positive integer. "
            f"Received: sequence_stride={stride}"
        )


@op
def stft(x, sequence_length, sequence_stride, fft_length, window="hann", center=True):
    """Fourier transforms of windows that move along the last axis.

    Args:
        x: tensor (…, n).
        sequence_length: length of the window.
        sequence_stride: distance of the windows.
        fft_length: length of the transforms.
        window: `"hann"`, `"hamming"`, a vector, or None for no weights.
        center: whether x is mirrored at both ends, so that the windows' middles start
            at its first place.

    Returns:
        Real and imaginary part (…, windows, fft_length // 2 + 1).
    """
    _check_stride(sequence_stride)
    x = as_value(x)
    if not x.dtype.startswith("float"):
        raise TypeError(
            "Invalid input type. Expected `float32` or `float64`. "
            f"Received: input type={x.dtype}"
        )
    weights = _window(window, sequence_length, fft_length, x.dtype)
    if center:
        widths = [(0, 0)] * (len(x.shape) - 1) + [(fft_length // 2,) * 2]
        x = pad(x, widths, mode="reflect")
    frames = extract_sequences(x, fft_length, sequence_stride)
    return rfft(elementwise.multiply(frames, constant(weights, x.dtype)))


@op
def istft(
    x,
    sequence_length,
    sequence_stride,
    fft_length,
    length=None,
    window="hann",
    center=True,
):
    """Inverse of `stft`.

    Args:
        x: pair of tensors (…, windows, fft_length // 2 + 1).
        sequence_length, sequence_stride, fft_length, window, center: as for `stft`.
        length: length of the result; None for all there is.
    """
    _check_stride(sequence_stride)
    real, imag = _complex(x)
    if len(real.shape) < 2:
        raise ValueError(
            f"Input `x` must have at least 2 dimensions. Received shape: {real.shape}"
        )
    weights = _window(window, sequence_length, fft_length, real.dtype)
    frames = irfft((real, imag), fft_length)
    frames = elementwise.multiply(frames, constant(weights, real.dtype))
    count = real.shape[-2]
    n = fft_length + sequence_stride * (count - 1)
    places = np.arange(count)[:, None] * sequence_stride + np.arange(fft_length)
    # What the windows' squares add up to at each place.
    total = np.zeros(n, real.dtype)
    np.add.at(total, places, np.broadcast_to(weights**2, places.shape))
    total = np.where(total > 1e-10, total, 1)
    batch = math.prod(real.shape[:-2])
    rows = permuted(reshaped(frames, (batch, places.size)), (1, 0))
    y = permuted(segment_sum(rows, places.reshape(-1), num_segments=n), (1, 0))
    y = elementwise.divide(y, constant(total, y.dtype))
    if window is None:  # Keras leaves it to the caller to divide by the overlaps
        y = elementwise.multiply(y, constant(fft_length / sequence_stride, y.dtype))
    y = reshaped(y, (*real.shape[:-2], n))
    start = fft_length // 2 if center else 0
    stop = n - start if length is None else min(start + length, n)
    return sliced(y, len(y.shape) - 1, start, stop)
