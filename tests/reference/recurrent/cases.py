"""The recurrent layers whose configurations and numbers are compared with Keras's."""

import zlib

import numpy as np

SHAPE = (4, 5, 3)
MASKS = {
    "right": [[1, 1, 1, 0, 0], [1, 0, 0, 0, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 0]],
    "left": [[0, 1, 1, 1, 1], [0, 0, 0, 1, 1], [1, 1, 1, 1, 1], [0, 0, 0, 0, 1]],
    "inside": [[1, 0, 1, 0, 1], [0, 1, 1, 0, 1], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]],
}
PENALTIES = {
    "kernel_regularizer": "l2",
    "recurrent_regularizer": "l1",
    "bias_constraint": "non_neg",
    "recurrent_constraint": "unit_norm",
}
ALL = {"return_sequences": True, "return_state": True}
# name: (arguments of the layer, of its call)
OPTIONS = {
    "": ({}, {}),
    "all": (ALL, {}),
    "backwards": ({**ALL, "go_backwards": True}, {}),
    "one unit": ({"units": 1}, {}),
    "17 units": ({"units": 17, "return_sequences": True}, {}),
    "no bias": ({"use_bias": False}, {}),
    "softsign": ({"activation": "softsign", "return_sequences": True}, {}),
    "no activation": ({"activation": None}, {}),
    "relu masked": ({"activation": "relu", **ALL}, {"mask": "inside"}),
    "states": (ALL, {"states": True}),
    "states masked": ({**ALL, "go_backwards": True}, {"states": True, "mask": "left"}),
    "unrolled": ({"unroll": True, "return_sequences": True}, {}),
    "zero where masked": (
        {"zero_output_for_mask": True, "return_sequences": True},
        {"mask": "inside"},
    ),
    "options": ({"dropout": 0.2, "recurrent_dropout": 0.1, "seed": 5, **PENALTIES}, {}),
    **{f"masked {m}": (ALL, {"mask": m}) for m in MASKS},
    **{
        f"masked {m} backwards": ({"go_backwards": True, "units": 2}, {"mask": m})
        for m in MASKS
    },
}
STATES = {"LSTM": 2, "GRU": 1, "SimpleRNN": 1}


def plain(kind, arguments, **call):
    arguments = {"units": 3, **arguments}
    call = {**call, "count": STATES[kind], "units": arguments["units"]}
    return lambda layers: getattr(layers, kind)(**arguments), call


def two_way(kind, mode="concat", inner=None, **call):
    def make(layers):
        layer = getattr(layers, kind)(2, **(inner or {}))
        return layers.Bidirectional(layer, merge_mode=mode)

    return make, {**call, "count": 2 * STATES[kind], "units": 2}


def own_backward(layers):
    return layers.Bidirectional(
        layers.LSTM(2, return_sequences=True),
        backward_layer=layers.GRU(3, return_sequences=True, go_backwards=True),
    )


def stacked(layers, **options):
    cells = [layers.GRUCell(3), layers.LSTMCell(2), layers.SimpleRNNCell(4)]
    return layers.RNN(cells, return_sequences=True, **options)


def stacked_backwards(layers):
    return stacked(layers, return_state=True, go_backwards=True)


