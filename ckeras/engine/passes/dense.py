"""Fuses `activation(x @ w + b)` into one step, the bias and activation in the tile.

A vector by which the product is multiplied before, as in a batch normalization of
inference, becomes part of the weights where these are fewer than the product.
"""

import math

from ckeras.engine.passes.followers import Followers
from ckeras.engine.primitive import Spec, registry
from ckeras.engine.tracing.graph import Node, Symbol

__all__ = ["dense"]

# Activations whose gradient needs the result alone, so that nothing else must be kept.
_ACTIVATIONS = ("relu", "sigmoid", "tanh")


def dense(graph):
    """Replaces `matmul`, `add` of a bias and an activation by `dense`."""
    followers, replaced = Followers(graph), {}
    for node in graph.nodes:
        if not _is_projection(node):
            continue
        followers.start(node)
        scale, bias, nodes = followers.affine(scaled=_is_long(node))
        if bias is None:
            continue
        activation = followers.activation(*_ACTIVATIONS)
        followers.keep()
        last = followers.last
        fused = _fused(graph, node, last, scale, bias, activation)
        replaced[id(last)] = [*nodes, *fused]
    if replaced:
        followers.replace(replaced)


def _is_projection(node):
    return (
        node.primitive.name == "matmul"
        and not node.attrs.get("transpose_a")
        and not node.attrs.get("transpose_b")
        and len(node.inputs[0].shape) >= 2
        and len(node.inputs[1].shape) == 2
    )


def _is_long(matmul):
    """Whether the product has more rows than the weights have."""
    x, w = matmul.inputs
    return x.size > w.shape[0] ** 2


def _fused(graph, matmul, last, scale, bias, activation):
    """The nodes that compute the last result of the chain at once."""
    (x, w), (y,), scope = matmul.inputs, last.outputs, last.scope
    nodes = []
    if scale is not None:
        scaled = Symbol(graph, Spec(w.shape, w.dtype))
        nodes.append(Node(registry["multiply"], [w, scale], [scaled], {}, True, scope))
        w = scaled
    rows = math.prod(x.shape[:-1])
    flat_x, flat_y = x, y
    if len(x.shape) > 2:
        flat_x, reshape = _reshaped(graph, x, (rows, x.shape[-1]), matmul.scope)
        flat_y = Symbol(graph, Spec((rows, y.shape[-1]), y.dtype))
        nodes.append(reshape)
    attrs = {"activation": activation}
    inputs = [flat_x, w, bias]
    nodes.append(Node(registry["dense"], inputs, [flat_y], attrs, True, scope))
    if flat_y is not y:
        shape = {"shape": y.shape}
        nodes.append(Node(registry["reshape"], [flat_y], [y], shape, True, scope))
    return nodes


def _reshaped(graph, x, shape, scope):
    flat = Symbol(graph, Spec(shape, x.dtype))
    return flat, Node(registry["reshape"], [x], [flat], {"shape": shape}, True, scope)
