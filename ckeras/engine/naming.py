"""Names of objects as Keras makes them: `LayerNorm` becomes `layer_norm`."""

import re

from ckeras.engine import scope

__all__ = ["auto_name", "object_name", "to_snake_case"]


def to_snake_case(name):
    """`name` in lower case, with an underscore before each inner capital."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def auto_name(prefix):
    """A name for a new object of class `prefix`: `dense`, `dense_1` and so on."""
    return scope.unique_name(to_snake_case(prefix))


def object_name(obj):
    """The name under which logs and errors mention `obj`."""
    if hasattr(obj, "name"):
        return obj.name
    return to_snake_case(getattr(obj, "__name__", type(obj).__name__))
