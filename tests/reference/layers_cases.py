"""The layers whose configurations and numbers are compared with Keras's."""

import zlib

import numpy as np

_SEQUENCE = [(4, 5, 3)]
_MASK = [
    [True, True, False, True, True],
    [True, True, True, False, False],
    [False, True, True, True, True],
    [True, True, True, True, True],
]
_PENALTIES = {
    "kernel_regularizer": {
        "class_name": "L2",
        "config": {"l2": 0.25},
        "module": "keras.regularizers",
        "registered_name": None,
    },
    "bias_constraint": {
        "class_name": "NonNeg",
        "config": {},
        "module": "keras.constraints",
        "registered_name": None,
    },
}


def _case(name, inputs, arguments=None, **rest):
    return {"class": name, "inputs": inputs, "arguments": arguments or {}, **rest}


# Inputs are shapes; ("int", high, shape) stands for whole numbers below `high`.
CASES = {
    "dense": _case("Dense", [(4, 3)], {"units": 5}),
    "dense_3d": _case(
        "Dense", [(2, 4, 3)], {"units": 5, "activation": "tanh", "use_bias": False}
    ),
    "dense_relu": _case(
        "Dense", [(4, 3)], {"units": 2, "activation": "relu", **_PENALTIES}
    ),
    "dense_softmax": _case("Dense", [(4, 3)], {"units": 6, "activation": "softmax"}),
    "activation": _case("Activation", [(4, 3)], {"activation": "gelu"}),
    "identity": _case("Identity", [(4, 3)]),
    "embedding": _case(
        "Embedding", [("int", 7, (4, 3))], {"input_dim": 7, "output_dim": 2}
    ),
    "einsum_dense": _case(
        "EinsumDense",
        [(4, 3, 5)],
        {
            "equation": "abc,cde->abde",
            "output_shape": [3, 2, 6],
            "bias_axes": "de",
            "activation": "tanh",
        },
    ),
    "einsum_dense_left": _case(
        "EinsumDense",
        [(4, 2, 3)],
        {"equation": "...c,dc->...d", "output_shape": 5, "bias_axes": "d"},
    ),
    "einsum_dense_right": _case(
        "EinsumDense",
        [(4, 3, 2)],
        {"equation": "ab...,bc->ac...", "output_shape": 5, "bias_axes": "c"},
    ),
    "reversible_embedding": _case(
        "ReversibleEmbedding", [("int", 7, (4, 3))], {"input_dim": 7, "output_dim": 2}
    ),
    "reversible_embedding_back": _case(
        "ReversibleEmbedding",
        [(4, 3, 2)],
        {"input_dim": 7, "output_dim": 2, "tie_weights": False, "logit_soft_cap": 0.5},
        call={"reverse": True},
    ),
    "softmax": _case("Softmax", [(4, 5)], {"axis": 0}),
    "softmax_axes": _case("Softmax", [(4, 3, 5)], {"axis": [1, 2]}),
    "softmax_masked": _case("Softmax", [(4, 5)], mask=_MASK),
    "masking": _case("Masking", [(4, 3, 2)], {"mask_value": 0.5}),
    "dropout": _case("Dropout", [(4, 3)], {"rate": 0.4, "seed": 3}),
    "dropout_shape": _case(
        "Dropout", [(4, 3)], {"rate": 0.4, "noise_shape": [None, 1]}
    ),
    "spatial_dropout": _case("SpatialDropout1D", [(4, 3, 2)], {"rate": 0.4}),
    "gaussian_noise": _case("GaussianNoise", [(4, 3)], {"stddev": 0.3}),
    "gaussian_dropout": _case("GaussianDropout", [(4, 3)], {"rate": 0.3}),
    "activity": _case("ActivityRegularization", [(4, 3)], {"l1": 0.1, "l2": 0.2}),
    "layer_norm": _case("LayerNormalization", [(4, 3)], {"axis": [-1]}),
    "layer_norm_axes": _case(
        "LayerNormalization", [(4, 3, 5)], {"axis": [1, 2], "epsilon": 0.01}
    ),
    "layer_norm_inner": _case(
        "LayerNormalization",
        [(4, 3, 5)],
        {"axis": [1], "gamma_regularizer": _PENALTIES["kernel_regularizer"]},
    ),
    "layer_norm_bare": _case(
        "LayerNormalization", [(4, 3)], {"axis": [1], "center": False, "scale": False}
    ),
    "layer_norm_rms": _case(
        "LayerNormalization", [(4, 3)], {"axis": [1], "rms_scaling": True}
    ),
    "flatten": _case("Flatten", [(4, 3, 2)]),
    "flatten_1d": _case("Flatten", [(4,)]),
    "flatten_channels": _case(
        "Flatten", [(4, 3, 2)], {"data_format": "channels_first"}
    ),
    "reshape": _case("Reshape", [(4, 3, 2)], {"target_shape": [2, -1]}),
    "permute": _case("Permute", [(4, 3, 2)], {"dims": [2, 1]}),
    "repeat": _case("RepeatVector", [(4, 3)], {"n": 2}),
    "add": _case("Add", [(4, 3), (4, 3), (4, 3)]),
    "add_broadcast": _case("Add", [(4, 2, 3), (4, 3), (4, 1)]),
    "subtract": _case("Subtract", [(4, 3), (4, 3)]),
    "multiply": _case("Multiply", [(4, 3), (4, 3), (4, 3)]),
    "average": _case("Average", [(4, 3), (4, 3), (4, 3)]),
    "maximum": _case("Maximum", [(4, 3), (4, 3)]),
    "minimum": _case("Minimum", [(4, 3), (4, 3)]),
    "concatenate": _case("Concatenate", [(4, 3, 2), (4, 1, 2)], {"axis": 1}),
    "dot": _case("Dot", [(4, 3), (4, 3)], {"axes": 1}),
    "dot_3d": _case("Dot", [(4, 3, 5), (4, 2, 3)], {"axes": [1, 2]}),
    "dot_normalized": _case(
        "Dot", [(4, 3, 5), (4, 6, 5)], {"axes": -1, "normalize": True}
    ),
    "lstm": _case("LSTM", _SEQUENCE, {"units": 2}),
    "lstm_all": _case(
        "LSTM",
        _SEQUENCE,
        {"units": 2, "return_sequences": True, "return_state": True},
    ),
    "lstm_backwards": _case(
        "LSTM", _SEQUENCE, {"units": 2, "go_backwards": True, "return_sequences": True}
    ),
    "lstm_masked": _case(
        "LSTM", _SEQUENCE, {"units": 2, "return_sequences": True}, mask=_MASK
    ),
    "lstm_masked_last": _case("LSTM", _SEQUENCE, {"units": 2}, mask=_MASK),
    "lstm_masked_backwards": _case(
        "LSTM",
        _SEQUENCE,
        {"units": 2, "return_sequences": True, "go_backwards": True},
        mask=_MASK,
    ),
    "lstm_zero_masked": _case(
        "LSTM",
        _SEQUENCE,
        {"units": 2, "return_sequences": True, "zero_output_for_mask": True},
        mask=_MASK,
    ),
    "lstm_no_bias": _case("LSTM", _SEQUENCE, {"units": 2, "use_bias": False}),
    "lstm_relu": _case(
        "LSTM",
        _SEQUENCE,
        {"units": 2, "activation": "relu", "recurrent_activation": "hard_sigmoid"},
    ),
    "lstm_relu_masked": _case(
        "LSTM",
        _SEQUENCE,
        {"units": 2, "activation": "relu", "return_sequences": True},
        mask=_MASK,
    ),
    "lstm_options": _case(
        "LSTM",
        _SEQUENCE,
        {
            "units": 2,
            "dropout": 0.2,
            "recurrent_dropout": 0.1,
            "unit_forget_bias": False,
            "seed": 5,
            **_PENALTIES,
        },
    ),
}


def make_values(case, number, described):
    """Array of a case: the same on every machine, no two alike."""
    rng = np.random.default_rng([zlib.crc32(case.encode()), number])
    if described and described[0] == "int":
        _, high, shape = described
        return rng.integers(0, high, shape).astype("int32")
    return rng.uniform(-1, 1, described).astype("float32")
