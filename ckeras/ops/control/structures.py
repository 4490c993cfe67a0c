"""Nested values that a loop carries along, and the checks that they stay the same."""

from ckeras.engine import tree
from ckeras.engine.primitive import Spec
from ckeras.ops.promotion import as_value, join, type_of, with_type

__all__ = ["Carried", "Widened", "describe", "leaves", "packed", "spec_of"]

_NUMBERS = (bool, int, float)


def leaves(structure):
    """The leaves of a structure, without those that are None."""
    return [x for x in tree.flatten(structure) if x is not None]


def packed(structure, values):
    """The next of `values` for each leaf of a structure that is not None."""
    values = iter(values)
    return tree.map_structure(lambda x: None if x is None else next(values), structure)


def spec_of(value):
    """A value's shape and type."""
    return Spec(tuple(value.shape), value.dtype)


def describe(structure):
    """A structure with shapes and types in place of values, for messages."""
    return tree.map_structure(
        lambda x: _text(x) if hasattr(x, "dtype") else x, structure
    )


def _text(value):
    return f"{value.dtype}[{','.join(map(str, value.shape))}]"


class Widened(Exception):
    """An iteration gave a wider type than a Python number that it started from.

    Attributes:
        values: what the iteration gave, flat.
    """

    def __init__(self, values):
        super().__init__(values)
        self.values = values


class Carried:
    """What a loop hands from one iteration to the next.

    Args:
        op: the op's name, for messages.
        initial: the first values, nested as you like.

    Attributes:
        values: the first values as tensors or traced values, flat.
    """

    def __init__(self, op, initial):
        self.op = op
        self.structure = initial
        flat = leaves(initial)
        self.values = [as_value(x) for x in flat]
        self._specs = [spec_of(v) for v in self.values]
        # A Python number takes the type of what it meets.
        self._weak = [type(x) in _NUMBERS for x in flat]

    @property
    def specs(self):
        """Shapes and types that the values have in every iteration."""
        return list(self._specs)

    def pack(self, values):
        """Flat values in the structure of the first ones."""
        return packed(self.structure, values)

    def check(self, result):
        """The flat values of what an iteration returned.

        Raises:
            TypeError: if structure, shapes or types differ from the first ones.
            Widened: if a type is wider than that of a Python number; from now on it
                counts as the type.
        """
        if not self._has_structure(result):
            raise self._changed(result)
        before = list(self._specs)
        values = [self._adapted(i, x) for i, x in enumerate(leaves(result))]
        if [spec_of(v) for v in values] != self._specs:
            raise self._changed(result)
        if before != self._specs:
            raise Widened(values)
        return values

    def _has_structure(self, result):
        try:
            tree.assert_same_structure(self.structure, result, check_types=False)
        except ValueError:
            return False
        pairs = zip(tree.flatten(self.structure), tree.flatten(result), strict=True)
        return all((a is None) == (b is None) for a, b in pairs)

    def _adapted(self, i, x):
        """A result as a value; Python numbers, old or new, follow the other's type."""
        value, dtype = as_value(x), self._specs[i].dtype
        if value.dtype == dtype:
            return value
        if type(x) in _NUMBERS and join(dtype, type_of(x)) == dtype:
            return with_type(x, dtype)
        if self._weak[i] and join(dtype, value.dtype) == value.dtype:
            self._specs[i] = Spec(self._specs[i].shape, value.dtype)
            self.values[i] = with_type(self.values[i], value.dtype)
            self._weak[i] = False
        return value

    def _changed(self, result):
        expected = packed(self.structure, map(_text, self._specs))
        return TypeError(
            f"`ops.{self.op}`: the values that the loop carries must keep their "
            "structure, shapes and types in every iteration. "
            f"Expected: {expected}. Received: {describe(result)}"
        )
