"""The table that `model.summary()` prints."""

import math
import re
import shutil

import numpy as np

from ckeras.engine import tree
from ckeras.utils import io_utils

__all__ = ["count_params", "print_summary"]

# Colours of the terminal's table of 256, as Keras has them.
_NUMBER, _NONE, _CLASS, _YES, _NO = 34, 45, 33, 34, 9


def count_params(weights):
    """The number of scalars in a list of variables."""
    return sum(math.prod(w.shape) for w in {id(w): w for w in weights}.values())


def _memory(weights):
    unique = {id(w): w for w in weights}.values()
    return sum(math.prod(w.shape) * np.dtype(w.dtype).itemsize for w in unique)


def _readable(size):
    for unit in ("B", "KB", "MB", "GB", "TB", "PB"):
        if size < 1024 or unit == "PB":
            return f"{size:.2f} {unit}"
        size /= 1024
    return None


def print_summary(
    model,
    line_length=None,
    positions=None,
    print_fn=None,
    expand_nested=False,
    show_trainable=False,
    layer_range=None,
):
    """Prints a table of a model's layers and the numbers of its parameters.

    Args:
        model: the model.
        line_length: width of the table; the terminal's at most by default.
        positions: ends of the columns as shares of the width.
        print_fn: function that gets the text; printed to the console by default.
        expand_nested: whether layers of nested models are listed.
        show_trainable: whether a column tells which layers are trained.
        layer_range: names, or patterns, of the first and last layer to list.

    Raises:
        ValueError: if the table does not fit, or `layer_range` matches no layer.
    """
    if print_fn is None and not io_utils.is_interactive_logging_enabled():
        print_fn = io_utils.print_msg
    table = _Table(model, expand_nested, show_trainable)
    first, last = _bounds(table.layers, layer_range)
    rows = [row for layer in table.layers[first:last] for row in table.rows(layer)]
    widths = table.widths(line_length, positions)
    try:
        text = _with_rich(model, table, rows, widths, print_fn is not None)
    except ImportError:
        text = _plain(model, table, rows, widths)
    if print_fn is io_utils.print_msg:
        print_fn(text, line_break=False)
    elif print_fn is not None:
        print_fn(text)
    elif text is not None:
        print(text)


class _Table:
    """What stands in the table, as text with markup of `rich`."""

    def __init__(self, model, expand_nested, show_trainable):
        from ckeras.models import Functional

        self.expand_nested = expand_nested
        self.show_trainable = show_trainable
        self.nodes = None
        self.layers = model.layers
        if isinstance(model, Functional):
            self.layers = model.operations
            if not _is_chain(model):
                self.nodes = set(model._ordered_nodes)
        self.header = ["Layer (type)", "Output Shape", "Param #"]
        self.alignment = ["left", "left", "right"]
        if self.nodes is not None:
            self.header.append("Connected to")
            self.alignment.append("left")
        if show_trainable:
            self.header.append("Trainable")
            self.alignment.append("center")

    def widths(self, line_length, positions):
        """Widths of the columns."""
        length = 88 if self.nodes is None else 108
        if positions is None:
            chain = self.nodes is None
            positions = [0.45, 0.80, 1.0] if chain else [0.3, 0.56, 0.74, 1.0]
        if self.show_trainable:
            length += 12
            positions = [*[p * 0.90 for p in positions], 1.0]
        length = line_length or min(length, shutil.get_terminal_size().columns - 4)
        widths, start = [], 0
        for position in positions:
            width = int(position * length) - start
            if width < 4:
                raise ValueError("Insufficient console width to print summary.")
            widths.append(width)
            start += width
        self.length = length
        return widths

    def rows(self, layer, level=0):
        """The rows of a layer, and of those inside if they are wanted."""
        rows = [self._fields(layer, "   " * level + "└ " if level else "")]
        if self.expand_nested:
            for inner in getattr(layer, "layers", ()):
                rows.extend(self.rows(inner, level + 1))
        return rows

    def _fields(self, layer, prefix):
        name = _escape(f"{prefix}{layer.name}")
        kind = _colored(_escape(type(layer).__name__), _CLASS)
        fields = [f"{name} ({kind})", _shape(layer), _params(layer)]
        if self.nodes is not None:
            fields.append(self._connections(layer))
        if self.show_trainable:
            fields.append(_trainable(layer))
        return fields

    def _connections(self, layer):
        origins = [
            x._keras_history
            for node in layer._inbound_nodes
            if node in self.nodes
            for x in node.input_tensors
        ]
        shown = [
            _escape(h.operation.name)
            + f"[{_colored(h.node_index, _NUMBER)}]"
            + f"[{_colored(h.tensor_index, _NUMBER)}]"
            for h in origins
        ]
        return ", ".join(shown) or "-"


def _is_chain(model):
    """Whether each layer only goes on from the one before."""
    nodes = []
    for at_depth in model._nodes_by_depth.values():
        if len(at_depth) > 1 or len(at_depth[0].input_tensors) > 1:
            return False
        nodes += at_depth
    own = set(nodes)
    return all(
        sum(node in own for node in layer._inbound_nodes) <= 1 for layer in model.layers
    )


