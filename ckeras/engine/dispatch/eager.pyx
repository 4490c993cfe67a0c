"""Primitives on concrete values: run at once, and recorded only if a tape asks.

A primitive is prepared once for each signature, the shapes and types of its inputs and
its attributes. From then on a call looks that up, allocates the results and runs.
"""

from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM

import numpy as np

from ckeras.engine import config
from ckeras.engine.tracing.graph import Node, Symbol
from ckeras.engine.runtime.calls cimport Call
from ckeras.engine.values.value cimport Value
from ckeras.engine.tracing.tapes import stack
from ckeras.engine.values.tensor import Tensor
from ckeras.engine.tracing.trace import current

# What every call uses, where C finds it without a look-up by name.
cdef object empty = np.empty, ndarray = np.ndarray
cdef object tensor_type = Tensor, symbol_type = Symbol
cdef object settings = config, tapes_here = stack, trace_now = current

# Signatures that never repeat must not pile up.
cdef Py_ssize_t MOST_SIGNATURES = 4096


cdef Value wrap(array, str dtype, tuple shape):
    """A tensor around an array that is known to be contiguous."""
    cdef Value value = Value.__new__(tensor_type)
    value._array = array
    value.dtype = dtype
    value.shape = shape
    return value


cdef inline void put(tuple items, Py_ssize_t i, item):
    """Sets an item of a tuple that is being made."""
    Py_INCREF(item)
    PyTuple_SET_ITEM(items, i, item)


cdef tuple signature_of(tuple args, dict attrs):
    """Shape and type of each argument, then name and value of each attribute."""
    cdef tuple signature = PyTuple_New(2 * (len(args) + len(attrs)))
    cdef Py_ssize_t i = 0
    for arg in args:
        if type(arg) is tensor_type:
            put(signature, i, (<Value> arg).shape)
            put(signature, i + 1, (<Value> arg).dtype)
        elif arg is None:
            put(signature, i, None)
            put(signature, i + 1, None)
        else:
            put(signature, i, arg.shape)
            put(signature, i + 1, arg.dtype)
        i += 2
    for name, value in attrs.items():
        put(signature, i, name)
        put(signature, i + 1, value)
        i += 2
    return signature


cdef inline array_of(arg):
    """The array of a tensor, or of a variable."""
    return (<Value> arg)._array if type(arg) is tensor_type else arg._array


cdef class Prepared:
    """What a repeated call of one signature needs.

    Args:
        node: the applied primitive with specs in place of values.
    """

    cdef readonly object node
    cdef bint single     # whether the result is a value by itself, no tuple
    cdef bint foreign    # whether other primitives compute it: `Primitive.by_others`
    cdef list specs      # for each result: shape, NumPy type, name of the type

    def __init__(self, node):
        self.node = node
        self.single = node.single
        self.specs = [(s.shape, np.dtype(s.dtype), s.dtype) for s in node.outputs]

    cdef list run(self, tuple args, dict attrs):
        """The results, as tensors."""
        raise NotImplementedError


cdef class PreparedForeign(Prepared):
    """A primitive that does not take values of these types itself."""

    def __init__(self, node):
        super().__init__(node)
        self.foreign = True


cdef class PreparedCall(Prepared):
    """A kernel call that writes new arrays.

    Args:
        node: as above.
        step: the kernel call as the primitive has lowered it.
    """

    cdef Call call
    cdef Py_ssize_t workspace

    def __init__(self, node, step):
        super().__init__(node)
        self.call = Call(step.capsule(), step.dims, step.attrs)
        self.workspace = step.workspace

    cdef list run(self, tuple args, dict attrs):
        cdef list buffers = [], results = []
        cdef tuple shape
        cdef int status
        for arg in args:
            buffers.append(None if arg is None else array_of(arg))
        for shape, dtype, name in self.specs:
            array = empty(shape, dtype)
            buffers.append(array)
            results.append(wrap(array, name, shape))
        status = self.call.run(buffers, settings._threads, self.workspace)
        if status:
            raise self.node.primitive.refusal(self.node, buffers[:len(args)], status)
        return results


cdef class PreparedView(Prepared):
    """The memory of the first input in another shape.

    Args:
        node: as above.
        start: the element at which the view begins.
    """

    cdef Py_ssize_t offset
    cdef bint whole

    def __init__(self, node, start):
        super().__init__(node)
        (shape, dtype, _), = self.specs
        self.offset = start * dtype.itemsize
        self.whole = np.prod(shape) == np.prod(node.inputs[0].shape)

    cdef list run(self, tuple args, dict attrs):
        array = array_of(args[0])
        shape, dtype, name = self.specs[0]
        if self.whole:
            view = array.reshape(shape)
        else:
            view = ndarray(shape, dtype, array, self.offset)
        return [wrap(view, name, shape)]


cdef class PreparedNumpy(Prepared):
    """A primitive that NumPy computes."""

    cdef list run(self, tuple args, dict attrs):
        arrays = [None if arg is None else array_of(arg) for arg in args]
        found = self.node.primitive.evaluate(*arrays, **attrs)
        found = [found] if self.single else found
        results = []
        for result, (shape, dtype, name) in zip(found, self.specs, strict=True):
            array = np.asarray(result, dtype=dtype, order="C").reshape(shape)
            results.append(wrap(array, name, shape))
        return results


cdef class Applicable:
    """Base of the primitives: what calling one does.

    A subclass has `prepare(args, attrs)`, which returns a `Prepared`, and for values of
    types that it does not take itself `by_others(args, attrs)`. The names of these
    types are its attribute `foreign`.
    """

    cdef readonly dict prepared  # by signature
    cdef public frozenset foreign

    def __init__(self):
        self.prepared = {}

    def __call__(self, *args, **attrs):
        """Applies the primitive: records it if an argument is traced, else runs it.

        Args:
            *args: values; None for an input left out.
            **attrs: the attributes, which must be hashable.
        """
        for arg in args:
            if type(arg) is symbol_type:
                if self.is_foreign(args, attrs):
                    return self.by_others(args, attrs)
                trace = trace_now()
                graph = arg.graph if trace is None else trace.graph
                return self.noted(graph.record(self, args, attrs))
        cdef Prepared prepared = self.look_up(args, attrs)
        if prepared.foreign:
            return self.by_others(args, attrs)
        cdef list results = prepared.run(args, attrs)
        if tapes_here.tapes:
            return self.noted(Node(self, list(args), results, attrs, prepared.single))
        return results[0] if prepared.single else tuple(results)

    cpdef bint is_foreign(self, args, dict attrs):
        """Whether values are of a type that the primitive itself does not take."""
        for arg in args:
            if arg is not None and arg.dtype in self.foreign:
                return True
        return attrs.get("dtype") in self.foreign

    cdef noted(self, node):
        """The node's outputs, after the tapes have taken note of it."""
        for tape in tapes_here.tapes:
            tape.record(node)
        return node.outputs[0] if node.single else tuple(node.outputs)

    cdef Prepared look_up(self, tuple args, dict attrs):
        cdef tuple signature = signature_of(args, attrs)
        found = self.prepared.get(signature)
        if found is None:
            found = self.prepare(args, attrs)
            if len(self.prepared) >= MOST_SIGNATURES:
                self.prepared.clear()
            self.prepared[signature] = found
        return found
