"""Joins a convolution and what follows: `activation(conv · scale + bias + residual)`.

Scale and bias are those of the batch normalization of inference, or the bias of the
layer; the residual is the other branch of a residual block. All of it is done in
registers, where the sums are, and the sums never reach memory.
"""

from ckeras.engine.passes.followers import Followers
from ckeras.engine.primitive import registry
from ckeras.engine.tracing.graph import Node

__all__ = ["convolutions"]

# Activations whose gradient needs the result alone, so that nothing else must be kept.
_ACTIVATIONS = ("relu", "sigmoid", "tanh")


def convolutions(graph):
    """Replaces chains that begin with `conv` by `conv` or `conv_finished`."""
    followers, replaced = Followers(graph), {}
    for node in graph.nodes:
        if node.primitive.name != "conv" or not _is_plain(node):
            continue
        followers.start(node)
        scale, bias, nodes = followers.affine()
        residual = followers.equal("add")
        activation = followers.activation(*_ACTIVATIONS)
        if len(followers.members) > 1:
            followers.keep()
            last = followers.last
            inputs = [*node.inputs[:2], bias, scale, residual]
            replaced[id(last)] = [*nodes, _joined(node, inputs, last, activation)]
    if replaced:
        followers.replace(replaced)


def _is_plain(conv):
    return conv.inputs[2] is None and conv.attrs.get("activation") is None


def _joined(conv, inputs, last, activation):
    """The node that computes the last result of the chain at once."""
    attrs = {**conv.attrs, "activation": activation}
    if inputs[3] is None and inputs[4] is None:
        return Node(registry["conv"], inputs[:3], last.outputs, attrs, True, last.scope)
    attrs["pooled"] = False
    finished = registry["conv_finished"]
    return Node(finished, inputs, last.outputs, attrs, True, last.scope)
