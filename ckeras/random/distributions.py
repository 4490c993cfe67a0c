"""Draws from distributions."""

import numbers

import numpy as np

from ckeras.engine import config
from ckeras.engine.values import dtypes
from ckeras.ops.primitives import elementwise, movement
from ckeras.ops.primitives import random as primitives
from ckeras.ops.primitives.reductions import scanning
from ckeras.ops.promotion import (
    as_float,
    as_value,
    constant,
    join,
    static_sizes,
    with_type,
)
from ckeras.ops.registry import op
from ckeras.random.seed_generator import draw_seed

__all__ = [
    "beta",
    "binomial",
    "categorical",
    "gamma",
    "normal",
    "randint",
    "truncated_normal",
    "uniform",
]


def _float_type(dtype, name):
    dtype = dtypes.standardize_dtype(dtype or config.floatx())
    if not dtypes.is_float(dtype):
        raise ValueError(
            f"`keras.random.{name}` requires a floating point `dtype`. "
            f"Received: dtype={dtype}"
        )
    return dtype


def _is_number(x):
    return isinstance(x, (numbers.Real, np.number))


def _shifted(drawn, offset, factor):
    """offset + factor · drawn, for parameters that are values."""
    product = elementwise.multiply(drawn, with_type(factor, drawn.dtype))
    return elementwise.add(product, with_type(offset, drawn.dtype))


def _normal_like(draw, name, shape, mean, stddev, dtype, seed):
    dtype = _float_type(dtype, name)
    shape, seed = static_sizes(shape, name), draw_seed(seed)
    if _is_number(mean) and _is_number(stddev):
        return draw(
            seed, shape=shape, dtype=dtype, mean=float(mean), stddev=float(stddev)
        )
    drawn = draw(seed, shape=shape, dtype=dtype, mean=0.0, stddev=1.0)
    return _shifted(drawn, mean, stddev)


@op
def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Draws from a normal distribution.

    Args:
        shape: shape of the result.
        mean: expectation.
        stddev: standard deviation.
        dtype: a floating-point type; `floatx` by default.
        seed: an integer for the same numbers in every call, a `SeedGenerator` for new
            ones; None uses the global generator.

    Example:

    >>> import ckeras
    >>> ckeras.random.normal((2, 3), seed=1).shape
    (2, 3)
    """
    return _normal_like(primitives.normal, "normal", shape, mean, stddev, dtype, seed)


@op
def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Draws from a normal distribution without what is over two deviations off.

    Args:
        shape: shape of the result.
        mean: expectation.
        stddev: standard deviation before cutting.
        dtype: a floating-point type; `floatx` by default.
        seed: integer, `SeedGenerator` or None, as for `normal`.
    """
    return _normal_like(
        primitives.truncated_normal,
        "truncated_normal",
        shape,
        mean,
        stddev,
        dtype,
        seed,
    )


def _uniform(seed, shape, dtype, low, high):
    drawn = primitives.uniform(seed, shape=shape, dtype=dtype, low=low, high=high)
    if dtype not in dtypes.HALVES or not low < high:
        return drawn
    # Rounded to half precision, a number may have reached the bound.
    bounds = np.asarray([low, high]).astype(dtype)
    return elementwise.minimum(
        drawn, constant(np.nextafter(bounds[1], bounds[0]), dtype)
    )


@op
def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Draws from a uniform distribution over [minval, maxval).

    Args:
        shape: shape of the result.
        minval: lower bound, which can be drawn.
        maxval: upper bound, which cannot.
        dtype: a floating-point type; `floatx` by default.
        seed: integer, `SeedGenerator` or None, as for `normal`.
    """
    dtype = _float_type(dtype, "uniform")
    shape, seed = static_sizes(shape, "uniform"), draw_seed(seed)
    if _is_number(minval) and _is_number(maxval):
        return _uniform(seed, shape, dtype, float(minval), float(maxval))
    drawn = _uniform(seed, shape, dtype, 0.0, 1.0)
    low, high = with_type(minval, dtype), with_type(maxval, dtype)
    return _shifted(drawn, low, elementwise.subtract(high, low))


@op
def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Draws integers, all from minval up to maxval - 1 equally likely.

    Args:
        shape: shape of the result.
        minval: the least integer.
        maxval: one more than the greatest. If it is minval, that is what all are.
        dtype: an integer type.
        seed: integer, `SeedGenerator` or None, as for `normal`.
    """
    dtype = dtypes.standardize_dtype(dtype)
    if not dtypes.is_int(dtype):
        raise ValueError(
            "`keras.random.randint` requires an integer `dtype`. "
            f"Received: dtype={dtype}"
        )
    shape, seed = static_sizes(shape, "randint"), draw_seed(seed)
    if _is_number(minval) and _is_number(maxval):
        low, high = int(minval), int(maxval)
        high = low + 1 if high == low else high
        return primitives.randint(seed, shape=shape, dtype=dtype, low=low, high=high)
    low, high = with_type(minval, "float64"), with_type(maxval, "float64")
    drawn = primitives.uniform(seed, shape=shape, dtype="float64", low=0.0, high=1.0)
    drawn = _shifted(drawn, low, elementwise.subtract(high, low))
    return elementwise.cast(elementwise.floor(drawn), dtype=dtype)


