# cython: auto_pickle=False, boundscheck=True
"""The graph that a trace records: nodes in program order, values between them.

In C, since each new shape of a batch is traced anew.
"""

import weakref

from ckeras.engine.scope import current_path
from ckeras.engine.tracing.symbol import Symbol
from ckeras.engine.tracing.traced cimport Traced

__all__ = ["Graph", "Node", "Symbol"]

cdef object symbol_type = Symbol


cdef class Node:
    """One applied primitive.

    Inputs are symbols, concrete tensors (constants) or None; outputs are symbols
    in a graph and tensors where the primitive was run at once.
    """

    def __init__(self, primitive, inputs, outputs, attrs, bint single, scope=""):
        self.primitive = primitive
        self.inputs = inputs
        self.outputs = outputs
        self.attrs = attrs
        self.single = single
        self.scope = scope

    def __repr__(self):
        return f"<Node {self.primitive.name} → {self.outputs}>"


cdef class Graph:
    """Nodes in the order in which they were recorded.

    Attributes:
        nodes: the applied primitives; every one comes after those it depends on.
        inputs: symbols that the caller supplies.
        outputs: symbols or constants that are returned.
        reads: (holder, symbol) for variables and arenas whose value is used.
        writes: (holder, value) for those that get a new value at the end.
        closed: whether the trace has ended, so that no node may be added.
        outer: for the graph of a body, the graph in which the body stands.
        lender: for the graph of a gradient, the graph whose values it needs.
        carried: for a loop's body, (input's number, output's number) of the values
            that iterations hand on: an output may take over its input's memory.
        captures: (value, symbol) by the value's id: the values of `outer` and
            `lender` that are used here, and the symbols that stand for them.
        replayed: (value, replacement) by the value's id: values of another graph
            that have been computed again here.
    """

    def __init__(self, outer=None, lender=None):
        self.reference = weakref.ref(self)
        self.outer = outer
        self.lender = lender
        self.captures = {}
        self.replayed = {}
        self.carried = []
        self.nodes = []
        self.inputs = []
        self.outputs = []
        self.reads = []
        self.writes = []

    def results(self):
        """All values that must be computed."""
        return [*self.outputs, *(value for _, value in self.writes)]

    def uses(self):
        """The nodes that use a value, by the value's id."""
        found = {}
        for node in self.nodes:
            for value in node.inputs:
                if value is not None:
                    found.setdefault(id(value), []).append(node)
        return found

    cpdef new_symbol(self, spec):
        """A symbol that no node computes: an input or a variable's value."""
        return symbol_type(self, spec)

    cpdef lift(self, value):
        """`value` as one of this graph; one of an enclosing graph becomes an input.

        Raises:
            RuntimeError: for a value of a graph that does not enclose this one.
        """
        if type(value) is not symbol_type:
            return value
        if (<Traced> value)._graph is self.reference:
            return value
        owner = (<Traced> value)._graph()
        known = self.captures.get(id(value)) or self.replayed.get(id(value))
        if known is not None:
            return known[1]
        if self.lender is not None and id(value) in self.lender.replayed:
            return self.lift(self.lender.replayed[id(value)][1])
        if owner is None or owner is not self.lender:
            value.graph  # noqa: B018 - raises: the trace of this value has ended
            if self.outer is None:
                raise RuntimeError(
                    "A value of one trace is used in another. A value of an outer "
                    "function cannot be used in an inner one."
                )
            if owner is not self.outer:
                return self.lift(self.outer.lift(value))
        symbol = self.new_symbol(value)
        self.captures[id(value)] = value, symbol
        return symbol

    cpdef Node record(self, primitive, args, dict attrs):
        """Adds a node after checking its arguments' shapes."""
        cdef list inputs = [self.lift(arg) for arg in args], outputs
        specs = primitive.infer(*inputs, **attrs)
        single = hasattr(specs, "shape")
        if single:
            outputs = [self.new_symbol(specs)]
        else:
            outputs = [self.new_symbol(spec) for spec in specs]
        node = Node(primitive, inputs, outputs, attrs, single, current_path())
        self.nodes.append(node)
        return node
