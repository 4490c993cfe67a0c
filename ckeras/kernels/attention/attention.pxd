"""Attention without a matrix of scores: y = softmax(scale · q·kᵀ + bias)·v.

    forward    buf  q, k, v, mask or NULL, bias or NULL, y, stats, workspace
    backward   buf  q, k, v, mask, bias, y, stats, d_y, d_q, d_k, d_v, workspace

q is (batch, q_len, heads, head_dim), k (batch, kv_len, kv_heads, head_dim), v
(batch, kv_len, kv_heads, value_dim) and y (batch, q_len, heads, value_dim); a head of
k and v serves heads / kv_heads heads of q. The mask's bytes and the bias are read by
steps, 0 where they are repeated. stats (batch, heads, 2, q_len) are each query's
largest score and the sum of exp(score - largest), of which the backward pass computes
the weights again, block by block.

    dim   `Sizes` of attention_blocks.pxd
    attr  scale

Where the mask, causality or the window hide a key, the score is -0.7 times the largest
number of the type: a query that sees no key attends to all of them evenly.

Each query's sums go over the keys in a fixed order, each key's over the queries, in
as many parts as the sizes say: the bits do not depend on the number of threads.
"""

from ckeras.kernels.types cimport real

cdef int forward(
    real** buf, const Py_ssize_t* dim, const double* attr, int n_threads
) noexcept nogil
