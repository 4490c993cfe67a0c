"""Primitives that draw random numbers, each a function of its seed alone.

A seed is two uint32 words, as `SeedGenerator` makes them. The common distributions
have kernels; the rarer ones are drawn by NumPy with a generator keyed by the seed.
"""

import math

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec, Step

__all__ = [
    "beta",
    "binomial",
    "dropout",
    "gamma",
    "normal",
    "permutation",
    "randint",
    "seed_next",
    "truncated_normal",
    "uniform",
]

# Work in the units of `Step.flops` that one number costs.
_COST = 16


def _check_seed(name, seed):
    if tuple(seed.shape) != (2,) or seed.dtype != "uint32":
        raise ValueError(
            f"`{name}`: `seed` must be two uint32 words. "
            f"Received: shape={seed.shape}, dtype={seed.dtype}"
        )


def _drawn_spec(name):
    def infer(seed, *, shape, dtype, **attrs):
        _check_seed(name, seed)
        return Spec(tuple(shape), dtype)

    return infer


def _seed_spec(state):
    _check_seed("seed_next", state)
    return Spec((2,), "uint32"), Spec((2,), "uint32")


# (state) -> (state', seed): the seed to use now, and what to store for the next.
seed_next = Primitive(
    "seed_next",
    infer=_seed_spec,
    lower=lambda node: Step("random.seed_next", in_place={0: (0,)}),
    gradient=NOT_DIFFERENTIABLE,
)


def _uniform_step(node):
    shape, dtype = node.outputs[0].shape, node.outputs[0].dtype
    number = np.dtype(dtype).type
    low, high = number(node.attrs["low"]), number(node.attrs["high"])
    last = np.nextafter(high, low) if high > low else low
    attrs = (float(low), float(high - low), float(last))
    n = math.prod(shape)
    return Step("random.uniform", (n,), attrs, dtype=dtype, flops=_COST * n)


uniform = Primitive(
    "random_uniform",
    infer=_drawn_spec("uniform"),
    lower=_uniform_step,
    gradient=NOT_DIFFERENTIABLE,
)


def _normal_step(truncated):
    def lower(node):
        (y,), n = node.outputs, math.prod(node.outputs[0].shape)
        attrs = (float(node.attrs["mean"]), float(node.attrs["stddev"]))
        return Step(
            "random.normal", (n, truncated), attrs, dtype=y.dtype, flops=2 * _COST * n
        )

    return lower


normal = Primitive(
    "random_normal",
    infer=_drawn_spec("normal"),
    lower=_normal_step(0),
    gradient=NOT_DIFFERENTIABLE,
)
truncated_normal = Primitive(
    "random_truncated_normal",
    infer=_drawn_spec("truncated_normal"),
    lower=_normal_step(1),
    gradient=NOT_DIFFERENTIABLE,
)


def _randint_spec(seed, *, shape, dtype, low, high):
    _check_seed("randint", seed)
    if not low < high <= low + 2**32:
        raise ValueError(
            "`randint`: there must be 1 to 2^32 integers from `minval` up to "
            f"`maxval`. Received: minval={low}, maxval={high}"
        )
    return Spec(tuple(shape), dtype)


def _randint_step(node):
    (y,), low = node.outputs, node.attrs["low"]
    n, item = math.prod(y.shape), np.dtype(y.dtype).itemsize
    return Step("random.randint", (n, item, low, node.attrs["high"] - low))


# Integers low … high-1.
randint = Primitive(
    "random_randint",
    infer=_randint_spec,
    lower=_randint_step,
    gradient=NOT_DIFFERENTIABLE,
)


def _dropout_spec(x, seed, *, rate):
    _check_seed("dropout", seed)
    return Spec(x.shape, x.dtype)


def _dropout_step(node):
    (y,), rate = node.outputs, node.attrs["rate"]
    n = math.prod(y.shape)
    scale = 1.0 / (1.0 - rate) if rate < 1 else 0.0
    dims = (n, round(rate * 2**16))
    return Step(
        "random.dropout",
        dims,
        (scale,),
        dtype=y.dtype,
        flops=_COST * n,
        in_place={0: (0,)},
    )


def _dropout_gradient(node, d_outputs, needs):
    # The same seed makes the same mask again: none is stored.
    return [dropout(d_outputs[0], node.inputs[1], rate=node.attrs["rate"]), None]


# Each element is dropped with probability `rate` (to 16 bits), else divided by
# 1 - rate.
dropout = Primitive(
    "dropout", infer=_dropout_spec, lower=_dropout_step, gradient=_dropout_gradient
)


# --- drawn by NumPy ------------------------------------------------------------------


def _generator(seed):
    words = [int(w) for w in seed]
    return np.random.Generator(np.random.Philox(key=words[0] << 32 | words[1]))


def _with_parameters(name):
    def infer(seed, *parameters, shape, dtype):
        _check_seed(name, seed)
        fits = np.broadcast_shapes(tuple(shape), *[p.shape for p in parameters])
        if fits != tuple(shape):
            raise ValueError(
                f"`{name}`: parameters do not broadcast to shape {tuple(shape)}. "
                f"Received: shapes {[p.shape for p in parameters]}"
            )
        return Spec(tuple(shape), dtype)

    return infer


def _check_parameter(op, name, values, allowed, expected):
    if not np.all(allowed):
        raise ValueError(
            f"`{op}`: expected `{name}` {expected}. "
            f"Received: {name} from {values.min()} to {values.max()}"
        )


def _gamma(seed, alpha, shape, dtype):
    _check_parameter("gamma", "alpha", alpha, alpha >= 0, "not to be negative")
    return _generator(seed).standard_gamma(alpha, size=shape)


def _beta(seed, alpha, beta, shape, dtype):
    for name, values in (("alpha", alpha), ("beta", beta)):
        _check_parameter("beta", name, values, values > 0, "to be positive")
    return _generator(seed).beta(alpha, beta, size=shape)


def _binomial(seed, counts, probabilities, shape, dtype):
    _check_parameter("binomial", "counts", counts, counts >= 0, "not to be negative")
    inside = (probabilities >= 0) & (probabilities <= 1)
    _check_parameter(
        "binomial", "probabilities", probabilities, inside, "to lie between 0 and 1"
    )
    return _generator(seed).binomial(counts.astype("int64"), probabilities, size=shape)


gamma = Primitive(
    "random_gamma",
    infer=_with_parameters("gamma"),
    evaluate=_gamma,
    gradient=NOT_DIFFERENTIABLE,
)
beta = Primitive(
    "random_beta",
    infer=_with_parameters("beta"),
    evaluate=_beta,
    gradient=NOT_DIFFERENTIABLE,
)
binomial = Primitive(
    "random_binomial",
    infer=_with_parameters("binomial"),
    evaluate=_binomial,
    gradient=NOT_DIFFERENTIABLE,
)


def _permutation_spec(seed, *, n):
    _check_seed("shuffle", seed)
    return Spec((n,), "int32" if n < 2**31 else "int64")


# The integers 0 … n-1 in random order.
permutation = Primitive(
    "random_permutation",
    infer=_permutation_spec,
    evaluate=lambda seed, n: _generator(seed).permutation(n),
    gradient=NOT_DIFFERENTIABLE,
)
