"""Optimizer steps as primitives: one pass over flat arrays, in place where planned.

Each gives the new values of what it steps. The learning rate and the number of the step
are 0-d values, because they are variables. No gradient flows through a step.
"""

import math

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec, Step
from ckeras.engine.values.dtypes import HALVES
from ckeras.ops.primitives.reductions.reduction import sum_of_squares

__all__ = ["adam", "momentum", "rmsprop", "sgd", "sum_of_squares"]

_SCALAR_CODES = {"float32": 0, "float64": 1, "int32": 2, "int64": 3}


def _check(name, arrays, scalars):
    """Arrays must all be alike, scalars have no axes and a known type."""
    first = arrays[0]
    for x in arrays[1:]:
        if x is not None and (x.shape != first.shape or x.dtype != first.dtype):
            raise ValueError(
                f"`{name}`: expected arrays like the parameters, of shape "
                f"{first.shape} and type {first.dtype}. "
                f"Received: shape {x.shape}, type {x.dtype}"
            )
    for x in scalars:
        if x.shape != () or not (x.dtype in _SCALAR_CODES or x.dtype in HALVES):
            raise ValueError(
                f"`{name}`: expected the learning rate and the step's number as 0-d "
                f"values of a type of {sorted(_SCALAR_CODES)}. "
                f"Received: shape {x.shape}, type {x.dtype}"
            )


def _like(x, count):
    return (Spec(tuple(x.shape), x.dtype),) * count


def _dims(node, *scalars):
    return (math.prod(node.inputs[0].shape), *[_SCALAR_CODES[s.dtype] for s in scalars])


# --- Adam ----------------------------------------------------------------------------


def _adam_spec(p, g, m, v, v_hat, rate, step, *, beta_1, beta_2, epsilon):
    _check("adam", (p, g, m, v, v_hat), (rate, step))
    return _like(p, 3 if v_hat is None else 4)


def _adam_step(node):
    p, _, _, _, v_hat, rate, step = node.inputs
    attrs = node.attrs
    in_place = {0: (0,), 1: (2,), 2: (3,)}
    if v_hat is not None:
        in_place[3] = (4,)
    return Step(
        "update.adam",
        _dims(node, rate, step),
        (attrs["beta_1"], attrs["beta_2"], attrs["epsilon"]),
        dtype=p.dtype,
        flops=12 * math.prod(p.shape),
        in_place=in_place,
    )


_adam = Primitive(
    "adam", infer=_adam_spec, lower=_adam_step, gradient=NOT_DIFFERENTIABLE
)


def adam(p, g, m, v, rate, step, v_hat=None, *, beta_1, beta_2, epsilon):
    """One step of Adam.

    Args:
        p, g: parameters and their gradient.
        m, v: its running mean and mean square.
        rate, step: learning rate and number of this step, from 1; 0-d.
        v_hat: the largest mean square so far, for AMSGrad.
        beta_1, beta_2, epsilon: Adam's constants.

    Returns:
        The new (p, m, v), with AMSGrad (p, m, v, v_hat).
    """
    constants = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon}
    return _adam(p, g, m, v, v_hat, rate, step, **constants)


# --- SGD -----------------------------------------------------------------------------


def _sgd_spec(p, g, rate):
    _check("sgd", (p, g), (rate,))
    return _like(p, 1)[0]


# p - rate · g.
sgd = Primitive(
    "sgd",
    infer=_sgd_spec,
    lower=lambda node: Step(
        "update.sgd",
        _dims(node, node.inputs[2]),
        dtype=node.inputs[0].dtype,
        flops=2 * math.prod(node.inputs[0].shape),
        in_place={0: (0,)},
    ),
    gradient=NOT_DIFFERENTIABLE,
)


def _momentum_spec(p, g, m, rate, *, momentum, nesterov):
    _check("momentum", (p, g, m), (rate,))
    return _like(p, 2)


def _momentum_step(node):
    p, rate, attrs = node.inputs[0], node.inputs[3], node.attrs
    return Step(
        "update.momentum",
        (*_dims(node, rate), int(attrs["nesterov"])),
        (attrs["momentum"],),
        dtype=p.dtype,
        flops=(6 if attrs["nesterov"] else 4) * math.prod(p.shape),
        in_place={0: (0,), 1: (2,)},
    )


# m' = momentum · m - rate · g; p + m', or with `nesterov` p + momentum · m' - rate · g.
momentum = Primitive(
    "momentum", infer=_momentum_spec, lower=_momentum_step, gradient=NOT_DIFFERENTIABLE
)


# --- RMSprop -------------------------------------------------------------------------


def _rmsprop_spec(p, g, v, mean, m, rate, *, rho, epsilon, momentum):
    _check("rmsprop", (p, g, v, mean, m), (rate,))
    return _like(p, 2 + (mean is not None) + (m is not None))


def _rmsprop_step(node):
    p, _, _, mean, m, rate = node.inputs
    attrs = node.attrs
    in_place = {0: (0,), 1: (2,)}
    for index, x in ((3, mean), (4, m)):
        if x is not None:
            in_place[len(in_place)] = (index,)
    return Step(
        "update.rmsprop",
        _dims(node, rate),
        (attrs["rho"], attrs["epsilon"], attrs["momentum"]),
        dtype=p.dtype,
        flops=8 * math.prod(p.shape),
        in_place=in_place,
    )


_rmsprop = Primitive(
    "rmsprop", infer=_rmsprop_spec, lower=_rmsprop_step, gradient=NOT_DIFFERENTIABLE
)


def rmsprop(p, g, v, rate, mean=None, m=None, *, rho, epsilon, momentum=0.0):
    """One step of RMSprop.

    Args:
        p, g: parameters and their gradient.
        v: the gradient's running mean square.
        rate: learning rate, 0-d.
        mean: the gradient's running mean, for the centered variant.
        m: the last step, for the variant with momentum.
        rho, epsilon, momentum: RMSprop's constants.

    Returns:
        The new p, v, and of mean and m those that were given.
    """
    constants = {"rho": rho, "epsilon": epsilon, "momentum": momentum}
    return _rmsprop(p, g, v, mean, m, rate, **constants)
