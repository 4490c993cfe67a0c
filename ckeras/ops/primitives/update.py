"""Optimizer steps."""

import numpy as np

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec


def _n(n):
    def infer(p, *rest, **attrs):
        s = Spec(tuple(p.shape), p.dtype)
        return s if n == 1 else (s,) * n
    return infer


def _adam(p, g, m, v, lr, step, beta_1, beta_2, epsilon):
    t = p.dtype.type
    b1, b2 = t(beta_1), t(beta_2)
    alpha = lr * np.sqrt(1 - b2 ** step) / (1 - b1 ** step)
    m = m + (g - m) * (1 - b1)
    v = v + (g * g - v) * (1 - b2)
    return p - m * alpha / (np.sqrt(v) + t(epsilon)), m, v


def _momentum(p, g, m, lr, momentum, nesterov):
    m = m * momentum - g * lr
    return (p + m * momentum - g * lr if nesterov else p + m), m


def _rmsprop(p, g, v, lr, rho, epsilon):
    v = rho * v + (1 - rho) * g * g
    return p - lr * g / np.sqrt(v + epsilon), v


adam = Primitive("adam", infer=_n(3), evaluate=_adam, gradient=NOT_DIFFERENTIABLE)
sgd = Primitive("sgd", infer=_n(1), evaluate=lambda p, g, lr: p - g * lr, gradient=NOT_DIFFERENTIABLE)
momentum = Primitive("momentum", infer=_n(2), evaluate=_momentum, gradient=NOT_DIFFERENTIABLE)
rmsprop = Primitive("rmsprop", infer=_n(2), evaluate=_rmsprop, gradient=NOT_DIFFERENTIABLE)
