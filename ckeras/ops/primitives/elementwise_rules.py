"""What the declarations of elementwise primitives share: shape rules and programs."""

import functools

import numpy as np

from ckeras.engine.primitive import Primitive, Spec
from ckeras.engine.program import Program
from ckeras.engine.values import dtypes
from ckeras.engine.values.tensor import Tensor

__all__ = [
    "binary",
    "broadcast_shape",
    "comparison",
    "declare",
    "number",
    "sum_to",
    "unary",
    "with_program",
]


def broadcast_shape(name, *shapes):
    """The shape in which arrays of the given shapes meet, by NumPy's rule."""
    result = shapes[0]
    for shape in shapes[1:]:
        if shape != result:
            result = _meet(name, result, shape)
    return result


def _meet(name, a, b):
    if not a or not b:  # one is a number
        return a or b
    rank = max(len(a), len(b))
    wide_a, wide_b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    for axis, (m, n) in enumerate(zip(wide_a, wide_b, strict=True)):
        if m != n and 1 not in (m, n):
            raise ValueError(
                f"`{name}`: inputs of shapes {tuple(a)} and {tuple(b)} cannot be "
                f"broadcast together. Expected equal sizes or 1 on axis {axis - rank}."
                f" Received: {m} and {n}"
            )
    return tuple([n if m == 1 else m for m, n in zip(wide_a, wide_b, strict=True)])


def declare(name, opcode, *, infer, gradient, constants=()):
    """An elementwise primitive that is one instruction of the kernel.

    Args:
        name: the primitive's name.
        opcode: the instruction's name, or a function of the node that gives it.
        infer: shape rule.
        gradient: gradient rule.
        constants: names of the attributes that are the last operands.
    """

    def program(node):
        code = opcode(node) if callable(opcode) else opcode
        return Program.single(code, node, *[float(node.attrs[c]) for c in constants])

    return with_program(name, program, infer=infer, gradient=gradient)


def with_program(name, program, *, infer, gradient):
    """An elementwise primitive of several instructions.

    Args:
        name: the primitive's name.
        program: a function of the node that gives its `Program`.
        infer, gradient: its rules.
    """

    def lower(node):
        return program(node).step()

    primitive = Primitive(
        name, infer=infer, lower=lower, gradient=gradient, any_type=True
    )
    primitive.program = program
    return primitive


def _same_types(name, *arrays):
    for array in arrays:
        if array.dtype != arrays[0].dtype:
            raise ValueError(
                f"`{name}`: expected inputs of one type. "
                f"Received: {', '.join(a.dtype for a in arrays)}"
            )


def binary(name, gradient, program=None):
    """A primitive of two arrays of one type that gives that type.

    Args:
        name: the primitive's name, and that of its instruction.
        gradient: gradient rule.
        program: of one with several instructions, as in `with_program`.
    """

    def infer(a, b):
        _same_types(name, a, b)
        return Spec(broadcast_shape(name, a.shape, b.shape), a.dtype)

    if program is not None:
        return with_program(name, program, infer=infer, gradient=gradient)
    return declare(name, name, infer=infer, gradient=gradient)


def comparison(name, gradient):
    """A primitive of two arrays of one type that gives booleans."""

    def infer(a, b):
        _same_types(name, a, b)
        return Spec(broadcast_shape(name, a.shape, b.shape), "bool")

    return declare(name, name, infer=infer, gradient=gradient)


def unary(name, gradient, *, floats=False, result=None, opcode=None, constants=()):
    """A primitive of one array that gives the same type.

    Args:
        name: the primitive's name.
        gradient: gradient rule.
        floats: whether it is defined for floats only.
        result: the type of the output if it differs.
        opcode, constants: as in `declare`.
    """

    def infer(x, **attrs):
        if floats and not dtypes.is_inexact(x.dtype):
            raise ValueError(f"`{name}`: expected floats. Received: {x.dtype}")
        return Spec(x.shape, result or x.dtype)

    return declare(
        name, opcode or name, infer=infer, gradient=gradient, constants=constants
    )


@functools.lru_cache(maxsize=256)
def _number(value, dtype):
    return Tensor(np.asarray(value, dtype))


def number(value, like):
    """A constant of the type of an array."""
    return _number(value, like.dtype)


def sum_to(d_value, like):
    """A gradient summed over the axes along which its operand was broadcast."""
    if d_value.shape == like.shape:
        return d_value
    from ckeras.ops.primitives.reductions import reduction

    return reduction.sum_to_shape(d_value, shape=tuple(like.shape))
