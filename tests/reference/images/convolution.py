"""Convolutional layers whose numbers are compared with Keras's, and models of them."""

import zlib

import numpy as np

# Inputs for one, two and three spatial axes, channels last.
SHAPES = {1: (2, 8, 4), 2: (2, 6, 7, 4), 3: (1, 4, 5, 4, 2)}
_FIRST = {"data_format": "channels_first"}
_SAME = {"padding": "same"}
_OBLONG = {1: [3], 2: [3, 2], 3: [2, 3, 1]}
_UNEQUAL = {1: [2], 2: [1, 3], 3: [2, 1, 2]}
# The options of every family, where `size` and `step` depend on the spatial axes.
_COMMON = {
    "": {},
    "same": _SAME,
    "strides": {"strides": 2},
    "strides same": {"strides": "step", **_SAME},
    "dilation": {"dilation_rate": 2},
    "dilation same": {"dilation_rate": "step", **_SAME},
    "oblong": {"kernel_size": "size", "activation": "tanh"},
    "first": {**_FIRST, **_SAME, "use_bias": False},
}
_PENALTIES = {"activation": "relu", "bias_regularizer": "l1", "bias_constraint": None}
_FAMILIES = {
    "Conv": (
        (1, 2, 3),
        {"filters": 6},
        {
            "groups": {"groups": 2},
            "groups strides": {"groups": 2, "strides": 2, **_SAME},
            "one tap": {"kernel_size": 1},
            "one tap strides": {"kernel_size": 1, "strides": 2},
            "penalized": {"kernel_regularizer": "l2", **_PENALTIES},
        },
    ),
    "DepthwiseConv": (
        (1, 2),
        {},
        {
            "multiplier": {"depth_multiplier": 3},
            "multiplier first": {"depth_multiplier": 2, "strides": 2, **_FIRST},
            "both": {"strides": 2, "dilation_rate": 2},
            "penalized": {"depthwise_regularizer": "l2", **_PENALTIES},
        },
    ),
    "SeparableConv": (
        (1, 2),
        {"filters": 6},
        {
            "multiplier": {"depth_multiplier": 2},
            "both": {"strides": 2, "dilation_rate": 2, **_SAME},
            "penalized": {"pointwise_regularizer": "l2", **_PENALTIES},
        },
    ),
}
_TRANSPOSED = {
    "": {},
    "same": _SAME,
    "strides": {"strides": 2},
    "strides same": {"strides": "step", **_SAME},
    "dilation": {"dilation_rate": 2},
    "oblong": {"kernel_size": "size", "strides": 2, "activation": "tanh"},
    "first": {**_FIRST, **_SAME, "use_bias": False, "strides": 2},
    "more": {"strides": 3, "output_padding": 1},
    "more same": {"strides": 3, "output_padding": 2, **_SAME},
    "wide strides": {"kernel_size": 2, "strides": 3},
}


def _case(name, rank, options):
    by_rank = {"size": _OBLONG[rank], "step": _UNEQUAL[rank]}
    options = {"kernel_size": 2 if rank == 3 else 3, **options}
    arguments = {
        k: by_rank.get(v, v) if isinstance(v, str) else v for k, v in options.items()
    }
    batch, *sizes, channels = SHAPES[rank]
    first = options.get("data_format") == "channels_first"
    shape = (batch, channels, *sizes) if first else SHAPES[rank]
    return {"class": name, "inputs": [shape], "arguments": arguments}


def _cases():
    found = {}
    for family, (ranks, own, more) in _FAMILIES.items():
        for rank in ranks:
            for name, options in {**_COMMON, **more}.items():
                key = f"{family} {rank}d {name}".strip().lower()
                found[key] = _case(f"{family}{rank}D", rank, {**own, **options})
    for rank in (1, 2, 3):
        for name, options in _TRANSPOSED.items():
            key = f"transposed {rank}d {name}".strip()
            options = {"filters": 3, **options}
            found[key] = _case(f"Conv{rank}DTranspose", rank, options)
    for name, options in {
        "causal": {},
        "causal dilation": {"dilation_rate": 3},
        "causal strides": {"strides": 2, **_FIRST},
    }.items():
        options = {"filters": 6, "padding": "causal", **options}
        found[f"conv 1d {name}"] = _case("Conv1D", 1, options)
    return found


