"""A function that is traced into a graph of its own: a branch, or a loop's body.

Values of the enclosing traces that it uses become inputs of its graph. Variables that
it reads become inputs too, and those that it assigns become results, which are assigned
outside once the node that runs the body has been recorded. So nothing is left behind
if tracing fails.
"""

from ckeras.engine.scope import no_stateless_scope
from ckeras.engine.tracing.tapes import paused
from ckeras.engine.tracing.trace import Trace, active, current, is_recorded

__all__ = ["Body"]


class Body(Trace):
    """The trace of a function inside another trace.

    Args:
        function: takes the arguments' symbols and returns a list of values; None in
            it stands for no value.
        specs: the arguments' shapes and types.
        lender: for a gradient, the graph of the body whose gradient it is.

    Attributes:
        arguments: the arguments' symbols.
        results: what the function returned, as values of this graph.
    """

    def __init__(self, function, specs, lender=None):
        super().__init__(outer=current().graph, lender=lender)
        self.recorded = is_recorded()
        self.arguments = [self.graph.new_symbol(spec) for spec in specs]
        self.results = list(map(self.graph.lift, self._inside(function)))

    def _inside(self, function):
        # Neither tapes nor stateless scopes of the caller may see values of the body.
        with active(self), paused(), no_stateless_scope():
            return function(*self.arguments)

    def value_at_end(self, holder):
        """The value that a variable or arena has when the body has been run."""
        return self._inside(lambda *_: holder.value)

    def symbol_for(self, symbols, key, spec):
        """The symbol that a mapping has for a key, or a new one that nobody uses."""
        symbol = symbols.get(key)
        return self.graph.new_symbol(spec) if symbol is None else symbol

    def close(self, inputs, outputs):
        """Settles the graph's inputs and outputs; nothing more may be recorded."""
        self.graph.inputs = inputs
        self.graph.outputs = outputs
        self.graph.closed = True

    def borrowed(self):
        """(value, symbol) for each captured value that is the lender's."""
        lender = self.graph.lender
        pairs = self.graph.captures.values()
        return [p for p in pairs if lender is not None and p[0]._graph() is lender]

    def captured(self):
        """(value, symbol) for each captured value of the enclosing traces."""
        lender = self.graph.lender
        pairs = self.graph.captures.values()
        return [p for p in pairs if lender is None or p[0]._graph() is not lender]
