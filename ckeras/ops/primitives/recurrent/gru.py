"""The gated recurrent unit over a whole sequence."""

from ckeras.engine.primitive import Primitive, Spec, Step
from ckeras.ops.primitives import elementwise, movement
from ckeras.ops.primitives.recurrent import sequence

__all__ = ["gru"]


def gru(
    x,
    w,
    u,
    b,
    recurrent_b,
    h0,
    mask=None,
    *,
    reset_after=True,
    go_backwards=False,
    return_sequences=False,
):
    """A GRU with the usual activations over a sequence.

    Args:
        x: (batch, timesteps, features).
        w, u: weights (features, 3 units) and (units, 3 units); gates in the order
            update, reset, candidate.
        b, recurrent_b: (3 units,) or None, added to the products with w and with u;
            the latter only where `reset_after`.
        h0: first state, (batch, units).
        mask: bool (batch, timesteps) or None; a masked timestep keeps the state.
        reset_after: whether the reset gate comes after the product with u.
        go_backwards: whether to read the sequence from its end.
        return_sequences: whether to return every timestep's output.

    Returns:
        The outputs, (batch, timesteps, units) in the order of reading or the last one
        (batch, units), and the last h.
    """
    if not sequence.projects_on_the_way(x, u):
        x, w, b = sequence.project(x, w, b, mask), None, None
    attrs = sequence.call_attrs(go_backwards, return_sequences)
    outputs, h, *_ = _sequence(
        x, w, b, u, recurrent_b, h0, mask, **attrs, reset_after=bool(reset_after)
    )
    return sequence.in_order_of_reading(outputs, **attrs), h


def _sequence_spec(
    x, w, b, u, recurrent_b, h0, mask, *, sequences, keep, backwards, reset_after
):
    sequence.check_shapes("gru", 3, x, w, b, u, {"h": h0}, mask)
    batch, steps, _ = sequence.sizes(x, w, b)
    units = u.shape[0]
    shapes = [(batch, steps, units) if sequences else (batch, units), (batch, units)]
    if keep:
        shapes += [(batch, steps, 3 * units), *[(batch, steps, units)] * 2]
    return tuple([Spec(tuple(s), x.dtype) for s in shapes])


def _sequence_lower(node):
    x, w, b, u = node.inputs[:4]
    batch, steps, features = sequence.sizes(x, w, b)
    units = u.shape[0]
    after = int(node.attrs["reset_after"])
    return Step(
        "gru.forward",
        (*sequence.dims(node, batch, steps, units, features), after),
        dtype=x.dtype,
        workspace=sequence.workspace("gru", batch, units, features, x.dtype),
        flops=6 * batch * steps * units * (features + units),
        in_place={2: (0,)} if node.attrs["keep"] and w is None else {},
    )


def _sequence_gradient(node, d_outputs, needs):
    sequence.refuse_without_tape(node)
    x, w, _, u, _, _, mask = node.inputs
    gates, inner, h_before = node.outputs[2:]
    after = node.attrs["reset_after"]
    # What the products with x and h share is not written twice where x is narrow.
    short = after and w is not None and w.shape[0] <= sequence.FEW_FEATURES
    attrs = {k: node.attrs[k] for k in ("sequences", "backwards", "reset_after")}
    attrs["short"] = bool(short)
    d_z, d_h0, *rest = _gradient(
        *d_outputs[:2], u, mask, gates, inner, h_before, **attrs
    )
    d_x, d_w, d_b, d_u = d_z, None, None, None
    if short:
        d_x, d_w, d_b = _input_gradients(x, w, rest[0], d_z, mask, needs)
    elif w is not None:
        d_x = sequence.unproject(d_z, w, mask) if needs[0] else None
        d_w = sequence.outer(x, d_z, mask) if needs[1] else None
        d_b = sequence.sum_of_rows(d_z, mask) if needs[2] else None
    if needs[3]:
        d_u = sequence.outer(h_before, rest[0] if after else d_z, mask)
        if not after:
            d_u = _last_third(d_u, sequence.outer(inner, d_z, mask))
    d_recurrent_b = sequence.sum_of_rows(rest[0], mask) if after and needs[4] else None
    return [d_x, d_w, d_b, d_u, d_recurrent_b, d_h0, None]


def _input_gradients(x, w, d_inner, d_a, mask, needs):
    """Those of x, w and b, where the first two thirds of d_z are those of d_inner."""
    d_x = d_w = d_b = None
    units = d_a.shape[-1]
    if needs[0]:
        gates = _columns(w, 0, 2 * units)
        padded = movement.pad(gates, pads=((0, 0), (0, units)), value=0.0)
        d_x = elementwise.add(
            sequence.unproject(d_inner, padded, mask),
            sequence.unproject(d_a, _columns(w, 2 * units, units), mask),
        )
    if needs[1]:
        d_w = _last_third(
            sequence.outer(x, d_inner, mask), sequence.outer(x, d_a, mask)
        )
    if needs[2]:
        sums = [sequence.sum_of_rows(d, mask) for d in (d_inner, d_a)]
        rows = [movement.reshape(s, shape=(1, s.shape[0])) for s in sums]
        d_b = movement.reshape(_last_third(*rows), shape=(3 * units,))
    return d_x, d_w, d_b


def _last_third(matrix, other):
    """`matrix` with the last third of its columns from the end of `other`."""
    units = matrix.shape[1] // 3
    parts = [
        _columns(matrix, 0, 2 * units),
        _columns(other, other.shape[1] - units, units),
    ]
    return movement.concatenate(*parts, axis=1)


def _columns(matrix, first, count):
    shape = (matrix.shape[0], count)
    return movement.slice(matrix, start=(0, first), shape=shape, strides=(1, 1))


def _gradient_spec(
    d_y,
    d_h,
    u,
    mask,
    gates,
    inner,
    h_before,
    *,
    sequences,
    backwards,
    reset_after,
    short,
):
    batch, _, units = inner.shape
    wide = Spec(tuple(gates.shape), gates.dtype)
    d_z = Spec(tuple(inner.shape), gates.dtype) if short else wide
    specs = (d_z, Spec((batch, units), gates.dtype))
    return (*specs, wide) if reset_after else specs


def _gradient_lower(node):
    gates, u = node.inputs[4], node.inputs[2]
    batch, steps, width = gates.shape
    units = u.shape[0]
    after, short = int(node.attrs["reset_after"]), int(node.attrs["short"])
    in_place = {2: (4,)} if after else {0: (4,)}
    if short:
        in_place[0] = (5,)
    return Step(
        "gru.backward",
        (*sequence.dims(node, batch, steps, units), after, short),
        dtype=gates.dtype,
        workspace=sequence.workspace("gru", batch, units, 0, gates.dtype),
        flops=2 * batch * steps * units * width,
        in_place=in_place,
    )


_sequence = Primitive(
    "gru", infer=_sequence_spec, lower=_sequence_lower, gradient=_sequence_gradient
)
_gradient = Primitive(
    "gru_gradient",
    infer=_gradient_spec,
    lower=_gradient_lower,
    gradient=sequence.no_second_gradient,
)
