"""Functional graphs: what lies between given inputs and outputs, run on new inputs."""

from ckeras.engine import tree
from ckeras.engine.symbolic.graph_map import map_graph
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.symbolic.node import Node
from ckeras.engine.symbolic.operation import Operation

__all__ = ["Function"]


class Function(Operation):
    """The computation between placeholders, to be applied to other values.

    Args:
        inputs: `KerasTensor`, or nested lists, tuples and dictionaries of them.
        outputs: the same; computable from `inputs`.
        name: name of the function.

    Raises:
        ValueError: if `outputs` need something besides `inputs`, or two operations
            between them have the same name.

    Example:

    >>> a = ckeras.KerasTensor(shape=(None, 2))
    >>> twice = ckeras.Function(inputs=a, outputs=a + a)
    >>> twice(np.ones((1, 2), "float32")).numpy()
    array([[2., 2.]], dtype=float32)
    """

    def __init__(self, inputs, outputs, name=None):
        super().__init__(name=name)
        self._set_graph(inputs, outputs)

    def _set_graph(self, inputs, outputs):
        self._inputs_struct = tree.map_structure(lambda x: x, inputs)
        self._outputs_struct = tree.map_structure(lambda x: x, outputs)
        self._inputs = tree.flatten(inputs)
        self._outputs = tree.flatten(outputs)
        for what, values in (("inputs", self._inputs), ("outputs", self._outputs)):
            if not values:
                raise ValueError(
                    f"`{what}` argument cannot be empty. Received:\n"
                    f"inputs={inputs}\noutputs={outputs}"
                )
        found = map_graph(self._inputs, self._outputs)
        self._nodes, self._nodes_by_depth = found.nodes, found.nodes_by_depth
        self._operations = found.operations
        self._operations_by_depth = found.operations_by_depth
        self._ordered_nodes = [
            node
            for depth in sorted(found.nodes_by_depth, reverse=True)
            for node in found.nodes_by_depth[depth]
        ]
        self._check_connected()

    def _check_connected(self):
        known = {id(x) for x in self._inputs}
        for node in self._ordered_nodes:
            if all(id(x) in known for x in node.input_tensors) and not node.is_input:
                known.update(id(x) for x in node.outputs)
        for path, x in tree.flatten_with_path(self._outputs_struct):
            if id(x) not in known:
                where = ".".join(str(p) for p in path)
                raise ValueError(
                    f"Output with path `{where}` is not connected to `inputs`"
                )

    @property
    def operations(self):
        """The operations between inputs and outputs, inputs first."""
        return self._operations[:]

    @property
    def inputs(self):
        """Flat list of the symbolic inputs."""
        return self._inputs

    @property
    def outputs(self):
        """Flat list of the symbolic outputs."""
        return self._outputs

    def compute_output_spec(self, inputs):
        self._assert_input_compatibility(inputs)
        flat = tree.flatten(inputs)
        if all(x.shape == y.shape for x, y in zip(flat, self._inputs, strict=True)):
            return tree.map_structure(
                lambda x: KerasTensor(x.shape, dtype=x.dtype), self._outputs_struct
            )
        return self._run_through_graph(inputs, lambda op: op.compute_output_spec)

    def compute_output_shape(self, input_shape):
        """Shapes of the outputs for inputs of the given shapes."""
        placeholders = tree.map_shape_structure(KerasTensor, input_shape)
        for x, known in zip(tree.flatten(placeholders), self._inputs, strict=True):
            x.dtype = known.dtype
        specs = self.compute_output_spec(placeholders)
        return tree.map_structure(lambda x: x.shape, specs)

    def call(self, inputs):
        """The outputs for new inputs."""
        self._assert_input_compatibility(inputs)
        return self._run_through_graph(inputs)

    def _run_through_graph(self, inputs, operation_fn=None):
        """Calls `operation_fn(operation)` at every node, in order of depth."""
        flat = tree.flatten(inputs)
        values = {id(x): y for x, y in zip(self._inputs, flat, strict=True)}
        for node in self._ordered_nodes:
            if node.is_input or any(id(x) not in values for x in node.input_tensors):
                continue
            args, kwargs = node.arguments.fill_in(values)
            operation = node.operation
            call = operation if operation_fn is None else operation_fn(operation)
            outputs = tree.flatten(call(*args, **kwargs))
            if len(outputs) < len(node.outputs):
                raise ValueError(
                    f"'{operation.name}' returned {len(outputs)} outputs where it "
                    f"returned {len(node.outputs)} when the model was made."
                )
            # Further ones are left out, as in Keras.
            values.update(zip([id(x) for x in node.outputs], outputs, strict=False))
        results = [values[id(x)] for x in self._outputs]
        return tree.pack_sequence_as(self._outputs_struct, results)

    def _assert_input_compatibility(self, inputs):
        try:
            tree.assert_same_structure(inputs, self._inputs_struct, check_types=False)
        except ValueError:
            raise ValueError(
                "Function was called with an invalid input structure. Expected input "
                f"structure: {self._inputs_struct}\nReceived input structure: {inputs}"
            ) from None
        for x, known in zip(tree.flatten(inputs), self._inputs, strict=True):
            fits = len(x.shape) == len(known.shape) and all(
                a == b or a is None or b is None
                for a, b in zip(x.shape, known.shape, strict=True)
            )
            if not fits:
                raise ValueError(
                    f"{type(self).__name__} was passed incompatible inputs. For input "
                    f"'{known.name}', expected shape {known.shape}, but received "
                    f"instead a tensor with shape {x.shape}."
                )

    # --- copies ----------------------------------------------------------------

    def __getstate__(self):
        return pack_graph(self, super().__getstate__())

    def __setstate__(self, state):
        restore_graph(self, state)


