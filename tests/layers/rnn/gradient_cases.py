"""Recurrent layers with every argument that changes the arithmetic."""

import numpy as np

from ckeras import layers

RNG = np.random.default_rng(11)
MASKS = {
    "right": [[1, 1, 0, 0], [1, 1, 1, 0]],
    "left": [[0, 0, 1, 1], [0, 1, 1, 1]],
    "inside": [[1, 0, 1, 1], [1, 1, 0, 1]],
    "everywhere": [[0, 0, 0, 0], [1, 0, 0, 1]],
}
# Options that all three layers have, and those of a call.
OPTIONS = {
    "": ({}, {}),
    "one unit": ({"units": 1}, {}),
    "17 units": ({"units": 17}, {}),
    "sequences": ({"return_sequences": True}, {}),
    "backwards": ({"go_backwards": True, "return_sequences": True}, {}),
    "states": ({"return_state": True, "use_bias": False}, {}),
    "unrolled": ({"unroll": True}, {}),
    "stateful": ({"stateful": True}, {}),
    "other activation": ({"activation": "softplus"}, {}),
    "dropout": ({"dropout": 0.4, "seed": 1}, {"training": True}),
    "recurrent dropout": (
        {"recurrent_dropout": 0.4, "dropout": 0.2, "seed": 1},
        {"training": True},
    ),
    "penalized": (
        {
            "kernel_regularizer": "l2",
            "recurrent_regularizer": "l2",
            "bias_regularizer": "l2",
            "activity_regularizer": "l2",
        },
        {},
    ),
    "zero where masked": (
        {"return_sequences": True, "zero_output_for_mask": True},
        {"mask": MASKS["inside"]},
    ),
    "masked backwards": (
        {"return_sequences": True, "go_backwards": True, "return_state": True},
        {"mask": MASKS["right"]},
    ),
}
KINDS = {"lstm": layers.LSTM, "gru": layers.GRU, "simple rnn": layers.SimpleRNN}


def normal(*shape):
    return RNG.normal(scale=0.8, size=shape)


def called(options):
    mask = {"mask": np.array(options["mask"], bool)} if "mask" in options else {}
    return {**options, **mask}


def layer_cases():
    for kind, cls in KINDS.items():
        for name, (options, call) in OPTIONS.items():
            layer = cls(**{"units": 3, "dtype": "float64", **options})
            yield f"{kind} {name}".strip(), (layer, [normal(2, 4, 5)], called(call))
        for name, mask in MASKS.items():
            layer = cls(3, dtype="float64", return_sequences=True)
            call = called({"mask": mask})
            yield f"{kind} masked {name}", (layer, [normal(2, 4, 5)], call)
        for name, shape in {"one row": (1, 3, 2), "one timestep": (2, 1, 2)}.items():
            layer = cls(3, dtype="float64", return_sequences=True)
            yield f"{kind} {name}", (layer, [normal(*shape)])
        states = [normal(2, 3) for _ in range(2 if kind == "lstm" else 1)]
        layer = cls(3, dtype="float64", return_state=True)
        call = called({"mask": MASKS["right"]})
        yield f"{kind} first states", (layer, [normal(2, 4, 5), states], call)
        # Wide inputs of few rows are projected apart from the recurrence.
        layer = cls(2, dtype="float64", return_sequences=True, go_backwards=True)
        yield f"{kind} wide", (layer, [normal(2, 3, 18)])


