"""Where a placeholder of a functional graph comes from."""

from ckeras.engine.symbolic.keras_tensor import is_keras_tensor

__all__ = ["get_source_inputs"]


def get_source_inputs(tensor):
    """The placeholders without which a placeholder cannot be computed.

    Args:
        tensor: a `KerasTensor`.

    Returns:
        A list of those at the beginning of its graph, in the order in which they are
        met; the placeholder itself if it is one of them.

    Raises:
        ValueError: if it is no placeholder.
    """
    if not is_keras_tensor(tensor):
        raise ValueError(
            f"`get_source_inputs` expects a KerasTensor. Received: {tensor!r}"
        )
    found, seen = [], set()

    def visit(x):
        if id(x) in seen:
            return
        seen.add(id(x))
        history = getattr(x, "_keras_history", None)
        if history is None or history.operation is None:
            found.append(x)
            return
        node = history.operation._inbound_nodes[history.node_index]
        if node.is_input:
            found.extend(y for y in node.output_tensors if id(y) not in map(id, found))
            return
        for y in node.input_tensors:
            visit(y)

    visit(tensor)
    return found
