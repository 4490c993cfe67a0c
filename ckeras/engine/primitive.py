"""Primitives: the few operations that everything else is composed of.

A primitive is declared once: its shape rule, its kernel, its gradient. Calling one
(`dispatch/eager.pyx`) runs it now on concrete values and records it in the trace on
traced ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from ckeras import kernels
from ckeras.engine.dispatch import eager
from ckeras.engine.runtime import control
from ckeras.engine.tracing.graph import Node
from ckeras.engine.tracing.tapes import active_tapes
from ckeras.engine.tracing.trace import current
from ckeras.engine.values.dtypes import COMPLEX, HALVES
from ckeras.engine.values.spec import Spec

__all__ = [
    "NOT_DIFFERENTIABLE",
    "Primitive",
    "Spec",
    "Step",
    "record",
    "registry",
]

registry: dict[str, "Primitive"] = {}


def NOT_DIFFERENTIABLE(node, d_outputs, needs):
    """The gradient rule of a primitive through which no gradient flows."""
    return [None] * len(node.inputs)


@dataclass(slots=True)
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
        any_type: whether the kernel takes float16 and bfloat16 as they are, since it
            only moves elements or rounds by itself. The others compute in float32.
        takes_complex: whether `lower` or `evaluate` takes complex numbers as they are.
            The others hand them over to their `complex_twin`.

    Attributes:
        may_refuse: whether numbers, not just shapes, decide if it can be computed.
        complex_twin: the primitive that computes the same for complex numbers, None if
            there is none.

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
        any_type: bool = False,
        takes_complex: bool = False,
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
        self.may_refuse = explain is not None or evaluate is not None
        self.any_type = any_type or view is not None
        self.takes_complex = takes_complex or view is not None
        halves = () if self.any_type else HALVES
        self.foreign = frozenset(halves).union(() if self.takes_complex else COMPLEX)
        self.complex_twin: Primitive | None = None
        registry[name] = self

    def prepare(self, args, attrs):
        """What repeated calls with arguments like these need."""
        inputs = [a if a is None else Spec(a.shape, a.dtype) for a in args]
        specs = self.infer(*inputs, **attrs)
        single = isinstance(specs, Spec)
        node = Node(self, inputs, [specs] if single else list(specs), attrs, single)
        if self.is_foreign(args, attrs):
            return eager.PreparedForeign(node)
        if self.lower is not None:
            return eager.PreparedCall(node, self.lower(node))
        if self.view is not None:
            return eager.PreparedView(node, self.view(node))
        return eager.PreparedNumpy(node)

    def by_others(self, args, attrs):
        """What a call gives where `is_foreign` is true, by way of other primitives.

        Raises:
            TypeError: for complex numbers if there is no `complex_twin`.
        """
        if self.takes_complex or not _has_complex(args, attrs):
            return self._in_float32(args, attrs)
        if self.complex_twin is None:
            raise TypeError(
                f"`{self.name}` does not take complex numbers. Received: "
                f"{', '.join(str(a.dtype) for a in args if a is not None)}. Apply it "
                "to `ops.real(x)`, `ops.imag(x)` or `ops.abs(x)`."
            )
        return self.complex_twin(*args, **attrs)

    def _in_float32(self, args, attrs):
        """What a call gives for half precision: computed in float32, then rounded.

        The casts are applied primitives, so that gradients flow through them, the
        primitive's own gradient is computed in float32, too, and a plan fuses them
        with what is elementwise around them.
        """
        cast = registry["cast"]
        specs = self.infer(*args, **attrs)
        wide = [
            cast(a, dtype="float32") if a is not None and a.dtype in HALVES else a
            for a in args
        ]
        if attrs.get("dtype") in HALVES:
            attrs = {**attrs, "dtype": "float32"}
        results = self(*wide, **attrs)
        if isinstance(specs, Spec):
            return _rounded(results, specs)
        return tuple(map(_rounded, results, specs))

    def refusal(self, node, arrays, status):
        """The exception for a kernel that refused its input."""
        return kernel_error(node, arrays, status)

    def __repr__(self):
        return f"<Primitive {self.name}>"


def _has_complex(args, attrs):
    for arg in args:
        if arg is not None and arg.dtype in COMPLEX:
            return True
    return attrs.get("dtype") in COMPLEX


def _rounded(value, spec):
    """A result of `_in_float32` in the type that it should have."""
    if value.dtype == spec.dtype:
        return value
    return registry["cast"](value, dtype=spec.dtype)


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