def own_cases():
    """Options of one kind of layer alone."""
    x = normal(2, 4, 5)
    before = {"reset_after": False, "dtype": "float64"}
    gru, simple = layers.GRU, layers.SimpleRNN
    yield "gru reset before", (gru(3, **before), [x])
    yield (
        "gru reset before, masked backwards",
        (
            gru(3, **before, return_sequences=True, go_backwards=True),
            [x],
            called({"mask": MASKS["inside"]}),
        ),
    )
    yield (
        "gru reset before, wide",
        (gru(2, **before, return_sequences=True), [normal(2, 3, 18)]),
    )
    yield "gru reset before, no bias", (gru(3, **before, use_bias=False), [x])
    yield (
        "gru reset before, recurrent dropout",
        (gru(3, **before, recurrent_dropout=0.4, seed=1), [x], {"training": True}),
    )
    yield "gru reset before, by cells", (gru(3, **before, activation="elu"), [x])
    for activation in ("relu", "sigmoid", None):
        layer = simple(3, activation=activation, dtype="float64")
        yield f"simple rnn {activation}", (layer, [x])
    for cls in (layers.LSTM, gru):
        layer = cls(3, recurrent_activation="hard_sigmoid", dtype="float64")
        yield f"{cls.__name__} hard gates", (layer, [x])
        layer = cls(3, implementation=1, dtype="float64")
        yield f"{cls.__name__} gate by gate", (layer, [x])


def wrapper_cases():
    x = normal(2, 4, 3)

    def two_way(cls, mode, call=None, **options):
        layer = layers.Bidirectional(
            cls(2, dtype="float64", **options), merge_mode=mode, dtype="float64"
        )
        return layer, [x], called(call or {})

    masked = {"mask": MASKS["right"]}
    for mode in ("sum", "mul", "ave", "concat", None):
        yield (
            f"two ways {mode}",
            two_way(layers.GRU, mode, masked, return_sequences=True),
        )
    for kind, cls in KINDS.items():
        yield f"two ways {kind}", two_way(cls, "concat", return_state=True)
        yield f"two ways {kind} masked", two_way(cls, "concat", masked)
    own = layers.Bidirectional(
        layers.LSTM(2, dtype="float64"),
        backward_layer=layers.GRU(3, go_backwards=True, dtype="float64"),
        dtype="float64",
    )
    yield "two ways, own backward layer", (own, [x])
    yield "two ways stateful", two_way(layers.SimpleRNN, "ave", stateful=True)
    states = [normal(2, 2) for _ in range(4)]
    layer, inputs, call = two_way(layers.LSTM, "mul", masked, return_state=True)
    yield "two ways, first states masked", (layer, [*inputs, states], call)
    mask = np.array([MASKS["right"], MASKS["left"], MASKS["inside"]], bool)
    layer = layers.TimeDistributed(layers.GRU(2, dtype="float64"), dtype="float64")
    call = {"mask": mask.transpose(1, 0, 2)}
    yield "at each timestep masked rnn", (layer, [normal(2, 3, 4, 2)], call)
    for name, inner in {
        "dense": layers.Dense(2, dtype="float64"),
        "rnn": layers.GRU(2, dtype="float64"),
        "lambda": layers.Lambda(lambda v: v * v, dtype="float64"),
    }.items():
        shape = (2, 3, 4, 2) if name == "rnn" else (2, 3, 4)
        layer = layers.TimeDistributed(inner, dtype="float64")
        yield f"at each timestep {name}", (layer, [normal(*shape)])


def cell_cases():
    x = normal(2, 4)
    for name, cell, count in (
        ("lstm cell", layers.LSTMCell(3, dtype="float64"), 2),
        ("gru cell", layers.GRUCell(3, dtype="float64"), 1),
        ("gru cell before", layers.GRUCell(3, reset_after=False, dtype="float64"), 1),
        ("simple rnn cell", layers.SimpleRNNCell(3, dtype="float64"), 1),
    ):
        yield name, (cell, [x, [normal(2, 3) for _ in range(count)]])
        options = {"return_sequences": True, "return_state": True, "dtype": "float64"}
        copy = type(cell).from_config(cell.get_config())
        yield f"rnn of {name}", (layers.RNN(copy, **options), [normal(2, 3, 4)])
    kinds = (layers.GRUCell, layers.LSTMCell, layers.SimpleRNNCell)
    stack = [cls(u, dtype="float64") for cls, u in zip(kinds, (3, 2, 4), strict=True)]
    states = [[normal(2, 3)], [normal(2, 2), normal(2, 2)], [normal(2, 4)]]
    yield (
        "stacked cells",
        (layers.StackedRNNCells(stack, dtype="float64"), [x, states]),
    )
    stack = [cls(u, dtype="float64") for cls, u in zip(kinds, (3, 2, 4), strict=True)]
    yield (
        "rnn of stacked cells",
        (
            layers.RNN(
                layers.StackedRNNCells(stack, dtype="float64"),
                return_sequences=True,
                dtype="float64",
            ),
            [normal(2, 4, 4)],
            called({"mask": MASKS["inside"]}),
        ),
    )

    drops = {"dropout": 0.4, "seed": 1, "dtype": "float64"}
    stack = [cls(3, **drops) for cls in kinds]
    stack = layers.StackedRNNCells(stack, dtype="float64")
    yield (
        "rnn of cells that drop",
        (layers.RNN(stack, dtype="float64"), [normal(2, 4, 3)], {"training": True}),
    )