def _colored(value, color):
    return f"[color({color})]{value}[/]"


def _bold(text):
    return f"[bold]{text}[/]"


def _escape(text):
    return text.replace("[", r"\[")


def _shape(layer):
    if not layer._inbound_nodes and not getattr(layer, "_build_shapes_dict", None):
        return "?"
    if layer._inbound_nodes:
        shapes = [x.shape for x in layer._inbound_nodes[-1].output_tensors]
    else:
        try:
            if hasattr(layer, "output_shape"):
                shapes = layer.output_shape
            else:
                shapes = layer.compute_output_shape(**layer._build_shapes_dict)
        except (NotImplementedError, AttributeError):
            return "?"
    shown = tree.map_shape_structure(_format_shape, shapes)
    flat = tree.flatten(shown)
    return flat[0] if len(flat) == 1 else str(shown).replace("'", "")


def _format_shape(shape):
    sizes = [_colored(d, _NONE if d is None else _NUMBER) for d in shape]
    return f"({', '.join(sizes)})"


def _params(layer):
    if not hasattr(layer, "built"):  # an op
        return _colored(0, _NUMBER)
    if not layer.built:
        return f"{_colored(0, _NUMBER)} (unbuilt)"
    return _colored(f"{layer.count_params():,}", _NUMBER)


def _trainable(layer):
    if not getattr(layer, "weights", None):
        return _bold("-")
    letter, color = ("Y", _YES) if layer.trainable else ("N", _NO)
    return _bold(_colored(letter, color))


def _totals(model):
    """The lines below the table: what is counted, how many, and in bytes."""
    groups = [
        ("Trainable params", model.trainable_weights),
        ("Non-trainable params", model.non_trainable_weights),
    ]
    if model.compiled and model.optimizer and model.optimizer.built:
        groups.append(("Optimizer params", model.optimizer.variables))
    # Every group is counted by itself, as in Keras.
    counts = [(name, count_params(w), _memory(w)) for name, w in groups]
    total = ("Total params", sum(c[1] for c in counts), sum(c[2] for c in counts))
    return [
        (f" {name}: ", f"{count:,}", f" ({_readable(size)})")
        for name, count, size in (total, *counts)
    ]


def _with_rich(model, table, rows, widths, capture):
    """Prints with `rich`, or returns the text if it is to be captured."""
    import rich.console
    import rich.table

    columns = [
        rich.table.Column(name, justify=alignment, width=width)
        for name, alignment, width in zip(
            table.header, table.alignment, widths, strict=False
        )
    ]
    view = rich.table.Table(*columns, width=table.length, show_lines=True)
    for row in rows:
        view.add_row(*row)
    if capture:
        console = rich.console.Console(
            highlight=False, force_terminal=False, color_system=None
        )
        console.width = max(console.width, table.length)
        console.begin_capture()
    else:
        console = rich.console.Console(highlight=False)
    console.print(_bold(f'Model: "{_escape(model.name)}"'))
    console.print(view)
    for name, count, size in _totals(model):
        console.print(_bold(name) + _colored(count, _NUMBER) + size)
    return console.end_capture() if capture else None


_MARKUP = re.compile(r"(?<!\\)\[/?(?:color\(\d+\)|bold)?\]")


def _plain(model, table, rows, widths):
    """The same without `rich`: columns of plain text."""

    def line(fields):
        cells = []
        for field, width, side in zip(fields, widths, table.alignment, strict=False):
            text = _MARKUP.sub("", field).replace(r"\[", "[")
            text = text if len(text) < width else text[: width - 2] + "~"
            cells.append(
                text.rjust(width - 1) if side == "right" else text.ljust(width)
            )
        return " ".join(cells).rstrip()

    ruler = "-" * table.length
    lines = [f'Model: "{model.name}"', ruler, line(table.header), ruler]
    lines += [line(row) for row in rows]
    lines.append(ruler)
    lines += ["".join(parts) for parts in _totals(model)]
    return "\n".join(lines) + "\n"


def _bounds(layers, layer_range):
    """The slice of `layers` that `layer_range` names."""
    if layer_range is None:
        return 0, len(layers)
    if len(layer_range) != 2:
        raise ValueError(
            "layer_range must be a list or tuple of length 2. Received: layer_range = "
            f"{layer_range} of length {len(layer_range)}"
        )
    if not all(isinstance(name, str) for name in layer_range):
        raise ValueError(
            f"layer_range should contain string type only. Received: {layer_range}"
        )
    found = [
        [i for i, layer in enumerate(layers) if re.match(pattern, layer.name)]
        for pattern in layer_range
    ]
    if not all(found):
        raise ValueError(
            "Passed layer_names do not match the layer names in the model. "
            f"Received: {layer_range}"
        )
    lower, upper = found
    if min(lower) > max(upper):
        lower, upper = upper, lower
    return min(lower), max(upper) + 1
