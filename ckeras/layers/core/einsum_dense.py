"""The fully connected layer whose product is given as an Einstein sum."""

import math
import re
from typing import NamedTuple

from ckeras import activations, constraints, initializers, ops, regularizers
from ckeras.initializers.scaling import VarianceScaling
from ckeras.layers.base.config import constructor_config, refuse_quantization
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.base.layer import Layer

__all__ = ["EinsumDense"]

# Activations of single numbers, which do not mind the shape.
_BY_ELEMENT = (activations.relu, activations.tanh, activations.sigmoid)


class EinsumDense(Layer):
    """`activation(einsum(equation, inputs, kernel) + bias)`.

    Args:
        equation: `"ab,bc->ac"`: letters of the inputs' axes, of the kernel's, of the
            output's. Inputs and output may begin or end with an ellipsis, for axes
            that stay as they are.
        output_shape: sizes of the output without its first axis and those of the
            ellipsis; None for one that may vary.
        activation: function or name; none by default.
        bias_axes: letters of the output's axes along which the bias varies; None for
            no bias.
        kernel_initializer, bias_initializer: first values of the weights.
        kernel_regularizer, bias_regularizer: penalties on the weights.
        kernel_constraint, bias_constraint: projections of the weights.

    Raises:
        ValueError: when it is built, if the equation does not fit the shapes.

    Example:

    >>> layer = ckeras.layers.EinsumDense("abc,cd->abd", (None, 8), bias_axes="d")
    >>> layer(np.ones((2, 3, 4))).shape
    (2, 3, 8)
    >>> [w.shape for w in layer.weights]
    [(4, 8), (8,)]
    """

    def __init__(
        self,
        equation,
        output_shape,
        activation=None,
        bias_axes=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        lora_alpha=None,
        gptq_unpacked_column_size=None,
        quantization_config=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        refuse_quantization(
            "EinsumDense",
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            gptq_unpacked_column_size=gptq_unpacked_column_size,
            quantization_config=quantization_config,
        )
        self.equation = equation
        is_size = isinstance(output_shape, int)
        self.partial_output_shape = (output_shape,) if is_size else tuple(output_shape)
        self.bias_axes = bias_axes
        self.activation = activations.get(activation)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.quantization_config = None

    def build(self, input_shape):
        shapes = self._shapes(input_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=shapes.kernel,
            initializer=self._kernel_initializer(shapes),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if shapes.bias is not None:
            self.bias = self.add_weight(
                name="bias",
                shape=shapes.bias,
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec = InputSpec(ndim=len(input_shape))

    def _shapes(self, input_shape):
        return einsum_shapes(
            self.equation, self.bias_axes, input_shape, self.partial_output_shape
        )

    def _kernel_initializer(self, shapes):
        """The initializer, told which of the kernel's axes are inputs and outputs."""
        given = self.kernel_initializer
        if not isinstance(given, VarianceScaling):
            return given
        if given.input_axes is not None and given.output_axes is not None:
            return given
        axes = {"input_axes": shapes.input_axes, "output_axes": shapes.output_axes}
        config = {**given.get_config(), "seed": given.seed, **axes}
        return type(given).from_config(config)

    def call(self, inputs, training=None):
        inner = inner_axes(self.equation, self.bias_axes)
        if inner:
            return self._as_matrix_product(inputs, inner)
        x = ops.einsum(self.equation, inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return x if self.activation is None else self.activation(x)

    def _as_matrix_product(self, inputs, inner):
        """One product of matrices, to which bias and activation can be joined."""
        summed, sizes = self.kernel.shape[:inner], self.kernel.shape[inner:]
        free = inputs.shape[: len(inputs.shape) - inner]
        kernel = ops.reshape(self.kernel, (math.prod(summed), math.prod(sizes)))
        x = ops.reshape(inputs, (math.prod(free), math.prod(summed)))
        x = ops.matmul(x, kernel)
        if self.bias is not None:
            x = ops.add(x, ops.reshape(self.bias, (math.prod(sizes),)))
        if self.activation in _BY_ELEMENT:
            return ops.reshape(self.activation(x), (*free, *sizes))
        x = ops.reshape(x, (*free, *sizes))
        return x if self.activation is None else self.activation(x)

    def compute_output_shape(self, input_shape):
        return self._shapes(input_shape).output

    def get_config(self):
        skip = ("lora_rank", "lora_alpha", "gptq_unpacked_column_size", "output_shape")
        return {
            **super().get_config(),
            "output_shape": self.partial_output_shape,
            **constructor_config(self, EinsumDense, skip),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
        }


def inner_axes(equation, bias_axes):
    """How many last axes of the inputs are the kernel's first ones, and summed over.

    0 where the equation is no product of matrices without transposing: the kernel's
    other axes must be the output's last ones, and the bias vary along all of these.
    """
    inputs, kernel, output, left = _parse(equation)
    if not left and "..." in equation:
        return 0
    for inner in range(1, min(len(inputs), len(kernel)) + 1):
        free, summed = inputs[:-inner], inputs[-inner:]
        columns = kernel[inner:]
        fits = summed + columns == kernel and free + columns == output
        letters = free + kernel
        fits = fits and columns and len(set(letters)) == len(letters)
        if fits and (bias_axes is None or sorted(bias_axes) == sorted(columns)):
            return inner
    return 0


class EinsumShapes(NamedTuple):
    """What an equation says of a layer's shapes."""

    kernel: tuple
    bias: tuple | None
    output: tuple
    input_axes: list  # of the kernel, those that are summed over
    output_axes: list


_EQUATION = re.compile(r"(0?)([a-zA-Z]+)(0?),([a-zA-Z]+)->(0?)([a-zA-Z]+)(0?)")


def einsum_shapes(equation, bias_axes, input_shape, output_shape):
    """The shapes of kernel, bias and output of an `EinsumDense`.

    Args:
        equation, bias_axes: as for the layer.
        input_shape: sizes of the inputs, None for those not known.
        output_shape: sizes of the output without the first axis and the ellipsis.

    Raises:
        ValueError: if the equation cannot be read or does not fit the shapes.
    """
    inputs, kernel, output, left = _parse(equation)
    elided = len(input_shape) - len(inputs)
    if elided < 0:
        raise ValueError(
            f"The einsum equation '{equation}' expects inputs of at least "
            f"{len(inputs)} axes. Received: input_shape={input_shape}"
        )
    # Axes of the ellipsis come first (in place of the batch axis) or last.
    before = elided if left else 0
    kept = input_shape[:before] or input_shape[:1]
    after = () if left else input_shape[len(inputs) :]
    full_output = (*kept, *output_shape, *after)
    in_size = dict(zip(inputs, input_shape[before:], strict=False))
    out_size = dict(zip(output, full_output[before:], strict=False))
    _check_axes(inputs, kernel, output, in_size, out_size)
    return EinsumShapes(
        tuple(out_size[a] if a in out_size else in_size[a] for a in kernel),
        _bias_shape(bias_axes, output, out_size, len(after)),
        full_output,
        [i for i, axis in enumerate(kernel) if axis not in out_size],
        [i for i, axis in enumerate(kernel) if axis in out_size],
    )


def _parse(equation):
    """Letters of inputs, kernel and output, and whether they begin with an ellipsis."""
    match = _EQUATION.fullmatch(equation.replace("...", "0"))
    if match:
        left, inputs, right, kernel, out_left, output, out_right = match.groups()
        one_side = not (left and right) and (not right or len(inputs) > 1)
        if one_side and left == out_left and right == out_right:
            return inputs, kernel, output, bool(left)
    raise ValueError(
        f"Invalid einsum equation '{equation}'. Equations must be in the form "
        "[X],[Y]->[Z], ...[X],[Y]->...[Z], or [X]...,[Y]->[Z]...."
    )


def _check_axes(inputs, kernel, output, in_size, out_size):
    for axis in inputs:
        if out_size.get(axis) not in (None, in_size[axis]):
            raise ValueError(
                "Input shape and output shape do not match at shared dimension "
                f"'{axis}'. Input shape is {in_size[axis]}, and output shape is "
                f"{out_size[axis]}."
            )
    for axis in output:
        if axis not in inputs and axis not in kernel:
            raise ValueError(
                f"Dimension '{axis}' was specified in the output '{output}' but has no "
                f"corresponding dim in the input spec '{inputs}' or weight spec "
                f"'{kernel}'"
            )
        if axis not in out_size:
            raise ValueError(
                f"`output_shape` has no size for dimension '{axis}' of the output "
                f"'{output}'."
            )
    for axis in kernel:
        if axis not in inputs and axis not in output:
            raise ValueError(
                f"Weight dimension '{axis}' did not have a match in either the input "
                f"spec '{inputs}' or the output spec '{output}'. For this layer, the "
                "weight must be fully specified."
            )


def _bias_shape(bias_axes, output, out_size, elided_after):
    """Sizes from the first axis of the bias on; 1 where it does not vary."""
    if bias_axes is None:
        return None
    for axis in bias_axes:
        if axis not in output:
            raise ValueError(
                f"Bias dimension '{axis}' was requested, but is not part of the output "
                f"spec '{output}'"
            )
    first = min(output.index(axis) for axis in bias_axes)
    sizes = [out_size[axis] if axis in bias_axes else 1 for axis in output[first:]]
    return (*sizes, *[1] * elided_after)
