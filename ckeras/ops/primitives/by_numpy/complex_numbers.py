"""Complex numbers, for which there are no kernels: NumPy computes with them.

Here are the primitives that lead from real numbers to complex ones and back, and the
twins to which real primitives hand complex operands over (`Primitive.by_others`). A
twin has the shape rule of its original and mostly its gradient, too: gradients are
∂L/∂x - i·∂L/∂y for z = x + iy, as in JAX, so that the rules of holomorphic functions
hold as they stand.
"""

import numpy as np

from ckeras.engine.primitive import Primitive, Spec, registry
from ckeras.engine.values import dtypes
from ckeras.ops.primitives import (
    elementwise,
    indexing,  # noqa: F401 - declares primitives that get a twin here
    linear,  # noqa: F401
    movement,  # noqa: F401
)
from ckeras.ops.primitives.reductions import reduction  # noqa: F401

__all__ = ["angle", "complex_of", "conj", "imag", "modulus", "real"]


def _quietly(function):
    """`function` without NumPy's warnings: 1 / 0 is infinite, as in the kernels."""

    def evaluate(*arrays, **attrs):
        with np.errstate(all="ignore"):
            return function(*arrays, **attrs)

    return evaluate


def _as_complex(x, like):
    return elementwise.cast(x, dtype=like.dtype)


# --- parts ---------------------------------------------------------------------------


def _part(name, evaluate, slope):
    """A primitive from complex numbers to real ones; gradient `slope(d_y, z, y)`."""

    def infer(z):
        return Spec(z.shape, dtypes.real_type(z.dtype))

    def gradient(node, d_outputs, needs):
        return [slope(d_outputs[0], node.inputs[0], node.outputs[0])]

    return Primitive(
        name, infer=infer, evaluate=evaluate, gradient=gradient, takes_complex=True
    )


def _imag_slope(d_y, z, y):
    return elementwise.multiply(_as_complex(d_y, z), elementwise.number(-1j, z))


def _angle_slope(d_y, z, y):
    turn = elementwise.divide(elementwise.number(-1j, z), z)
    return elementwise.multiply(_as_complex(d_y, z), turn)


def _modulus_slope(d_y, z, y):
    share = elementwise.divide_no_nan(d_y, y)
    return elementwise.multiply(_as_complex(share, z), conj(z))


def _one(x):
    return elementwise.number(1, x)


_real = _part("real", np.real, lambda d_y, z, y: _as_complex(d_y, z))
imag = _part("imag", np.imag, _imag_slope)
angle = _part("angle", np.angle, _angle_slope)
modulus = _part("modulus", np.abs, _modulus_slope)
_conj = Primitive(
    "conj",
    infer=lambda z: Spec(z.shape, z.dtype),
    evaluate=np.conj,
    gradient=lambda node, d_outputs, needs: [conj(d_outputs[0])],
    takes_complex=True,
)


def real(x):
    """The real part of complex numbers; real ones as they are."""
    return _real(x) if dtypes.is_complex(x.dtype) else x


def conj(x):
    """The conjugate of complex numbers; real ones as they are."""
    return _conj(x) if dtypes.is_complex(x.dtype) else x


def _complex_infer(a, b):
    if a.shape != b.shape or a.dtype != b.dtype:
        raise ValueError(
            "The real and the imaginary part must have one shape and type. "
            f"Received: {a.dtype}{a.shape} and {b.dtype}{b.shape}"
        )
    return Spec(a.shape, "complex128" if a.dtype == "float64" else "complex64")


def _complex_gradient(node, d_outputs, needs):
    (d_z,) = d_outputs
    return [real(d_z), elementwise.negative(imag(d_z))]


def _evaluate_complex(a, b):
    z = np.empty(a.shape, np.result_type(a.dtype, np.complex64))
    z.real, z.imag = a, b
    return z


# a + ib; a sum would make NaN of an infinite part.
complex_of = Primitive(
    "complex_of",
    infer=_complex_infer,
    evaluate=_evaluate_complex,
    gradient=_complex_gradient,
)


