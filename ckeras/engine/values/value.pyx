"""The fields of a concrete value, in C: eager ops read and fill them all the time."""

cimport cython

from ckeras.engine.values import dtypes


@cython.auto_pickle(False)
cdef class Value:
    """An array that is contiguous and aligned, the name of its type, and its shape.

    `Tensor` is the class of this that users meet; ops that have made an array
    themselves fill in the fields without the checks.

    Args:
        array: a NumPy array of a supported number type.

    Raises:
        ValueError: if the array's type is none that ckeras stores.
    """

    def __init__(self, array):
        name = dtypes.NAMES.get(array.dtype)
        if name is None:
            native = array.dtype.newbyteorder("=")
            name = dtypes.name_of(native)
            if name is None:
                raise ValueError(
                    f"Cannot make a tensor of dtype {array.dtype}. "
                    f"Expected one of {sorted(dtypes.ALLOWED)}."
                )
            array = array.astype(native, copy=False)
        flags = array.flags
        if not (flags.c_contiguous and flags.aligned):
            array = array.copy(order="C")
        self._array = array
        self.dtype = name
        self.shape = array.shape
