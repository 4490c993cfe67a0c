"""Writes small model files with real Keras, and what their models predict.

Run it with Keras 3 and a back end installed:

    KERAS_BACKEND=jax python tests/reference/make_files.py

`tests/saving` loads the files and compares predictions, losses after one more step of
training, and configurations.
"""

import json
import pathlib

import h5py
import keras
import numpy as np

HERE = pathlib.Path(__file__).parent / "files"
layers = keras.layers


def classifier():
    """Embedding, LSTM with all timesteps, LSTM, Dense: trained with Adam."""
    model = keras.Sequential(
        [
            layers.Input((6,)),
            layers.Embedding(
                11, 4, keras.initializers.RandomUniform(-1, 1), name="words"
            ),
            layers.LSTM(5, return_sequences=True, unit_forget_bias=False),
            layers.Dropout(0.25),
            layers.LSTM(3, activation="softsign", go_backwards=True),
            layers.Dense(4, activation="elu", kernel_regularizer="l2"),
            layers.Dense(3, activation="softmax"),
        ],
        name="classifier",
    )
    model.compile(
        keras.optimizers.Adam(0.01, beta_1=0.8),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    rng = np.random.default_rng(0)
    return model, rng.integers(0, 11, (9, 6)), rng.integers(0, 3, 9)


def graph():
    """Two inputs and outputs, a shared layer, an inner model, trained with SGD."""
    left = layers.Input((3,), name="left")
    right = layers.Input((4, 2), name="right")
    inner = keras.Sequential(
        [layers.Input((3,)), layers.Dense(4, activation="tanh")], name="inner"
    )
    shared = layers.Dense(4, name="shared", use_bias=False)
    flat = layers.Reshape((4,))(layers.LSTM(4, name="memory")(right))
    joined = layers.Concatenate(axis=-1)([shared(inner(left)), shared(flat)])
    summed = layers.Add()([joined, layers.Activation("sigmoid")(joined)])
    score = layers.Dense(1, name="score")(summed)
    kind = layers.Dense(2, activation="sigmoid", name="kind")(layers.Flatten()(joined))
    model = keras.Model([left, right], {"score": score, "kind": kind}, name="graph")
    model.compile(
        keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        {"score": "mse", "kind": keras.losses.BinaryCrossentropy()},
        loss_weights={"score": 0.5, "kind": 2.0},
        metrics={"score": ["mae"], "kind": ["accuracy"]},
    )
    rng = np.random.default_rng(1)
    x = [rng.normal(size=(7, 3)), rng.normal(size=(7, 4, 2))]
    y = {"score": rng.normal(size=(7, 1)), "kind": rng.integers(0, 2, (7, 2)) * 1.0}
    return model, [a.astype("float32") for a in x], y


def regressor():
    """Not compiled."""
    model = keras.Sequential(
        [
            layers.Input((5, 2)),
            layers.LSTM(4, recurrent_activation="hard_sigmoid", use_bias=False),
            layers.Dense(2, kernel_initializer="he_normal"),
        ],
        name="regressor",
    )
    return model, np.random.default_rng(2).normal(size=(4, 5, 2)), None


def write_keras_2(model, path):
    """The same weights in a file as Keras 2.15 laid it out.

    Keras 3 itself refuses it, since it does not know `time_major`.
    """
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "sequential",
            "layers": [
                {
                    "class_name": "InputLayer",
                    "config": {
                        "batch_input_shape": [None, 5, 2],
                        "dtype": "float32",
                        "sparse": False,
                        "ragged": False,
                        "name": "lstm_input",
                    },
                },
                {
                    "class_name": "LSTM",
                    "config": {
                        "name": "lstm",
                        "trainable": True,
                        "dtype": "float32",
                        "batch_input_shape": [None, 5, 2],
                        "return_sequences": False,
                        "return_state": False,
                        "go_backwards": False,
                        "stateful": False,
                        "unroll": False,
                        "time_major": False,
                        "units": 4,
                        "activation": "tanh",
                        "recurrent_activation": "sigmoid",
                        "use_bias": True,
                        "kernel_initializer": {
                            "class_name": "GlorotUniform",
                            "config": {"seed": None},
                        },
                        "recurrent_initializer": {
                            "class_name": "Orthogonal",
                            "config": {"gain": 1.0, "seed": None},
                        },
                        "bias_initializer": {"class_name": "Zeros", "config": {}},
                        "unit_forget_bias": True,
                        "kernel_regularizer": None,
                        "recurrent_regularizer": None,
                        "bias_regularizer": None,
                        "activity_regularizer": None,
                        "kernel_constraint": None,
                        "recurrent_constraint": None,
                        "bias_constraint": None,
                        "dropout": 0.0,
                        "recurrent_dropout": 0.0,
                        "implementation": 2,
                    },
                },
                {
                    "class_name": "Dense",
                    "config": {
                        "name": "dense",
                        "trainable": True,
                        "dtype": "float32",
                        "units": 2,
                        "activation": "softmax",
                        "use_bias": True,
                        "kernel_initializer": {
                            "class_name": "GlorotUniform",
                            "config": {"seed": None},
                        },
                        "bias_initializer": {"class_name": "Zeros", "config": {}},
                        "kernel_regularizer": None,
                        "bias_regularizer": None,
                        "activity_regularizer": None,
                        "kernel_constraint": None,
                        "bias_constraint": None,
                    },
                },
            ],
        },
    }
    training = {
        "loss": {
            "class_name": "CategoricalCrossentropy",
            "config": {
                "reduction": "auto",
                "name": "categorical_crossentropy",
                "from_logits": False,
                "label_smoothing": 0.0,
                "axis": -1,
                "fn": "categorical_crossentropy",
            },
        },
        "metrics": [
            [
                {
                    "class_name": "MeanMetricWrapper",
                    "config": {
                        "name": "accuracy",
                        "dtype": "float32",
                        "fn": "categorical_accuracy",
                    },
                }
            ]
        ],
        "weighted_metrics": None,
        "loss_weights": None,
        "optimizer_config": {
            "class_name": "Adam",
            "config": {
                "name": "Adam",
                "learning_rate": 0.0010000000474974513,
                "decay": 0.0,
                "beta_1": 0.9,
                "beta_2": 0.999,
                "epsilon": 1e-07,
                "amsgrad": False,
            },
        },
    }
    names = {
        "lstm": ["kernel", "recurrent_kernel", "bias"],
        "dense": ["kernel", "bias"],
    }
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["training_config"] = json.dumps(training)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"lstm", b"dense"]
        group.attrs["keras_version"] = b"2.15.0"
        group.attrs["backend"] = b"tensorflow"
        group.create_group("top_level_model_weights").attrs["weight_names"] = []
        for layer in model.layers:
            inner = group.create_group(layer.name)
            cell = "lstm_cell/" if layer.name == "lstm" else ""
            paths = [f"{layer.name}/{cell}{n}:0" for n in names[layer.name]]
            inner.attrs["weight_names"] = [p.encode() for p in paths]
            for weight_path, weight in zip(paths, layer.weights, strict=True):
                inner.create_dataset(weight_path, data=np.asarray(weight))


