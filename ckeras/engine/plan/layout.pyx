# cython: auto_pickle=False, boundscheck=True, nonecheck=True, overflowcheck=True
"""Decides in which memory every value of a graph lives.

Four ways save copies: a view shares its input's buffer; a step may take over the
buffer of an operand that nobody reads later; a variable's new value is computed right
into the variable; what is packed together is computed right into the pack.
"""

from cpython.long cimport PyLong_FromVoidPtr

from ckeras.engine.plan.buffers cimport Buffer, round_up
from ckeras.engine.plan.order import fallible, safe_order
from ckeras.engine.plan.places cimport Place, Reader, apart, itemsize, nbytes, reader_of
from ckeras.engine.plan.step cimport Copy, PlanStep
from ckeras.engine.values.arena import Arena

__all__ = ["Layout"]


cdef inline object key(value):
    """`id(value)`, without a call: values themselves compare by their numbers."""
    return PyLong_FromVoidPtr(<void*> value)


cdef class Layout:
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

    cdef readonly list steps, copies, scratch
    cdef readonly set overwritten
    cdef object graph, plan_of
    cdef dict places        # of values
    cdef dict slots         # of values, once they are settled
    cdef dict storages      # buffers of variables and arenas
    cdef dict readers       # lists of `Reader`s by the buffer that they read
    cdef set arenas         # those that are read or written as a whole
    cdef list results       # places that must be kept to the end
    cdef Py_ssize_t last_failure  # until after this step no variable may change

    def __init__(self, graph, bint share=True, plan_of=None):
        self.graph, self.plan_of = graph, plan_of
        self.steps, self.copies, self.scratch = [], [], []
        self.overwritten = set()
        self.places, self.storages, self.readers = {}, {}, {}
        holders = [holder for holder, _ in (*graph.reads, *graph.writes)]
        self.arenas = {key(h) for h in holders if isinstance(h, Arena)}
        self.last_failure = -1
        self.take_operands()
        self.lower_nodes()
        self.keep_results()
        self.write_into_variables()
        self.compute_into_packs()
        if share:
            self.overwrite_carried()
        self.compute_into_outputs()
        if share:
            self.take_over_buffers()
        self.finish()

    def settle(self):
        """Settles where every value lives, once the scratch buffers are placed.

        What a plan keeps of its layout are plain tuples of names and numbers: the
        garbage collector does not go through these, nor through buffers that are gone.
        """
        cdef Place place
        cdef PlanStep step
        cdef Copy copy
        self.slots = {}
        for number, place in self.places.items():
            self.slots[number] = place.slot()
        for copy in self.copies:
            copy.source = (<Place> copy.source).slot()
            copy.target = (<Place> copy.target).slot()
        for step in self.steps:
            if step.workspace is not None:
                step.workspace = step.workspace.offset
        self.places = self.storages = self.readers = None
        self.arenas = self.results = self.scratch = self.plan_of = None

    cpdef tuple slot(self, value):
        """Where a value lives: kind and source of its buffer, and the byte in it.

        For scratch memory there is no source, and the byte is that of the allocation.
        """
        return self.slots.get(key(value)) or ("constant", value, 0)

    def slots_of(self, node):
        """The slots of a node's inputs and outputs, None for an input left out."""
        values = (*node.inputs, *node.outputs)
        return [None if value is None else self.slot(value) for value in values]

    cdef Place place(self, value):
        """Where a symbol or a constant lives, before that is settled."""
        place = self.places.get(key(value))
        if place is None:
            return self.new(Buffer("constant", value, nbytes(value)), value)
        return place

    cdef Place at(self, value):
        """Where a symbol or a constant of the graph lies, which has its place."""
        return self.places[key(value)]

    cdef Place new(self, Buffer buffer, value):
        """The place of a value that fills a buffer."""
        place = self.places[key(value)] = Place(buffer, 0, buffer.nbytes)
        return place

    # --- values and their buffers ------------------------------------------------

    cdef take_operands(self):
        for i, symbol in enumerate(self.graph.inputs):
            self.new(Buffer("input", i, nbytes(symbol)), symbol)
        for holder, symbol in self.graph.reads:
            self.places[key(symbol)] = self.storage(holder)

    cdef Place storage(self, holder):
        """The place of a variable or arena.

        Where the graph reads or writes an arena as a whole, its members lie in the
        arena's buffer. Elsewhere each has its own: variables may move to another arena
        later, and the plan follows each of them.
        """
        cdef Py_ssize_t start = 0, size = nbytes(holder.spec)
        arena = getattr(holder, "_arena", None)
        if key(arena) in self.arenas:
            start = arena.start_of(holder) * arena.memory.itemsize
            holder = arena
        buffer = self.storages.get(key(holder))
        if buffer is None:
            buffer = Buffer("variable", holder, holder.memory.nbytes)
            self.storages[key(holder)] = buffer
        return Place(buffer, start, size)

    cdef lower_nodes(self):
        failing = fallible(self.graph.nodes)
        for node in safe_order(self.graph, failing):
            if key(node) in failing:
                self.last_failure = len(self.steps)
            primitive = node.primitive
            if primitive.view is not None:
                self.note_view(node)
            else:
                step = primitive.lower(node) if primitive.lower is not None else None
                self.append(node, step)

    cdef note_view(self, node):
        value, output = node.inputs[0], node.outputs[0]
        cdef Place place = self.place(value)
        cdef Py_ssize_t start = node.primitive.view(node)
        start = place.start + start * itemsize(value.dtype)
        self.places[key(output)] = Place(place.buffer, start, nbytes(output))

    cdef append(self, node, step):
        cdef Py_ssize_t time = len(self.steps), i
        cdef Place place
        cdef Buffer buffer
        moved = 0
        for i, value in enumerate(node.inputs):
            if value is not None:
                place = self.place(value)
                place.buffer.last = time
                self.readers_of(place.buffer).append(reader_of(time, i, place))
                moved += place.nbytes
        for output in node.outputs:
            buffer = self.new_scratch(nbytes(output), time)
            self.new(buffer, output)
            moved += buffer.nbytes
        plans, workspace = (), None
        if step is not None:
            if step.bodies:
                plans = tuple(map(self.plan_of, step.bodies.values()))
                if step.complete is not None:
                    step.complete(step, plans)
            if step.workspace or plans:
                size = round_up(step.workspace)
                size += sum([round_up(p.scratch_bytes) for p in plans])
                workspace = self.new_scratch(size, time)
        self.steps.append(PlanStep(node, step, workspace, plans, moved))

    cdef list readers_of(self, Buffer buffer):
        """What reads a buffer under its own name."""
        return self.readers.setdefault(key(buffer), [])

    cdef Buffer new_scratch(self, Py_ssize_t size, Py_ssize_t time):
        buffer = Buffer("scratch", None, size, time)
        self.scratch.append(buffer)
        return buffer

    cdef keep_results(self):
        cdef Place place
        self.results = [self.place(value) for value in self.graph.results()]
        for place in self.results:
            place.buffer.use(len(self.steps))

    # --- where results go --------------------------------------------------------

    cdef write_into_variables(self):
        cdef Place place
        cdef Buffer buffer
        cdef PlanStep step
        cdef Py_ssize_t earliest = 0
        # A loop may run forever or fail: nothing is written until the last is done.
        for time, step in enumerate(self.steps, 1):
            if step.plans:
                earliest = time
        targets = [self.storage(holder) for holder, _ in self.graph.writes]
        alone = apart(targets)
        for place, (_, value) in zip(targets, self.graph.writes, strict=True):
            buffer = self.at(value).whole_scratch()
            if (
                buffer is not None
                and buffer.first >= earliest
                and place in alone
                and self.may_write(place, buffer)
            ):
                buffer.put_into(place.buffer, place.start)
                self.readers_of(place.buffer).extend(self.readers_of(buffer))
            else:
                self.copies.append(Copy(self.at(value), place, place.nbytes))

    cdef bint may_write(self, Place target, Buffer buffer):
        """Whether nobody reads the target's old value once `buffer` is written, and
        no step can fail any more."""
        cdef Py_ssize_t time = buffer.first
        cdef Reader reader
        cdef Place place
        if time <= self.last_failure:
            return False
        taken = self.taken_by(buffer)
        for reader in self.readers_of(target.buffer):
            if reader.time >= time and reader.place.overlaps(target):
                # What reads `buffer` itself does so under its own name.
                in_place = reader.time == time and reader.number in taken
                if not in_place or not reader.place.root().same(target):
                    return False
        for place in self.results:
            if place.overlaps(target):
                return False
        return True

    cdef taken_by(self, Buffer buffer):
        """The operands that `buffer` may take the place of, in the step filling it."""
        cdef PlanStep made = self.steps[buffer.first]
        if made.step is None or not made.step.in_place:
            return ()
        for index, output in enumerate(made.node.outputs):
            if self.at(output).buffer is buffer:
                return made.step.in_place.get(index, ())
        return ()  # parts of it are filled by several steps

    cdef compute_into_packs(self):
        cdef Buffer pack, buffer
        cdef Py_ssize_t start
        cdef PlanStep step
        for step in self.steps:
            node = step.node
            if step.step is None or node.primitive.name != "pack":
                continue
            start = 0
            pack = self.at(node.outputs[0]).buffer
            if pack.outermost(&start).kind != "scratch":
                continue  # a variable must keep its old value until the last read
            start = 0
            for value in node.inputs:
                buffer = self.at(value).whole_scratch()
                if buffer is not None and buffer is not pack:
                    buffer.put_into(pack, start)
                    pack.packed = True
                start += self.at(value).nbytes

    cdef overwrite_carried(self):
        cdef Buffer buffer
        cdef Place target
        for i, o in self.graph.carried:
            buffer = self.at(self.graph.outputs[o]).whole_scratch()
            target = self.at(self.graph.inputs[i])
            if buffer is None or buffer.packed or target.buffer.kind != "input":
                continue
            if self.replaces(buffer, target):
                buffer.put_into(target.buffer, 0)
                self.overwritten.add(i)

    cdef bint replaces(self, Buffer buffer, Place target):
        """Whether the step that fills `buffer` is the last to read `target`."""
        node = (<PlanStep> self.steps[buffer.first]).node
        return (
            target.buffer.last == buffer.first
            and target.buffer.nbytes == buffer.nbytes
            and self.reads_only(node, target, self.taken_by(buffer), True)
        )

    cdef bint reads_only(self, node, Place target, numbers, bint some):
        """Whether a node reads the buffer of `target` as a whole and by these operands
        alone; with `some`, by one of them at least."""
        cdef Place place
        for i, value in enumerate(node.inputs):
            if value is None:
                continue
            place = self.at(value).root()
            if place.buffer is target.buffer:
                if i not in numbers or not place.same(target):
                    return False
                some = False
        return not some

    cdef compute_into_outputs(self):
        cdef Place place
        cdef Buffer buffer
        kept = {o for i, o in self.graph.carried if i in self.overwritten}
        for i, value in enumerate(self.graph.outputs):
            if i in kept:
                continue
            buffer = self.at(value).whole_scratch()
            if buffer is not None and not buffer.packed:
                buffer.kind, buffer.source = "output", i
            else:
                place = self.at(value)
                target = Place(Buffer("output", i, place.nbytes), 0, place.nbytes)
                self.copies.append(Copy(place, target, place.nbytes))

    cdef take_over_buffers(self):
        cdef Buffer buffer
        cdef Place place
        cdef Py_ssize_t time
        cdef PlanStep made
        for time, made in enumerate(self.steps):
            if made.step is None:
                continue
            node = made.node
            for index, candidates in made.step.in_place.items():
                buffer = self.at(node.outputs[index]).whole_scratch()
                if buffer is None or buffer.packed:
                    continue
                for i in candidates:
                    if self.is_free(node, i, candidates, time, buffer):
                        place = self.at(node.inputs[i])
                        buffer.put_into(place.buffer, 0)
                        break

    cdef bint is_free(
        self, node, Py_ssize_t i, candidates, Py_ssize_t time, Buffer buffer
    ):
        """Whether input `i` is read here for the last time and fits exactly."""
        cdef Place place, root
        cdef Py_ssize_t start = 0
        if node.inputs[i] is None:
            return False
        place = self.at(node.inputs[i])
        root = place.root()
        if (
            root.buffer.kind != "scratch"
            or root.buffer.packed
            or root.start != 0
            or place.start != 0
            or root.buffer.nbytes != buffer.nbytes
            or root.buffer.last != time
        ):
            return False
        for output in node.outputs:
            place = self.at(output)
            if place.buffer.outermost(&start) is root.buffer:
                return False
        return self.reads_only(node, root, candidates, False)

    cdef finish(self):
        """Keeps what is left to be placed, and the copies in a safe order."""
        cdef Buffer buffer
        cdef Place source, target
        cdef Copy copy
        left = []
        for buffer in self.scratch:
            if buffer.parent is None and buffer.kind == "scratch":
                left.append(buffer)
        self.scratch = left
        # A variable's old value may be a source of several copies: outputs come
        # first, and values that other copies overwrite go by way of scratch.
        first, staged, last = [], [], []
        for copy in self.copies:
            source, target, size = copy.source, copy.target, copy.nbytes
            if target.buffer.kind == "output":
                first.append(copy)
            elif source.root().buffer.kind == "variable":
                between = Place(self.new_scratch(size, len(self.steps)), 0, size)
                staged.append(Copy(source, between, size))
                last.append(Copy(between, target, size))
            else:
                last.append(copy)
        self.copies = first + staged + last
