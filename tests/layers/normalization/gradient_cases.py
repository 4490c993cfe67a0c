"""Normalizing and rectifying layers whose gradients `test_gradients.py` checks."""

import numpy as np

from ckeras import layers

RNG = np.random.default_rng(11)
MASK = np.array([[True, True, False], [True, False, False]])
TRAINING = {"training": True}


def normal(*shape):
    return RNG.normal(scale=0.8, size=shape)


def apart(*shape):
    """Not near 0, where rectifiers have a corner."""
    return RNG.choice([-1, 1], shape) * RNG.uniform(0.3, 2, shape)


def case(kind, array, call=None, **options):
    return (kind(dtype="float64", **options), [array], call or {})


def batch(*shape, call=TRAINING, **options):
    return case(layers.BatchNormalization, normal(*shape), call, **options)


CASES = {
    "batch normalization": batch(2, 3, 2, 4),
    "batch normalization, rows": batch(5, 4, momentum=0.3, epsilon=0.1),
    "batch normalization, first": batch(2, 3, 2, 4, axis=1),
    "batch normalization, plain": batch(2, 3, 4, center=False, scale=False),
    "batch normalization, inference": batch(2, 3, 4, call={}),
    "batch normalization, frozen": batch(2, 3, 4, trainable=False),
    "batch normalization, masked": batch(2, 3, 4, call={**TRAINING, "mask": MASK}),
    "batch normalization, penalized": batch(
        2, 3, 4, gamma_regularizer="l2", beta_regularizer="l1"
    ),
    # The correction takes no part in the gradient: far from its bounds and at them
    # the slope of the whole is another, so it is held by the bounds.
    "batch renormalization": batch(
        4, 3, renorm=True, renorm_clipping={"rmin": 1, "rmax": 1, "dmax": 0}
    ),
    "layer normalization": case(layers.LayerNormalization, normal(3, 4)),
    "layer normalization, axes": case(
        layers.LayerNormalization, normal(2, 3, 4), axis=[1, 2], epsilon=0.1
    ),
    "layer normalization, axes apart": case(
        layers.LayerNormalization, normal(2, 3, 2, 3), axis=[1, 3]
    ),
    "layer normalization, plain": case(
        layers.LayerNormalization, normal(3, 4), center=False, scale=False
    ),
    "layer normalization, beta": case(
        layers.LayerNormalization, normal(3, 4), scale=False, beta_regularizer="l2"
    ),
    "rms normalization": case(layers.RMSNormalization, normal(3, 4), epsilon=0.1),
    "rms normalization, axes": case(
        layers.RMSNormalization, normal(2, 3, 4), axis=[1, 2]
    ),
    "group normalization": case(
        layers.GroupNormalization, normal(2, 3, 4, 6), groups=3
    ),
    "group normalization, first": case(
        layers.GroupNormalization, normal(2, 4, 3), groups=2, axis=1, epsilon=0.1
    ),
    "group normalization, instances": case(
        layers.GroupNormalization, normal(2, 3, 4), groups=-1, scale=False
    ),
    "group normalization, no center": case(
        layers.GroupNormalization, normal(2, 3, 4), groups=2, center=False
    ),
    "unit normalization": case(layers.UnitNormalization, normal(3, 4)),
    "unit normalization, axes": case(
        layers.UnitNormalization, normal(2, 3, 4), axis=[1, 2]
    ),
    "spectral normalization": (
        layers.SpectralNormalization(layers.Dense(3, dtype="float64"), dtype="float64"),
        [normal(4, 5)],
        {"training": False},
    ),
    "relu": case(layers.ReLU, apart(3, 4)),
    "relu, options": case(
        layers.ReLU, apart(3, 4), max_value=1.1, negative_slope=0.2, threshold=0.2
    ),
    "leaky relu": case(layers.LeakyReLU, apart(3, 4), negative_slope=0.1),
    "elu": case(layers.ELU, apart(3, 4), alpha=0.5),
    "prelu": case(layers.PReLU, apart(3, 4), alpha_regularizer="l2"),
    "prelu, shared": case(layers.PReLU, apart(2, 3, 4), shared_axes=[1]),
    "softmax": case(layers.Softmax, normal(3, 4)),
    "softmax, axes": case(layers.Softmax, normal(2, 3, 4), axis=[1, 2]),
    "softmax, masked": case(
        layers.Softmax, normal(2, 3), {"mask": np.array([[True, True, False]])}
    ),
    "alpha dropout": case(
        layers.AlphaDropout, normal(4, 5), TRAINING, rate=0.4, seed=1
    ),
    "alpha dropout, noise shape": case(
        layers.AlphaDropout,
        normal(4, 5),
        TRAINING,
        rate=0.4,
        seed=1,
        noise_shape=(4, 1),
    ),
    "spatial dropout 2d": case(
        layers.SpatialDropout2D, normal(2, 3, 3, 4), TRAINING, rate=0.4, seed=1
    ),
    "spatial dropout 3d": case(
        layers.SpatialDropout3D, normal(2, 2, 3, 2, 4), TRAINING, rate=0.4, seed=1
    ),
}
