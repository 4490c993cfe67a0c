"""A step of NumPy's that raises, for tests of what a failed run leaves behind."""

from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec

__all__ = ["refuse_negative"]


def _evaluate(x):
    if (x < 0).any():
        raise ArithmeticError("a negative number")
    return x


refuse_negative = Primitive(
    "refuse_negative",
    infer=lambda x: Spec(x.shape, x.dtype),
    evaluate=_evaluate,
    gradient=NOT_DIFFERENTIABLE,
)
