"""Images with channels first are turned once, not in each layer.

Kernels want channels last, so that every layer of a channels-first model turns its
input and turns its result back. What lies in between (activations, sums of branches,
normalization, padding) works in any order of the axes: the turning back is moved behind
it, until it meets the next layer's turning and both vanish.

A value is said to be turned if it is the transpose of a known one, its base.
"""

import math

from ckeras.engine.primitive import Spec, registry
from ckeras.engine.tracing.graph import Node, Symbol

__all__ = ["layouts"]

_KERNELS = {"conv", "conv_input_gradient", "depthwise", "max_pool", "average_pool"}
_REDUCTIONS = {"sum", "mean", "max", "min"}


def layouts(graph):
    """Rewrites the graph if that leaves fewer elements to be moved."""
    names = {n.primitive.name for n in graph.nodes}
    if "transpose" not in names or not names & _KERNELS:
        return
    turning = _Turning(graph)
    for node in graph.nodes:
        turning.add(node)
    results = [turning.standing_for(v) for v in graph.results()]
    nodes = _without_unused(turning.nodes, results)
    if _moved(nodes) >= _moved(graph.nodes):
        return
    graph.nodes = nodes
    graph.outputs = [turning.standing_for(v) for v in graph.outputs]
    graph.writes = [(h, turning.standing_for(v)) for h, v in graph.writes]


def _moved(nodes):
    """Elements that transposes move."""
    return sum(
        math.prod(n.outputs[0].shape) for n in nodes if n.primitive.name == "transpose"
    )


def _without_unused(nodes, results):
    """The nodes but for transposes that nobody needs."""
    used, kept = {id(v) for v in results}, []
    for node in reversed(nodes):
        if node.primitive.name != "transpose" or id(node.outputs[0]) in used:
            used.update(id(v) for v in node.inputs)
            kept.append(node)
    return kept[::-1]


