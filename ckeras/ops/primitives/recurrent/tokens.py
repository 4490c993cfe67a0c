"""The projections of a recurrent layer's tokens, each distinct one computed once.

A pass puts both into graphs, where nothing is kept for gradients: they have none.
"""

import math

from ckeras import kernels
from ckeras.engine import config
from ckeras.engine.primitive import NOT_DIFFERENTIABLE, Primitive, Spec, Step
from ckeras.ops.primitives.indexing import index_refusal, index_size

# `distinct_tokens`: which rows of a table of `size` rows tokens name. The results are
# which of the distinct ones each token is, the rows of the distinct ones, as many as
# there can be, and how many there are.


def _distinct_spec(tokens, *, size):
    most = min(math.prod(tokens.shape), size)
    places = Spec(tuple(tokens.shape), "int32")
    return places, Spec((most,), "int64"), Spec((1,), "int64")


def _distinct_lower(node):
    (tokens,), size = node.inputs, node.attrs["size"]
    dims = (math.prod(tokens.shape), size, index_size(tokens))
    return Step("tokens.distinct", dims, workspace=4 * size)


Primitive(
    "distinct_tokens",
    infer=_distinct_spec,
    lower=_distinct_lower,
    gradient=NOT_DIFFERENTIABLE,
    explain=index_refusal(lambda node: node.attrs["size"], 0),
)


# `token_projections`: table[rows]·w + b for the first `count` rows, while what is
# behind them is undefined; b may be None.


def _project_spec(table, rows, count, w, b):
    return Spec((rows.shape[0], w.shape[1]), table.dtype)


def _project_lower(node):
    table, rows, _, w, _ = node.inputs
    features, width = w.shape
    threads, itemsize = config.most_threads(), 4 if table.dtype == "float32" else 8
    return Step(
        "tokens.project",
        (features, width, threads),
        dtype=table.dtype,
        workspace=kernels.module("tokens").workspace_bytes(
            features, width, threads, itemsize
        ),
        flops=2 * rows.shape[0] * features * width,
    )


Primitive(
    "token_projections",
    infer=_project_spec,
    lower=_project_lower,
    gradient=NOT_DIFFERENTIABLE,
)
