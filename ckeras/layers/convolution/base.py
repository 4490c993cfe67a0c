"""What all convolutional layers share: their options, their bias and activation."""

import functools
import inspect

from ckeras import activations, constraints, initializers, ops, regularizers
from ckeras.engine import config
from ckeras.layers.config import constructor_config
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.ops.nn.convolution import output_size

__all__ = ["Convolution", "of_rank", "per_axis", "standardize_data_format"]

_GETTERS = {
    "initializer": initializers.get,
    "regularizer": regularizers.get,
    "constraint": constraints.get,
}


def of_rank(rank, order=()):
    """Decorator: makes a family's class the one for `rank` spatial axes.

    Its constructor gets the signature that Keras's class has: where the family says
    1 for strides and dilations, that is a tuple for more than one axis.

    Args:
        rank: number of spatial axes.
        order: names of arguments that stand in another order than in the family.
    """

    def make(cls):
        family = cls.__mro__[1]

        def __init__(self, *args, **kwargs):
            bound = signature.bind(self, *args, **kwargs)
            family.__init__(self, **_by_name(bound))

        parameters = list(inspect.signature(family.__init__).parameters.values())
        if order:
            moved = {p.name: p for p in parameters if p.name in order}
            names = iter(order)
            parameters = [
                moved[next(names)] if p.name in moved else p for p in parameters
            ]
        if rank > 1:
            parameters = [
                p.replace(default=(1,) * rank)
                if p.name in ("strides", "dilation_rate")
                else p
                for p in parameters
            ]
        signature = inspect.Signature(parameters)
        __init__.__signature__ = signature
        functools.update_wrapper(__init__, family.__init__, assigned=("__doc__",))
        del __init__.__wrapped__
        cls.__init__ = __init__
        cls.rank = rank
        return cls

    return make


def _by_name(bound):
    arguments = dict(bound.arguments)
    del arguments["self"]
    arguments.update(arguments.pop("kwargs", {}))
    return arguments


def per_axis(value, rank, name, allow_zero=False):
    """A number as one for each spatial axis.

    Raises:
        ValueError: if there are not `rank` of them, or one is out of range.
    """
    values = (value,) * rank if isinstance(value, int) else value
    message = (
        f"The `{name}` argument must be a tuple of {rank} integers. "
        f"Received {name}={value}"
    )
    try:
        values = tuple(int(v) for v in values)
    except (TypeError, ValueError):
        raise ValueError(message) from None
    if len(values) != rank:
        raise ValueError(message)
    wrong = {v for v in values if v < (0 if allow_zero else 1)}
    if wrong:
        bound = ">= 0" if allow_zero else "> 0"
        raise ValueError(
            f"{message}, including values {wrong} that do not satisfy `value {bound}`"
        )
    return values


def standardize_data_format(data_format):
    """The layout that an argument names; None means the setting.

    Raises:
        ValueError: if it is no layout.
    """
    if data_format is None:
        return config.image_data_format()
    lower = str(data_format).lower()
    if lower not in ("channels_first", "channels_last"):
        raise ValueError(
            "The `data_format` argument must be one of "
            "{'channels_first', 'channels_last'}. "
            f"Received: data_format={data_format}"
        )
    return lower


class Convolution(Layer):
    """Base of convolutional layers: options, shapes, bias and activation.

    Subclasses have `rank`, make their kernels in `build` and convolve in `convolve`.

    Args:
        weights: initializers, regularizers and constraints by argument name.
        kernel_size, strides, padding, data_format, dilation_rate: geometry.
        activation, use_bias: what follows the convolution.
        activity_regularizer: penalty on the output.
    """

    rank = None
    _paddings = ("valid", "same")

    def __init__(
        self,
        weights,
        *,
        kernel_size,
        strides,
        padding,
        data_format,
        dilation_rate,
        activation,
        use_bias,
        activity_regularizer,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.kernel_size = per_axis(kernel_size, self.rank, "kernel_size")
        self.strides = per_axis(strides, self.rank, "strides")
        self.dilation_rate = per_axis(dilation_rate, self.rank, "dilation_rate")
        self.padding = str(padding).lower()
        if self.padding not in self._paddings:
            raise ValueError(
                f"The `padding` argument must be one of {set(self._paddings)}. "
                f"Received: {padding}"
            )
        self.data_format = standardize_data_format(data_format)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        for name, value in weights.items():
            setattr(self, name, _GETTERS[name.rpartition("_")[2]](value))
        self.input_spec = InputSpec(min_ndim=self.rank + 2)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
                f"Received: strides={self.strides} and "
                f"dilation_rate={self.dilation_rate}"
            )

    def _channels(self, input_shape):
        """Channels of an input; the layer expects as many from now on."""
        axis = -1 if self.data_format == "channels_last" else 1
        channels = input_shape[axis]
        if channels is None:
            raise ValueError(
                f"The channel axis of the input of layer '{self.name}' must have a "
                f"known size. Received: input_shape={input_shape}"
            )
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={axis: channels})
        return channels

    def _add_kernel(self, name, shape, kind):
        """A kernel whose options' names begin with `kind`."""
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=getattr(self, f"{kind}_initializer"),
            regularizer=getattr(self, f"{kind}_regularizer"),
            constraint=getattr(self, f"{kind}_constraint"),
        )

    def _add_bias(self, size):
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(size,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def _geometry(self):
        """The arguments of the ops."""
        return {
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
        }

    def call(self, inputs):
        y = self.convolve(inputs)
        if self.bias is not None:
            bias = ops.convert_to_tensor(self.bias)
            if self.data_format == "channels_first":
                bias = ops.reshape(bias, (-1, *(1,) * self.rank))
            y = ops.add(y, bias)
        return y if self.activation is None else self.activation(y)

    def _output_shape(self, input_shape, filters):
        """The shape of the output for an input's."""
        if len(input_shape) != self.rank + 2:
            raise ValueError(
                f"Layer '{self.name}' expects inputs of rank {self.rank + 2}. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        last = self.data_format == "channels_last"
        sizes = input_shape[1:-1] if last else input_shape[2:]
        axes = zip(
            sizes, self.kernel_size, self.strides, self.dilation_rate, strict=True
        )
        results = [self._results(*axis) for axis in axes]
        if any(r is not None and r < 1 for r in results):
            raise ValueError(
                "Computed output size would be zero or negative. Received "
                f"`inputs shape={tuple(input_shape)}`, "
                f"`kernel_size={self.kernel_size}`, "
                f"`dilation_rate={self.dilation_rate}`, `strides={self.strides}`, "
                f"`padding={self.padding}`."
            )
        shape = (*results, filters) if last else (filters, *results)
        return (input_shape[0], *shape)

    def _results(self, size, kernel, stride, dilation):
        if size is None:
            return None
        if self.padding == "valid":
            return output_size(size, kernel, stride, dilation, (0, 0))
        return -(-size // stride)

    def get_config(self):
        own = constructor_config(self, type(self))
        return {**super().get_config(), **own}


def check_positive(name, value):
    """Raises unless a count of filters and the like is positive."""
    if value is not None and value <= 0:
        raise ValueError(
            f"Invalid value for argument `{name}`. Expected a strictly positive value. "
            f"Received {name}={value}."
        )
