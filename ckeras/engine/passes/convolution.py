"""Joins a convolution and what follows: `activation(conv · scale + bias + residual)`.

Scale and bias are those of the batch normalization of inference, or the bias of the
layer; the residual is the other branch of a residual block. All of it is done in
registers, where the sums are, and the sums never reach memory.
"""

from ckeras.engine.passes.followers import Followers
from ckeras.engine.primitive import registry
from ckeras.engine.tracing.graph import Node

__all__ = ["convolutions"]

# Primitives that end with the sums, those that go on, and attributes that these have
# besides.
_FINISHED = {
    "conv": ("conv_finished", {"pooled": False}),
    "depthwise": ("depthwise_finished", {}),
}


def convolutions(graph):
    """Replaces chains that begin with a convolution by single nodes."""
    followers, replaced = Followers(graph), {}
    for node in graph.nodes:
        if node.primitive.name not in _FINISHED:
            continue
        finish = followers.finish(node)
        if finish is not None:
            last = followers.last
            replaced[id(last)] = [*finish.nodes, _joined(node, finish, last)]
    if replaced:
        followers.replace(replaced)


def _joined(conv, finish, last):
    """The node that computes the last result of the chain at once."""
    name, more = _FINISHED[conv.primitive.name]
    inputs = [*conv.inputs, finish.bias, finish.scale, finish.residual]
    attrs = {**conv.attrs, **more, "activation": finish.activation}
    return Node(registry[name], inputs, last.outputs, attrs, True, last.scope)
