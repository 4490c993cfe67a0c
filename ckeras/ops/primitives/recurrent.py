"""Recurrent layers over whole sequences."""

from ckeras import kernels
from ckeras.engine.primitive import Primitive, Spec, Step
from ckeras.engine.tapes import active_tapes
from ckeras.ops.primitives import elementwise, linear, movement

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
    if go_backwards:
        x = movement.reverse(x, axes=(1,))
        mask = None if mask is None else movement.reverse(mask, axes=(1,))
    z = linear.matmul(x, w)
    if b is not None:
        z = elementwise.add(z, b)
    results = _sequence(
        z, u, h0, c0, mask, sequences=bool(return_sequences), keep=bool(active_tapes())
    )
    return results[:3]


def _sequence_spec(z, u, h0, c0, mask, *, sequences, keep):
    batch, steps, width = z.shape
    units = u.shape[0]
    expected = (units, 4 * units)
    if tuple(u.shape) != expected or width != 4 * units:
        raise ValueError(
            f"`lstm`: expected a recurrent kernel of shape (units, 4·units) and "
            f"projected inputs (batch, timesteps, 4·units). Received {tuple(u.shape)} "
            f"and {tuple(z.shape)}."
        )
    for name, state in (("h", h0), ("c", c0)):
        if tuple(state.shape) != (batch, units):
            raise ValueError(
                f"`lstm`: expected a first {name} of shape {(batch, units)}. "
                f"Received {tuple(state.shape)}."
            )
    if mask is not None and tuple(mask.shape) != (batch, steps):
        raise ValueError(
            f"`lstm`: expected a mask of shape {(batch, steps)}. "
            f"Received {tuple(mask.shape)}."
        )
    outputs = (batch, steps, units) if sequences else (batch, units)
    shapes = [outputs, (batch, units), (batch, units)]
    if keep:
        shapes += [z.shape, (batch, steps, units), (batch, steps, units)]
    return tuple([Spec(tuple(s), z.dtype) for s in shapes])


def _workspace(batch, units, dtype):
    itemsize = 4 if dtype == "float32" else 8
    return kernels.module("lstm").workspace_bytes(batch, units, itemsize)


def _sequence_lower(node):
    z, u = node.inputs[:2]
    batch, steps, width = z.shape
    units = u.shape[0]
    sequences, keep = node.attrs["sequences"], node.attrs["keep"]
    return Step(
        "lstm.forward",
        (batch, steps, units, int(sequences), int(keep)),
        dtype=z.dtype,
        workspace=_workspace(batch, units, z.dtype),
        flops=2 * batch * steps * units * width,
        in_place={3: (0,)} if keep else {},
    )


def _sequence_gradient(node, d_outputs, needs):
    z, u, _, c0, mask = node.inputs
    if not node.attrs["keep"]:
        raise NotImplementedError(
            "The gradient of an LSTM needs what a recording tape keeps: call the layer "
            "inside `GradientTape`."
        )
    gates, cells, h_before = node.outputs[3:]
    d_z, d_h0, d_c0 = _gradient(
        *d_outputs[:3], u, c0, mask, gates, cells, sequences=node.attrs["sequences"]
    )
    d_u = None
    if needs[1]:
        rows = z.shape[0] * z.shape[1]
        d_u = linear.matmul(
            movement.reshape(h_before, shape=(rows, u.shape[0])),
            movement.reshape(d_z, shape=(rows, u.shape[1])),
            transpose_a=True,
            transpose_b=False,
        )
    return [d_z, d_u, d_h0, d_c0, None]


def _gradient_spec(d_outputs, d_h, d_c, u, c0, mask, gates, cells, *, sequences):
    state = Spec(tuple(c0.shape), c0.dtype)
    return Spec(tuple(gates.shape), gates.dtype), state, state


def _gradient_lower(node):
    gates, u = node.inputs[6], node.inputs[3]
    batch, steps, width = gates.shape
    units = u.shape[0]
    return Step(
        "lstm.backward",
        (batch, steps, units, int(node.attrs["sequences"])),
        dtype=gates.dtype,
        workspace=_workspace(batch, units, gates.dtype),
        flops=2 * batch * steps * units * width,
    )


def _no_second_gradient(node, d_outputs, needs):
    raise NotImplementedError(
        "The LSTM kernel has no second derivative. Give the layer `unroll=True`, which "
        "computes it from single operations."
    )


_sequence = Primitive(
    "lstm", infer=_sequence_spec, lower=_sequence_lower, gradient=_sequence_gradient
)
_gradient = Primitive(
    "lstm_gradient",
    infer=_gradient_spec,
    lower=_gradient_lower,
    gradient=_no_second_gradient,
)
