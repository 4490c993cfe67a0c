"""Activation functions, each a function of a value; all but `softmax` and the like
work on every element for itself."""

from ckeras import ops

__all__ = [
    "celu",
    "elu",
    "exponential",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "tanh",
    "tanh_shrink",
    "threshold",
]


def celu(x, alpha=1.0):
    """max(0, x) + min(0, alpha * (exp(x / alpha) - 1)).

    Args:
        x: a value.
        alpha: what it approaches far left is -alpha.
    """
    return ops.celu(x, alpha=alpha)


def elu(x, alpha=1.0):
    """x where x > 0, else alpha * (exp(x) - 1).

    Args:
        x: a value.
        alpha: what it approaches far left is -alpha.
    """
    return ops.elu(x, alpha=alpha)


def exponential(x):
    """exp(x).

    Args:
        x: a value.
    """
    return ops.exp(x)


def gelu(x, approximate=False):
    """x times the normal distribution function of x.

    Args:
        x: a value.
        approximate: whether to use the formula with tanh.
    """
    return ops.gelu(x, approximate=approximate)


def glu(x, axis=-1):
    """a * sigmoid(b) for the two halves a and b of x.

    Args:
        x: a value.
        axis: axis to halve.
    """
    return ops.glu(x, axis=axis)


def hard_shrink(x, threshold=0.5):
    """x where |x| > threshold, else 0.

    Args:
        x: a value.
        threshold: bound of what becomes 0.
    """
    return ops.hard_shrink(x, threshold=threshold)


def hard_sigmoid(x):
    """x / 6 + 1 / 2, clipped to [0, 1].

    Args:
        x: a value.
    """
    return ops.hard_sigmoid(x)


def hard_silu(x):
    """x * hard_sigmoid(x).

    Args:
        x: a value.
    """
    return ops.hard_silu(x)


def hard_tanh(x):
    """x clipped to [-1, 1].

    Args:
        x: a value.
    """
    return ops.hard_tanh(x)


def leaky_relu(x, negative_slope=0.2):
    """x where x > 0, else negative_slope * x.

    Args:
        x: a value.
        negative_slope: slope left of 0.
    """
    return ops.leaky_relu(x, negative_slope=negative_slope)


def log_sigmoid(x):
    """log(1 / (1 + exp(-x))).

    Args:
        x: a value.
    """
    return ops.log_sigmoid(x)


def log_softmax(x, axis=-1):
    """x - log(sum(exp(x))).

    Args:
        x: a value.
        axis: axis over which the sum goes.
    """
    return ops.log_softmax(x, axis=axis)


def relu6(x):
    """x clipped to [0, 6].

    Args:
        x: a value.
    """
    return ops.relu6(x)


def selu(x):
    """The ELU, scaled so that deep networks keep mean 0 and variance 1.

    Args:
        x: a value.
    """
    return ops.selu(x)


def sigmoid(x):
    """1 / (1 + exp(-x)).

    Args:
        x: a value.
    """
    return ops.sigmoid(x)


def silu(x):
    """x * sigmoid(x).

    Args:
        x: a value.
    """
    return ops.silu(x)


def soft_shrink(x, threshold=0.5):
    """x moved towards 0 by threshold, 0 between.

    Args:
        x: a value.
        threshold: how far.
    """
    return ops.soft_shrink(x, threshold=threshold)


def softmax(x, axis=-1):
    """exp(x) / sum(exp(x)).

    Args:
        x: a value.
        axis: axis that sums to 1.
    """
    return ops.softmax(x, axis=axis)


def softplus(x):
    """log(1 + exp(x)).

    Args:
        x: a value.
    """
    return ops.softplus(x)


def softsign(x):
    """x / (1 + |x|).

    Args:
        x: a value.
    """
    return ops.softsign(x)


def sparse_plus(x):
    """0 left of -1, x right of 1, (x + 1)² / 4 between.

    Args:
        x: a value.
    """
    return ops.sparse_plus(x)


def sparse_sigmoid(x):
    """(x + 1) / 2, clipped to [0, 1].

    Args:
        x: a value.
    """
    return ops.sparse_sigmoid(x)


def sparsemax(x, axis=-1):
    """The nearest point of the probability simplex.

    Args:
        x: a value.
        axis: axis that sums to 1.
    """
    return ops.sparsemax(x, axis=axis)


def squareplus(x, b=4):
    """(x + sqrt(x² + b)) / 2.

    Args:
        x: a value.
        b: smoothness at 0.
    """
    return ops.squareplus(x, b=b)


def tanh(x):
    """The hyperbolic tangent of x.

    Args:
        x: a value.
    """
    return ops.tanh(x)


def tanh_shrink(x):
    """x - tanh(x).

    Args:
        x: a value.
    """
    return ops.tanh_shrink(x)


def threshold(x, threshold, default_value):
    """x where x > threshold, else default_value.

    Args:
        x: a value.
        threshold: bound.
        default_value: what stands for all the rest.
    """
    return ops.threshold(x, threshold, default_value)


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """max(0, x), or with other arguments a variant of it.

    Args:
        x: a value.
        negative_slope: slope below `threshold`.
        max_value: upper bound; None for none.
        threshold: below it the function is `negative_slope * (x - threshold)`.

    Example:

    >>> ckeras.activations.relu(np.array([-2.0, 3.0])).numpy()
    array([0., 3.])
    """
    x = ops.convert_to_tensor(x)
    if not threshold:
        if negative_slope and max_value is None:
            return ops.leaky_relu(x, negative_slope=negative_slope)
        positive = ops.relu6(x) if max_value == 6 else ops.relu(x)
    else:
        positive = ops.where(ops.greater(x, threshold), x, ops.zeros_like(x))
    if max_value is not None and (threshold or max_value != 6):
        positive = ops.clip(positive, 0.0, max_value)
    if negative_slope:
        positive = positive - negative_slope * ops.relu(threshold - x)
    return positive


def linear(x):
    """x itself.

    Args:
        x: a value.
    """
    return x


def mish(x):
    """x * tanh(softplus(x)).

    Args:
        x: a value.
    """
    x = ops.convert_to_tensor(x)
    return x * ops.tanh(ops.softplus(x))