# Convolutional: name: (class's number of axes, arguments, shape of the input, call).
IMAGES = (2, 4, 5, 6, 2)
FIRST = {"data_format": "channels_first"}
# On JAX, Keras takes masks with these layers only if they are unrolled.
UNROLLED = {**ALL, "unroll": True}
CONVOLUTIONAL = {
    "1d": (1, {}, (3, 4, 7, 2), {}),
    "1d dilated": (1, {"dilation_rate": 2, **ALL}, (3, 4, 7, 2), {}),
    "1d first": (1, {**FIRST, **ALL}, (3, 4, 2, 7), {}),
    "2d": (2, ALL, IMAGES, {}),
    "2d same": (2, {"padding": "same"}, IMAGES, {}),
    "2d strides": (2, {"strides": (2, 1), **ALL}, IMAGES, {}),
    "2d first": (2, {"padding": "same", **FIRST, **ALL}, (2, 3, 2, 5, 6), {}),
    "2d oblong": (2, {"kernel_size": (3, 2), "use_bias": False}, IMAGES, {}),
    "2d one tap": (2, {"kernel_size": 1, "activation": None}, IMAGES, {}),
    "2d backwards": (2, {"go_backwards": True, **ALL}, IMAGES, {}),
    "2d options": (
        2,
        {
            "activation": "relu",
            "recurrent_activation": "hard_sigmoid",
            "unit_forget_bias": False,
            "dropout": 0.2,
            "recurrent_dropout": 0.1,
            "seed": 5,
            **PENALTIES,
        },
        IMAGES,
        {},
    ),
    "2d states": (2, ALL, IMAGES, {"state_shape": (2, 3, 4, 3)}),
    "2d masked": (2, UNROLLED, (4, 5, 4, 5, 2), {"mask": "inside"}),
    "2d masked backwards": (
        2,
        {**UNROLLED, "go_backwards": True},
        (4, 5, 4, 5, 2),
        {"mask": "left"},
    ),
    "3d": (3, {"kernel_size": 2, **ALL}, (2, 3, 3, 4, 3, 2), {}),
    "1d masked states": (
        1,
        {"padding": "same", **UNROLLED},
        (4, 5, 4, 2),
        {"mask": "right", "state_shape": (4, 4, 3)},
    ),
    "3d masked backwards": (
        3,
        {"kernel_size": 2, "go_backwards": True, **UNROLLED},
        (4, 5, 2, 3, 2, 1),
        {"mask": "inside"},
    ),
}


def convolutional(rank, arguments, shape, call):
    arguments = {"filters": 3, "kernel_size": 3, **arguments}
    call = {**call, "shape": shape, "count": 2, "states": "state_shape" in call}
    return lambda layers: getattr(layers, f"ConvLSTM{rank}D")(**arguments), call


def cases():
    """name: (function of `keras.layers`, call: mask, states, shape)"""
    found = {}
    for kind in STATES:
        for name, (arguments, call) in OPTIONS.items():
            found[f"{kind} {name}".strip()] = plain(kind, arguments, **call)
        found[f"{kind} one row"] = plain(kind, ALL, shape=(1, 5, 3))
        found[f"{kind} one timestep"] = plain(kind, ALL, shape=(4, 1, 3))
        found[f"{kind} wide"] = plain(kind, ALL, shape=(2, 5, 20))
    for name in ("", "states masked", "no bias", "17 units", "softsign", "options"):
        arguments, call = OPTIONS[name]
        arguments = {**arguments, "reset_after": False}
        found[f"GRU reset before {name}".strip()] = plain("GRU", arguments, **call)
    arguments = {**ALL, "reset_after": False}
    for mask in MASKS:
        found[f"GRU reset before masked {mask}"] = plain("GRU", arguments, mask=mask)
    for name, case in CONVOLUTIONAL.items():
        found[f"convolutional {name}"] = convolutional(*case)
    for mode in ("sum", "mul", "ave", "concat", None):
        found[f"two ways {mode}"] = two_way("GRU", mode, ALL, mask="inside")
        found[f"two ways {mode}, last"] = two_way("LSTM", mode)
    found["two ways, states"] = two_way("LSTM", "concat", ALL, states=True)
    found["two ways, masked last"] = two_way("SimpleRNN", "concat", {}, mask="right")
    found["two ways, masked states"] = two_way(
        "SimpleRNN", "ave", ALL, states=True, mask="left"
    )
    found["two ways, own layer"] = own_backward, {"mask": "left"}
    found["stacked"] = stacked, {}
    found["stacked masked"] = stacked, {"mask": "inside"}
    found["stacked backwards"] = stacked_backwards, {"mask": "right"}
    found["distributed"] = (
        lambda layers: layers.TimeDistributed(layers.Dense(2, activation="tanh")),
        {"mask": "inside"},
    )
    found["distributed rnn"] = (
        lambda layers: layers.TimeDistributed(layers.GRU(2)),
        {"shape": (2, 3, 4, 2)},
    )
    return found


CASES = cases()


def values(case, number, shape):
    """Array of a case: the same on every machine, no two alike."""
    rng = np.random.default_rng([zlib.crc32(case.encode()), number])
    return rng.normal(scale=0.6, size=shape).astype("float32")


def inputs(name, call):
    """The sequences, the first states or None, the mask or None."""
    shape = call.get("shape", SHAPE)
    states = None
    if call.get("states"):
        one = call.get("state_shape") or (shape[0], call["units"])
        shapes = [one] * call["count"]
        states = [values(name, 1 + i, s) for i, s in enumerate(shapes)]
    mask = np.array(MASKS[call["mask"]], bool) if "mask" in call else None
    return values(name, 0, shape), states, mask


