"""Attention layers that are compared with Keras's, run the same way in both."""

import zlib

import numpy as np

_MHA = {"num_heads": 2, "key_dim": 3}
_GQA = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
_Q, _V = (2, 5, 4), (2, 7, 6)
_SAME = [(2, 5, 4), (2, 5, 4)]
_L2 = {"class_name": "L2", "config": {"l2": 0.25}}


def _case(name, shapes, arguments=None, masks=(), **call):
    """masks: names among query_mask, value_mask, key_mask, attention_mask."""
    return {
        "class": name,
        "shapes": shapes,
        "arguments": arguments or {},
        "masks": masks,
        "call": call,
    }


CASES = {
    "mha": _case("MultiHeadAttention", [_Q, _V], _MHA),
    "mha_key": _case("MultiHeadAttention", [_Q, _V, (2, 7, 3)], _MHA),
    "mha_causal": _case("MultiHeadAttention", [_Q, _V], _MHA, use_causal_mask=True),
    "mha_scores": _case(
        "MultiHeadAttention",
        [_Q, _V],
        {**_MHA, "value_dim": 2},
        ["attention_mask"],
        return_attention_scores=True,
        use_causal_mask=True,
    ),
    "mha_masks": _case(
        "MultiHeadAttention", [_Q, _V], _MHA, ["value_mask", "attention_mask"]
    ),
    "mha_key_mask": _case(
        "MultiHeadAttention",
        [_Q, _V, (2, 7, 3)],
        _MHA,
        ["value_mask", "key_mask"],
        use_causal_mask=True,
    ),
    "mha_query_mask": _case("MultiHeadAttention", [_Q, _V], _MHA, ["query_mask"]),
    "mha_window": _case("MultiHeadAttention", _SAME, {**_MHA, "sliding_window": 2}),
    "mha_window_causal": _case(
        "MultiHeadAttention",
        _SAME,
        {**_MHA, "sliding_window": 2},
        use_causal_mask=True,
    ),
    "mha_gate": _case(
        "MultiHeadAttention", [_Q, _V], {**_MHA, "use_gate": True, "use_bias": False}
    ),
    "mha_options": _case(
        "MultiHeadAttention",
        [_Q, _V],
        {
            **_MHA,
            "value_dim": 2,
            "output_shape": [2, 3],
            "dropout": 0.3,
            "seed": 3,
            "kernel_regularizer": _L2,
            "bias_initializer": "ones",
            "kernel_constraint": "non_neg",
        },
    ),
    "mha_axes": _case(
        "MultiHeadAttention",
        [(2, 3, 4, 5), (2, 3, 2, 5)],
        {**_MHA, "attention_axes": [2]},
    ),
    "mha_two_axes": _case("MultiHeadAttention", [(2, 3, 4, 5), (2, 3, 2, 5)], _MHA),
    "gqa": _case("GroupQueryAttention", _SAME, _GQA),
    "gqa_causal": _case("GroupQueryAttention", _SAME, _GQA, use_causal_mask=True),
    "gqa_masks": _case(
        "GroupQueryAttention",
        [(2, 5, 4), (2, 7, 4)],
        {**_GQA, "use_gate": True},
        ["query_mask", "value_mask", "attention_mask"],
    ),
    "gqa_scores": _case(
        "GroupQueryAttention",
        _SAME,
        {**_GQA, "sliding_window": 3, "use_bias": False},
        return_attention_scores=True,
        use_causal_mask=True,
    ),
    "attention": _case("Attention", [(2, 5, 4), (2, 7, 4)]),
    "attention_scale": _case(
        "Attention",
        [(2, 5, 4), (2, 7, 4), (2, 7, 4)],
        {"use_scale": True},
        ["query_mask", "value_mask"],
        return_attention_scores=True,
    ),
    "attention_concat": _case(
        "Attention",
        [(2, 5, 4), (2, 7, 4)],
        {"use_scale": True, "score_mode": "concat", "dropout": 0.2, "seed": 1},
        use_causal_mask=True,
    ),
    "additive": _case(
        "AdditiveAttention",
        [(2, 5, 4), (2, 7, 4)],
        {},
        ["query_mask", "value_mask"],
        use_causal_mask=True,
    ),
    "additive_plain": _case(
        "AdditiveAttention", [(2, 5, 4), (2, 7, 4)], {"use_scale": False}
    ),
}


def values(case, number, shape):
    """Numbers of a case: the same on every machine, no two alike."""
    rng = np.random.default_rng([zlib.crc32(case.encode()), number])
    return rng.uniform(-1, 1, shape).astype("float32")


def inputs(name):
    case = CASES[name]
    return [values(name, i, shape) for i, shape in enumerate(case["shapes"])]


def keywords(name):
    """The keyword arguments of the call, masks among them."""
    case = CASES[name]
    (batch, q_len), kv_len = case["shapes"][0][:2], case["shapes"][1][1]
    shapes = {
        "query_mask": (batch, q_len),
        "value_mask": (batch, kv_len),
        "key_mask": (batch, kv_len),
        "attention_mask": (batch, q_len, kv_len),
    }
    masks = {
        mask: values(name, 50 + i, shapes[mask]) > -0.3
        for i, mask in enumerate(case["masks"])
    }
    if case["class"] in ("Attention", "AdditiveAttention") and masks:
        masks = {"mask": [masks["query_mask"], masks["value_mask"]]}
    return {**masks, **case["call"]}


def apply(layer, name, arrays):
    """The call, as each layer wants its inputs."""
    if CASES[name]["class"] in ("Attention", "AdditiveAttention"):
        return layer(list(arrays), **keywords(name))
    return layer(*arrays, **keywords(name))


def weights(name, layer):
    return [values(name, 100 + i, w.shape) for i, w in enumerate(layer.weights)]


def transformer(k):
    """A small model with masks, causal attention and shared keys, and its data."""
    k.utils.set_random_seed(0)
    tokens = k.Input((9,), dtype="int32")
    x = k.layers.Embedding(11, 8, mask_zero=True)(tokens)
    a = k.layers.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)
    x = k.layers.LayerNormalization()(k.layers.Add()([x, a]))
    a = k.layers.GroupQueryAttention(4, 4, 2)(x, x)
    x = k.layers.LayerNormalization()(k.layers.Add()([x, a]))
    model = k.Model(tokens, k.layers.Dense(11)(x))
    model.set_weights(
        [values("transformer", i, w.shape) for i, w in enumerate(model.weights)]
    )
    return model


def train(k):
    """Losses of ten steps, and what the model predicts afterwards."""
    model = transformer(k)
    rng = np.random.default_rng(3)
    x = rng.integers(1, 11, (32, 9)).astype("int32")
    x[::3, 6:] = 0
    y = (x * 3 + 1) % 11
    loss = k.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=k.optimizers.SGD(0.1), loss=loss)
    history = model.fit(x, y, batch_size=16, epochs=5, shuffle=False, verbose=0)
    return model, np.array(history.history["loss"]), model.predict(x, verbose=0)
