"""What stands behind a value that nothing else needs, one node after the other."""

from ckeras.engine.primitive import Spec, registry
from ckeras.engine.tracing.graph import Node, Symbol

__all__ = ["Followers"]


class Followers:
    """The chain of nodes that begins with one node's result.

    `affine`, `equal` and `activation` take the next nodes into the chain if these are
    what the name says.

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

    def start(self, node):
        """Begins a new chain."""
        self.members = [node]

    @property
    def last(self):
        """The node with which the chain ends."""
        return self.members[-1]

    def keep(self):
        """Marks the chain's nodes as taken."""
        self.taken.update(id(n) for n in self.members)

    def next(self, *names):
        """The one node that uses the last result, if it is one of these primitives."""
        value = self.last.outputs[0]
        nodes = self._uses.get(id(value), ())
        if len(nodes) != 1 or id(value) in self._results:
            return None
        (node,) = nodes
        free = node.primitive.name in names and id(node) not in self.taken
        return node if free else None

    def affine(self, scaled=True):
        """Vectors by which the value is multiplied, if `scaled`, and that are added.

        Returns:
            scale and bias, so that what follows is `value · scale + bias`, each with a
            number for each place along the last axis or None, and the nodes that
            compute them.
        """
        scale = bias = None
        nodes = []
        while True:
            factor = self._vector("multiply", nodes) if scaled else None
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
        self.members.append(self.next(name))
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

    def equal(self, name):
        """The operand of the value's shape with which `name` joins it."""
        other = self._other(name)
        if other is None or other.shape != self.last.outputs[0].shape:
            return None
        self.members.append(self.next(name))
        return other

    def activation(self, *names):
        """The name of the activation that follows, if it is one of these."""
        node = self.next(*names)
        if node is None:
            return None
        self.members.append(node)
        return node.primitive.name

    def _other(self, name):
        """The second operand of the next node, if results are of the value's shape."""
        value, node = self.last.outputs[0], self.next(name)
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
