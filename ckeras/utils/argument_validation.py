"""Checks that many layers share, with Keras's sentences."""

import operator

__all__ = ["standardize_tuple"]


def standardize_tuple(value, n, name, allow_zero=False):
    """An integer or a sequence of integers as a tuple of n of them.

    Args:
        value: the argument.
        n: how many integers are wanted.
        name: what the argument is called in errors.
        allow_zero: whether 0 is as good as a positive integer.

    Raises:
        ValueError: for another length, other elements, or a size out of range.
    """
    refusal = (
        f"The `{name}` argument must be a tuple of {n} integers. "
        f"Received {name}={value}"
    )
    if isinstance(value, int):
        sizes = (value,) * n
    else:
        try:
            sizes = tuple(value)
        except TypeError:
            raise ValueError(refusal) from None
        if len(sizes) != n:
            raise ValueError(refusal)
        for size in sizes:
            try:
                operator.index(size)
            except TypeError:
                raise ValueError(
                    f"{refusal}, including element {size} of type {type(size)}"
                ) from None
    lowest = 0 if allow_zero else 1
    wrong = {size for size in sizes if size < lowest}
    if wrong:
        limit = ">= 0" if allow_zero else "> 0"
        raise ValueError(
            f"{refusal}, including values {wrong} that do not satisfy `value {limit}`"
        )
    return sizes
