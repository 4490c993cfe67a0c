"""The order of the passes, and their switches."""

import contextlib

from ckeras.engine.passes.common_subexpressions import common_subexpressions
from ckeras.engine.passes.convolution import convolutions
from ckeras.engine.passes.crossentropy import FUSED, crossentropy
from ckeras.engine.passes.dead_code import dead_code
from ckeras.engine.passes.dense import dense
from ckeras.engine.passes.elementwise import elementwise
from ckeras.engine.passes.layouts import layouts
from ckeras.engine.passes.pooling import pooled_convolutions, pooled_gradients
from ckeras.engine.passes.reversals import reversals
from ckeras.engine.passes.tokens import RECURRENT, tokens
from ckeras.engine.passes.zeros import zeros

__all__ = ["run", "switched_off"]

# Whole layers are recognized before their elementwise parts go into chains.
_PASSES = {
    "common_subexpressions": common_subexpressions,
    "reversals": reversals,
    "layouts": layouts,
    "pooled_gradients": pooled_gradients,
    "tokens": tokens,
    "dead_code": dead_code,
    "crossentropy": crossentropy,
    "dense": dense,
    "convolutions": convolutions,
    "pooled_convolutions": pooled_convolutions,
    "elementwise": elementwise,
    "zeros": zeros,
}
# The primitives without any of which a pass has nothing to do.
_STARTS = {
    "reversals": {"reverse"},
    "pooled_gradients": {"max_pool"},
    "crossentropy": FUSED,
    "dense": {"matmul"},
    "convolutions": {"conv", "depthwise"},
    "pooled_convolutions": {"max_pool"},
    "tokens": RECURRENT,
}
_off = set()


def run(graph):
    """Applies all passes that are switched on, in place, in inner graphs as well."""
    present = {node.primitive.name for node in graph.nodes}
    for name, rewrite in _PASSES.items():
        starts = _STARTS.get(name)
        if name not in _off and (starts is None or not present.isdisjoint(starts)):
            rewrite(graph)
    for node in graph.nodes:
        if "control" in node.attrs:
            for inner in node.attrs["control"].graphs.values():
                run(inner)


@contextlib.contextmanager
def switched_off(*names):
    """Context in which functions are compiled without some passes, or without any.

    Args:
        *names: of passes; none given means all.
    """
    unknown = set(names) - set(_PASSES)
    if unknown:
        raise ValueError(
            f"Unknown passes {sorted(unknown)}. Expected some of {list(_PASSES)}."
        )
    added = set(names or _PASSES) - _off
    _off.update(added)
    try:
        yield
    finally:
        _off.difference_update(added)
