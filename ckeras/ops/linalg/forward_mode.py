"""Jacobian-vector products, by two passes of the reverse mode."""

from ckeras.engine import tree
from ckeras.engine.symbolic.fitting import infer_fitting
from ckeras.engine.tracing.gradient import GradientTape
from ckeras.engine.values import dtypes
from ckeras.ops.numpy.creation import zeros_like
from ckeras.ops.promotion import as_value, with_type
from ckeras.ops.registry import op

__all__ = ["jvp"]


def _spec(fun, primals, tangents, has_aux=False):
    def call(primals, tangents):
        return jvp(fun, primals, tangents, has_aux)

    return infer_fitting(call, (primals, tangents), {}, ())


@op(spec=_spec)
def jvp(fun, primals, tangents, has_aux=False):
    """The value of a function and its derivative along a direction.

    Args:
        fun: function of tensors or of structures of them, that returns such.
        primals: tuple or list of its arguments.
        tangents: the direction, in the structure of `primals`.
        has_aux: whether `fun` returns a pair of which only the first part is to be
            differentiated.

    Returns:
        `fun(*primals)` and the derivative in the same structure; with `has_aux` also
        the second part of the pair.

    Raises:
        TypeError: if `fun` is no function, or `primals` is no tuple or list.
        ValueError: if the tangents differ from the primals in structure or shape.

    Example:
        >>> from ckeras import ops
        >>> y, dy = ops.jvp(ops.square, (3.0,), (1.0,))
        >>> float(y), float(dy)
        (9.0, 6.0)
    """
    primals, tangents = _checked(fun, primals, tangents)
    flat = tree.flatten(primals)
    # The gradient Jᵀ·u is linear in u, so that its own gradient along v is J·v.
    with GradientTape() as second:
        with GradientTape() as first:
            first.watch(flat)
            result = fun(*primals)
            result, aux = result if has_aux else (result, None)
        outputs = [as_value(y) for y in tree.flatten(result)]
        floats = [y for y in outputs if dtypes.is_inexact(y.dtype)]
        weights = [zeros_like(y) for y in floats]
        second.watch(weights)
        slopes = first.gradient(floats, flat, output_gradients=weights)
    along = [
        (slope, tangent)
        for slope, tangent in zip(slopes, tree.flatten(tangents), strict=True)
        if slope is not None
    ]
    derivatives = [None] * len(weights)
    if along:
        derivatives = second.gradient(
            [slope for slope, _ in along],
            weights,
            output_gradients=[tangent for _, tangent in along],
        )
    found = iter(derivatives)
    everything = [next(found) if dtypes.is_inexact(y.dtype) else None for y in outputs]
    everything = [
        zeros_like(y) if d is None else d
        for y, d in zip(outputs, everything, strict=True)
    ]
    outputs = tree.pack_sequence_as(result, outputs)
    derivative = tree.pack_sequence_as(result, everything)
    return (outputs, derivative, aux) if has_aux else (outputs, derivative)


def _checked(fun, primals, tangents):
    """Primals and tangents as structures of tensors, each in its primal's type."""
    if not callable(fun):
        raise TypeError(f"`jvp`: `fun` must be a function. Received: {fun!r}")
    for name, values in (("primals", primals), ("tangents", tangents)):
        if not isinstance(values, (list, tuple)):
            raise TypeError(
                f"`jvp`: `{name}` must be a tuple or a list. Received: {values!r}"
            )
    primals = tree.map_structure(as_value, primals)
    if len(tree.flatten(primals)) != len(tree.flatten(tangents)):
        raise ValueError(
            "`jvp`: `tangents` must have the structure of `primals`. "
            f"Received: {len(tree.flatten(tangents))} tangents for "
            f"{len(tree.flatten(primals))} primals"
        )
    pairs = zip(tree.flatten(primals), tree.flatten(tangents), strict=True)
    values = [with_type(as_value(t), p.dtype) for p, t in pairs]
    for p, t in zip(tree.flatten(primals), values, strict=True):
        if p.shape != t.shape:
            raise ValueError(
                "`jvp`: a tangent must have the shape of its primal. "
                f"Received: shapes {t.shape} and {p.shape}"
            )
    return primals, tree.pack_sequence_as(primals, values)
