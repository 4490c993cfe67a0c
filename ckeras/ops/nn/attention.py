"""Attention."""

import math

import numpy as np

from ckeras.ops.nn.activations import softmax
from ckeras.ops.numpy.einstein import einsum
from ckeras.ops.primitives import elementwise
from ckeras.ops.promotion import constant, same_type, with_type
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

    Args:
        query: tensor (batch, q_len, heads, head_dim).
        key: tensor (batch, kv_len, heads, head_dim).
        value: tensor (batch, kv_len, heads, value_dim).
        bias: what to add to the logits, broadcastable to
            (batch, heads, q_len, kv_len).
        mask: booleans, broadcastable likewise; where false, there is no attention.
        scale: factor of the logits; 1/√head_dim by default.
        is_causal: whether a query sees keys up to its own place only.
        flash_attention: for compatibility; True raises, since there is none.
        attn_logits_soft_cap: c, to divide the logits by 1 + |logits| / c; only
            back ends with flash attention heed it, and it changes nothing here.

    Returns:
        A tensor (batch, q_len, heads, value_dim).
    """
    query, key, value = same_type([query, key, value], "float")
    if {len(query.shape), len(key.shape), len(value.shape)} != {4}:
        raise ValueError(
            "`dot_product_attention` only supports 4D inputs. "
            f"Received: query.shape={query.shape}, key.shape={key.shape}, "
            f"value.shape={value.shape}."
        )
    if flash_attention:
        raise ValueError("`dot_product_attention`: there is no flash attention here.")
    dtype = query.dtype
    if scale is None:
        scale = 1.0 / math.sqrt(query.shape[-1])
    logits = einsum("btnh,bsnh->bnts", query, key)
    logits = elementwise.multiply(logits, with_type(scale, dtype))
    if bias is not None:
        logits = elementwise.add(logits, with_type(bias, dtype))
    # Not -inf: a row without any key must not become NaN.
    nothing = constant(-0.7 * float(np.finfo(dtype).max), dtype)
    if mask is not None:
        logits = elementwise.where(with_type(mask, "bool"), logits, nothing)
    if is_causal:
        seen = constant(np.tri(*logits.shape[-2:], dtype=bool), "bool")
        logits = elementwise.where(seen, logits, nothing)
    return einsum("bnts,bsnh->btnh", softmax(logits), value)
