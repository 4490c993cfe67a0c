"""Functions of single elements or blocks, applied to whole tensors."""

import functools
import re

import numpy as np

from ckeras.engine import tree
from ckeras.ops.control.scans import vectorized_map
from ckeras.ops.numpy.manipulation import reshaped
from ckeras.ops.primitives import movement
from ckeras.ops.promotion import as_value

__all__ = ["vectorize"]

_NAMES = r"\w+(?:,\w+)*|"
_GROUP = rf"\((?:{_NAMES})\)"
_SIGNATURE = re.compile(rf"^{_GROUP}(?:,{_GROUP})*->{_GROUP}(?:,{_GROUP})*$")


def vectorize(pyfunc, *, excluded=None, signature=None):
    """A function that applies another one to all elements or blocks of its arguments.

    Args:
        pyfunc: function of scalars, or of blocks as `signature` says.
        excluded: positions and names of arguments that are passed on as they are.
        signature: the axes of the blocks, as in `"(m,n),(n)->(m)"`. All axes before
            them are broadcast against each other and run over.

    Returns:
        The function; it takes and returns tensors.

    Raises:
        ValueError: if `pyfunc` is no function, or for a signature that cannot be read.
            The returned function raises it where arguments do not fit the signature.

    Example:
        >>> import numpy as np
        >>> from ckeras import ops
        >>> total = ops.vectorize(ops.sum, signature="(n)->()")
        >>> total(np.ones((3, 4), "float32")).numpy()
        array([4., 4., 4.], dtype=float32)
    """
    if not callable(pyfunc):
        raise ValueError(
            f"Expected argument `pyfunc` to be a callable. Received: pyfunc={pyfunc}"
        )
    excluded = set(excluded or ())
    axes = None if signature is None else _parse(signature)

    @functools.wraps(pyfunc)
    def wrapped(*args, **kwargs):
        places = [i for i, x in enumerate(args) if i not in excluded and x is not None]
        names = [k for k in kwargs if k not in excluded]
        values = [as_value(args[i]) for i in places]
        values += [as_value(kwargs[k]) for k in names]

        def call(blocks):
            full, named = list(args), dict(kwargs)
            for i, block in zip(places, blocks, strict=False):
                full[i] = block
            named.update(zip(names, blocks[len(places) :], strict=True))
            return pyfunc(*full, **named)

        return _apply(call, values, axes, signature)

    return wrapped


def _parse(signature):
    """Names of the blocks' axes: a list for each argument, and for each result."""
    compact = signature.replace(" ", "")
    if not _SIGNATURE.match(compact):
        raise ValueError(f"Not a valid gufunc signature: {signature}")
    sides = compact.split("->")
    return [
        [
            group.split(",") if group else []
            for group in re.findall(r"\(([^)]*)\)", side)
        ]
        for side in sides
    ]


def _apply(call, values, axes, signature):
    inputs, outputs = axes or ([[]] * len(values), None)
    if len(inputs) != len(values):
        raise ValueError(
            f"`vectorize`: the signature {signature} names {len(inputs)} arguments. "
            f"Received: {len(values)}"
        )
    sizes = _sizes(values, inputs, signature)
    outer = [
        x.shape[: len(x.shape) - len(names)]
        for x, names in zip(values, inputs, strict=True)
    ]
    shape = np.broadcast_shapes(*outer)
    total = int(np.prod(shape))
    flat = []
    for x, names in zip(values, inputs, strict=True):
        block = tuple(x.shape[len(x.shape) - len(names) :])
        x = movement.broadcast_to(x, shape=(*shape, *block))
        flat.append(reshaped(x, (total, *block)))

    def checked(blocks):
        return _check(call(blocks), outputs, sizes, signature)

    if not shape:
        return checked([reshaped(x, x.shape[1:]) for x in flat])
    result = vectorized_map(checked, flat)
    return tree.map_structure(lambda y: reshaped(y, (*shape, *y.shape[1:])), result)


def _sizes(values, inputs, signature):
    """The size of each named axis."""
    sizes = {}
    for x, names in zip(values, inputs, strict=True):
        if len(x.shape) < len(names):
            raise ValueError(
                f"`vectorize`: an argument of shape {tuple(x.shape)} has fewer axes "
                f"than the signature {signature} names for it: {names}"
            )
        block = x.shape[len(x.shape) - len(names) :]
        for name, size in zip(names, block, strict=True):
            if sizes.setdefault(name, size) != size:
                raise ValueError(
                    f"`vectorize`: axis {name} of the signature {signature} has "
                    f"size {sizes[name]} in one argument and {size} in another."
                )
    return sizes


def _check(result, outputs, sizes, signature):
    """What a call returned, if it fits the signature."""
    if outputs is None:
        return result
    results = list(result) if isinstance(result, (list, tuple)) else [result]
    if len(results) != len(outputs):
        raise ValueError(
            f"`vectorize`: the function must return {len(outputs)} values for the "
            f"signature {signature}. Received: {len(results)}"
        )
    for value, names in zip(results, outputs, strict=True):
        shape = tuple(as_value(value).shape)
        expected = tuple(
            sizes.setdefault(name, size)
            for name, size in zip(names, shape, strict=False)
        )
        if shape != expected or len(names) != len(shape):
            raise ValueError(
                f"`vectorize`: the function returned shape {shape}, which does not fit "
                f"{tuple(names)} of the signature {signature} with sizes {sizes}."
            )
    return result
