"""Max pooling beside convolutions and their activation.

Where only the maxima of a convolution's 2x2 results are needed, as in inference, they
are taken where the results are still in registers. In the gradient, relu comes before
the pooling: its mask and the sum for the bias then pass over the maxima only.
"""

from ckeras.engine.primitive import Spec, registry
from ckeras.engine.tracing.graph import Node, Symbol

__all__ = ["pooled_convolutions", "pooled_gradients"]


# --- the forward direction -----------------------------------------------------------


def pooled_convolutions(graph):
    """Joins `conv` or `conv_finished` and the `max_pool` of its results."""
    uses, makers = graph.uses(), _makers(graph)
    results = {id(v) for v in graph.results()}
    replaced, dropped = {}, set()
    for node in graph.nodes:
        if node.primitive.name != "max_pool":
            continue
        chain = _unshaped(node.inputs[0], makers)
        conv = chain[-1]
        alone = all(
            len(uses[id(n.outputs[0])]) == 1 and id(n.outputs[0]) not in results
            for n in chain
            if n is not None
        )
        if alone and _is_fitting(conv, node.attrs["windows"]):
            dropped.update(id(n) for n in chain)
            replaced[id(node)] = _joined(graph, conv, node)
    nodes = []
    for node in graph.nodes:
        if id(node) in replaced:
            nodes.extend(replaced[id(node)])
        elif id(node) not in dropped:
            nodes.append(node)
    graph.nodes = nodes


def _is_fitting(conv, windows):
    if conv is None or conv.primitive.name not in ("conv", "conv_finished"):
        return False
    if any(v is not None for v in conv.inputs[4:]):
        return False  # a residual
    sizes = conv.outputs[0].shape[1:-1]
    if len(sizes) != 2 or conv.attrs.get("activation") not in (None, "relu", "relu6"):
        return False
    pairs = [tuple([(i, i + 2) for i in range(0, n - 1, 2)]) for n in sizes]
    return tuple(windows) == (((0, 1),), *pairs) and min(sizes) >= 2


def _joined(graph, conv, pool):
    y = pool.outputs[0]
    flat = Symbol(graph, Spec((y.shape[0], *y.shape[2:]), y.dtype))
    inputs = [*conv.inputs, None, None, None][:5]
    attrs = {"activation": None, **conv.attrs, "pooled": True}
    join = Node(registry["conv_finished"], inputs, [flat], attrs, True, conv.scope)
    return [join, _reshape(flat, y, pool.scope)]


# --- the gradient --------------------------------------------------------------------


def pooled_gradients(graph):
    """Exchanges the gradients of `max_pool` and of the `relu` before it."""
    makers = _makers(graph)
    pooled = {
        (id(n.inputs[0]), n.attrs["windows"]): n.outputs[0]
        for n in graph.nodes
        if n.primitive.name == "max_pool"
    }
    nodes, masked = [], {}
    for node in graph.nodes:
        made = None
        if node.primitive.name == "relu_gradient":
            made = _mask_of_maxima(graph, node, makers, pooled)
            if made is not None:
                masked[id(node.outputs[0])] = made[0].outputs[0]
        elif node.primitive.name == "sum":
            made = _sum_of_maxima(graph, node, masked)
        nodes.extend([node] if made is None else made)
    graph.nodes = nodes


def _mask_of_maxima(graph, node, makers, pooled):
    """`relu_gradient(max_pool_gradient(x, d), x)` with the mask of `max_pool(x)` on d:
    the pixel that a maximum comes from is positive where the maximum is."""
    chain = _unshaped(node.inputs[0], makers)
    spread = chain[-1]
    if spread is None or spread.primitive.name != "max_pool_gradient":
        return None
    x, d = spread.inputs
    shapes = [x, *[n.inputs[0] for n in _unshaped(x, makers)[:-1]]]
    y = pooled.get((id(x), spread.attrs["windows"]))
    if y is None or not any(node.inputs[1] is v for v in shapes):
        return None
    (out,) = node.outputs
    d_y = Symbol(graph, Spec(d.shape, d.dtype))
    mask = Node(registry["relu_gradient"], [d, y], [d_y], {}, True, node.scope)
    if x.shape == out.shape:
        return [mask, _spread(spread, x, d_y, out)]
    d_x = Symbol(graph, Spec(x.shape, x.dtype))
    last = _spread(spread, x, d_y, d_x)
    return [mask, last, _reshape(d_x, out, node.scope)]


def _spread(old, x, d_y, d_x):
    return Node(old.primitive, [x, d_y], [d_x], old.attrs, True, old.scope)


def _sum_of_maxima(graph, node, masked):
    """The sum over all pixels of what comes from the maxima alone."""
    d_y = masked.get(id(node.inputs[0]))
    everything = tuple(range(len(node.inputs[0].shape) - 1))
    if d_y is None or node.attrs != {"axes": everything, "keepdims": False}:
        return None
    attrs = {"axes": tuple(range(len(d_y.shape) - 1)), "keepdims": False}
    return [Node(node.primitive, [d_y], node.outputs, attrs, True, node.scope)]


# --- shapes --------------------------------------------------------------------------


def _makers(graph):
    return {id(o): n for n in graph.nodes for o in n.outputs}


def _unshaped(value, makers):
    """The reshaping nodes that a value has come through, and its maker (or None)."""
    chain = []
    while True:
        node = makers.get(id(value))
        chain.append(node)
        if node is None or node.primitive.name != "reshape":
            return chain
        value = node.inputs[0]


def _reshape(x, y, scope):
    return Node(registry["reshape"], [x], [y], {"shape": y.shape}, True, scope)
