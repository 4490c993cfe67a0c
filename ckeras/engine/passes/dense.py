"""Joins a matrix product and what follows, in its register tile.

That is `activation(x @ w · scale + bias + residual)`: the bias of a layer, the batch
normalization of inference behind a convolution over single pixels, the other branch of
a residual block.
"""

import math

from ckeras.engine.passes.followers import Followers
from ckeras.engine.primitive import Spec, registry
from ckeras.engine.tracing.graph import Node, Symbol

__all__ = ["dense"]


def dense(graph):
    """Replaces chains that begin with `matmul` by `dense`."""
    followers, replaced = Followers(graph), {}
    for node in graph.nodes:
        if node.primitive.name != "matmul" or not _is_projection(node):
            continue
        finish = followers.finish(node)
        if finish is not None:
            last = followers.last
            replaced[id(last)] = [*finish.nodes, *_joined(graph, node, finish, last)]
    if replaced:
        followers.replace(replaced)


def _is_projection(matmul):
    x, w = matmul.inputs
    transposed = matmul.attrs.get("transpose_a") or matmul.attrs.get("transpose_b")
    return not transposed and len(x.shape) >= 2 and len(w.shape) == 2


def _joined(graph, matmul, finish, last):
    """The nodes that compute the last result of the chain at once, from matrices."""
    (x, w), (y,), scope = matmul.inputs, last.outputs, last.scope
    nodes = []

    def flat(value):
        if value is None or len(value.shape) == 2:
            return value
        shape = (math.prod(value.shape[:-1]), value.shape[-1])
        matrix = Symbol(graph, Spec(shape, value.dtype))
        nodes.append(_reshape(value, matrix, scope))
        return matrix

    inputs = [flat(x), w, finish.bias, finish.scale, flat(finish.residual)]
    attrs = {"activation": finish.activation}
    if len(y.shape) == 2:
        return [*nodes, Node(registry["dense"], inputs, [y], attrs, True, scope)]
    matrix = Symbol(graph, Spec((inputs[0].shape[0], y.shape[-1]), y.dtype))
    join = Node(registry["dense"], inputs, [matrix], attrs, True, scope)
    return [*nodes, join, _reshape(matrix, y, scope)]


def _reshape(x, y, scope):
    return Node(registry["reshape"], [x], [y], {"shape": y.shape}, True, scope)
