"""Attention as one step, which never stores its matrix of scores.

The kernel keeps two numbers for each query, of which the backward pass computes the
weights again. Where more is asked for (the gradient of a bias, second derivatives),
the gradient goes through the formula in simpler ops.
"""

import math

import numpy as np

from ckeras import kernels
from ckeras.engine import config
from ckeras.engine.primitive import Primitive, Spec, Step
from ckeras.engine.tracing.gradient import GradientTape
from ckeras.engine.values import dtypes
from ckeras.engine.values.tensor import Tensor
from ckeras.ops.primitives import elementwise, linear, movement
from ckeras.ops.primitives.reductions.softmax import softmax

__all__ = ["attention", "formula"]


def formula(query, key, value, mask, bias, *, scale, causal, window):
    """What `attention` computes, by way of the scores (batch, heads, q_len, kv_len)."""
    heads, kv_heads = query.shape[2], key.shape[2]
    q, k, v = [movement.transpose(x, perm=(0, 2, 1, 3)) for x in (query, key, value)]
    if heads != kv_heads:
        k, v = [_repeated(x, heads // kv_heads) for x in (k, v)]
    dtype = query.dtype
    scores = linear.matmul(q, k, transpose_b=True)
    scores = elementwise.multiply(scores, Tensor(np.asarray(scale, dtype)))
    if bias is not None:
        scores = elementwise.add(scores, bias)
    nothing = Tensor(np.asarray(-0.7 * float(dtypes.finfo(dtype).max), dtype))
    if mask is not None:
        scores = elementwise.where(mask, scores, nothing)
    if causal or window:
        near = Tensor(_near(*scores.shape[-2:], causal, window))
        scores = elementwise.where(near, scores, nothing)
    outputs = linear.matmul(softmax(scores), v)
    return movement.transpose(outputs, perm=(0, 2, 1, 3))


def _repeated(x, times):
    """Each head of (batch, heads, length, dim) several times in a row."""
    batch, heads, length, dim = x.shape
    x = movement.reshape(x, shape=(batch, heads, 1, length, dim))
    x = movement.broadcast_to(x, shape=(batch, heads, times, length, dim))
    return movement.reshape(x, shape=(batch, heads * times, length, dim))


def _near(q_len, kv_len, causal, window):
    """Which keys each query may see by their places."""
    ahead = np.arange(kv_len) - np.arange(q_len)[:, None]
    seen = ahead <= 0 if causal else np.ones_like(ahead, bool)
    return seen & (abs(ahead) < window) if window else seen


# --- shapes --------------------------------------------------------------------------


def _check(query, key, value, mask, bias):
    batch, q_len, heads, head_dim = query.shape
    kv_len, kv_heads = key.shape[1:3]
    fits = (
        tuple(key.shape) == (batch, kv_len, kv_heads, head_dim)
        and tuple(value.shape[:3]) == (batch, kv_len, kv_heads)
        and (heads % kv_heads if kv_heads else heads) == 0
    )
    if not fits:
        raise ValueError(
            "`attention`: expected query (batch, q_len, heads, head_dim), key (batch, "
            "kv_len, kv_heads, head_dim) and value (batch, kv_len, kv_heads, "
            f"value_dim), heads a multiple of kv_heads. Received shapes {query.shape}, "
            f"{key.shape} and {value.shape}."
        )
    for name, x in (("mask", mask), ("bias", bias)):
        full = (batch, heads, q_len, kv_len)
        if x is not None and not _broadcasts(x.shape, full):
            raise ValueError(
                f"`attention`: the {name} must have four axes that broadcast to "
                f"{full}. Received shape {x.shape}."
            )


def _broadcasts(shape, full):
    pairs = zip(shape, full, strict=False)
    return len(shape) == 4 and all(n in (1, m) for n, m in pairs)


def _attention_spec(query, key, value, mask, bias, *, scale, causal, window):
    _check(query, key, value, mask, bias)
    batch, q_len, heads, _ = query.shape
    return (
        Spec((batch, q_len, heads, value.shape[-1]), query.dtype),
        Spec((batch, heads, 2, q_len), query.dtype),
    )


def _gradient_spec(query, key, value, *others, **attrs):
    return tuple([Spec(tuple(x.shape), x.dtype) for x in (query, key, value)])


# --- steps ---------------------------------------------------------------------------


def _steps_over(x):
    """How far apart numbers lie along each axis, 0 where there is only one."""
    if x is None:
        return (0, 0, 0, 0)
    distances = [math.prod(x.shape[i + 1 :]) for i in range(4)]
    return tuple([0 if n == 1 else d for n, d in zip(x.shape, distances, strict=True)])


def _step(node, kernel, flops):
    query, _, value, mask, bias = node.inputs[:5]
    batch, q_len, heads, head_dim = query.shape
    kv_len, kv_heads, value_dim = value.shape[1:]
    places = (int(node.attrs["causal"]), node.attrs["window"] or 0)
    dims = (batch, q_len, kv_len, heads, kv_heads, head_dim, value_dim, *places)
    dims += (*_steps_over(mask), *_steps_over(bias), config.most_threads())
    module, _, _ = kernel.partition(".")
    itemsize = 4 if query.dtype == "float32" else 8
    pairs = batch * heads * q_len * kv_len
    return Step(
        kernel,
        dims,
        (node.attrs["scale"],),
        dtype=query.dtype,
        workspace=kernels.module(module).workspace_bytes(dims, itemsize),
        flops=pairs * flops(head_dim, value_dim),
    )


def _attention_lower(node):
    return _step(node, "attention.forward", lambda d, v: 2 * (d + v) + 18)


def _gradient_lower(node):
    kernel = "attention_gradient.backward"
    return _step(node, kernel, lambda d, v: 6 * d + 4 * v + 22)


# --- gradients -----------------------------------------------------------------------


def _attention_gradient_rule(node, d_outputs, needs):
    inputs = node.inputs
    if needs[4]:
        return _through_formula(inputs, d_outputs[0], needs, node.attrs)
    found = _attention_gradient(*inputs, *node.outputs, d_outputs[0], **node.attrs)
    found = [d if need else None for d, need in zip(found, needs, strict=False)]
    return [*found, None, None]


def _through_formula(inputs, d_output, needs, attrs):
    sources = [x for x, need in zip(inputs, needs, strict=True) if need]
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(sources)
        value = formula(*inputs, **attrs)
    found = iter(tape.gradient(value, sources, output_gradients=d_output))
    return [next(found) if need else None for need in needs]


def _second_gradient(node, d_outputs, needs):
    """That of the formula's gradient; y and the statistics are functions of q, k, v."""
    inputs, d_y = node.inputs[:5], node.inputs[7]
    places = [i for i in (0, 1, 2, 7) if needs[i]]
    sources = [node.inputs[i] for i in places]
    wanted = [i for i, d in enumerate(d_outputs) if d is not None]
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(sources)
        first = _through_formula(
            inputs, d_y, [True, True, True, False, False], node.attrs
        )
        first = [first[i] for i in wanted]
    found = tape.gradient(
        first, sources, output_gradients=[d_outputs[i] for i in wanted]
    )
    results = [None] * len(node.inputs)
    for i, d in zip(places, found, strict=True):
        results[i] = d
    return results


_attention_gradient = Primitive(
    "attention_gradient",
    infer=_gradient_spec,
    lower=_gradient_lower,
    gradient=_second_gradient,
)
# softmax(scale · q·kᵀ + bias)·v for each head; where the mask is false, or by its
# place a key is not to be seen, the weight is 0. Also two statistics of each query.
attention = Primitive(
    "attention",
    infer=_attention_spec,
    lower=_attention_lower,
    gradient=_attention_gradient_rule,
)
