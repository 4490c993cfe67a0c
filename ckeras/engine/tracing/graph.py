"""The graph that a trace records: nodes in program order, values between them."""

import weakref

from ckeras.engine.scope import current_path
from ckeras.engine.values.operators import Operators, TracedValueError
from ckeras.user_code import line_at_work

__all__ = ["Graph", "Node", "Symbol"]


class Symbol(Operators):
    """A value of a trace: its shape and type are known, its numbers are not yet."""

    __slots__ = (
        "__weakref__",
        "_graph",
        "_keras_history",
        "_keras_mask",
        "dtype",
        "shape",
    )
    is_symbolic = True

    def __init__(self, graph, spec):
        # Nothing here leads back to the nodes: what the passes replace is gone at once.
        self._graph = graph.reference
        self.shape = tuple(spec.shape)
        self.dtype = spec.dtype

    @property
    def graph(self):
        graph = self._graph()
        if graph is None or graph.closed:
            raise RuntimeError(
                "A traced value is used after its trace has ended. Return it from "
                "the compiled function instead of storing it, or assign it to a "
                f"`Variable`.\n{line_at_work()}"
            )
        return graph

    @property
    def size(self):
        n = 1
        for d in self.shape:
            n *= d
        return n

    def numpy(self):
        raise _no_value(self, "`.numpy()`")

    def item(self):
        raise _no_value(self, "`.item()`")

    def tolist(self):
        raise _no_value(self, "`.tolist()`")

    def __array__(self, dtype=None, copy=None):
        raise _no_value(self, "a NumPy array of it")

    def __bool__(self):
        raise _no_value(
            self,
            "a Python condition (`if`, `while`, `and`)",
            "Use `ops.where`, `ops.cond` or `ops.while_loop`",
        )

    def __float__(self):
        raise _no_value(self, "`float()`")

    def __complex__(self):
        raise _no_value(self, "`complex()`")

    def __int__(self):
        raise _no_value(self, "`int()`")

    def __index__(self):
        raise _no_value(
            self,
            "a Python index or the bound of a `range`",
            "Use `ops.take` or `ops.fori_loop`",
        )

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        raise _no_value(self, "a pickle of it")

    def __format__(self, spec):
        if spec:
            raise _no_value(self, f"text in the format {spec!r}")
        return repr(self)

    def __repr__(self):
        return f"<Symbol shape={self.shape} dtype={self.dtype}>"


def _no_value(symbol, what, instead="Use functions of `ckeras.ops`"):
    return TracedValueError(
        f"A traced value (shape={symbol.shape}, dtype={symbol.dtype}) has no numbers "
        f"yet, so {what} cannot be had while a function is being compiled. "
        f"{instead}, or compile the model with `run_eagerly=True`.\n{line_at_work()}"
    )


class Node:
    """One applied primitive.

    Inputs are symbols, concrete tensors (constants) or None; outputs are symbols
    in a graph and tensors where the primitive was run at once.
    """

    __slots__ = ("attrs", "inputs", "outputs", "primitive", "scope", "single")

    def __init__(self, primitive, inputs, outputs, attrs, single, scope=""):
        self.primitive = primitive
        self.inputs = inputs
        self.outputs = outputs
        self.attrs = attrs
        self.single = single
        self.scope = scope

    def __repr__(self):
        return f"<Node {self.primitive.name} → {self.outputs}>"


class Graph:
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
        self.closed = False

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

    def new_symbol(self, spec):
        """A symbol that no node computes: an input or a variable's value."""
        return Symbol(self, spec)

    def lift(self, value):
        """`value` as one of this graph; one of an enclosing graph becomes an input.

        Raises:
            RuntimeError: for a value of a graph that does not enclose this one.
        """
        owner = value._graph() if type(value) is Symbol else self
        if owner is self:
            return value
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

    def record(self, primitive, args, attrs):
        """Adds a node after checking its arguments' shapes."""
        args = list(map(self.lift, args))
        specs = primitive.infer(*args, **attrs)
        single = hasattr(specs, "shape")
        outputs = [Symbol(self, specs)] if single else list(map(self.new_symbol, specs))
        node = Node(primitive, args, outputs, attrs, single, current_path())
        self.nodes.append(node)
        return node
