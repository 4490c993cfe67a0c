"""Calls of attention layers with each of their arguments: inputs only, no library.

`make_calls.py` stores what Keras returns, in a few numbers, or the kind of its error.
"""

import numpy as np

MHA = ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3})
GQA = (
    "GroupQueryAttention",
    {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
)


def values(i, shape):
    return np.random.default_rng(i).uniform(-1, 1, shape).astype("float32")


QUERY, VALUE, SAME = values(1, (2, 5, 4)), values(2, (2, 7, 6)), values(3, (2, 5, 4))
SEEING = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 1]], bool)
SEEN = np.array([[1, 1, 1, 0, 0, 1, 1], [0, 1, 1, 1, 1, 0, 0]], bool)
PAIRS = values(9, (2, 5, 7)) > -0.2

# Arguments of both layers with projections.
OPTIONS = [
    {"bias_regularizer": "l2"},
    {"activity_regularizer": "l2"},
    {"kernel_regularizer": "l1", "activity_regularizer": "l1"},
    {"bias_constraint": "non_neg"},
    {"kernel_constraint": "max_norm", "bias_initializer": "ones"},
    {"kernel_initializer": "he_normal", "flash_attention": False},
    {"flash_attention": True, "dropout": 0.1},
    {"dropout": 0.4, "seed": 3},
    {"use_bias": False, "use_gate": True},
    {"sliding_window": 2, "use_gate": True},
    {"sliding_window": 0},
    {"sliding_window": -1},
]
OF_MHA = [
    {"value_dim": 3},
    {"output_shape": 3},
    {"output_shape": (2, 3)},
    {"attention_axes": 1},
    {"attention_axes": (1,)},
    {"attention_axes": "a"},
    {"num_heads": 0},
    {"key_dim": -1},
    {"value_dim": 0},
    {"output_shape": 2.5},
]
OF_GQA = [
    {"num_query_heads": 3},
    {"num_key_value_heads": 4},
    {"num_key_value_heads": 1},
]
MASKS = [
    {"query_mask": SEEING},
    {"value_mask": SEEN},
    {"key_mask": SEEN},
    {"attention_mask": PAIRS},
    {"attention_mask": PAIRS[:1]},
    {"attention_mask": PAIRS.astype("int32")},
    {"query_mask": SEEING, "value_mask": SEEN, "use_causal_mask": True},
    {"key_mask": SEEN, "attention_mask": PAIRS, "use_causal_mask": True},
    {"value_mask": SEEN, "return_attention_scores": True},
    {"training": True},
    {"attention_mask": PAIRS[:, None]},
]
PLAIN = [
    {},
    {"mask": [SEEING, SEEN]},
    {"mask": [None, SEEN]},
    {"mask": [SEEING, None]},
    {"return_attention_scores": True},
    {"use_causal_mask": True, "mask": [SEEING, SEEN]},
    {"mask": SEEING},
    {"mask": [SEEING]},
]


def calls():
    """Layer's name, its arguments, the inputs and the call's other arguments."""
    for (name, sizes), inputs in ((MHA, (QUERY, VALUE)), (GQA, (SAME, SAME))):
        own = OF_MHA if name == MHA[0] else OF_GQA
        for options in [*OPTIONS, *own]:
            for causal in (False, True):
                given = {"use_causal_mask": causal}
                yield name, {**sizes, **options}, inputs, given
    for given in MASKS:
        yield *MHA, (QUERY, VALUE), given
        yield *MHA, (QUERY, VALUE, VALUE[..., :3]), given
        yield *GQA, (SAME, VALUE[..., :4]), given
    for name in ("Attention", "AdditiveAttention"):
        modes = ["dot", "concat", "x"] if name == "Attention" else [None]
        for mode in modes:
            for options in ({}, {"use_scale": True}, {"dropout": 0.3, "seed": 1}):
                if mode is not None:
                    options = {**options, "score_mode": mode}
                for given in PLAIN:
                    yield name, options, ([SAME, VALUE[..., :4]],), given
                yield name, options, ([SAME, VALUE, VALUE[..., :4]],), {}
        yield name, {}, (SAME,), {}
        yield name, {}, ([SAME],), {}
        yield name, {}, ([SAME, VALUE],), {}


def outcome(library, name, options, inputs, given):
    """Shapes and weighted sums of the results, and the losses; or the error."""
    try:
        layer = getattr(library.layers, name)(**options)
        layer(*inputs, **given)
        layer.set_weights(
            [values(100 + i, w.shape) for i, w in enumerate(layer.weights)]
        )
        results = library.tree.flatten(layer(*inputs, **given))
        losses = [float(loss) for loss in layer.losses]
    except Exception as error:
        return error
    results = [np.asarray(r, "float64") for r in results]
    shapes = [list(r.shape) for r in results]
    return shapes, [float((r * values(7, r.shape)).sum()) for r in results] + losses
