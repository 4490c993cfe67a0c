"""Primitives: the few operations that everything else is composed of.

A primitive is declared once: its shape rule, its kernel, its gradient. Calling one
(`plan/eager.pyx`) runs it now on concrete values and records it in the trace on traced
ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from ckeras import kernels
from ckeras.engine.graph import Node
from ckeras.engine.plan import control, eager
from ckeras.engine.tapes import active_tapes
from ckeras.engine.trace import current

__all__ = [
    "NOT_DIFFERENTIABLE",
    "Primitive",
    "Spec",
    "Step",
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


class Primitive(eager.Applicable):
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
        super().__init__()
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
        registry[name] = self

    def prepare(self, args, attrs):
        """What repeated calls with arguments like these need."""
        inputs = [a if a is None else Spec(a.shape, a.dtype) for a in args]
        specs = self.infer(*inputs, **attrs)
        single = isinstance(specs, Spec)
        node = Node(self, inputs, [specs] if single else list(specs), attrs, single)
        if self.lower is not None:
            return eager.PreparedCall(node, self.lower(node))
        if self.view is not None:
            return eager.PreparedView(node, self.view(node))
        return eager.PreparedNumpy(node)

    def refusal(self, node, arrays, status):
        """The exception for a kernel that refused its input."""
        return kernel_error(node, arrays, status)

    def __repr__(self):
        return f"<Primitive {self.name}>"


def record(primitive, args, attrs):
    """Records a primitive in the active trace, whatever its arguments are.

    Returns:
        The node.
    """
    node = current().graph.record(primitive, args, attrs)
    for tape in active_tapes():
        tape.record(node)
    return node


def kernel_error(node, arrays, status):
    """The exception for a kernel that returned `status` instead of a result."""
    if node.primitive.explain is not None:
        return node.primitive.explain(node, arrays, status)
    where = f" in `{node.scope}`" if node.scope else ""
    return ValueError(
        f"`{node.primitive.name}`{where} refused its input (status {status})."
    )
