"""What stands behind a value that nothing else needs, one node after the other."""

from typing import NamedTuple

from ckeras.engine.primitive import Spec, registry
from ckeras.engine.tracing.graph import Node, Symbol

__all__ = ["Finish", "Followers"]

# Activations whose gradient needs the result alone, so that nothing else must be kept.
_ACTIVATIONS = ("relu", "sigmoid", "tanh")


class Finish(NamedTuple):
    """What becomes of a value: `activation(value · scale + bias + residual)`.

    Attributes:
        bias, scale: vectors along the value's last axis, or None.
        residual: a value of the same shape, or None.
        activation: a name, or None.
        nodes: the nodes that compute the vectors.
    """

    bias: object
    scale: object
    residual: object
    activation: str | None
    nodes: list


class Followers:
    """The chain of nodes that begins with one node's result.

    `finish` takes the next nodes into the chain as far as they are what kernels do to
    their results while they have them in registers.

    Args:
        graph: the graph.

    Attributes:
        taken: ids of all nodes that are part of some chain.
    """

    def __init__(self, graph):
        self._graph = graph
        self._uses = graph.uses()
        self._results = {id(v) for v in graph.results()}
        self.taken = set()
        self.members = []

    @property
    def last(self):
        """The node with which the chain ends."""
        return self.members[-1]

    def _next(self, *names):
        """The one node that uses the last result, if it is one of these primitives."""
        value = self.last.outputs[0]
        nodes = self._uses.get(id(value), ())
        if len(nodes) != 1 or id(value) in self._results:
            return None
        (node,) = nodes
        free = node.primitive.name in names and id(node) not in self.taken
        return node if free else None

    def finish(self, node):
        """What follows a node, as `Finish`; None if it is nothing of that kind.

        If there is something, the chain's nodes are marked as taken.
        """
        self.members = [node]
        scale, bias, nodes = self._affine()
        residual, activation = self._equal("add"), self._activation()
        if len(self.members) == 1:
            return None
        self.taken.update(id(n) for n in self.members)
        return Finish(bias, scale, residual, activation, nodes)

    def _affine(self):
        """Vectors by which the value is multiplied, and that are added.

        Returns:
            scale and bias, so that what follows is `value · scale + bias`, each with a
            number for each place along the last axis or None, and the nodes that
            compute them.
        """
        scale = bias = None
        nodes = []
        while True:
            factor = self._vector("multiply", nodes)
            if factor is not None:
                scale = self._product(scale, factor, nodes, factor)
                bias = self._product(bias, factor, nodes)
                continue
            more = self._vector("add", nodes)
            if more is None:
                return scale, bias, nodes
            bias = more if bias is None else self._made("add", bias, more, nodes)

    def _vector(self, name, nodes):
        """The operand with a number for each place along the last axis, with which the
        primitive `name` joins the value."""
        other, size = self._other(name), self.last.outputs[0].shape[-1:]
        if other is None or other.shape[-1:] != size:
            return None
        if any(n != 1 for n in other.shape[:-1]):
            return None
        self.members.append(self._next(name))
        if len(other.shape) > 1:
            other = self._made("reshape", other, None, nodes, shape=size)
        return other

    def _product(self, vector, factor, nodes, empty=None):
        if vector is None:
            return empty
        return self._made("multiply", vector, factor, nodes)

    def _made(self, name, a, b, nodes, **attrs):
        """The vector that a new node computes."""
        out = Symbol(self._graph, Spec(a.shape[-1:], a.dtype))
        inputs = [a] if b is None else [a, b]
        scope = self.last.scope
        nodes.append(Node(registry[name], inputs, [out], attrs, True, scope))
        return out

    def _equal(self, name):
        """The operand of the value's shape with which `name` joins it."""
        other = self._other(name)
        if other is None or other.shape != self.last.outputs[0].shape:
            return None
        self.members.append(self._next(name))
        return other

    def _activation(self):
        """The name of the activation that follows, if kernels have it."""
        node = self._next(*_ACTIVATIONS, "saturate")
        if node is None:
            return None
        name = node.primitive.name
        if name == "saturate":
            if (node.attrs["low"], node.attrs["high"]) != (0, 6):
                return None
            name = "relu6"
        self.members.append(node)
        return name

    def _other(self, name):
        """The second operand of the next node, if results are of the value's shape."""
        value, node = self.last.outputs[0], self._next(name)
        if node is None:
            return None
        a, b = node.inputs
        other = b if a is value else a
        fits = (
            other is not value
            and other.dtype == value.dtype
            and node.outputs[0].shape == value.shape
        )
        return other if fits else None

    def replace(self, replacements):
        """Puts nodes in the place of chains.

        Args:
            replacements: lists of nodes by the id of the chain's last node.
        """
        nodes = []
        for node in self._graph.nodes:
            if id(node) in replacements:
                nodes.extend(replacements[id(node)])
            elif id(node) not in self.taken:
                nodes.append(node)
        self._graph.nodes = nodes
