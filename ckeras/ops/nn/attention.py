"""Attention."""

import math

from ckeras.ops.numpy.manipulation import reshaped
from ckeras.ops.primitives import attention
from ckeras.ops.promotion import same_type, with_type
from ckeras.ops.registry import op

__all__ = ["dot_product_attention"]

_BY_KERNEL = ("float32", "float64")


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
    query, key, value = same_type([query, key, value], "float")
    if {len(query.shape), len(key.shape), len(value.shape)} != {4}:
        raise ValueError(
            "`dot_product_attention` only supports 4D inputs. "
            f"Received: query.shape={query.shape}, key.shape={key.shape}, "
            f"value.shape={value.shape}."
        )
    dtype = query.dtype
    if scale is None:
        scale = 1.0 / math.sqrt(query.shape[-1])
    if bias is not None:
        bias = _four_axes(with_type(bias, dtype))
    if mask is not None:
        mask = _four_axes(with_type(mask, "bool"))
    attrs = {"scale": float(scale), "causal": bool(is_causal), "window": None}
    if dtype in _BY_KERNEL and key.shape[1] > 0:
        return attention.attention(query, key, value, mask, bias, **attrs)[0]
    return attention.formula(query, key, value, mask, bias, **attrs)


def _four_axes(x):
    """A value that is broadcast to the logits, with all four of their axes."""
    return reshaped(x, (*[1] * (4 - len(x.shape)), *x.shape))
