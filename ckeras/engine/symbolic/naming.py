"""Names of operations, made from their class as Keras makes them."""

import re

from ckeras.engine.scope import unique_name

__all__ = ["auto_name", "to_snake_case"]


def to_snake_case(name):
    """`"MyLSTMCell"` as `"my_lstm_cell"`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def auto_name(prefix):
    """The class name in snake case, numbered from the second use on."""
    return unique_name(to_snake_case(prefix))