def convolutional_cases():
    """ConvLSTM with what changes its arithmetic."""
    images = (2, 3, 4, 5, 2)
    drops = {"dropout": 0.3, "recurrent_dropout": 0.4, "seed": 1}
    penalties = {"kernel_regularizer": "l2", "recurrent_regularizer": "l2"}
    first = {"data_format": "channels_first"}
    everything = {"return_sequences": True, "return_state": True}
    for name, (rank, shape, options, call) in {
        "1d": (1, (2, 3, 5, 2), everything, {}),
        "1d dilated": (1, (2, 3, 6, 2), {"dilation_rate": 2}, {}),
        "1d first": (1, (2, 3, 2, 5), {**first, "padding": "same"}, {}),
        "1d other": (1, (2, 3, 5, 2), {"activation": "softplus"}, {}),
        "1d gates": (1, (2, 3, 5, 2), {"recurrent_activation": "softsign"}, {}),
        "2d": (2, images, everything, {}),
        "2d same": (2, images, {"padding": "same", "use_bias": False}, {}),
        "2d strides": (2, images, {"strides": 2}, {}),
        "2d backwards": (2, images, {"go_backwards": True, **everything}, {}),
        "2d masked": (2, images, everything, {"mask": MASKS["inside"]}),
        "2d unrolled": (
            2,
            images,
            {"unroll": True, "go_backwards": True},
            {"mask": MASKS["left"]},
        ),
        "2d zero where masked": (
            2,
            images,
            {"return_sequences": True, "zero_output_for_mask": True},
            {"mask": MASKS["right"]},
        ),
        "2d dropout": (2, images, drops, {"training": True}),
        "2d penalized": (2, images, {"activity_regularizer": "l2", **penalties}, {}),
        "2d stateful": (2, images, {"stateful": True}, {}),
        "3d": (3, (1, 2, 3, 2, 3, 2), {"kernel_size": 2, **everything}, {}),
        "3d strides": (
            3,
            (1, 2, 2, 3, 3, 3),
            {"kernel_size": 2, "strides": 2, "padding": "same", **first},
            {},
        ),
    }.items():
        kind = getattr(layers, f"ConvLSTM{rank}D")
        options = {"filters": 2, "kernel_size": 3, "dtype": "float64", **options}
        if rank == 2:
            options["kernel_size"] = (2, 3)
        if "mask" in call:
            call = {"mask": np.array(call["mask"], bool)[:, : shape[1]]}
        yield f"convolutional lstm {name}", (kind(**options), [normal(*shape)], call)
    layer = layers.ConvLSTM1D(2, 2, dtype="float64", return_state=True)
    states = [normal(2, 4, 2) for _ in range(2)]
    yield "convolutional lstm first states", (layer, [normal(2, 3, 5, 2), states])


def recurrent_cases():
    """name: (layer, inputs) or (layer, inputs, options of the call)"""
    return {
        **dict(layer_cases()),
        **dict(own_cases()),
        **dict(wrapper_cases()),
        **dict(cell_cases()),
        **dict(convolutional_cases()),
    }
