"""Fuses `activation(x @ w + b)` into one step, the bias and activation in the tile.

A convolution takes the place of the product as well.
"""

from ckeras.engine.primitive import Spec, registry
from ckeras.engine.tracing.graph import Node, Symbol

__all__ = ["dense"]

# Activations whose gradient needs the result alone, so that nothing else must be kept.
_ACTIVATIONS = ("relu", "sigmoid", "tanh")


def dense(graph):
    """Replaces `matmul`, `add` of a bias and an activation by `dense`, and `conv`,
    `add` and an activation by `conv` with these."""
    uses = graph.uses()
    results = {id(v) for v in graph.results()}

    def only_use(value):
        nodes = uses.get(id(value), ())
        return nodes[0] if len(nodes) == 1 and id(value) not in results else None

    replaced, dropped = {}, set()
    for node in graph.nodes:
        if not _is_projection(node):
            continue
        bias_node = only_use(node.outputs[0])
        bias = _bias_of(bias_node, node)
        if bias is None:
            continue
        last, activation = bias_node, None
        after = only_use(bias_node.outputs[0])
        if after is not None and after.primitive.name in _ACTIVATIONS:
            last, activation = after, after.primitive.name
        dropped.update(id(n) for n in (node, bias_node))
        replaced[id(last)] = _fused(graph, node, bias, last, activation)
    nodes = []
    for node in graph.nodes:
        if id(node) in replaced:
            nodes.extend(replaced[id(node)])
        elif id(node) not in dropped:
            nodes.append(node)
    graph.nodes = nodes


def _is_projection(node):
    if node.primitive.name == "conv":
        return node.inputs[2] is None and node.attrs.get("activation") is None
    return (
        node.primitive.name == "matmul"
        and not node.attrs.get("transpose_a")
        and not node.attrs.get("transpose_b")
        and len(node.inputs[0].shape) >= 2
        and len(node.inputs[1].shape) == 2
    )


def _bias_of(node, matmul):
    """The vector that `node` adds to the product, if that is what it does."""
    if node is None or node.primitive.name != "add":
        return None
    product = matmul.outputs[0]
    bias = node.inputs[1] if node.inputs[0] is product else node.inputs[0]
    vector = bias.shape == (product.shape[-1],)
    return bias if vector and bias.dtype == product.dtype else None


def _fused(graph, matmul, bias, last, activation):
    """The nodes that compute the output of `last` at once."""
    x, w = matmul.inputs[:2]
    y = last.outputs[0]
    attrs = {"activation": activation}
    if matmul.primitive.name == "conv":
        attrs = {**matmul.attrs, **attrs}
        return [Node(registry["conv"], [x, w, bias], [y], attrs, True, last.scope)]
    if len(x.shape) == 2:
        return [Node(registry["dense"], [x, w, bias], [y], attrs, True, last.scope)]
    rows = x.size // x.shape[-1] if x.size else 0
    flat_x, nodes = _reshaped(graph, x, (rows, x.shape[-1]), matmul.scope)
    flat_y = Symbol(graph, Spec((rows, y.shape[-1]), y.dtype))
    nodes.append(
        Node(registry["dense"], [flat_x, w, bias], [flat_y], attrs, True, last.scope)
    )
    shape = {"shape": y.shape}
    nodes.append(Node(registry["reshape"], [flat_y], [y], shape, True, last.scope))
    return nodes


def _reshaped(graph, x, shape, scope):
    flat = Symbol(graph, Spec(shape, x.dtype))
    node = Node(registry["reshape"], [x], [flat], {"shape": shape}, True, scope)
    return flat, [node]