# --- twins ---------------------------------------------------------------------------


def _twin(name, evaluate, gradient=None):
    original = registry[name]
    original.complex_twin = Primitive(
        f"complex_{name}",
        infer=original.infer,
        evaluate=_quietly(evaluate),
        gradient=gradient or original.gradient,
        any_type=True,
        takes_complex=True,
    )


def _cast(x, dtype):
    if dtype == "bool":
        return x != 0
    return (x if dtypes.is_complex(dtype) else x.real).astype(dtype)


def _cast_gradient(node, d_outputs, needs):
    # From complex to real numbers and back, `cast` is its own adjoint.
    x = node.inputs[0]
    if not (dtypes.is_inexact(x.dtype) and dtypes.is_inexact(node.attrs["dtype"])):
        return [None]
    return [elementwise.cast(d_outputs[0], dtype=x.dtype)]


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _divide_no_nan(a, b):
    return np.where(b == 0, 0, a / np.where(b == 0, 1, b))


_ELEMENTWISE = {
    "acos": np.arccos,
    "add": np.add,
    "asin": np.arcsin,
    "atan": np.arctan,
    "cos": np.cos,
    "cosh": np.cosh,
    "divide": np.divide,
    "divide_no_nan": _divide_no_nan,
    "equal": np.equal,
    "exp": np.exp,
    "expm1": np.expm1,
    "isfinite": np.isfinite,
    "isinf": np.isinf,
    "isnan": np.isnan,
    "less": np.less,  # by the real part first, then by the imaginary one
    "less_equal": np.less_equal,
    "log": np.log,
    "log1p": np.log1p,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "multiply": np.multiply,
    "negative": np.negative,
    "not_equal": np.not_equal,
    "power": np.power,
    "reciprocal": np.reciprocal,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "sigmoid": _sigmoid,
    "sigmoid_gradient": lambda d_y, y: d_y * y * (1 - y),
    "sign": np.sign,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "square": np.square,
    "subtract": np.subtract,
    "tan": np.tan,
    "tanh": np.tanh,
    "tanh_gradient": lambda d_y, y: d_y * (1 - y * y),
    "where": np.where,
}
for _name, _function in _ELEMENTWISE.items():
    _twin(_name, _function)
_twin("cast", _cast, _cast_gradient)
registry["abs"].complex_twin = modulus


def _matmul(a, b, transpose_a=False, transpose_b=False):
    a = a.swapaxes(-1, -2) if transpose_a else a
    return np.matmul(a, b.swapaxes(-1, -2) if transpose_b else b)


def _pad(x, pads, value):
    return np.pad(x, pads, constant_values=value)


_twin("matmul", _matmul)
_twin("mean", lambda x, axes, keepdims: np.mean(x, axis=axes, keepdims=keepdims))
_twin("pad", _pad)


# --- sums at indices, the gradients of taking ----------------------------------------


def _scatter_add(indices, updates, rows, axis):
    where = indices.reshape(-1)
    shape = (*updates.shape[:axis], rows, *updates.shape[axis + indices.ndim :])
    result = np.zeros(shape, updates.dtype)
    flat = updates.reshape(*shape[:axis], where.size, *shape[axis + 1 :])
    np.add.at(np.moveaxis(result, axis, 0), where, np.moveaxis(flat, axis, 0))
    return result


def _add_along_axis(indices, updates, axis, size):
    shape = list(updates.shape)
    shape[axis] = size
    result = np.zeros(shape, updates.dtype)
    places = [
        np.arange(n).reshape([-1 if a == i else 1 for a in range(len(shape))])
        for i, n in enumerate(indices.shape)
    ]
    places[axis] = indices
    np.add.at(result, tuple(places), updates)
    return result


_twin("scatter_add", _scatter_add)
_twin("add_along_axis", _add_along_axis)
_twin("take_along_axis", lambda x, index, axis: np.take_along_axis(x, index, axis))