CASES = _cases()


# Models for steps of training: functions of `keras`.


def classifier(keras):
    """What image classifiers are made of."""
    layers = keras.layers
    return [
        layers.Input((8, 9, 3)),
        layers.ZeroPadding2D(((1, 0), (0, 2))),
        layers.Conv2D(6, 3, use_bias=False),
        layers.BatchNormalization(momentum=0.8),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.SeparableConv2D(5, 3, padding="same", activation="relu"),
        layers.DepthwiseConv2D(2, depth_multiplier=2),
        layers.PReLU(shared_axes=[1, 2]),
        layers.AveragePooling2D(2, strides=1, padding="same"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3),
    ]


def autoencoder(keras):
    """Down and up again."""
    layers = keras.layers
    return [
        layers.Input((8, 8, 2)),
        layers.Conv2D(4, 3, strides=2, padding="same", activation="elu"),
        layers.GroupNormalization(2),
        layers.Conv2D(6, 3, strides=2, padding="same"),
        layers.LeakyReLU(0.1),
        layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="elu"),
        layers.LayerNormalization(),
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.Cropping2D(1),
        layers.Conv2DTranspose(2, 3),
    ]


def signals(keras):
    """Dilated causal convolutions, channels first."""
    layers = keras.layers
    first = {"data_format": "channels_first"}
    return [
        layers.Input((3, 12)),
        layers.Conv1D(4, 3, padding="causal", dilation_rate=2, **first),
        layers.ELU(),
        layers.SeparableConv1D(4, 3, depth_multiplier=2, **first),
        layers.MaxPooling1D(2, **first),
        layers.Conv1DTranspose(2, 3, strides=2, **first),
        layers.DepthwiseConv1D(3, **first),
        layers.GlobalMaxPooling1D(**first),
        layers.Dense(2),
    ]


def volumes(keras):
    """Three spatial axes, grouped and transposed."""
    layers = keras.layers
    return [
        layers.Input((4, 5, 4, 2)),
        layers.Conv3D(4, 2, padding="same", activation="tanh"),
        layers.Conv3D(4, 2, groups=2, strides=(1, 2, 1)),
        layers.RMSNormalization(),
        layers.AveragePooling3D((1, 1, 2)),
        layers.Conv3DTranspose(2, 2, strides=2),
        layers.UpSampling3D((1, 2, 1)),
        layers.Cropping3D(((1, 0), (0, 1), (0, 0))),
        layers.ZeroPadding3D(1),
        layers.GlobalMaxPooling3D(),
        layers.Dense(2),
    ]


MODELS = {f.__name__: f for f in (classifier, autoencoder, signals, volumes)}
STEPS = 4


def _values(name, number, shape):
    rng = np.random.default_rng([zlib.crc32(name.encode()), number])
    return rng.normal(scale=0.5, size=shape).astype("float32")


def train(keras, name):
    """The model after some steps, and their losses."""
    model = keras.Sequential(MODELS[name](keras))
    weights = [_values(name, i, w.shape) for i, w in enumerate(model.weights)]
    for i, w in enumerate(model.weights):
        if "moving_variance" in w.path:
            weights[i] = np.abs(weights[i]) + 0.5
    model.set_weights(weights)
    model.compile(keras.optimizers.SGD(0.02, momentum=0.9), "mse")
    losses = []
    for step in range(STEPS):
        x = _values(name, 100 + step, (6, *model.input_shape[1:]))
        y = _values(name, 200 + step, (6, *model.output_shape[1:]))
        losses.append(float(model.train_on_batch(x, y)))
        model.reset_metrics()
    return model, losses
