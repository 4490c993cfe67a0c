"""The normalizing, rectifying and noisy layers that are compared with Keras's."""

import numpy as np

from tests.reference.layers_cases import make_values

_IMAGES = (3, 4, 5, 6)
_MASK = [[True, True, False, True], [True, False, False, False], [True] * 4]
_OPTIONS = {
    "gamma_regularizer": {
        "class_name": "L2",
        "config": {"l2": 0.25},
        "module": "keras.regularizers",
        "registered_name": None,
    },
    "beta_constraint": {
        "class_name": "NonNeg",
        "config": {},
        "module": "keras.constraints",
        "registered_name": None,
    },
}
_CLIPPING = {"rmax": 1.2, "rmin": 0.9, "dmax": 0.1}
_TRAINING = {"training": True}


def _case(name, shape, arguments=None, call=None, mask=None):
    return {
        "class": name,
        "shape": shape,
        "arguments": arguments or {},
        "call": call or {},
        "mask": mask,
    }


CASES = {
    "bn": _case("BatchNormalization", _IMAGES),
    "bn_training": _case("BatchNormalization", _IMAGES, call=_TRAINING),
    "bn_frozen": _case(
        "BatchNormalization", _IMAGES, {"trainable": False}, call=_TRAINING
    ),
    "bn_rows": _case("BatchNormalization", (7, 5), call=_TRAINING),
    "bn_channels_first": _case(
        "BatchNormalization", _IMAGES, {"axis": 1}, call=_TRAINING
    ),
    "bn_inference_channels_first": _case("BatchNormalization", _IMAGES, {"axis": 1}),
    "bn_options": _case(
        "BatchNormalization",
        (3, 4, 5),
        {"momentum": 0.5, "epsilon": 0.1, "scale": False, **_OPTIONS},
        call=_TRAINING,
    ),
    "bn_no_center": _case(
        "BatchNormalization", (3, 4, 5), {"center": False}, call=_TRAINING
    ),
    "bn_masked": _case("BatchNormalization", (3, 4, 5), call=_TRAINING, mask=_MASK),
    "bn_renorm": _case(
        "BatchNormalization",
        (3, 4, 5),
        {"renorm": True, "renorm_momentum": 0.8, "momentum": 0.7},
        call=_TRAINING,
    ),
    "bn_renorm_clipped": _case(
        "BatchNormalization",
        (3, 4, 5),
        {"renorm": True, "renorm_clipping": _CLIPPING, "scale": False},
        call=_TRAINING,
    ),
    "ln": _case("LayerNormalization", (3, 4, 5)),
    "ln_plain": _case("LayerNormalization", (3, 4), {"center": False, "scale": False}),
    "ln_options": _case("LayerNormalization", (3, 4), {"epsilon": 0.1, **_OPTIONS}),
    "ln_two_axes": _case("LayerNormalization", (3, 4, 5), {"axis": [2, 1]}),
    "ln_middle": _case("LayerNormalization", (3, 4, 5), {"axis": 1}),
    "ln_apart": _case("LayerNormalization", _IMAGES, {"axis": [1, 3]}),
    "rms": _case("RMSNormalization", (3, 4, 5)),
    "rms_two_axes": _case("RMSNormalization", (3, 4, 5), {"axis": [1, 2]}),
    "rms_epsilon": _case("RMSNormalization", (3, 20), {"epsilon": 0.1}),
    "gn": _case("GroupNormalization", _IMAGES, {"groups": 2}),
    "gn_instance": _case("GroupNormalization", _IMAGES, {"groups": -1}),
    "gn_one": _case("GroupNormalization", (3, 6), {"groups": 1}),
    "gn_channels_first": _case(
        "GroupNormalization", (3, 4, 5, 2), {"groups": 2, "axis": 1}
    ),
    "gn_options": _case(
        "GroupNormalization",
        (3, 4, 6),
        {"groups": 3, "epsilon": 0.1, "scale": False, **_OPTIONS},
    ),
    "unit": _case("UnitNormalization", (3, 4, 5)),
    "unit_two_axes": _case("UnitNormalization", (3, 4, 5), {"axis": [1, 2]}),
    "relu": _case("ReLU", (4, 5)),
    "relu_options": _case(
        "ReLU", (4, 5), {"max_value": 0.7, "negative_slope": 0.2, "threshold": 0.1}
    ),
    "leaky_relu": _case("LeakyReLU", (4, 5), {"negative_slope": 0.1}),
    "elu": _case("ELU", (4, 5), {"alpha": 0.5}),
    "prelu": _case("PReLU", (3, 4, 5)),
    "prelu_shared": _case("PReLU", (3, 4, 5), {"shared_axes": [1]}),
    "softmax": _case("Softmax", (3, 4, 5)),
    "softmax_axis": _case("Softmax", (3, 4, 5), {"axis": 1}),
    "softmax_two_axes": _case("Softmax", (3, 4, 5), {"axis": [1, 2]}),
    "softmax_masked": _case("Softmax", (3, 4), mask=_MASK),
    "spatial_dropout_1d": _case("SpatialDropout1D", (3, 4, 5), {"rate": 0.4}),
    "spatial_dropout_2d": _case(
        "SpatialDropout2D", _IMAGES, {"rate": 0.4, "data_format": "channels_first"}
    ),
    "spatial_dropout_3d": _case("SpatialDropout3D", (2, 3, 4, 5, 6), {"rate": 0.4}),
    "alpha_dropout": _case("AlphaDropout", (3, 4), {"rate": 0.4, "seed": 3}),
}


