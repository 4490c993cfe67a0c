"""Losses and data that are compared with Keras; used by both sides."""

import numpy as np


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def labels(rng):
    """Rows of up to 3 labels, filled up with 0, and scores of 8 timesteps."""
    classes = rng.integers(1, 4, (5, 3)) * (np.arange(3) < [[3], [1], [2], [0], [3]])
    return classes.astype("int32"), 2 * rng.standard_normal((5, 8, 4))


def data(kind):
    """(y_true, y_pred, sample_weight) of a kind, the same on every machine."""
    rng = np.random.default_rng(11)
    shape = (5, 3, 4)
    a = rng.standard_normal(shape).astype("float32")
    b = rng.standard_normal(shape).astype("float32")
    classes = rng.integers(0, 4, (5, 3))
    weight = rng.uniform(0.2, 2.0, (5, 3)).astype("float32")
    bits = (rng.uniform(size=shape) < 0.4).astype("float32")
    onehot = np.eye(4, dtype="float32")[classes]
    tables = {
        "real": (a, b),
        "positive": (np.exp(a), np.exp(b)),
        "shares": (softmax(a), softmax(b)),
        "onehot": (onehot, softmax(b)),
        "onehot_scores": (onehot, 2 * b),
        "sparse": (classes.astype("int32"), softmax(b)),
        "sparse_scores": (classes.astype("int32"), 2 * b),
        "sparse_column": (classes[..., None].astype("int32"), softmax(b)),
        "bits": (bits, 1 / (1 + np.exp(-2 * b))),
        "bits_scores": (bits, 2 * b),
        "signs": (2 * bits - 1, b),
        "sure": (onehot, np.where(onehot == 1, 1.0, 0.0).astype("float32")),
        "sure_bits": (bits, bits),
        "labels": labels(rng),
    }
    y_true, y_pred = tables[kind]
    return y_true, y_pred.astype("float32"), weight


# (class, arguments, kind of data)
CASES = {
    "mse": ("MeanSquaredError", {}, "real"),
    "mse_sum": ("MeanSquaredError", {"reduction": "sum"}, "real"),
    "mse_mean_weighted": (
        "MeanSquaredError",
        {"reduction": "mean_with_sample_weight"},
        "real",
    ),
    "mae": ("MeanAbsoluteError", {}, "real"),
    "mape": ("MeanAbsolutePercentageError", {}, "real"),
    "msle": ("MeanSquaredLogarithmicError", {}, "positive"),
    "msle_negative": ("MeanSquaredLogarithmicError", {}, "real"),
    "cosine": ("CosineSimilarity", {}, "real"),
    "cosine_axis": ("CosineSimilarity", {"axis": -2}, "real"),
    "huber": ("Huber", {}, "real"),
    "huber_delta": ("Huber", {"delta": 0.3}, "real"),
    "log_cosh": ("LogCosh", {}, "real"),
    "hinge": ("Hinge", {}, "signs"),
    "hinge_bits": ("Hinge", {}, "bits_scores"),
    "squared_hinge": ("SquaredHinge", {}, "signs"),
    "categorical_hinge": ("CategoricalHinge", {}, "onehot"),
    "kld": ("KLDivergence", {}, "shares"),
    "poisson": ("Poisson", {}, "positive"),
    "bce": ("BinaryCrossentropy", {}, "bits"),
    "bce_sure": ("BinaryCrossentropy", {}, "sure_bits"),
    "bce_logits": (
        "BinaryCrossentropy",
        {"from_logits": True, "label_smoothing": 0.1},
        "bits_scores",
    ),
    "bfce": ("BinaryFocalCrossentropy", {}, "bits"),
    "bfce_odd": (
        "BinaryFocalCrossentropy",
        {
            "apply_class_balancing": True,
            "alpha": 0.7,
            "gamma": 1.5,
            "from_logits": True,
            "label_smoothing": 0.2,
        },
        "bits_scores",
    ),
    "cce": ("CategoricalCrossentropy", {}, "onehot"),
    "cce_sure": ("CategoricalCrossentropy", {}, "sure"),
    "cce_soft": ("CategoricalCrossentropy", {"label_smoothing": 0.1}, "shares"),
    "cce_logits": (
        "CategoricalCrossentropy",
        {"from_logits": True, "label_smoothing": 0.2},
        "onehot_scores",
    ),
    "cce_axis": ("CategoricalCrossentropy", {"axis": 1}, "positive"),
    "cfce": ("CategoricalFocalCrossentropy", {}, "onehot"),
    "cfce_odd": (
        "CategoricalFocalCrossentropy",
        {"alpha": 0.6, "gamma": 1.5, "from_logits": True, "label_smoothing": 0.1},
        "onehot_scores",
    ),
    "scce": ("SparseCategoricalCrossentropy", {}, "sparse"),
    "scce_column": ("SparseCategoricalCrossentropy", {}, "sparse_column"),
    "scce_logits": (
        "SparseCategoricalCrossentropy",
        {"from_logits": True},
        "sparse_scores",
    ),
    "scce_ignore": ("SparseCategoricalCrossentropy", {"ignore_class": 2}, "sparse"),
    "dice": ("Dice", {}, "bits"),
    "dice_axis": ("Dice", {"axis": (1, 2)}, "bits"),
    "ctc": ("CTC", {}, "labels"),
    "ctc_sum": ("CTC", {"reduction": "sum"}, "labels"),
    "tversky": ("Tversky", {"alpha": 0.3, "beta": 0.8}, "bits"),
}
