"""Primitives: the few operations that everything else is composed of.

A primitive is declared once: its shape rule, its kernel, its gradient. Calling one
goes through `bind`, which hands it to what is in force: run now on concrete values,
record in the trace on traced ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ckeras import kernels
from ckeras.engine import config
from ckeras.engine.graph import Node, Symbol
from ckeras.engine.memory import empty
from ckeras.engine.plan import calls, control
from ckeras.engine.tapes import active_tapes
from ckeras.engine.tensor import Tensor
from ckeras.engine.trace import current

__all__ = [
    "NOT_DIFFERENTIABLE",
    "Primitive",
    "Spec",
    "Step",
    "bind",
    "record",
    "registry",
]

registry: dict[str, "Primitive"] = {}


class Spec(NamedTuple):
    """Shape and number type of a value."""

    shape: tuple
    dtype: str


def NOT_DIFFERENTIABLE(node, d_outputs, needs):
    """The gradient rule of a primitive through which no gradient flows."""
    return [None] * len(node.inputs)


@dataclass
class Step:
    """One kernel call of a plan.

    Attributes:
        kernel: `"module.entry"` below `ckeras.kernels`.
        dims, attrs: the kernel's integers and scalars.
        dtype: the number type that picks the entry's instance; None if it has one.
        workspace: bytes of scratch memory, the last buffer if not 0.
        flops: floating-point operations, for reports.
        in_place: for an output's index, the inputs whose buffer it may take over.
        bodies: the graphs that the step runs, by what they are called in reports.
        runs: how often it runs them, for reports; 0 if it runs only one of them.
        complete: function of the step and the bodies' plans that fills in what
            depends on these.
    """

    kernel: str
    dims: tuple = ()
    attrs: tuple = ()
    dtype: str | None = None
    workspace: int = 0
    flops: int = 0
    in_place: dict = field(default_factory=dict)
    bodies: dict = field(default_factory=dict)
    runs: int = 1
    complete: Callable | None = None

    def capsule(self):
        """The kernel's C entry."""
        if self.bodies:
            return control.__pyx_capi__[self.kernel]
        module, _, entry = self.kernel.partition(".")
        return kernels.pointer(module, entry, self.dtype)


class Primitive:
    """An operation with one home for each of its rules.

    Args:
        name: unique name, as shown in plans.
        infer: `infer(*specs, **attrs)` returns the output's `Spec`, or a tuple of
            them; the one place that raises about shapes.
        lower: `lower(node)` returns the `Step` that computes it.
        view: `view(node)` returns the element offset at which the output lies in
            the first input's memory: no kernel and no copy.
        evaluate: `evaluate(*arrays, **attrs)` computes with NumPy where there is
            no kernel; such a step takes the GIL.
        gradient: `gradient(node, d_outputs, needs)` returns a gradient or None for
            each input, written in ops so that it can be differentiated again.
        explain: `explain(node, arrays, status)` returns the exception for a kernel
            that refused its input.

    Exactly one of `lower`, `view` and `evaluate` is given.
    """

    def __init__(
        self,
        name: str,
        *,
        infer: Callable,
        gradient: Callable,
        lower: Callable | None = None,
        view: Callable | None = None,
        evaluate: Callable | None = None,
        explain: Callable | None = None,
    ):
        if name in registry:
            raise ValueError(f"There is already a primitive named {name!r}.")
        if [lower, view, evaluate].count(None) != 2:
            raise ValueError(f"{name}: give one of `lower`, `view` and `evaluate`.")
        self.name = name
        self.infer = infer
        self.gradient = gradient
        self.lower = lower
        self.view = view
        self.evaluate = evaluate
        self.explain = explain
        self._calls: dict = {}
        registry[name] = self

    def __call__(self, *args, **attrs):
        return bind(self, args, attrs)

    def __repr__(self):
        return f"<Primitive {self.name}>"


def bind(primitive, args, attrs):
    """Applies a primitive: records it if an argument is traced, else runs it."""
    for arg in args:
        if type(arg) is Symbol:
            trace = current()
            graph = arg.graph if trace is None else trace.graph
            node = graph.record(primitive, args, attrs)
            break
    else:
        node = _run_now(primitive, args, attrs)
    for tape in active_tapes():
        tape.record(node)
    outputs = node.outputs
    return outputs[0] if node.single else tuple(outputs)


def record(primitive, args, attrs):
    """Records a primitive in the active trace, whatever its arguments are.

    Returns:
        The node.
    """
    node = current().graph.record(primitive, args, attrs)
    for tape in active_tapes():
        tape.record(node)
    return node


class _Prepared:
    """What a repeated eager call of one signature needs: specs and kernel call."""

    __slots__ = ("call", "node", "single", "specs", "workspace")

    def __init__(self, primitive, args, attrs):
        inputs = [a if a is None else Spec(a.shape, a.dtype) for a in args]
        specs = primitive.infer(*inputs, **attrs)
        self.single = isinstance(specs, Spec)
        self.specs = [specs] if self.single else list(specs)
        self.node = Node(primitive, inputs, self.specs, attrs, self.single)
        self.call, self.workspace = None, 0
        if primitive.lower is not None:
            step = primitive.lower(self.node)
            self.call = calls.Call(step.capsule(), step.dims, step.attrs)
            self.workspace = step.workspace


def _prepare(primitive, args, attrs):
    key = (
        tuple([a if a is None else (a.shape, a.dtype) for a in args]),
        tuple(attrs.items()),
    )
    try:
        return primitive._calls[key]
    except KeyError:
        prepared = _Prepared(primitive, args, attrs)
    if len(primitive._calls) > 4096:  # shapes that never repeat must not pile up
        primitive._calls.clear()
    primitive._calls[key] = prepared
    return prepared


def _run_now(primitive, args, attrs):
    prepared = _prepare(primitive, args, attrs)
    arrays = [None if a is None else a._array for a in args]
    if primitive.evaluate is not None:
        results = primitive.evaluate(*arrays, **attrs)
        results = [results] if prepared.single else results
        outputs = [
            Tensor(np.asarray(r, dtype=s.dtype, order="C").reshape(s.shape))
            for r, s in zip(results, prepared.specs, strict=True)
        ]
    elif primitive.view is not None:
        spec, start = prepared.specs[0], primitive.view(prepared.node)
        size = int(np.prod(spec.shape))
        flat = arrays[0].reshape(-1)[start : start + size]
        outputs = [Tensor(flat.reshape(spec.shape))]
    else:
        results = [np.empty(s.shape, s.dtype) for s in prepared.specs]
        buffers = [*arrays, *results]
        if prepared.workspace:
            buffers.append(empty(prepared.workspace))
        status = prepared.call.run(buffers, config._threads)
        if status:
            raise kernel_error(prepared.node, arrays, status)
        outputs = [Tensor(r) for r in results]
    return Node(primitive, list(args), outputs, attrs, prepared.single)


def kernel_error(node, arrays, status):
    """The exception for a kernel that returned `status` instead of a result."""
    if node.primitive.explain is not None:
        return node.primitive.explain(node, arrays, status)
    where = f" in `{node.scope}`" if node.scope else ""
    return ValueError(
        f"`{node.primitive.name}`{where} refused its input (status {status})."
    )