def values(name, case):
    """The case's input and what is passed beside it."""
    call = dict(case["call"])
    if case["mask"] is not None:
        call["mask"] = np.array(case["mask"])
    # Far from 0, so that an inexact variance would show.
    return 3 * make_values(name, 0, case["shape"]) + 2, call


def weights(name, shapes):
    """Positive weights: variances are among them."""
    return [np.abs(make_values(name, 100 + i, s)) + 0.1 for i, s in enumerate(shapes)]


def projection(name, shape):
    """What outputs are multiplied with before they are summed."""
    return make_values(name, 200, shape)


def trained_models(keras):
    """Small models that normalize, by name, with the shape of their input."""
    layers = keras.layers

    def model(*between):
        made = keras.Sequential([layers.Input((6,)), layers.Dense(8), *between])
        made.add(layers.Dense(1))
        return made

    return {
        "batch": model(layers.BatchNormalization(momentum=0.6), layers.ReLU()),
        "renorm": model(
            layers.BatchNormalization(momentum=0.6, renorm=True, renorm_momentum=0.5)
        ),
        "layer": model(layers.LayerNormalization(), layers.LeakyReLU()),
        "rms": model(layers.RMSNormalization(), layers.PReLU()),
        "group": model(layers.GroupNormalization(4), layers.ELU()),
        "frozen": model(layers.BatchNormalization(trainable=False), layers.ReLU()),
    }


def training_data(name):
    """Batches of a name: four of them."""
    xs = [2 * make_values(name, 300 + i, (16, 6)) + 1 for i in range(4)]
    ys = [make_values(name, 400 + i, (16, 1)) for i in range(4)]
    return list(zip(xs, ys, strict=True))


def saved_model(keras):
    """A model with one of each layer whose weights or options a file must keep."""
    layers = keras.layers
    x = inputs = layers.Input((4, 6), name="in")
    x = layers.BatchNormalization(epsilon=0.01, name="batch")(x)
    x = layers.LayerNormalization(name="layer")(x)
    x = layers.SpatialDropout1D(0.1, name="spatial")(x)
    x = layers.GroupNormalization(3, name="group")(x)
    x = layers.PReLU(shared_axes=[1], name="prelu")(x)
    x = layers.BatchNormalization(renorm=True, name="renorm")(x)
    x = layers.SpectralNormalization(layers.Dense(4, name="inside"), name="spectral")(x)
    x = layers.RMSNormalization(name="rms")(x)
    x = layers.LeakyReLU(0.2, name="leaky")(x)
    x = layers.AlphaDropout(0.1, name="alpha")(x)
    x = layers.ReLU(max_value=2.0, name="relu")(x)
    x = layers.UnitNormalization(name="unit")(x)
    x = layers.ELU(0.5, name="elu")(x)
    outputs = layers.Softmax(name="softmax")(x)
    return keras.Model(inputs, outputs, name="normalized")


def saved_input():
    return make_values("saved", 0, (5, 4, 6))
