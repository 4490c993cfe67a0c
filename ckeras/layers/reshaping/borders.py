"""What padding and cropping share: a pair (before, after) for each spatial axis."""

from ckeras.engine import config
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.base.layer import Layer
from ckeras.utils.argument_validation import standardize_tuple

__all__ = ["Bordered", "standardize_borders"]

_ORDINALS = ("1st", "2nd", "3rd")


def standardize_borders(value, axes, name, expected):
    """An argument as a tuple of `axes` pairs (before, after).

    Args:
        value: an integer for all sides, or for each axis an integer or a pair.
        axes: number of spatial axes.
        name: the argument's name.
        expected: what the error says about other kinds of values.

    Raises:
        ValueError: for another kind of value or number of elements, or a negative one.
    """
    if isinstance(value, int):
        if value < 0:
            raise ValueError(f"`{name}` cannot be negative. Received: {name}={value}.")
        return ((value, value),) * axes
    if not hasattr(value, "__len__"):
        raise ValueError(
            f"`{name}` should be either {expected}. Received: {name}={value}."
        )
    if len(value) != axes:
        count = "two" if axes == 2 else axes
        raise ValueError(
            f"`{name}` should have {count} elements. Received: {name}={value}."
        )
    return tuple(
        [
            standardize_tuple(v, 2, f"{ordinal} entry of {name}", allow_zero=True)
            for v, ordinal in zip(value, _ORDINALS, strict=False)
        ]
    )


class Bordered(Layer):
    """Base: the spatial axes become longer or shorter by what `_borders` says.

    Args:
        data_format: `"channels_last"` or `"channels_first"`.
    """

    _dimensions = None
    _borders = ()

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self._dimensions + 2)

    def _for_all_axes(self, spatial, other):
        """A list with `spatial` for the spatial axes and `other` for the two others."""
        if self.data_format == "channels_first":
            return [other, other, *spatial]
        return [other, *spatial, other]

    def _changed(self, shape, sign):
        """A shape whose spatial sizes have become longer or shorter."""
        pairs = self._for_all_axes(self._borders, (0, 0))
        return tuple(
            None if n is None else n + sign * (before + after)
            for n, (before, after) in zip(shape, pairs, strict=True)
        )
