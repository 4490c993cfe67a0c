"""Layers and models in half precision, whose numbers are compared with Keras's."""

import zlib

import numpy as np

# Names whose meeting places are stored: each pair of them, and Python's numbers.
TYPES = [
    *("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    *("bfloat16", "float16", "float32", "float64", "int", "float"),
]
POLICIES = ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16"]
# These cannot be called on JAX with weights of half precision.
RECURRENT = ("lstm", "gru", "bidirectional")


def layer_cases():
    """Pairs of a policy and a layer's name."""
    for policy in POLICIES:
        for name in LAYERS:
            if policy.startswith("mixed") or name not in RECURRENT:
                yield policy, name


def _case(name, shape, arguments=None, **call):
    return {"class": name, "shape": shape, "arguments": arguments or {}, "call": call}


LAYERS = {
    "dense": _case("Dense", (4, 6), {"units": 5, "activation": "gelu"}),
    "dense_3d": _case("Dense", (2, 4, 6), {"units": 5, "activation": "tanh"}),
    "einsum": _case(
        "EinsumDense",
        (2, 4, 6),
        {"equation": "abc,cd->abd", "output_shape": (None, 3), "bias_axes": "d"},
    ),
    "embedding": _case(
        "Embedding", ("int", 7, (3, 5)), {"input_dim": 7, "output_dim": 4}
    ),
    "conv": _case(
        "Conv2D", (2, 6, 7, 3), {"filters": 4, "kernel_size": 3, "strides": 2}
    ),
    "depthwise": _case("DepthwiseConv2D", (2, 6, 7, 3), {"kernel_size": 3}),
    "conv_transpose": _case(
        "Conv1DTranspose", (2, 5, 3), {"filters": 4, "kernel_size": 3}
    ),
    "max_pool": _case("MaxPooling2D", (2, 6, 7, 3), {"pool_size": 2}),
    "average_pool": _case("AveragePooling1D", (2, 6, 3), {"pool_size": 3}),
    "global_pool": _case("GlobalAveragePooling2D", (2, 6, 7, 3)),
    "batch_norm": _case("BatchNormalization", (6, 5), training=True),
    "batch_norm_inference": _case("BatchNormalization", (6, 5), training=False),
    "layer_norm": _case("LayerNormalization", (6, 5)),
    "group_norm": _case("GroupNormalization", (3, 4, 6), {"groups": 3}),
    "rms_norm": _case("RMSNormalization", (6, 5)),
    "softmax": _case("Softmax", (4, 6)),
    "lstm": _case("LSTM", (3, 5, 4), {"units": 6, "return_sequences": True}),
    "gru": _case("GRU", (3, 5, 4), {"units": 6}),
    "bidirectional": _case(
        "Bidirectional", (3, 5, 4), {"layer": {"class": "SimpleRNN", "units": 3}}
    ),
}


def _random(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def build(keras, name, policy):
    """The layer of a case, of Keras or of ckeras."""
    case = LAYERS[name]
    arguments = dict(case["arguments"])
    if "layer" in arguments:
        inner = dict(arguments["layer"])
        cls = getattr(keras.layers, inner.pop("class"))
        arguments["layer"] = cls(**inner, dtype=policy)
    return getattr(keras.layers, case["class"])(**arguments, dtype=policy)


def inputs(name):
    """The input of a case: whole numbers, or floats of float32."""
    shape = LAYERS[name]["shape"]
    if shape[0] == "int":
        return _random(name).integers(0, shape[1], shape[2]).astype("int32")
    return _random(name).normal(size=shape).astype("float32")


def weights(name, variables, size=0.5):
    """Values for variables, all of them representable in every type."""
    drawn = _random(f"{name}/weights")
    values = []
    for variable in variables:
        value = drawn.normal(size=tuple(variable.shape)) * size
        if "variance" in variable.path:
            value = np.abs(value) + 0.5
        values.append(np.round(value * 64).astype("float32") / 64)
    return values


def projection(name, shape):
    """What an output is multiplied with, so that its sum has a telling gradient."""
    drawn = _random(f"{name}/projection").normal(size=shape)
    return np.round(drawn * 8).astype("float32") / 8


def model(keras, policy, name):
    """A small network with one name for its weights' paths."""
    keras.utils.clear_session()
    before, layers = keras.config.dtype_policy(), keras.layers
    keras.config.set_dtype_policy(policy)
    try:
        found = keras.Sequential(
            [
                layers.Input((6, 6, 2)),
                layers.Conv2D(4, 3, activation="relu", name="conv"),
                layers.BatchNormalization(name="norm"),
                layers.Flatten(name="flat"),
                layers.Dense(8, activation="gelu", name="dense"),
                layers.Dense(3, activation="softmax", name="out"),
            ],
            name=name,
        )
    finally:
        keras.config.set_dtype_policy(before)
    found.set_weights(weights("model", found.weights, 0.15))
    return found


def training_data():
    """Images and classes for four steps."""
    drawn = _random("training")
    for _ in range(4):
        yield (
            drawn.normal(size=(8, 6, 6, 2)).astype("float32"),
            drawn.integers(0, 3, 8).astype("int32"),
        )
