"""Fuses elementwise primitives that feed each other into one tiled step.

A group of fused nodes runs where its last member stood. So a group may grow only
while nobody outside it needs a result of its earlier members before that point.
"""

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive
from ckeras.engine.program import join
from ckeras.engine.tracing.graph import Node
from ckeras.engine.values.tensor import Tensor

__all__ = ["elementwise"]


def _output_specs(*specs, program):
    raise TypeError("Fused nodes are made by the pass alone.")


_fused = Primitive(
    "elementwise",
    infer=_output_specs,
    lower=lambda node: node.attrs["program"].step(),
    gradient=NOT_DIFFERENTIABLE,
    any_type=True,
)


# Programs of single nodes, and which of their inputs they read: the same for most of
# what is compiled again for another shape.
_programs: dict = {}
_MOST_PROGRAMS = 4096


def _number(value):
    """What a 0-d constant holds; None for other values."""
    return value.item() if type(value) is Tensor and value.shape == () else None


def _program_of(node, numbers):
    """A node's program, with those inputs that are numbers as parts of it."""
    program, kept = node.primitive.program(node), list(range(len(node.inputs)))
    for i in reversed(range(len(numbers))):
        if numbers[i] is not None:
            try:
                program = program.with_constant(i, numbers[i])
            except ValueError:  # an integer that no double holds
                continue
            del kept[i]
    return program, kept


class _Group:
    """Nodes that become one step.

    Attributes:
        nodes: its members in order.
        program: what they compute together.
        inputs: the program's operands.
        outputs: the symbols that it stores.
        blocked: whether a node outside has already used one of its results.
    """

    def __init__(self, nodes, program, inputs, outputs):
        self.nodes = nodes
        self.program = program
        self.inputs = inputs
        self.outputs = outputs
        self.blocked = False

    @classmethod
    def of(cls, node):
        """The group of one node; its 0-d constants become part of the program."""
        numbers = tuple(map(_number, node.inputs))
        known = numbers.count(None) < len(numbers)
        key = (
            node.primitive.name,
            tuple([(x.shape, x.dtype) for x in node.inputs]),
            tuple([(x.shape, x.dtype) for x in node.outputs]),
            # Tells 0.0 from -0.0.
            repr((node.attrs, numbers)) if node.attrs or known else "",
        )
        found = _programs.get(key)
        if found is None:
            found = _program_of(node, numbers)
            if len(_programs) < _MOST_PROGRAMS:
                _programs[key] = found
        program, kept = found
        inputs = [node.inputs[i] for i in kept]
        return cls([node], program, inputs, list(node.outputs))

    def node(self):
        """The one node in the members' place."""
        attrs = {"program": self.program}
        single = len(self.outputs) == 1
        scope = self.nodes[-1].scope
        return Node(_fused, self.inputs, self.outputs, attrs, single, scope)


def _joined(producer, consumer, uses, results):
    """Both groups as one, or None."""
    members = {id(n) for n in (*producer.nodes, *consumer.nodes)}
    kept = [
        o
        for o in producer.outputs
        if id(o) in results or any(id(n) not in members for n in uses.get(id(o), ()))
    ]
    # Values go by numbers that are the same in every plan, so that what has been
    # joined for another one is found.
    sides = (producer.inputs, producer.outputs, consumer.inputs, kept)
    values = list({id(v): v for side in sides for v in side}.values())
    numbers = {id(v): i for i, v in enumerate(values)}
    joined = join(
        producer.program,
        consumer.program,
        *[[numbers[id(v)] for v in side] for side in sides],
    )
    if joined is None:
        return None
    program, keys = joined
    return _Group(
        producer.nodes + consumer.nodes,
        program,
        [values[key] for key in keys],
        kept + consumer.outputs,
    )


def elementwise(graph):
    """Replaces groups of elementwise nodes by single ones."""
    uses = graph.uses()
    results = {id(v) for v in graph.results()}
    owner, last = {}, {}
    for node in graph.nodes:
        producers = {}
        for value in node.inputs:
            group = owner.get(id(value))
            if group is not None:
                producers[id(group)] = group
        group = None
        if hasattr(node.primitive, "program"):
            group = _Group.of(node)
        for producer in producers.values():
            joined = None
            if group is not None and not producer.blocked:
                joined = _joined(producer, group, uses, results)
            if joined is None:
                producer.blocked = True
            else:
                last.pop(id(producer.nodes[-1]))
                group = joined
        if group is not None:
            owner.update((id(o), group) for o in group.outputs)
            last[id(node)] = group
    fused = {id(n) for g in last.values() for n in g.nodes}
    nodes = []
    for node in graph.nodes:
        if id(node) in last:
            nodes.append(last[id(node)].node())
        elif id(node) not in fused:
            nodes.append(node)
    graph.nodes = nodes
