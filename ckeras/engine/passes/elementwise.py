"""Fuses elementwise primitives that feed each other into one tiled step.

A group of fused nodes runs where its last member stood. So a group may grow only
while nobody outside it needs a result of its earlier members before that point.
"""

from typing import NamedTuple

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive
from ckeras.engine.program import Program, join
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


# Programs of single nodes and which of their inputs they read, by `_key_of`; the steps
# that the nodes of a graph become, by its outline. Most of what is compiled again for
# another shape is found there: the loss, the metrics and the optimizer are the same.
_programs: dict = {}
_MOST_PROGRAMS = 4096
_fusions: dict = {}
_MOST_FUSIONS = 64


class _Step(NamedTuple):
    """What a group of nodes becomes: a program, and the values that it reads and
    makes, by the numbers that they have in the graph's outline."""

    program: Program
    inputs: list
    outputs: list


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
    def of(cls, node, key):
        """The group of one node; its 0-d constants become part of the program."""
        found = _programs.get(key)
        if found is None:
            found = _program_of(node, tuple(map(_number, node.inputs)))
            if len(_programs) < _MOST_PROGRAMS:
                _programs[key] = found
        program, kept = found
        inputs = [node.inputs[i] for i in kept]
        return cls([node], program, inputs, list(node.outputs))


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


def _key_of(node):
    """What tells an elementwise node's program; None for other nodes."""
    if not hasattr(node.primitive, "program"):
        return None
    numbers = None
    if Tensor in map(type, node.inputs):
        numbers = tuple(map(_number, node.inputs))
    return (
        node.primitive.name,
        tuple([(x.shape, x.dtype) for x in node.inputs]),
        tuple([(x.shape, x.dtype) for x in node.outputs]),
        # Tells 0.0 from -0.0.
        repr((node.attrs, numbers)) if node.attrs or numbers else "",
    )


def _outline(graph):
    """All that the groups of a graph's nodes depend on, and the values by number.

    Values go by numbers, in the order in which they appear. Nodes that are not
    elementwise count by what they use and make.
    """
    numbers, rows, keys = {}, [], []
    for node in graph.nodes:
        row = [len(node.inputs)]
        for value in (*node.inputs, *node.outputs):
            number, _ = numbers.setdefault(id(value), (len(numbers), value))
            row.append(number)
        rows.append(tuple(row))
        keys.append(_key_of(node))
    results = [numbers.get(id(v), (None,))[0] for v in graph.results()]
    values = [value for _, value in numbers.values()]
    return (tuple(keys), tuple(rows), tuple(results)), values


def elementwise(graph):
    """Replaces groups of elementwise nodes by single ones."""
    outline, values = _outline(graph)
    found = _fusions.get(outline)
    if found is None:
        found = _fusion(graph, outline[0], values)
        if len(_fusions) >= _MOST_FUSIONS:
            _fusions.clear()
        _fusions[outline] = found
    steps, fused = found
    nodes = []
    for i, node in enumerate(graph.nodes):
        if i in steps:
            program, read, made = steps[i]
            inputs, outputs = [values[k] for k in read], [values[k] for k in made]
            attrs, single = {"program": program}, len(outputs) == 1
            nodes.append(Node(_fused, inputs, outputs, attrs, single, node.scope))
        elif i not in fused:
            nodes.append(node)
    graph.nodes = nodes


def _fusion(graph, keys, values):
    """What becomes of the nodes, which go by their numbers here.

    Returns:
        A `_Step` for the last node of each group, and all nodes that are in groups.
    """
    numbers = {id(value): k for k, value in enumerate(values)}
    places = {id(node): i for i, node in enumerate(graph.nodes)}
    steps, fused = {}, set()
    for group in _groups(graph, keys):
        read, made = [
            [numbers[id(v)] for v in s] for s in (group.inputs, group.outputs)
        ]
        members = [places[id(node)] for node in group.nodes]
        steps[members[-1]] = _Step(group.program, read, made)
        fused.update(members)
    return steps, fused


def _groups(graph, keys):
    """The groups of nodes that become one step each."""
    uses = graph.uses()
    results = {id(v) for v in graph.results()}
    owner, last = {}, {}
    for node, key in zip(graph.nodes, keys, strict=True):
        producers = {}
        for value in node.inputs:
            group = owner.get(id(value))
            if group is not None:
                producers[id(group)] = group
        group = None if key is None else _Group.of(node, key)
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
    return last.values()