def as_lists(outputs):
    if isinstance(outputs, dict):
        return {name: as_lists(value) for name, value in outputs.items()}
    return np.asarray(outputs, "float64").tolist()


def record(model, x, y):
    """What the model predicts, and its logs after one more step of training."""
    arrays = x if isinstance(x, list) else [x]
    found = {
        "x": [a.tolist() for a in arrays],
        "integers": bool(arrays[0].dtype.kind == "i"),
        "predictions": as_lists(model.predict(x, verbose=0)),
    }
    if y is not None:
        found["y"] = as_lists(y)
        found["evaluation"] = model.evaluate(x, y, verbose=0, return_dict=True)
    return found


def main():
    HERE.mkdir(exist_ok=True)
    expected = {"keras": keras.__version__}
    for make in (classifier, graph, regressor):
        keras.utils.set_random_seed(7)
        keras.backend.clear_session()
        model, x, y = make()
        name = make.__name__
        if y is not None:
            model.fit(x, y, epochs=2, batch_size=4, verbose=0, shuffle=False)
        expected[name] = record(model, x, y)
        model.save(HERE / f"{name}.keras")
        model.save(HERE / f"{name}.h5")
        model.save_weights(HERE / f"{name}.weights.h5")
        if name == "graph":  # without Dropout: one more step is the same everywhere
            logs = model.train_on_batch(x, y, return_dict=True)
            again = model.evaluate(x, y, verbose=0, return_dict=True)
            expected[name]["step"] = {k: float(v) for k, v in logs.items()}
            expected[name]["after_step"] = again
    keras.utils.set_random_seed(8)
    model = keras.Sequential(
        [
            layers.Input((5, 2)),
            layers.LSTM(4, name="lstm"),
            layers.Dense(2, activation="softmax", name="dense"),
        ]
    )
    x = np.random.default_rng(3).normal(size=(4, 5, 2)).astype("float32")
    write_keras_2(model, HERE / "keras_2.h5")
    expected["keras_2"] = record(model, x, None)
    (HERE / "expected.json").write_text(json.dumps(expected))


if __name__ == "__main__":
    main()
