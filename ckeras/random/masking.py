"""Random changes to given values: elements dropped, slices shuffled."""

import numpy as np

from ckeras.engine.values.tensor import Tensor
from ckeras.ops.primitives import elementwise, indexing
from ckeras.ops.primitives import random as primitives
from ckeras.ops.promotion import as_axis, as_float, as_value
from ckeras.ops.registry import op
from ckeras.random.seed_generator import draw_seed

__all__ = ["dropout", "shuffle"]


@op
def dropout(inputs, rate, noise_shape=None, seed=None):
    """Sets elements to 0 at random and divides the others by 1 - rate.

    Args:
        inputs: a tensor.
        rate: probability with which an element is dropped.
        noise_shape: shape of the random mask, which is broadcast to the inputs; None
            entries and None itself mean the inputs' own sizes.
        seed: an integer for the same mask in every call, a `SeedGenerator` for new
            ones; None uses the global generator.

    Raises:
        ValueError: if `rate` is not from 0 to 1.
    """
    if not 0 <= rate <= 1:
        raise ValueError(
            f"`dropout`: `rate` must be from 0 to 1. Received: rate={rate}"
        )
    x, rate = as_float(inputs), float(rate)
    seed = draw_seed(seed)
    shape = x.shape
    if noise_shape is not None:
        sizes = zip(noise_shape, x.shape, strict=True)
        shape = tuple([n if size is None else int(size) for size, n in sizes])
    if shape == x.shape:
        return primitives.dropout(x, seed, rate=rate)
    mask = primitives.dropout(Tensor(np.ones(shape, x.dtype)), seed, rate=rate)
    return elementwise.multiply(x, mask)


@op
def shuffle(x, axis=0, seed=None):
    """x with the slices along an axis in random order.

    Args:
        x: a tensor.
        axis: the axis.
        seed: integer, `SeedGenerator` or None, as for `dropout`.
    """
    x = as_value(x)
    axis = as_axis(axis, len(x.shape), "shuffle")
    order = primitives.permutation(draw_seed(seed), n=x.shape[axis])
    return indexing.gather(x, order, axis=axis)
