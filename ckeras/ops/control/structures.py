"""Nested values that a loop carries along, and the checks that they stay the same."""

from ckeras.engine import tree
from ckeras.engine.primitive import Spec
from ckeras.ops.promotion import as_value, join, with_type

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
        try:
            tree.assert_same_structure(self.structure, result, check_types=False)
            pairs = zip(tree.flatten(self.structure), tree.flatten(result), strict=True)
            if any((a is None) != (b is None) for a, b in pairs):
                raise ValueError
        except ValueError:
            raise self._changed(result) from None
        values, widened = [], False
        for i, (x, spec) in enumerate(zip(leaves(result), self._specs, strict=True)):
            value = as_value(x)
            if value.dtype != spec.dtype:
                if type(x) in _NUMBERS and join(spec.dtype, type(x).__name__) == (
                    spec.dtype
                ):
                    value = with_type(x, spec.dtype)
                elif self._weak[i] and join(spec.dtype, value.dtype) == value.dtype:
                    self._specs[i] = Spec(spec.shape, value.dtype)
                    self.values[i] = with_type(self.values[i], value.dtype)
                    self._weak[i] = False
                    widened = True
            if spec_of(value) != self._specs[i]:
                raise self._changed(result)
            values.append(value)
        if widened:
            raise Widened(values)
        return values

    def _changed(self, result):
        expected = packed(self.structure, map(_text, self._specs))
        return TypeError(
            f"`ops.{self.op}`: the values that the loop carries must keep their "
            "structure, shapes and types in every iteration. "
            f"Expected: {expected}. Received: {describe(result)}"
        )
