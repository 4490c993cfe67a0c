"""What is known of a value before it has numbers, in C: tracing makes many of them."""

cimport cython


@cython.no_gc  # in no cycle
cdef class Spec:
    """Shape and number type of a value.

    Args:
        shape: the dimensions, integers.
        dtype: the type's name.
    """

    def __init__(self, shape, str dtype):
        self.shape = tuple(shape)
        self.dtype = dtype

    def __eq__(self, other):
        return (
            isinstance(other, Spec)
            and self.shape == (<Spec> other).shape
            and self.dtype == (<Spec> other).dtype
        )

    def __hash__(self):
        return hash((self.shape, self.dtype))

    def __repr__(self):
        return f"Spec(shape={self.shape}, dtype={self.dtype!r})"
