"""Where functional models begin: the placeholder made by `Input`."""

import warnings

from ckeras.engine.symbolic.keras_tensor import KerasTensor, standardize_shape
from ckeras.engine.symbolic.node import Node
from ckeras.engine.values import dtypes
from ckeras.layers.base.layer import Layer

__all__ = ["Input", "InputLayer"]


class InputLayer(Layer):
    """The layer behind a placeholder.

    Args:
        shape: sizes without the batch axis; None for one that may vary.
        batch_size: size of the batch axis.
        dtype: number type of the values.
        batch_shape: sizes with the batch axis, in place of `shape`.
        input_tensor: an existing placeholder to be used.
        optional: whether None may be passed for it.
        name: name of the layer.

    Raises:
        ValueError: if the shape is not given, or given twice.
    """

    def __init__(
        self,
        shape=None,
        batch_size=None,
        dtype=None,
        sparse=None,
        ragged=None,
        batch_shape=None,
        input_tensor=None,
        optional=False,
        name=None,
        **kwargs,
    ):
        super().__init__(name=name)
        if "input_shape" in kwargs:
            warnings.warn(
                "Argument `input_shape` is deprecated. Use `shape` instead.",
                stacklevel=2,
            )
            shape = kwargs.pop("input_shape")
        if "batch_input_shape" in kwargs:
            batch_shape = kwargs.pop("batch_input_shape")
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments: {list(kwargs)}")
        for name, value in (("sparse", sparse), ("ragged", ragged)):
            if value and input_tensor is not None:
                raise _incompatible(name)
            if value:
                raise ValueError(f"`{name}=True` is not supported by ckeras.")
        if input_tensor is not None:
            given = {"shape": shape, "batch_size": batch_size, "dtype": dtype}
            _check_tensor(input_tensor, batch_shape=batch_shape, **given)
            batch_shape, dtype = input_tensor.shape, input_tensor.dtype
        else:
            batch_shape = _batch_shape(shape, batch_size, batch_shape)
        self._batch_shape = standardize_shape(batch_shape)
        self._dtype = dtypes.standardize_dtype(dtype)
        self.sparse = self.ragged = False
        self.optional = optional
        if input_tensor is None:
            input_tensor = KerasTensor(self._batch_shape, self._dtype, name=self.name)
        Node(self, outputs=input_tensor)
        self.built = True

    def call(self):
        return None

    @property
    def output(self):
        if not self._inbound_nodes:  # a copy: graphs are not copied with layers
            placeholder = KerasTensor(self._batch_shape, self._dtype, name=self.name)
            Node(self, outputs=placeholder)
        return super().output

    @property
    def batch_shape(self):
        return self._batch_shape

    @property
    def dtype(self):
        return self._dtype

    def get_config(self):
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
            "optional": self.optional,
        }


def _batch_shape(shape, batch_size, batch_shape):
    if batch_shape is not None:
        for name, value in (("shape", shape), ("batch_size", batch_size)):
            if value is not None:
                raise ValueError(
                    f"You cannot pass both `{name}` and `batch_shape` at the same time."
                )
        return batch_shape
    if shape is None:
        raise ValueError("You must pass a `shape` argument.")
    return (batch_size, *standardize_shape(shape))


def _check_tensor(tensor, shape, batch_size, batch_shape, dtype):
    """Raises unless `tensor` is a placeholder that all the other arguments fit."""
    if not isinstance(tensor, KerasTensor):
        raise ValueError(
            "Argument `input_tensor` must be a KerasTensor. "
            f"Received invalid type: input_tensor={tensor} (of type {type(tensor)})"
        )
    if batch_size is not None and tensor.shape[:1] != (batch_size,):
        raise _incompatible("batch_size")
    if shape is not None and tensor.shape[1:] != standardize_shape(shape):
        raise _incompatible("shape")
    if batch_shape is not None and tensor.shape != standardize_shape(batch_shape):
        raise _incompatible("batch_shape")
    if dtype is not None and tensor.dtype != dtype:
        raise _incompatible("dtype")


def _incompatible(name):
    return ValueError(
        "When providing the `input_tensor` argument, you cannot provide an "
        f"incompatible `{name}` argument."
    )


def Input(
    shape=None,
    batch_size=None,
    dtype=None,
    sparse=None,
    ragged=None,
    batch_shape=None,
    name=None,
    tensor=None,
    optional=False,
):
    """A placeholder from which a functional model is put together.

    Args:
        shape: sizes without the batch axis; None for one that may vary.
        batch_size: size of the batch axis.
        dtype: number type of the values; `floatx` by default.
        batch_shape: sizes with the batch axis, in place of `shape`.
        name: name of the input, by which data can be given as a dictionary.
        tensor: an existing placeholder to be used.
        optional: whether None may be passed for it.

    Returns:
        A `KerasTensor`.

    Example:

    >>> x = ckeras.Input(shape=(32,))
    >>> y = ckeras.layers.Dense(16, activation="softmax")(x)
    >>> ckeras.Model(x, y).output_shape
    (None, 16)
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
    )
    return layer.output
