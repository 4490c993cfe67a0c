"""Fuses softmax or sigmoid with the cross-entropy of its probabilities.

The fused kernel computes what the two would, bounds of the probabilities included, and
its gradient goes straight to the logits.
"""

from ckeras.engine.tracing.graph import Node

__all__ = ["FUSED", "crossentropy"]

# The `mode` attribute of the cross-entropies' primitives.
_PROBABILITIES, _THROUGH_PROBABILITIES = 0, 1
# The losses that are fused, and the activation in front of them.
FUSED = {
    "binary_crossentropy": "sigmoid",
    "categorical_crossentropy": "softmax",
    "sparse_categorical_crossentropy": "softmax",
}
# Where the operands of an activation's gradient have the activation's result.
_RESULT = {"sigmoid_gradient": 1, "softmax_gradient": 0}


def crossentropy(graph):
    """Replaces activation and loss, and their gradients, by the fused primitives."""
    uses = graph.uses()
    results = {id(v) for v in graph.results()}
    order = {id(n): i for i, n in enumerate(graph.nodes)}
    makers = {id(o): n for n in graph.nodes for o in n.outputs}
    replaced, dropped = {}, set()
    for node in graph.nodes:
        activation = _activation_of(node, makers)
        if activation is None:
            continue
        users = uses[id(activation.outputs[0])]
        if any(order[id(u)] < order[id(node)] for u in users):
            continue  # somebody needs the probabilities before the loss
        replaced[id(node)] = _with_activation(node, activation)
        dropped.add(id(activation))
        for user in users:
            slope = _slope_of(user, node, uses, results)
            if slope is not None:
                replaced[id(slope)] = _through(user, slope.outputs)
                dropped.add(id(user))
    graph.nodes = [replaced.get(id(n), n) for n in graph.nodes if id(n) not in dropped]


def _activation_of(node, makers):
    """The node that makes a loss's probabilities, if it is the one that fits."""
    wanted = FUSED.get(node.primitive.name)
    if wanted is None or node.attrs["mode"] != _PROBABILITIES:
        return None
    maker = makers.get(id(node.inputs[1]))
    return maker if maker is not None and maker.primitive.name == wanted else None


def _with_activation(node, activation):
    attrs = {**node.attrs, "mode": _THROUGH_PROBABILITIES}
    inputs = [node.inputs[0], activation.inputs[0]]
    outputs = [node.outputs[0], activation.outputs[0]]
    return Node(node.primitive, inputs, outputs, attrs, False, node.scope)


def _slope_of(user, loss, uses, results):
    """The activation's gradient that alone follows the loss's gradient `user`."""
    if user.primitive.name != f"{loss.primitive.name}_gradient":
        return None
    d_p = user.outputs[0]
    followers = uses.get(id(d_p), ())
    if (
        user.inputs[1] is not loss.inputs[1]
        or len(followers) != 1
        or id(d_p) in results
    ):
        return None
    at = _RESULT.get(followers[0].primitive.name)
    fits = at is not None and followers[0].inputs[at] is loss.inputs[1]
    return followers[0] if fits else None


def _through(gradient, outputs):
    attrs = {**gradient.attrs, "mode": _THROUGH_PROBABILITIES}
    return Node(
        gradient.primitive, gradient.inputs, outputs, attrs, True, gradient.scope
    )
