"""Recurrent layers over whole sequences."""

from ckeras import kernels
from ckeras.engine.primitive import Primitive, Spec, Step
from ckeras.engine.tapes import active_tapes
from ckeras.ops.primitives import elementwise, linear, movement, reduction

__all__ = ["lstm"]

# Inputs of so few features are always projected together with the state.
FEW_FEATURES = 16
# Others are where a tile's rows are full and both weights stay in a core's own cache;
# else one product for all timesteps is faster.
FULL_ROWS = 8
CACHE_BYTES = 1 << 19


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
    if not _projects_on_the_way(x, u):
        x, w, b = _project(x, w, b), None, None
    attrs = {"sequences": bool(return_sequences), "keep": bool(active_tapes())}
    return _sequence(x, w, b, u, h0, c0, mask, **attrs)[:3]


def _projects_on_the_way(x, u):
    (batch, _, features), (units, width) = x.shape, u.shape
    if features <= FEW_FEATURES:
        return True
    itemsize = 4 if x.dtype == "float32" else 8
    weights = (features + units) * width * itemsize
    return batch >= FULL_ROWS and weights <= CACHE_BYTES


def _project(x, w, b):
    z = linear.matmul(x, w)
    return z if b is None else elementwise.add(z, b)


def _sequence_spec(x, w, b, u, h0, c0, mask, *, sequences, keep):
    batch, steps = x.shape[:2]
    units = u.shape[0]
    if tuple(u.shape) != (units, 4 * units):
        raise ValueError(
            "`lstm`: expected a recurrent kernel of shape (units, 4·units). "
            f"Received {tuple(u.shape)}."
        )
    given = x.shape if w is None else w.shape
    if given[-1] != 4 * units or (w is not None and w.shape[0] != x.shape[2]):
        raise ValueError(
            f"`lstm`: expected a kernel of shape (features, {4 * units}) for a "
            f"recurrent kernel of shape {tuple(u.shape)}. Received {tuple(given)}."
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
        rows = (batch, steps)
        shapes += [(*rows, 4 * units), (*rows, units), (*rows, units)]
    return tuple([Spec(tuple(s), x.dtype) for s in shapes])


def _workspace(batch, units, features, dtype):
    itemsize = 4 if dtype == "float32" else 8
    return kernels.module("lstm").workspace_bytes(batch, units, features, itemsize)


def _sequence_lower(node):
    x, w, _, u = node.inputs[:4]
    batch, steps = x.shape[:2]
    units = u.shape[0]
    features = 0 if w is None else x.shape[2]
    sequences, keep = node.attrs["sequences"], node.attrs["keep"]
    return Step(
        "lstm.forward",
        (batch, steps, units, int(sequences), int(keep), features),
        dtype=x.dtype,
        workspace=_workspace(batch, units, features, x.dtype),
        flops=8 * batch * steps * units * (features + units),
        in_place={3: (0,)} if keep and w is None else {},
    )


def _sequence_gradient(node, d_outputs, needs):
    x, w, _, u, _, c0, mask = node.inputs
    if not node.attrs["keep"]:
        raise NotImplementedError(
            "The gradient of an LSTM needs what a recording tape keeps: call the layer "
            "inside `GradientTape`."
        )
    gates, cells, h_before = node.outputs[3:]
    d_z, d_h0, d_c0 = _gradient(
        *d_outputs[:3], u, c0, mask, gates, cells, sequences=node.attrs["sequences"]
    )
    d_x, d_w, d_b = d_z, None, None
    if w is not None:
        d_x = linear.matmul(d_z, w, transpose_b=True) if needs[0] else None
        d_w = _outer(x, d_z) if needs[1] else None
        d_b = reduction.sum_to_shape(d_z, shape=(d_z.shape[-1],)) if needs[2] else None
    d_u = _outer(h_before, d_z) if needs[3] else None
    return [d_x, d_w, d_b, d_u, d_h0, d_c0, None]


def _outer(a, d_z):
    """The sum over rows and timesteps of the outer products of a and d_z."""
    rows = a.shape[0] * a.shape[1]
    a, d_z = [movement.reshape(v, shape=(rows, v.shape[-1])) for v in (a, d_z)]
    return linear.matmul(a, d_z, transpose_a=True)


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
        workspace=_workspace(batch, units, 0, gates.dtype),
        flops=2 * batch * steps * units * width,
    )


def _no_second_gradient(node, d_outputs, needs):
    raise NotImplementedError(
        "The LSTM kernel has no second derivative. Give the layer `implementation=1`, "
        "which computes it from single operations."
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
