# cython: auto_pickle=False
"""The fields of a traced value, in C: tracing makes and reads them all the time."""


cdef class Traced:
    """A value of a graph: `Symbol` is the class of this that users meet.

    Args:
        graph: the `Graph`, of which a weak reference is kept. Nothing here leads back
            to the nodes: what the passes replace is gone at once.
        spec: what has a `shape` and a `dtype`.
    """

    def __init__(self, graph, spec):
        self._graph = graph.reference
        self.shape = tuple(spec.shape)
        self.dtype = spec.dtype