def keywords(states, mask):
    """Arguments of the call, without those that are None."""
    given = {"initial_state": states, "mask": mask}
    return {k: v for k, v in given.items() if v is not None}


# Models for steps of training: functions of `keras` that return model, x and y.


def reader(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((6,)),
            layers.Embedding(9, 4, mask_zero=True),
            layers.Bidirectional(layers.GRU(3, return_sequences=True)),
            layers.SimpleRNN(4, return_sequences=True),
            layers.TimeDistributed(layers.Dense(3, activation="relu")),
            layers.GRU(3, reset_after=False),
            layers.Dense(1),
        ]
    )
    rng = np.random.default_rng(0)
    x = np.sort(rng.integers(0, 9, (8, 6)), axis=1)[:, ::-1].copy()
    return model, x, rng.normal(size=(8, 1)).astype("float32")


def translator(keras):
    """An encoder whose states the decoder begins with."""
    layers = keras.layers
    source, target = keras.Input((5, 3)), keras.Input((4, 2))
    _, state = layers.GRU(4, return_state=True)(source)
    decoded = layers.GRU(4, return_sequences=True)(target, initial_state=state)
    _, h, c = layers.LSTM(3, return_state=True)(source)
    other = layers.LSTM(3, return_sequences=True)(target, initial_state=[h, c])
    outputs = layers.Dense(2)(layers.Concatenate()([decoded, other]))
    rng = np.random.default_rng(1)
    x = [rng.normal(size=(8, *s)).astype("float32") for s in ((5, 3), (4, 2))]
    y = rng.normal(size=(8, 4, 2)).astype("float32")
    return keras.Model([source, target], outputs), x, y


def masked(keras):
    """A graph in which operations make the masks: files have these as layers."""
    layers = keras.layers
    series, words = keras.Input((5, 3)), keras.Input((4,), dtype="int32")
    h = layers.Bidirectional(layers.LSTM(3))(layers.Masking()(series))
    embedded = layers.Embedding(6, 4, mask_zero=True)(words)
    pooled = layers.GlobalAveragePooling1D()(
        layers.GRU(3, return_sequences=True)(embedded)
    )
    outputs = layers.Dense(1)(layers.Concatenate()([h, pooled]))
    rng = np.random.default_rng(4)
    x = rng.normal(size=(8, 5, 3)).astype("float32")
    x[::2, 3:] = 0
    words_of = np.array([[1, 2, 0, 0], [3, 4, 5, 1]] * 4, "int32")
    y = rng.normal(size=(8, 1)).astype("float32")
    return keras.Model([series, words], outputs), [x, words_of], y


def stateful(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input(batch_shape=(4, 3, 2)),
            layers.GRU(3, stateful=True, return_sequences=True),
            layers.Bidirectional(layers.SimpleRNN(2, stateful=True)),
            layers.Dense(1),
        ]
    )
    rng = np.random.default_rng(2)
    x = rng.normal(size=(4, 3, 2)).astype("float32")
    return model, x, rng.normal(size=(4, 1)).astype("float32")


def video(keras):
    """Convolutional layers, of which one goes on from batch to batch."""
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input(batch_shape=(4, 3, 5, 6, 2)),
            layers.ConvLSTM2D(3, 3, padding="same", return_sequences=True),
            layers.ConvLSTM2D(2, 2, strides=2, stateful=True),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    rng = np.random.default_rng(3)
    x = rng.normal(size=(4, 3, 5, 6, 2)).astype("float32")
    return model, x, rng.normal(size=(4, 1)).astype("float32")


MODELS = {f.__name__: f for f in (reader, translator, masked, stateful, video)}
STEPS = 3


def train(keras, name):
    """The model after a few steps, their losses, and what it predicts then."""
    model, x, y = MODELS[name](keras)
    weights = [values(name, i, w.shape) for i, w in enumerate(model.weights)]
    model.set_weights(weights)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    options = {"batch_size": len(y), "shuffle": False, "verbose": 0}
    losses = model.fit(x, y, epochs=STEPS, **options).history["loss"]
    predictions = np.asarray(model.predict_on_batch(x))
    return model, losses, predictions
