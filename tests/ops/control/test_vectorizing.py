"""`vectorize` against NumPy's."""

import numpy as np
import pytest

import ckeras
from ckeras import ops

A = np.arange(6, dtype="float32").reshape(2, 1, 3)
B = np.arange(12, dtype="float32").reshape(4, 3)


def test_scalars_broadcast():
    f = ops.vectorize(lambda a, b: a * 2 + b)
    np.testing.assert_array_equal(f(A, B), A * 2 + B)
    np.testing.assert_array_equal(ckeras.function(f)(A, B), A * 2 + B)
    np.testing.assert_array_equal(f([1, 2], b=3), [5, 7])
    assert f(1.0, 2.0).shape == ()


@pytest.mark.parametrize(
    "name,signature,shape",
    [
        ("trace", "(n,n)->()", (5, 4, 4)),
        ("diag", "(n,n)->(n)", (2, 3, 4, 4)),
        ("sum", "(n)->()", (3,)),
        ("diff", "(n)->(m)", (2, 5)),
    ],
)
def test_signatures(name, signature, shape):
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    expected = np.vectorize(getattr(np, name), signature=signature)(x)
    f = ops.vectorize(getattr(ops, name), signature=signature)
    for found in (f(x), ckeras.function(f)(x)):
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_several_arguments_and_results():
    f = ops.vectorize(lambda a, b: (ops.dot(a, b), a[0]), signature="(n),(n)->(),()")
    dot, first = f(A, B)
    np.testing.assert_allclose(dot, (A * B).sum(-1))
    np.testing.assert_allclose(first, np.broadcast_to(A[..., 0], (2, 4)))


def test_arguments_left_out():
    f = ops.vectorize(
        lambda a, table, c=None: a * table[2] if c is None else 0, excluded={1}
    )
    np.testing.assert_array_equal(f(B, [1, 2, 3]), B * 3)


def test_refusals():
    with pytest.raises(ValueError, match="`pyfunc` to be a callable"):
        ops.vectorize(3)
    with pytest.raises(ValueError, match="Not a valid gufunc signature"):
        ops.vectorize(ops.sum, signature="(n->()")
    with pytest.raises(ValueError, match="names 2 arguments"):
        ops.vectorize(ops.dot, signature="(n),(n)->()")(A)
    with pytest.raises(ValueError, match=r"axis n .* has size 3 .* and 4"):
        ops.vectorize(ops.dot, signature="(n),(n)->()")(A, np.ones(4))
    with pytest.raises(ValueError, match="fewer axes"):
        ops.vectorize(ops.trace, signature="(n,n)->()")(B[0])
    with pytest.raises(ValueError, match="does not fit"):
        ops.vectorize(lambda a: a[1:], signature="(n)->(n)")(B)
