"""The long short-term memory over a whole sequence."""

from ckeras.engine.primitive import Primitive, Spec, Step
from ckeras.ops.primitives.recurrent import sequence

__all__ = ["lstm"]


def lstm(x, w, u, b, h0, c0, mask=None, *, go_backwards=False, return_sequences=False):
    """An LSTM with the usual activations over a sequence.

    Args:
        x: (batch, timesteps, features).
        w, u, b: weights (features, 4 units), (units, 4 units) and (4 units,) or None;
            gates in the order input, forget, cell, output.
        h0, c0: first states, (batch, units).
        mask: bool (batch, timesteps) or None; a masked timestep keeps the states.
        go_backwards: whether to read the sequence from its end.
        return_sequences: whether to return every timestep's output.

    Returns:
        The outputs, (batch, timesteps, units) in the order of reading or the last one
        (batch, units), and the last h and c.
    """
    if not sequence.projects_on_the_way(x, u):
        x, w, b = sequence.project(x, w, b, mask), None, None
    attrs = sequence.call_attrs(go_backwards, return_sequences)
    outputs, h, c, *_ = _sequence(x, w, b, u, h0, c0, mask, **attrs)
    return sequence.in_order_of_reading(outputs, **attrs), h, c


def _sequence_spec(x, w, b, u, h0, c0, mask, *, sequences, keep, backwards):
    sequence.check_shapes("lstm", 4, x, w, b, u, {"h": h0, "c": c0}, mask)
    batch, steps, _ = sequence.sizes(x, w, b)
    units = u.shape[0]
    outputs = (batch, steps, units) if sequences else (batch, units)
    shapes = [outputs, (batch, units), (batch, units)]
    if keep:
        rows = (batch, steps)
        shapes += [(*rows, 4 * units), (*rows, units), (*rows, units)]
    return tuple([Spec(tuple(s), x.dtype) for s in shapes])


def _sequence_lower(node):
    x, w, b, u = node.inputs[:4]
    batch, steps, features = sequence.sizes(x, w, b)
    units = u.shape[0]
    return Step(
        "lstm.forward",
        sequence.dims(node, batch, steps, units, features),
        dtype=x.dtype,
        workspace=sequence.workspace("lstm", batch, units, features, x.dtype),
        flops=8 * batch * steps * units * (features + units),
        in_place={3: (0,)} if node.attrs["keep"] and w is None else {},
    )


def _sequence_gradient(node, d_outputs, needs):
    sequence.refuse_without_tape(node)
    x, w, _, u, _, c0, mask = node.inputs
    gates, cells, h_before = node.outputs[3:]
    attrs = {k: node.attrs[k] for k in ("sequences", "backwards")}
    d_z, d_h0, d_c0 = _gradient(*d_outputs[:3], u, c0, mask, gates, cells, **attrs)
    d_x, d_w, d_b = d_z, None, None
    if w is not None:
        d_x = sequence.unproject(d_z, w, mask) if needs[0] else None
        d_w = sequence.outer(x, d_z, mask) if needs[1] else None
        d_b = sequence.sum_of_rows(d_z, mask) if needs[2] else None
    d_u = sequence.outer(h_before, d_z, mask) if needs[3] else None
    return [d_x, d_w, d_b, d_u, d_h0, d_c0, None]


def _gradient_spec(d_y, d_h, d_c, u, c0, mask, gates, cells, *, sequences, backwards):
    state = Spec(tuple(c0.shape), c0.dtype)
    return Spec(tuple(gates.shape), gates.dtype), state, state


def _gradient_lower(node):
    gates, u = node.inputs[6], node.inputs[3]
    batch, steps, width = gates.shape
    units = u.shape[0]
    return Step(
        "lstm.backward",
        sequence.dims(node, batch, steps, units),
        dtype=gates.dtype,
        workspace=sequence.workspace("lstm", batch, units, 0, gates.dtype),
        flops=2 * batch * steps * units * width,
        in_place={0: (6,)},
    )


_sequence = Primitive(
    "lstm", infer=_sequence_spec, lower=_sequence_lower, gradient=_sequence_gradient
)
_gradient = Primitive(
    "lstm_gradient",
    infer=_gradient_spec,
    lower=_gradient_lower,
    gradient=sequence.no_second_gradient,
)
