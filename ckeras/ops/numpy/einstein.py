"""Einstein sums, as transposes and matrix products."""

import math

from ckeras.ops.numpy.diagonals import diagonal
from ckeras.ops.numpy.linear import multiplied
from ckeras.ops.numpy.manipulation import moveaxis, permuted, reshaped
from ckeras.ops.primitives import elementwise
from ckeras.ops.primitives.reductions import reduction
from ckeras.ops.promotion import same_type, type_of
from ckeras.ops.registry import op

__all__ = ["einsum"]

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@op
def einsum(subscripts, *operands, **kwargs):
    """Sum of products over axes named by letters.

    Args:
        subscripts: letters of each operand's axes, separated by commas, and after
            `->` those of the result; `...` stands for further axes. Without `->` the
            letters that occur once, in alphabetical order.
        *operands: tensors.

    Example:
        >>> import ckeras
        >>> ckeras.ops.einsum("ij,j->i", [[1.0, 2.0]], [3.0, 4.0]).numpy().tolist()
        [11.0]
    """
    del kwargs  # hints for other back ends
    small = {type_of(x) for x in operands} == {"int8"}
    values = same_type(operands, *(["int32"] if small else []))
    terms, result = _parsed(subscripts, values)
    parts = [_single(t, x) for t, x in zip(terms, values, strict=True)]
    while len(parts) > 1:
        first, second = _cheapest_pair(parts)
        b, a = parts.pop(second), parts.pop(first)
        needed = set(result).union(*[set(t) for t, _ in parts])
        parts.append(_product(a, b, needed))
    letters, x = _summed(*parts[0], set(result))
    return permuted(x, [letters.index(letter) for letter in result])


def _parsed(subscripts, values):
    """The letters of each operand and of the result, `...` replaced by letters."""
    if not isinstance(subscripts, str):
        raise TypeError(
            f"`einsum`: `subscripts` must be a string. Received: {subscripts!r}"
        )
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    strange = set(left + result) - {*_LETTERS, ",", "."}
    if strange:
        raise ValueError(
            f"`einsum`: axes are named by letters. Received: `{subscripts}`"
        )
    if len(terms) != len(values):
        raise ValueError(
            f"`einsum`: `{subscripts}` names {len(terms)} operands. "
            f"Received: {len(values)}"
        )
    free = [c for c in _LETTERS if c not in subscripts]
    extra = [
        len(v.shape) - len(t.replace("...", ""))
        for t, v in zip(terms, values, strict=True)
    ]
    most = max([n for t, n in zip(terms, extra, strict=True) if "..." in t], default=0)
    dots = "".join(free[:most])
    full = []
    for t, n, v in zip(terms, extra, values, strict=True):
        if n < 0 or (n and "..." not in t):
            raise ValueError(
                f"`einsum`: the letters `{t}` do not fit a value of shape {v.shape}."
            )
        full.append(t.replace("...", dots[most - n :]))
    if arrow:
        return full, result.replace("...", dots)
    once = [c for c in sorted(set("".join(terms)) - {"."}) if left.count(c) == 1]
    return full, dots + "".join(once)


def _single(letters, x):
    """An operand in which no letter occurs twice: repeated ones take the diagonal."""
    for letter in letters:
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            x = moveaxis(diagonal(x, axis1=first, axis2=second), -1, first)
            letters = letters[:second] + letters[second + 1 :]
    return letters, x


def _summed(letters, x, needed):
    """The operand without the axes that nobody needs."""
    axes = tuple([i for i, letter in enumerate(letters) if letter not in needed])
    if not axes:
        return letters, x
    kept = "".join([letter for letter in letters if letter in needed])
    if x.dtype == "bool":
        return kept, reduction.any(x, axes=axes, keepdims=False)
    return kept, reduction.sum(x, axes=axes, keepdims=False)


def _cheapest_pair(parts):
    """The two operands whose product is smallest; the first two of equals."""
    if len(parts) == 2:
        return 0, 1
    sizes = {}
    for letters, x in parts:
        sizes.update(zip(letters, x.shape, strict=True))

    def cost(places):
        i, j = places
        return math.prod([sizes[c] for c in set(parts[i][0]) | set(parts[j][0])])

    pairs = [(i, j) for j in range(len(parts)) for i in range(j)]
    return min(pairs, key=cost)


def _product(first, second, needed):
    """The product of two operands, summed over the letters that nobody needs."""
    (la, a), (lb, b) = first, second
    la, a = _summed(la, a, needed | set(lb))
    lb, b = _summed(lb, b, needed | set(la))
    common = [c for c in la if c in lb]
    _check_sizes(la, a, lb, b, common)
    batch = [c for c in common if c in needed]
    inner = [c for c in common if c not in needed]
    rows = [c for c in la if c not in lb]
    columns = [c for c in lb if c not in la]
    if any(a.shape[la.index(c)] != b.shape[lb.index(c)] for c in common):
        return _broadcast_product(la, a, lb, b, common, needed)
    size_a = dict(zip(la, a.shape, strict=True))
    size_b = dict(zip(lb, b.shape, strict=True))

    def product_of(names, sizes):
        return math.prod([sizes[c] for c in names])

    a = permuted(a, [la.index(c) for c in (*batch, *rows, *inner)])
    b = permuted(b, [lb.index(c) for c in (*batch, *inner, *columns)])
    head = [product_of(batch, size_a)] if batch else []
    K = product_of(inner, size_a)
    a = reshaped(a, [*head, product_of(rows, size_a), K])
    b = reshaped(b, [*head, K, product_of(columns, size_b)])
    y = multiplied(a, b) if inner or not batch else elementwise.multiply(a, b)
    shape = [size_a[c] for c in (*batch, *rows)] + [size_b[c] for c in columns]
    return "".join([*batch, *rows, *columns]), reshaped(y, shape)


def _check_sizes(la, a, lb, b, common):
    for c in common:
        n, m = a.shape[la.index(c)], b.shape[lb.index(c)]
        if n != m and 1 not in (n, m):
            raise ValueError(
                f"`einsum`: axis `{c}` has two sizes, {n} and {m}. "
                f"Received shapes {a.shape} and {b.shape}"
            )


def _broadcast_product(la, a, lb, b, common, needed):
    """The product where a common axis has size 1 on one side: elementwise."""
    letters = la + "".join([c for c in lb if c not in la])
    shapes = []
    for own, x in ((la, a), (lb, b)):
        order = [own.index(c) for c in letters if c in own]
        wide = [x.shape[own.index(c)] if c in own else 1 for c in letters]
        shapes.append(reshaped(permuted(x, order), wide))
    return _summed(letters, elementwise.multiply(*shapes), needed)
