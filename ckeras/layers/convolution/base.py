"""What all convolutional layers share: their options, their bias and activation."""

import functools
import inspect

import numpy as np

from ckeras import activations, constraints, initializers, ops, regularizers
from ckeras.layers.base.config import constructor_config
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.base.layer import Layer
from ckeras.layers.convolution.geometry import Geometry

__all__ = ["Convolution", "check_positive", "of_rank"]

_GETTERS = {
    "initializer": initializers.get,
    "regularizer": regularizers.get,
    "constraint": constraints.get,
}


def of_rank(rank, order=(), one_each=True):
    """Decorator: makes a family's class the one for `rank` spatial axes.

    Its constructor gets the signature that Keras's class has: where the family says
    1 for strides and dilations, that is a tuple for more than one axis.

    Args:
        rank: number of spatial axes.
        order: names of arguments that stand in another order than in the family.
        one_each: whether the tuples are there.
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
        if rank > 1 and one_each:
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


class Convolution(Geometry, Layer):
    """Base of convolutional layers: options, shapes, bias and activation.

    Subclasses have `rank`, make their kernels in `build` and convolve in `convolve`.

    Args:
        weights: initializers, regularizers and constraints by argument name.
        kernel_size, strides, padding, data_format, dilation_rate: geometry.
        activation, use_bias: what follows the convolution.
        activity_regularizer: penalty on the output.
    """

    # Whether strides and dilations may both be more than 1.
    _takes_both = False

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
        self._take_geometry(kernel_size, strides, padding, data_format, dilation_rate)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        for name, value in weights.items():
            setattr(self, name, _GETTERS[name.rpartition("_")[2]](value))
        self.input_spec = InputSpec(min_ndim=self.rank + 2)
        if not self._takes_both and not self._strides_or_dilation():
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

    def call(self, inputs):
        y = self.convolve(inputs)
        if self.bias is not None:
            bias = ops.convert_to_tensor(self.bias)
            if self.data_format == "channels_first":
                bias = ops.reshape(bias, (-1, *(1,) * self.rank))
            y = ops.add(y, bias)
        return y if self.activation is None else self.activation(y)

    def get_config(self):
        own = constructor_config(self, type(self))
        return {**super().get_config(), **own}


def check_positive(name, value):
    """Raises unless a count of filters and the like is a positive integer, or None."""
    if value is None:
        return
    if not isinstance(value, (int, np.integer)):
        raise ValueError(
            f"Invalid value for argument `{name}`. Expected an integer. "
            f"Received {name}={value!r} (of type {type(value).__name__})."
        )
    if value <= 0:
        raise ValueError(
            f"Invalid value for argument `{name}`. Expected a strictly positive value. "
            f"Received {name}={value}."
        )
