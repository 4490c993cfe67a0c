"""The fields of a concrete value, in C: eager ops read and fill them all the time."""

cimport cython

from ckeras.engine import dtypes


@cython.auto_pickle(False)
cdef class Value:
    """An array that is contiguous, the name of its type, and its shape.

    `Tensor` is the class of this that users meet; ops that have made an array
    themselves fill in the fields without the checks.

    Args:
        array: a NumPy array of a supported number type.

    Raises:
        ValueError: if the array's type is none that ckeras stores.
    """

    def __init__(self, array):
        name = dtypes._NAMES.get(array.dtype)
        if name is None or name == "float16":
            native = array.dtype.newbyteorder("=")
            if name is not None or native not in dtypes._NAMES:
                raise ValueError(
                    f"Cannot make a tensor of dtype {array.dtype}. "
                    f"Expected one of {sorted(dtypes.STORED)}."
                )
            array = array.astype(native)
            name = dtypes._NAMES[native]
        if not array.flags.c_contiguous:
            array = array.copy(order="C")
        self._array = array
        self.dtype = name
        self.shape = array.shape
