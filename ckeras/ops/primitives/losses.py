"""Softmax."""

import numpy as np

from ckeras.engine.primitive import Primitive, Spec
from ckeras.ops.primitives import elementwise, movement, reduction


def _same(x, *rest):
    return Spec(tuple(x.shape), x.dtype)


def _softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def _log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def _gradient(node, d, needs):
    y, d = node.outputs[0], d[0]
    s = reduction.sum(elementwise.multiply(d, y), axes=(len(y.shape) - 1,), keepdims=True)
    return [elementwise.multiply(y, elementwise.subtract(d, s))]


def _log_gradient(node, d, needs):
    y, d = node.outputs[0], d[0]
    s = reduction.sum(d, axes=(len(y.shape) - 1,), keepdims=True)
    return [elementwise.subtract(d, elementwise.multiply(elementwise.exp(y), s))]


softmax = Primitive("softmax", infer=_same, evaluate=_softmax, gradient=_gradient)
log_softmax = Primitive("log_softmax", infer=_same, evaluate=_log_softmax, gradient=_log_gradient)
