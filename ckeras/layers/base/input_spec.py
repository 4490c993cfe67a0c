"""What a layer expects of its inputs, and the check of what it gets."""

from ckeras.engine import tree
from ckeras.engine.symbolic.keras_tensor import standardize_shape
from ckeras.engine.values import dtypes

__all__ = ["InputSpec", "assert_input_compatibility"]


class InputSpec:
    """Rank, sizes and type that a layer's input must have.

    Args:
        dtype: number type.
        shape: sizes; None matches any.
        ndim, max_ndim, min_ndim: the rank, or its bounds.
        axes: required size by axis.
        allow_last_axis_squeeze: whether a last axis of size 1 may be missing.
        name: key of the input where inputs come as a dictionary.
        optional: whether None may be passed.

    Raises:
        TypeError: if `axes` does not map integers.
        ValueError: if `axes` names an axis beyond the rank.
    """

    def __init__(
        self,
        dtype=None,
        shape=None,
        ndim=None,
        max_ndim=None,
        min_ndim=None,
        axes=None,
        allow_last_axis_squeeze=False,
        name=None,
        optional=False,
    ):
        self.dtype = None if dtype is None else dtypes.standardize_dtype(dtype)
        self.shape = None if shape is None else standardize_shape(shape)
        self.ndim = ndim if shape is None else len(self.shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.name = name
        self.optional = optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        try:
            self.axes = {int(k): v for k, v in (axes or {}).items()}
        except (AttributeError, ValueError, TypeError):
            raise TypeError(
                "Argument `axes` must be a dict with integer keys. "
                f"Received: axes={axes}"
            ) from None
        rank = self.ndim or self.max_ndim
        if self.axes and rank and max(self.axes) > rank - 1:
            raise ValueError(
                f"Axis {max(self.axes)} is greater than the maximum allowed value: "
                f"{rank - 1}"
            )

    def get_config(self):
        return {
            "dtype": self.dtype,
            "shape": self.shape,
            "ndim": self.ndim,
            "max_ndim": self.max_ndim,
            "min_ndim": self.min_ndim,
            "axes": self.axes,
            "optional": self.optional,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __repr__(self):
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        given = [(name, getattr(self, name)) for name in names]
        return f"InputSpec({', '.join(f'{n}={v}' for n, v in given if v)})"


def assert_input_compatibility(input_spec, inputs, layer_name):
    """Checks that inputs are what a layer expects.

    Args:
        input_spec: an `InputSpec`, or nested ones.
        inputs: tensors, nested in any way.
        layer_name: the layer's name, for error messages.

    Raises:
        ValueError: naming the layer, what it expected and what it got.
    """
    if not input_spec:
        return
    specs = tree.flatten(input_spec)
    inputs = tree.flatten(_by_name(inputs, specs))
    if len(inputs) != len(specs):
        raise _wrong_count(inputs, specs, layer_name)
    for index, (x, spec) in enumerate(zip(inputs, specs, strict=True)):
        if spec is None or (x is None and spec.optional):
            continue
        if not hasattr(x, "shape"):
            raise ValueError(
                f"Inputs to a layer should be tensors. Got '{x}' (of type {type(x)}) "
                f"as input for layer '{layer_name}'."
            )
        problem = _mismatch(x, spec)
        if problem:
            raise ValueError(
                f"Input {index} with name '{spec.name}' of layer '{layer_name}' is "
                f"incompatible with the layer: {problem}"
            )


def _by_name(inputs, specs):
    names = [getattr(spec, "name", None) for spec in specs]
    if not isinstance(inputs, dict) or not all(names):
        return inputs
    for name in names:
        if name not in inputs:
            raise ValueError(
                f'Missing data for input "{name}". You passed a data dictionary with '
                f"keys {list(inputs)}. Expected the following keys: {names}"
            )
    return [inputs[name] for name in names]


def _wrong_count(inputs, specs, layer_name):
    names = [getattr(spec, "name", None) for spec in specs]
    if all(names):
        example = ", ".join(f"'{n}': ..." for n in names)
        return ValueError(
            f'Layer "{layer_name}" expects {len(specs)} named input(s) with keys '
            f"{names}, but it received {len(inputs)} input tensors. Pass inputs as a "
            f"dict, e.g. `layer({{{example}}})`."
        )
    return ValueError(
        f'Layer "{layer_name}" expects {len(specs)} input(s), but it received '
        f"{len(inputs)} input tensors. Inputs received: {inputs}"
    )


def _mismatch(x, spec):
    """What is wrong with input `x`, or None."""
    shape = tuple(x.shape)
    ndim = len(shape)
    full = f"Full shape received: {shape}"
    if spec.ndim is not None and not spec.allow_last_axis_squeeze and ndim != spec.ndim:
        return f"expected ndim={spec.ndim}, found ndim={ndim}. {full}"
    if spec.max_ndim is not None and ndim > spec.max_ndim:
        return f"expected max_ndim={spec.max_ndim}, found ndim={ndim}"
    if spec.min_ndim is not None and ndim < spec.min_ndim:
        return f"expected min_ndim={spec.min_ndim}, found ndim={ndim}. {full}"
    if spec.dtype is not None and dtypes.standardize_dtype(x.dtype) != spec.dtype:
        return f"expected dtype={spec.dtype}, found dtype={x.dtype}"
    for axis, size in spec.axes.items():
        if size is not None and shape[axis] not in (size, None):
            return (
                f"expected axis {axis} of input shape to have value {size}, but "
                f"received input with shape {shape}"
            )
    if spec.shape is None:
        return None
    expected, found = spec.shape, shape
    if spec.allow_last_axis_squeeze:
        expected = expected[:-1] if expected and expected[-1] == 1 else expected
        found = found[:-1] if found and found[-1] == 1 else found
    pairs = zip(expected, found, strict=False)
    if any(a != b for a, b in pairs if a is not None and b is not None):
        return f"expected shape={spec.shape}, found shape={shape}"
    return None
