"""Attention."""

import math

from ckeras.engine.values import dtypes
from ckeras.ops.numpy.manipulation import reshaped
from ckeras.ops.primitives import attention, elementwise, movement
from ckeras.ops.promotion import constant, same_type, widened, with_type
from ckeras.ops.registry import op

__all__ = ["dot_product_attention"]


@op
def dot_product_attention(
    query,
    key,
    value,
    bias=None,
    mask=None,
    scale=None,
    is_causal=False,
    flash_attention=None,
    attn_logits_soft_cap=None,
):
    """softmax(query · keyᵀ · scale + bias) · value, for each head.

    The matrix of scores is never stored, neither here nor for the gradient, unless
    the gradient of the bias is asked for.

    Args:
        query: tensor (batch, q_len, heads, head_dim).
        key: tensor (batch, kv_len, kv_heads, head_dim); heads is a multiple of
            kv_heads, and each of them serves as many heads of the query in a row.
        value: tensor (batch, kv_len, kv_heads, value_dim).
        bias: what to add to the logits, broadcastable to
            (batch, heads, q_len, kv_len).
        mask: booleans, broadcastable likewise; where false, there is no attention.
        scale: factor of the logits; 1/√head_dim by default.
        is_causal: whether a query sees keys up to its own place only.
        flash_attention: for compatibility; attention is computed block by block
            in any case.
        attn_logits_soft_cap: c, to divide the logits by 1 + |logits| / c; only
            back ends on TPUs heed it, and it changes nothing here.

    Returns:
        A tensor (batch, q_len, heads, value_dim).

    Raises:
        ValueError: if the shapes do not fit.
    """
    return attend(
        query, key, value, mask, bias, scale=scale, causal=is_causal, window=None
    )


def attend(
    query, key, value, mask=None, bias=None, *, scale, causal, window, masked=False
):
    """`dot_product_attention`, which may also see a window of places only.

    Args:
        query, key, value, mask, bias, scale: as there.
        causal: whether a query sees keys up to its own place only.
        window: a query sees keys less than so many places away; None for all.
        masked: whether weights are multiplied by the mask after their softmax, so that
            a query which sees no key gives 0 instead of the mean of all values.
    """
    query, key, value = same_type([query, key, value], "float")
    if {len(query.shape), len(key.shape), len(value.shape)} != {4}:
        raise ValueError(
            "`dot_product_attention` only supports 4D inputs. "
            f"Received: query.shape={query.shape}, key.shape={key.shape}, "
            f"value.shape={value.shape}."
        )
    head_dim, kv_len = query.shape[-1], key.shape[1]
    if scale is None:
        scale = 1.0 / math.sqrt(head_dim) if head_dim else 1.0
    if bias is not None:
        bias = _four_axes(with_type(bias, query.dtype))
    if mask is not None:
        mask = _four_axes(with_type(mask, "bool"))
    attrs = {"scale": float(scale), "causal": bool(causal), "window": window}
    if not (head_dim and kv_len):
        return attention.formula(query, key, value, mask, bias, **attrs)
    if masked:
        return _masked(query, key, value, mask, bias, attrs)
    return attention.attention(query, key, value, mask, bias, **attrs)[0]


def _masked(query, key, value, mask, bias, attrs):
    """Attention, and 0 for queries that see no key.

    Their largest score tells them: it is that of a hidden key, which no other has. It
    is also that of a query of NaN; multiplied by 0, its outputs stay NaN.
    """
    dtype = query.dtype
    inputs = [query, key, value, bias]
    query, key, value, bias = [x if x is None else widened(x) for x in inputs]
    outputs, statistics = attention.attention(query, key, value, mask, bias, **attrs)
    hidden = constant(-0.5 * float(dtypes.finfo(query.dtype).max), query.dtype)
    sees = elementwise.less(hidden, statistics[:, :, 0])
    sees = movement.transpose(sees, perm=(0, 2, 1))
    sees = movement.reshape(sees, shape=(*sees.shape, 1))
    outputs = elementwise.multiply(outputs, with_type(sees, outputs.dtype))
    return with_type(outputs, dtype)


def _four_axes(x):
    """A value that is broadcast to the logits, with all four of their axes."""
    return reshaped(x, (*[1] * (4 - len(x.shape)), *x.shape))