_GRAPH = (
    "_inputs_struct",
    "_outputs_struct",
    "_inputs",
    "_outputs",
    "_nodes",
    "_nodes_by_depth",
    "_ordered_nodes",
    "_operations_by_depth",
)


def pack_graph(function, state):
    """A function's state for pickling, with its graph as a flat list of calls.

    Pickling the chain of placeholders and nodes itself would recurse once for every
    layer of a deep model.
    """
    numbers = {}

    def number(x):
        return numbers.setdefault(id(x), len(numbers))

    def reference(x):
        return _Placeholder(number(x)) if isinstance(x, KerasTensor) else x

    calls = []
    for node in function._ordered_nodes:
        args, kwargs = node.arguments.convert(reference)
        outputs = [(number(x), x.shape, x.dtype, x.name) for x in node.outputs]
        calls.append((node.operation, args, kwargs, outputs))
    state = {k: v for k, v in state.items() if k not in _GRAPH}
    computed = {id(x) for node in function._ordered_nodes for x in node.outputs}
    free = [
        (number(x), x.shape, x.dtype, x.name)
        for x in function._inputs
        if id(x) not in computed
    ]
    state["_graph"] = {
        "calls": calls,
        "free": free,
        "inputs": tree.map_structure(number_of(numbers), function._inputs_struct),
        "outputs": tree.map_structure(number_of(numbers), function._outputs_struct),
    }
    return state


def number_of(numbers):
    """A function from placeholder to its number in the packed graph."""
    return lambda x: numbers[id(x)]


class _Placeholder:
    """Stands for placeholder `number` among pickled arguments."""

    def __init__(self, number):
        self.number = number


def restore_graph(function, state):
    """Undoes `pack_graph`: makes placeholders and nodes anew."""
    graph = state.pop("_graph")
    function.__dict__.update(state)
    placeholders = {}

    def make(number, shape, dtype, name):
        placeholders[number] = KerasTensor(shape, dtype=dtype, name=name)
        return placeholders[number]

    def resolve(x):
        return placeholders[x.number] if isinstance(x, _Placeholder) else x

    for description in graph["free"]:
        make(*description)
    for operation, args, kwargs, outputs in graph["calls"]:
        args, kwargs = tree.map_structure(resolve, (args, kwargs))
        Node(operation, args, kwargs, [make(*o) for o in outputs])
    function._set_graph(
        tree.map_structure(placeholders.__getitem__, graph["inputs"]),
        tree.map_structure(placeholders.__getitem__, graph["outputs"]),
    )
