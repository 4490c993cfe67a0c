"""Operators of tensors, and NumPy functions that become ops when given tensors.

The engine's values carry the operators and NumPy's two protocols; here they learn
which op stands behind each of them.
"""

import functools

import numpy as np

from ckeras.engine.values import operators
from ckeras.ops import core, linalg, numpy
from ckeras.ops.primitives import movement

__all__ = ["install_operators"]

_OPERATORS = (
    "abs add equal floor_divide greater greater_equal left_shift less less_equal "
    "matmul mod multiply negative not_equal power reshape right_shift round subtract "
    "transpose true_divide"
)
# NumPy functions whose op has the same name and takes the same arguments.
_SAME = (
    "abs absolute add all allclose amax amin any append arccos arccosh arcsin arcsinh "
    "arctan arctan2 arctanh argmax argmin argpartition argsort array_split "
    "average bincount bitwise_and bitwise_not bitwise_or bitwise_xor broadcast_to cbrt "
    "ceil clip concatenate conj conjugate copy corrcoef correlate cos cosh "
    "count_nonzero cross cumprod cumsum deg2rad diag diagflat diagonal diff digitize "
    "divide dot dsplit dstack einsum empty_like equal exp exp2 expand_dims expm1 fabs "
    "flip fliplr flipud floor floor_divide fmax fmin fmod full_like gcd greater "
    "greater_equal heaviside hsplit hstack hypot i0 imag inner isclose isfinite isin "
    "isinf isnan isneginf isposinf kron lcm ldexp left_shift less less_equal linspace "
    "log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or "
    "logical_xor matmul max maximum mean median meshgrid min minimum mod moveaxis "
    "multiply nan_to_num nanargmax nanargmin nancumprod nancumsum nanmax nanmean "
    "nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar ndim "
    "negative nextafter nonzero not_equal ones_like outer pad percentile power prod "
    "ptp quantile rad2deg ravel real reciprocal repeat reshape right_shift roll rot90 "
    "round searchsorted select sign signbit sin sinc sinh size sort split sqrt square "
    "squeeze stack std subtract sum swapaxes take take_along_axis tan tanh tensordot "
    "tile trace transpose trapezoid tril triu true_divide trunc unique unravel_index "
    "vander var vdot vsplit vstack where zeros_like"
)
_LINALG = "cholesky det eigh inv norm pinv qr slogdet solve svd"


def _without_defaults(function):
    """`function` without the arguments NumPy passes on that say nothing new."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        ignored = ("out", "where", "dtype", "casting", "order")
        kwargs = {
            name: value
            for name, value in kwargs.items()
            if value is not None or name not in ignored
        }
        return function(*args, **kwargs)

    return call


def _numpy_functions():
    table = {}
    for name in _SAME.split():
        function = getattr(np, name, None)  # some names came with later versions
        if function is not None:
            table[function] = _without_defaults(getattr(numpy, name))
    for name in _LINALG.split():
        table[getattr(np.linalg, name)] = getattr(linalg, name)
    table[np.shape] = core.shape
    return table


def _bits_or_truth(bitwise, logical):
    """The op of `&`, `|`, `^` and `~`: on bits for integers, else on truth."""

    def call(*xs):
        types = [str(getattr(x, "dtype", type(x).__name__)) for x in xs]
        return (bitwise if all("int" in t for t in types) else logical)(*xs)

    return call


def install_operators():
    """Hands the ops to the operators of tensors and to NumPy's protocols."""
    table = {name: getattr(numpy, name) for name in _OPERATORS.split()}
    for sign in ("and", "or", "xor", "not"):
        bitwise = getattr(numpy, f"bitwise_{sign}")
        logical = getattr(numpy, f"logical_{sign}")
        table[f"logical_{sign}"] = _bits_or_truth(bitwise, logical)
    table["getitem"] = numpy.get_item
    table["cast"] = core.cast
    table["stack"] = numpy.stack
    table["ones_like"], table["zeros_like"] = numpy.ones_like, numpy.zeros_like
    table["pack"] = lambda values: movement.pack(*values)
    operators.install(table, _numpy_functions())
