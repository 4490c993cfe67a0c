"""The simple recurrent network over a whole sequence."""

from ckeras.engine.primitive import Primitive, Spec, Step
from ckeras.ops.primitives import linear
from ckeras.ops.primitives.recurrent import sequence

__all__ = ["ACTIVATIONS", "simple_rnn"]

_NAMES = ("relu", "tanh", "sigmoid")
# As the matrix products number their activations.
ACTIVATIONS = {"linear": 0, **{n: linear.ACTIVATIONS.index(n) for n in _NAMES}}


def simple_rnn(
    x,
    w,
    u,
    b,
    h0,
    mask=None,
    *,
    activation="tanh",
    go_backwards=False,
    return_sequences=False,
):
    """A fully connected recurrent network over a sequence.

    Args:
        x: (batch, timesteps, features).
        w, u, b: weights (features, units), (units, units) and (units,) or None.
        h0: first state, (batch, units).
        mask: bool (batch, timesteps) or None; a masked timestep keeps the state.
        activation: one of `ACTIVATIONS`.
        go_backwards: whether to read the sequence from its end.
        return_sequences: whether to return every timestep's output.

    Returns:
        The outputs, (batch, timesteps, units) in the order of reading or the last one
        (batch, units), and the last h.
    """
    if not sequence.projects_on_the_way(x, u):
        x, w, b = sequence.project(x, w, b, mask), None, None
    attrs = sequence.call_attrs(go_backwards, return_sequences)
    outputs, h, *_ = _sequence(x, w, b, u, h0, mask, **attrs, activation=activation)
    return sequence.in_order_of_reading(outputs, **attrs), h


def _sequence_spec(x, w, b, u, h0, mask, *, sequences, keep, backwards, activation):
    sequence.check_shapes("simple_rnn", 1, x, w, b, u, {"h": h0}, mask)
    batch, steps, _ = sequence.sizes(x, w, b)
    units = u.shape[0]
    shapes = [(batch, steps, units) if sequences else (batch, units), (batch, units)]
    if keep:
        shapes += [(batch, steps, units)] * 2
    return tuple([Spec(tuple(s), x.dtype) for s in shapes])


def _sequence_lower(node):
    x, w, b, u = node.inputs[:4]
    batch, steps, features = sequence.sizes(x, w, b)
    units = u.shape[0]
    activation = ACTIVATIONS[node.attrs["activation"]]
    return Step(
        "simple_rnn.forward",
        (*sequence.dims(node, batch, steps, units, features), activation),
        dtype=x.dtype,
        workspace=sequence.workspace("simple_rnn", batch, units, features, x.dtype),
        flops=2 * batch * steps * units * (features + units),
        in_place={2: (0,)} if node.attrs["keep"] and w is None else {},
    )


def _sequence_gradient(node, d_outputs, needs):
    sequence.refuse_without_tape(node)
    x, w, _, u, _, mask = node.inputs
    h_after, h_before = node.outputs[2:]
    attrs = {k: node.attrs[k] for k in ("sequences", "backwards", "activation")}
    d_z, d_h0 = _gradient(*d_outputs[:2], u, mask, h_after, **attrs)
    d_x, d_w, d_b = d_z, None, None
    if w is not None:
        d_x = sequence.unproject(d_z, w, mask) if needs[0] else None
        d_w = sequence.outer(x, d_z, mask) if needs[1] else None
        d_b = sequence.sum_of_rows(d_z, mask) if needs[2] else None
    d_u = sequence.outer(h_before, d_z, mask) if needs[3] else None
    return [d_x, d_w, d_b, d_u, d_h0, None]


def _gradient_spec(d_y, d_h, u, mask, h_after, *, sequences, backwards, activation):
    batch, _, units = h_after.shape
    state = Spec((batch, units), h_after.dtype)
    return Spec(tuple(h_after.shape), h_after.dtype), state


def _gradient_lower(node):
    h_after = node.inputs[4]
    batch, steps, units = h_after.shape
    activation = ACTIVATIONS[node.attrs["activation"]]
    return Step(
        "simple_rnn.backward",
        (*sequence.dims(node, batch, steps, units), activation),
        dtype=h_after.dtype,
        workspace=sequence.workspace("simple_rnn", batch, units, 0, h_after.dtype),
        flops=2 * batch * steps * units * units,
        in_place={0: (4,)},
    )


_sequence = Primitive(
    "simple_rnn",
    infer=_sequence_spec,
    lower=_sequence_lower,
    gradient=_sequence_gradient,
)
_gradient = Primitive(
    "simple_rnn_gradient",
    infer=_gradient_spec,
    lower=_gradient_lower,
    gradient=sequence.no_second_gradient,
)
