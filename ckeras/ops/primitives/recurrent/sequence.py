"""What the recurrent primitives share: projections, checks, weight gradients."""

from ckeras import kernels
from ckeras.engine.tracing.trace import is_recorded
from ckeras.ops.primitives import elementwise, linear, movement
from ckeras.ops.primitives.recurrent import kept
from ckeras.ops.primitives.reductions import reduction

__all__ = [
    "call_attrs",
    "check_shapes",
    "dims",
    "in_order_of_reading",
    "no_second_gradient",
    "outer",
    "project",
    "projects_on_the_way",
    "refuse_without_tape",
    "sizes",
    "sum_of_rows",
    "unproject",
    "workspace",
]

# Inputs of so few features are always projected together with the state.
FEW_FEATURES = 16
# As are so few rows: there is nothing to gain from a large product.
FEW_ROWS = 4
# Others are where a tile's rows are full and both weights stay in a core's own cache;
# else one product for all timesteps is faster.
FULL_ROWS = 8
CACHE_BYTES = 1 << 19


def projects_on_the_way(x, u):
    """Whether x is multiplied by its weights timestep by timestep.

    Not where it has no features, which to the kernels means that it comes projected.
    """
    (batch, steps, features), (units, width) = x.shape, u.shape
    if not features:
        return False
    if features <= FEW_FEATURES or batch * steps <= FEW_ROWS:
        return True
    itemsize = 4 if x.dtype == "float32" else 8
    weights = (features + units) * width * itemsize
    return batch >= FULL_ROWS and weights <= CACHE_BYTES


def project(x, w, b, mask):
    """x·w + b for all timesteps that count."""
    if mask is not None:
        return kept.product(x, w, mask, b, fills=False)
    z = linear.matmul(x, w)
    return z if b is None else elementwise.add(z, b)


def call_attrs(go_backwards, return_sequences):
    """The attributes that all recurrent primitives have."""
    return {
        "sequences": bool(return_sequences),
        "keep": is_recorded(),
        "backwards": bool(go_backwards),
    }


def in_order_of_reading(outputs, *, sequences, backwards, keep):
    """The kernels' outputs, which lie in the order of time, as layers return them."""
    if sequences and backwards:
        return movement.reverse(outputs, axes=(1,))
    return outputs


def sizes(x, w, b):
    """batch, timesteps, and the features of x or 0 if it is its own projection.

    The three operands are x (batch, timesteps, features), its weights and their bias;
    or the projection of x, None and None; or the projections that there are, one in a
    row, None and which of them each timestep has, (batch, timesteps).
    """
    of_all = x if len(x.shape) == 3 else b
    return *of_all.shape[:2], 0 if w is None else x.shape[2]


def check_shapes(name, gates, x, w, b, u, states, mask):
    """Raises for operands that do not fit each other.

    Args:
        name: of the primitive.
        gates: how many matrices (units, units) lie side by side in u.
        x, w, b, u, mask: the operands: see `sizes`.
        states: the first states by name.
    """
    batch, steps, _ = sizes(x, w, b)
    units = u.shape[0]
    width = gates * units
    if tuple(u.shape) != (units, width):
        raise ValueError(
            f"`{name}`: expected a recurrent kernel of shape (units, {gates}·units). "
            f"Received {tuple(u.shape)}."
        )
    given = x.shape if w is None else w.shape
    if given[-1] != width or (w is not None and w.shape[0] != x.shape[2]):
        raise ValueError(
            f"`{name}`: expected a kernel of shape (features, {width}) for a recurrent "
            f"kernel of shape {tuple(u.shape)}. Received {tuple(given)}."
        )
    for state_name, state in states.items():
        if tuple(state.shape) != (batch, units):
            raise ValueError(
                f"`{name}`: expected a first {state_name} of shape {(batch, units)}. "
                f"Received {tuple(state.shape)}."
            )
    if mask is not None and tuple(mask.shape) != (batch, steps):
        raise ValueError(
            f"`{name}`: expected a mask of shape {(batch, steps)}. "
            f"Received {tuple(mask.shape)}."
        )


def dims(node, batch, steps, units, features=0):
    """The integers that all recurrent kernels take first."""
    flags = [int(node.attrs.get(k, 0)) for k in ("sequences", "keep", "backwards")]
    return (batch, steps, units, *flags[:2], features, flags[2])


def workspace(kernel, batch, units, features, dtype):
    """Bytes of workspace of a kernel, forward or backward."""
    itemsize = 4 if dtype == "float32" else 8
    return kernels.module(kernel).workspace_bytes(batch, units, features, itemsize)


def unproject(d_z, w, mask):
    """The gradient of x, from that of x·w."""
    if mask is not None:
        return kept.product(d_z, w, mask, transpose=True)
    return linear.matmul(d_z, w, transpose_b=True)


def outer(a, d_z, mask):
    """The sum over rows and timesteps of the outer products of a and d_z."""
    if mask is not None:
        return kept.outer(a, d_z, mask)
    rows = a.shape[0] * a.shape[1]
    a, d_z = [movement.reshape(v, shape=(rows, v.shape[-1])) for v in (a, d_z)]
    return linear.matmul(a, d_z, transpose_a=True)


def sum_of_rows(d_z, mask):
    """The gradient of a vector that was added at each timestep."""
    if mask is not None:
        return kept.sum(d_z, mask)
    return reduction.sum_to_shape(d_z, shape=(d_z.shape[-1],))


def refuse_without_tape(node):
    """Raises where a primitive kept nothing for its gradient."""
    if not node.attrs["keep"]:
        raise NotImplementedError(
            f"The gradient of `{node.primitive.name}` needs what a recording tape "
            "keeps: call the layer inside `GradientTape`."
        )


def no_second_gradient(node, d_outputs, needs):
    """The gradient rule of the gradients' kernels."""
    raise NotImplementedError(
        "The kernels of recurrent layers have no second derivative. Run the layer's "
        "cell instead, as in `RNN(LSTMCell(units))`: it is made of single operations."
    )