class _Turning:
    """The new nodes, in order.

    Attributes:
        bases: base and permutation of the values that are turned, by id.
        made: the values that are turned, by their base's id and permutation.
        replaced: values that stand for others, by these' id.
    """

    def __init__(self, graph):
        self.graph = graph
        self.nodes = []
        self.bases = {}
        self.made = {}
        self.replaced = {}

    def standing_for(self, value):
        return self.replaced.get(id(value), value)

    def add(self, node):
        inputs = [self.standing_for(v) for v in node.inputs]
        name = node.primitive.name
        if name == "transpose":
            self._transpose(node, inputs[0])
            return
        made = None
        if hasattr(node.primitive, "program") and node.single:
            made = self._elementwise(node, inputs)
        elif name in _REDUCTIONS or name in ("moments", "centred_sums"):
            made = self._reduction(node, inputs)
        elif name in ("pad", "slice"):
            made = self._by_axis(node, inputs)
        elif name == "concatenate":
            made = self._joined(node, inputs)
        if made is None:
            self._append(node.primitive, inputs, node.outputs, node.attrs, node)

    def _append(self, primitive, inputs, outputs, attrs, like):
        node = Node(primitive, inputs, outputs, attrs, like.single, like.scope)
        self.nodes.append(node)
        return node

    def _new(self, primitive, inputs, shape, attrs, like):
        """A node with one new result."""
        out = Symbol(self.graph, Spec(shape, like.outputs[0].dtype))
        made = Node(primitive, inputs, [out], attrs, True, like.scope)
        self.nodes.append(made)
        return out

    def _transpose(self, node, value):
        (out,), perm = node.outputs, node.attrs["perm"]
        if id(value) in self.bases:
            value, before = self.bases[id(value)]
            perm = tuple([before[p] for p in perm])
        if perm == tuple(range(len(perm))):
            self.replaced[id(out)] = value
            return
        self._turned(value, perm, out, node)

    def _turned(self, base, perm, out, like):
        self.nodes.append(
            Node(registry["transpose"], [base], [out], {"perm": perm}, True, like.scope)
        )
        self.bases[id(out)] = base, perm
        self.made[id(base), perm] = out

    def _permutation(self, inputs, shape):
        """That of the first input of this shape that is turned, and its inverse."""
        for value in inputs:
            if value is not None and value.shape == shape and id(value) in self.bases:
                perm = self.bases[id(value)][1]
                return perm, tuple([perm.index(i) for i in range(len(perm))])
        return None, None

    def _turned_back(self, value, perm, inverse, shape, like):
        """An operand in the order of the bases; None if elements had to move."""
        if value is None:
            return None
        if value.shape == shape and self.bases.get(id(value), (None, ()))[1] == perm:
            return self.bases[id(value)][0]
        if value.shape == shape and (id(value), inverse) in self.made:
            return self.made[id(value), inverse]
        wide = (1,) * (len(perm) - len(value.shape)) + tuple(value.shape)
        order = [i for i in inverse if wide[i] != 1]
        if order != sorted(order):
            return None
        new = [wide[i] for i in inverse]
        if math.prod(wide) == 1 or tuple(new) == tuple(value.shape):
            return value
        if hasattr(like.primitive, "program"):  # which broadcasts: bias is a vector
            while len(new) > len(order) and new[0] == 1:
                del new[0]
        reshape = {"shape": tuple(new)}
        out = Symbol(self.graph, Spec(tuple(new), value.dtype))
        node = Node(registry["reshape"], [value], [out], reshape, True, like.scope)
        self.nodes.append(node)
        return out

    def _operands(self, node, inputs, shape):
        """All operands turned back, and the permutation; None where it does not go."""
        perm, inverse = self._permutation(inputs, shape)
        if perm is None:
            return None
        count = len(self.nodes)
        turned = [self._turned_back(v, perm, inverse, shape, node) for v in inputs]
        if any(v is None for v in turned):
            del self.nodes[count:]
            return None
        return turned, perm, inverse

    def _elementwise(self, node, inputs):
        (out,) = node.outputs
        found = self._operands(node, inputs, out.shape)
        if found is None:
            return None
        turned, perm, inverse = found
        shape = tuple([out.shape[i] for i in inverse])
        base = self._new(node.primitive, turned, shape, node.attrs, node)
        self._turned(base, perm, out, node)
        return base

    def _by_axis(self, node, inputs):
        """Primitives whose attributes have an entry for each axis."""
        (x,), (out,) = inputs, node.outputs
        if id(x) not in self.bases or node.attrs.get("after") is not None:
            return None  # a slice that leaves axes out
        base, perm = self.bases[id(x)]
        inverse = [perm.index(i) for i in range(len(perm))]
        attrs = {
            k: tuple([v[i] for i in inverse]) if isinstance(v, tuple) else v
            for k, v in node.attrs.items()
        }
        shape = tuple([out.shape[i] for i in inverse])
        y = self._new(node.primitive, [base], shape, attrs, node)
        self._turned(y, perm, out, node)
        return y

    def _joined(self, node, inputs):
        """Values that are all turned alike, one after the other along an axis."""
        found = [self.bases.get(id(v), (None, None)) for v in inputs]
        perm = found[0][1]
        if perm is None or any(p != perm for _, p in found):
            return None
        (out,) = node.outputs
        shape = tuple([out.shape[perm.index(i)] for i in range(len(perm))])
        attrs = {**node.attrs, "axis": perm[node.attrs["axis"]]}
        y = self._new(node.primitive, [v for v, _ in found], shape, attrs, node)
        self._turned(y, perm, out, node)
        return y

    def _reduction(self, node, inputs):
        """Reductions of neighbouring axes, whose results keep the order of theirs."""
        x = inputs[0]
        found = self._operands(node, inputs, x.shape)
        if found is None:
            return None
        turned, perm, inverse = found
        attrs, gone = dict(node.attrs), _reduced(node, x)
        axes = sorted(perm[a] for a in gone)
        left = [p for a, p in enumerate(perm) if a not in gone]
        if left != sorted(left) or axes != list(range(axes[0], axes[-1] + 1)):
            return None
        if "axes" in attrs:
            attrs["axes"] = tuple(axes)
        outputs = []
        for out in node.outputs:
            shape = out.shape
            if len(shape) == len(perm):
                shape = tuple([shape[i] for i in inverse])
            outputs.append(Symbol(self.graph, Spec(shape, out.dtype)))
        made = self._append(node.primitive, turned, outputs, attrs, node)
        for new, out in zip(outputs, node.outputs, strict=True):
            if new.shape == out.shape:
                self.replaced[id(out)] = new
                continue
            attrs = {"shape": out.shape}
            self.nodes.append(
                Node(registry["reshape"], [new], [out], attrs, True, node.scope)
            )
        return made


def _reduced(node, x):
    """The axes that a reduction goes over."""
    if "axes" in node.attrs:
        return node.attrs["axes"]
    kept = node.outputs[0].shape
    return [i for i, n in enumerate(x.shape) if kept[i] != n]
