"""Decides in which memory every value of a graph lives.

Four ways save copies: a view shares its input's buffer; a step may take over the
buffer of an operand that nobody reads later; a variable's new value is computed right
into the variable; what is packed together is computed right into the pack.
"""

from typing import NamedTuple

from ckeras.engine.plan.buffers import Buffer
from ckeras.engine.plan.order import may_fail, safe_order
from ckeras.engine.plan.places import Place, apart, itemsize, nbytes
from ckeras.engine.values.arena import Arena
from ckeras.engine.values.memory import round_up

__all__ = ["Copy", "Layout", "PlanStep"]


class PlanStep(NamedTuple):
    """A node with its lowered form (None: a NumPy step), workspace and inner plans.

    The workspace is a buffer, after `Layout.settle` its place in the allocation.
    `nbytes` is the size of what the node reads and writes.
    """

    node: object
    step: object
    workspace: Buffer | int | None
    plans: tuple
    nbytes: int


class Copy(NamedTuple):
    """A copy at the end of a run, from place to place or, settled, slot to slot."""

    source: tuple
    target: tuple
    nbytes: int


class Layout:
    """The memory of a graph's values.

    Args:
        graph: a closed `Graph` with inputs, outputs, reads and writes.
        share: whether steps may take over buffers of their operands.
        plan_of: makes the plan of a graph that a step runs.

    Attributes:
        steps: the `PlanStep`s in order.
        copies: the `Copy`s that end a run.
        scratch: the scratch buffers to be placed.
        overwritten: numbers of the inputs whose memory an output takes over.
    """

    def __init__(self, graph, share=True, plan_of=None):
        self.graph = graph
        self._plan_of = plan_of
        self.steps = []
        self.scratch = []
        self.copies = []
        self.overwritten = set()
        self._places = {}
        self._storages = {}
        holders = (holder for holder, _ in (*graph.reads, *graph.writes))
        self._arenas = {id(h) for h in holders if isinstance(h, Arena)}
        self._packed = set()
        self._readers = {}  # (step, operand, place) by the id of the place's buffer
        self._last_failure = -1  # until after this step no variable may change
        self._take_operands()
        self._lower_nodes()
        self._results = list(map(self.place, graph.results()))
        for place in self._results:
            place.buffer.use(self.end)
        self._write_into_variables()
        self._compute_into_packs()
        if share:
            self._overwrite_carried()
        self._compute_into_outputs()
        if share:
            self._take_over_buffers()
        self._finish()

    def settle(self):
        """Settles where every value lives, once the scratch buffers are placed.

        What a plan keeps of its layout are plain tuples of names and numbers: the
        garbage collector does not go through these, nor through buffers that are gone.
        """
        self._slots = {key: place.slot() for key, place in self._places.items()}
        self.copies = [Copy(s.slot(), t.slot(), n) for s, t, n in self.copies]
        for time, step in enumerate(self.steps):
            if step.workspace is not None:
                self.steps[time] = step._replace(workspace=step.workspace.offset)
        del self._places, self._arenas, self._packed, self._plan_of, self.scratch

    def slot(self, value):
        """Where a value lives: kind and source of its buffer, and the byte in it.

        For scratch memory there is no source, and the byte is that of the allocation.
        """
        return self._slots.get(id(value)) or ("constant", value, 0)

    def place(self, value):
        """Where a symbol or a constant lives, before that is settled."""
        place = self._places.get(id(value))
        if place is None:
            place = self._new(Buffer("constant", value, nbytes(value)), value)
        return place

    def _new(self, buffer, value):
        """The place of a value that fills a buffer."""
        place = self._places[id(value)] = Place(buffer, 0, buffer.nbytes)
        return place

    @property
    def end(self):
        """The time at which everything has been computed."""
        return len(self.steps)

    # --- values and their buffers ------------------------------------------------

    def _take_operands(self):
        for i, symbol in enumerate(self.graph.inputs):
            self._new(Buffer("input", i, nbytes(symbol)), symbol)
        for holder, symbol in self.graph.reads:
            self._places[id(symbol)] = self._storage(holder)

    def _storage(self, holder):
        """The place of a variable or arena.

        Where the graph reads or writes an arena as a whole, its members lie in the
        arena's buffer. Elsewhere each has its own: variables may move to another arena
        later, and the plan follows each of them.
        """
        arena = getattr(holder, "_arena", None)
        start, size = 0, nbytes(holder.spec)
        if id(arena) in self._arenas:
            start = arena.start_of(holder) * arena.memory.itemsize
            holder = arena
        buffer = self._storages.get(id(holder))
        if buffer is None:
            buffer = Buffer("variable", holder, holder.memory.nbytes)
            self._storages[id(holder)] = buffer
        return Place(buffer, start, size)

    def _lower_nodes(self):
        for node in safe_order(self.graph):
            primitive = node.primitive
            if primitive.view is not None:
                self._note_view(node)
                continue
            step = primitive.lower(node) if primitive.lower is not None else None
            time, moved = len(self.steps), 0
            for i, value in enumerate(node.inputs):
                if value is not None:
                    place = self.place(value)
                    buffer = place.buffer
                    buffer.last = time
                    self._readers.setdefault(id(buffer), []).append((time, i, place))
                    moved += place.nbytes
            for output in node.outputs:
                buffer = Buffer("scratch", None, nbytes(output), time)
                self._new(buffer, output)
                self.scratch.append(buffer)
                moved += buffer.nbytes
            plans = tuple(map(self._plan_of, step.bodies.values())) if step else ()
            if plans and step.complete is not None:
                step.complete(step, plans)
            workspace = None
            if step is not None and (step.workspace or plans):
                size = round_up(step.workspace)
                size += sum(round_up(p.scratch_bytes) for p in plans)
                workspace = Buffer("scratch", None, size, time)
                self.scratch.append(workspace)
            if may_fail(node):
                self._last_failure = time
            self.steps.append(PlanStep(node, step, workspace, plans, moved))

    def _note_view(self, node):
        value, output = node.inputs[0], node.outputs[0]
        buffer, start, _ = self.place(value)
        start += node.primitive.view(node) * itemsize(value.dtype)
        self._places[id(output)] = Place(buffer, start, nbytes(output))

    def _whole_scratch(self, value):
        """The scratch buffer that a value fills, if it may still be moved."""
        buffer, start, size = self._places[id(value)]
        movable = (
            buffer.kind == "scratch"
            and buffer.parent is None
            and start == 0
            and buffer.nbytes == size
        )
        return buffer if movable else None

    # --- where results go --------------------------------------------------------

    def _write_into_variables(self):
        targets = [self._storage(holder) for holder, _ in self.graph.writes]
        # A loop may run forever or fail: nothing is written until the last is done.
        inner = [time for time, step in enumerate(self.steps) if step.plans]
        earliest = inner[-1] + 1 if inner else 0
        alone = apart(targets)
        for place, (_, value) in zip(targets, self.graph.writes, strict=True):
            buffer = self._whole_scratch(value)
            if (
                place in alone
                and buffer is not None
                and buffer.first >= earliest
                and self._may_write(place, buffer)
            ):
                buffer.put_into(place.buffer, place.start)
                readers = self._readers.setdefault(id(place.buffer), [])
                readers += self._readers.get(id(buffer), ())
            else:
                self.copies.append(Copy(self._places[id(value)], place, place.nbytes))

    def _may_write(self, target, buffer):
        """Whether nobody reads the target's old value once `buffer` is written, and
        no step can fail any more."""
        time = buffer.first
        if time <= self._last_failure:
            return False
        taken = self._taken_by(buffer)
        for later, i, place in self._readers.get(id(target.buffer), ()):
            if later >= time and place.overlaps(target):
                # What reads `buffer` itself does so under its own name.
                in_place = later == time and i in taken
                if not in_place or place.root() != target:
                    return False
        return not any([place.overlaps(target) for place in self._results])

    def _taken_by(self, buffer):
        """The operands that `buffer` may take the place of, in the step filling it."""
        node, step, *_ = self.steps[buffer.first]
        if step is None or not step.in_place:
            return ()
        index = [self._places[id(o)].buffer for o in node.outputs].index(buffer)
        return step.in_place.get(index, ())

    def _compute_into_packs(self):
        for node, step, *_ in self.steps:
            if step is None or node.primitive.name != "pack":
                continue
            pack, start = self._places[id(node.outputs[0])].buffer, 0
            if pack.root()[0].kind != "scratch":
                continue  # a variable must keep its old value until the last read
            for value in node.inputs:
                buffer = self._whole_scratch(value)
                if buffer is not None and buffer is not pack:
                    buffer.put_into(pack, start)
                    self._packed.add(id(pack))
                start += self._places[id(value)].nbytes

    def _overwrite_carried(self):
        for i, o in self.graph.carried:
            buffer = self._whole_scratch(self.graph.outputs[o])
            target = self._places[id(self.graph.inputs[i])]
            if buffer is None or id(buffer) in self._packed:
                continue
            if self._replaces(buffer, target) and target.buffer.kind == "input":
                buffer.put_into(target.buffer, 0)
                self.overwritten.add(i)

    def _replaces(self, buffer, target):
        """Whether the step that fills `buffer` is the last to read `target`."""
        taken = self._taken_by(buffer)
        readers = {
            j: place
            for j, place in self._operands(self.steps[buffer.first].node)
            if place.buffer is target.buffer
        }
        return (
            bool(readers)
            and target.buffer.last == buffer.first
            and target.buffer.nbytes == buffer.nbytes
            and all(j in taken and place == target for j, place in readers.items())
        )

    def _operands(self, node):
        """The numbers of a node's inputs, and where they lie."""
        return [
            (i, self._places[id(value)].root())
            for i, value in enumerate(node.inputs)
            if value is not None
        ]

    def _compute_into_outputs(self):
        kept = {o for i, o in self.graph.carried if i in self.overwritten}
        for i, value in enumerate(self.graph.outputs):
            if i in kept:
                continue
            buffer = self._whole_scratch(value)
            if buffer is not None and id(buffer) not in self._packed:
                buffer.kind, buffer.source = "output", i
            else:
                place = self._places[id(value)]
                target = Place(Buffer("output", i, place.nbytes), 0, place.nbytes)
                self.copies.append(Copy(place, target, place.nbytes))

    def _take_over_buffers(self):
        for time, (node, step, *_) in enumerate(self.steps):
            for index, candidates in (step.in_place if step else {}).items():
                buffer = self._whole_scratch(node.outputs[index])
                if buffer is None or id(buffer) in self._packed:
                    continue
                for i in candidates:
                    if self._is_free(node, i, candidates, time, buffer):
                        buffer.put_into(self._places[id(node.inputs[i])].buffer, 0)
                        break

    def _is_free(self, node, i, candidates, time, buffer):
        """Whether input `i` is read here for the last time and fits exactly."""
        if node.inputs[i] is None:
            return False
        place = self._places[id(node.inputs[i])]
        root = place.root()
        if (
            root.buffer.kind != "scratch"
            or id(root.buffer) in self._packed
            or root.start != 0
            or place.start != 0
            or root.buffer.nbytes != buffer.nbytes
            or root.buffer.last != time
        ):
            return False
        outputs = [self._places[id(o)].root().buffer for o in node.outputs]
        return root.buffer not in outputs and all(
            [
                j in candidates and other == root
                for j, other in self._operands(node)
                if other.buffer is root.buffer
            ]
        )

    def _finish(self):
        """Keeps what is left to be placed, and the copies in a safe order."""
        self.scratch = [
            b for b in self.scratch if b.parent is None and b.kind == "scratch"
        ]
        # A variable's old value may be a source of several copies: outputs come
        # first, and values that other copies overwrite go by way of scratch.
        first, staged, last = [], [], []
        for copy in self.copies:
            if copy.target.buffer.kind == "output":
                first.append(copy)
            elif copy.source.root().buffer.kind == "variable":
                buffer = Buffer("scratch", None, copy.nbytes, self.end)
                self.scratch.append(buffer)
                between = Place(buffer, 0, copy.nbytes)
                staged.append(Copy(copy.source, between, copy.nbytes))
                last.append(Copy(between, copy.target, copy.nbytes))
            else:
                last.append(copy)
        self.copies = first + staged + last
        # What no plan asks for later: the garbage collector would go through it.
        del self._readers, self._results, self._storages
