"""Multiplies the features of tokens by a recurrent layer's weights once for each
distinct token of a batch, instead of once for each timestep.

Half of what a recurrent layer computes in prediction is this product, and texts repeat
their words: of 256 reviews of 80 words, a fifth to a third are distinct.
"""

from ckeras.engine.primitive import Spec, registry
from ckeras.engine.tracing.graph import Node, Symbol

__all__ = ["RECURRENT", "tokens"]

RECURRENT = {"lstm", "gru", "simple_rnn"}
# Of fewer features the product is small, and of fewer timesteps few appear again.
_FEATURES = 32
_TIMESTEPS = 32
# Bytes of projections beyond which they do not stay near the CPU.
_BYTES = 1 << 26


def tokens(graph):
    """Gives recurrent nodes behind a lookup the projections of the distinct tokens."""
    recurrent = [n for n in graph.nodes if n.primitive.name in RECURRENT]
    predicting = {id(n) for n in recurrent if not n.attrs["keep"]}
    if not predicting:
        return
    makers = {id(o): n for n in graph.nodes for o in n.outputs}
    distinct, nodes = {}, []
    for node in graph.nodes:
        found = _lookup(node, makers) if id(node) in predicting else None
        if found is not None:
            lookup, w, b = found
            places, projections, made = _projected(graph, node, lookup, w, b, distinct)
            nodes.extend(made)
            node.inputs = [projections, None, places, *node.inputs[3:]]
        nodes.append(node)
    graph.nodes = nodes


def _lookup(node, makers):
    """The lookup of a recurrent node's features, and the weights and bias by which
    they are multiplied; None if there is no such thing."""
    x, w, b = node.inputs[:3]
    if w is None and b is None:
        x, w, b = _product(makers.get(id(x)), makers)
    lookup = makers.get(id(x))
    if w is None or lookup is None or lookup.primitive.name != "gather":
        return None
    table, indices = lookup.inputs
    most = min(indices.size, table.shape[0])
    fits = (
        lookup.attrs["axis"] == 0
        and len(table.shape) == len(indices.shape) == 2
        and table.shape[1] >= _FEATURES
        and indices.size >= _TIMESTEPS
        and most * w.shape[1] * (4 if w.dtype == "float32" else 8) <= _BYTES
    )
    return (lookup, w, b) if fits else None


def _product(node, makers):
    """x, w and b of the nodes that end with x·w or x·w + b, or of none."""
    b = None
    if node is not None and node.primitive.name == "add":
        projected, b = node.inputs
        node = makers.get(id(projected)) if len(b.shape) == 1 else None
    name = None if node is None else node.primitive.name
    if name == "kept_product" and not node.attrs["transpose"]:
        x, w, _, b = node.inputs
        return x, w, b
    if name == "matmul" and not _is_transposed(node) and len(node.inputs[1].shape) == 2:
        return *node.inputs, b
    return None, None, None


def _is_transposed(matmul):
    return matmul.attrs.get("transpose_a") or matmul.attrs.get("transpose_b")


def _projected(graph, node, lookup, w, b, distinct):
    """Which projection each timestep has, the projections, and the nodes for both."""
    table, indices = lookup.inputs
    key, size, made = id(indices), table.shape[0], []
    if (key, size) not in distinct:
        shapes = (indices.shape, "int32"), ((min(indices.size, size),), "int64")
        outputs = [Symbol(graph, Spec(*s)) for s in (*shapes, ((1,), "int64"))]
        distinct[key, size] = outputs
        made.append(_node("distinct_tokens", [indices], outputs, lookup, size=size))
    places, rows, count = distinct[key, size]
    projections = Symbol(graph, Spec((rows.size, w.shape[1]), w.dtype))
    inputs = [table, rows, count, w, b]
    made.append(_node("token_projections", inputs, [projections], node))
    return places, projections, made


def _node(name, inputs, outputs, place, **attrs):
    single = len(outputs) == 1
    return Node(registry[name], inputs, outputs, attrs, single, place.scope)