@op
def categorical(logits, num_samples, dtype="int32", seed=None):
    """Draws classes with probabilities given as unnormalized logarithms.

    Args:
        logits: tensor (batch, classes).
        num_samples: classes to draw for each row.
        dtype: an integer type.
        seed: integer, `SeedGenerator` or None, as for `normal`.

    Returns:
        Tensor (batch, num_samples) of class numbers.

    Raises:
        ValueError: if `logits` does not have two axes.
    """
    logits = as_value(logits)
    logits = with_type(logits, join(logits.dtype, "float32"))
    if len(logits.shape) != 2:
        raise ValueError(
            "`categorical`: `logits` must be of shape (batch, classes). "
            f"Received: logits.shape={logits.shape}"
        )
    batch, classes = logits.shape
    # The greatest of logits with Gumbel noise is distributed as wanted.
    drawn = primitives.uniform(
        draw_seed(seed),
        shape=(batch, num_samples, classes),
        dtype=logits.dtype,
        low=float(dtypes.finfo(logits.dtype).tiny),
        high=1.0,
    )
    noise = elementwise.log(elementwise.negative(elementwise.log(drawn)))
    rows = movement.reshape(logits, shape=(batch, 1, classes))
    chosen = scanning.argmax(elementwise.subtract(rows, noise), axis=2)
    return with_type(chosen, dtypes.standardize_dtype(dtype))


def _parameter(x):
    return as_float(constant(x, config.floatx()) if _is_number(x) else as_value(x))


@op
def gamma(shape, alpha, dtype=None, seed=None):
    """Draws from gamma distributions of scale 1.

    Args:
        shape: shape of the result.
        alpha: shape parameter, a number or tensor that broadcasts to `shape`.
        dtype: a floating-point type; `floatx` by default.
        seed: integer, `SeedGenerator` or None, as for `normal`.

    Raises:
        ValueError: for a negative `alpha`.
    """
    dtype = _float_type(dtype, "gamma")
    shape = static_sizes(shape, "gamma")
    return primitives.gamma(
        draw_seed(seed), _parameter(alpha), shape=shape, dtype=dtype
    )


@op
def beta(shape, alpha, beta, dtype=None, seed=None):
    """Draws from beta distributions.

    Args:
        shape: shape of the result.
        alpha, beta: parameters, numbers or tensors that broadcast to `shape`.
        dtype: a floating-point type; `floatx` by default.
        seed: integer, `SeedGenerator` or None, as for `normal`.

    Raises:
        ValueError: for a parameter that is not positive.
    """
    dtype = _float_type(dtype, "beta")
    shape = static_sizes(shape, "beta")
    return primitives.beta(
        draw_seed(seed),
        _parameter(alpha),
        _parameter(beta),
        shape=shape,
        dtype=dtype,
    )


@op
def binomial(shape, counts, probabilities, dtype=None, seed=None):
    """Draws numbers of successes in `counts` independent trials.

    Args:
        shape: shape of the result.
        counts: trials, a number or tensor that broadcasts to `shape`.
        probabilities: of success in a trial, likewise.
        dtype: a floating-point type; `floatx` by default.
        seed: integer, `SeedGenerator` or None, as for `normal`.

    Raises:
        ValueError: for negative `counts` and for probabilities beyond 0 and 1.
    """
    dtype = _float_type(dtype, "binomial")
    shape = static_sizes(shape, "binomial")
    return primitives.binomial(
        draw_seed(seed),
        _parameter(counts),
        _parameter(probabilities),
        shape=shape,
        dtype=dtype,
    )
