"""Metrics and data that are compared with Keras; used by both sides."""

import numpy as np


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def data(kind):
    """Two batches of (y_true, y_pred, sample_weight) of a kind."""
    return [_batch(kind, seed) for seed in (3, 4)]


def _batch(kind, seed):
    rng = np.random.default_rng(seed)
    rows = 6 + seed
    a = rng.standard_normal((rows, 4)).astype("float32")
    b = rng.standard_normal((rows, 4)).astype("float32")
    classes = rng.integers(0, 4, rows)
    guesses = np.where(rng.uniform(size=rows) < 0.6, classes, rng.integers(0, 4, rows))
    bits = (rng.uniform(size=(rows, 4)) < 0.4).astype("float32")
    weight = rng.uniform(0.2, 2.0, rows).astype("float32")
    onehot = np.eye(4, dtype="float32")[classes]
    tables = {
        "real": (a, b),
        "positive": (np.exp(a), np.exp(b)),
        "column": (a[:, :1], b[:, 0]),
        "values": (a, None),
        "onehot": (onehot, softmax(b + onehot)),
        "sparse": (classes, softmax(b + onehot)),
        "sparse_column": (classes[:, None], softmax(b + onehot)),
        "numbers": (classes, guesses),
        "sorted": (classes, np.argsort(-b - onehot, axis=1).astype("int32")),
        "bits": (bits, 1 / (1 + np.exp(-b - 2 * bits + 1))),
        "bits_scores": (bits, 2 * b + bits),
        "bits_column": (bits[:, :1], 1 / (1 + np.exp(-b[:, :1] - bits[:, :1]))),
        "signs": (2 * bits - 1, b),
    }
    y_true, y_pred = tables[kind]
    if y_pred is not None and y_pred.dtype == "float64":
        y_pred = y_pred.astype("float32")
    return y_true, y_pred, weight


_LABELS = {"multi_label": True, "num_labels": 4}
# (class, arguments, kind of data)
CASES = {
    "mean": ("Mean", {}, "values"),
    "sum": ("Sum", {}, "values"),
    "accuracy": ("Accuracy", {}, "numbers"),
    "binary_accuracy": ("BinaryAccuracy", {"threshold": 0.4}, "bits"),
    "categorical_accuracy": ("CategoricalAccuracy", {}, "onehot"),
    "sparse_accuracy": ("SparseCategoricalAccuracy", {}, "sparse"),
    "sparse_accuracy_column": ("SparseCategoricalAccuracy", {}, "sparse_column"),
    "top_k": ("TopKCategoricalAccuracy", {"k": 2}, "onehot"),
    "sparse_top_k": ("SparseTopKCategoricalAccuracy", {"k": 2}, "sparse"),
    "sorted_top_k": (
        "SparseTopKCategoricalAccuracy",
        {"k": 2, "from_sorted_ids": True},
        "sorted",
    ),
    "mse": ("MeanSquaredError", {}, "real"),
    "mse_column": ("MeanSquaredError", {}, "column"),
    "rmse": ("RootMeanSquaredError", {}, "real"),
    "mae": ("MeanAbsoluteError", {}, "real"),
    "mape": ("MeanAbsolutePercentageError", {}, "real"),
    "msle": ("MeanSquaredLogarithmicError", {}, "positive"),
    "cosine": ("CosineSimilarity", {}, "real"),
    "logcosh": ("LogCoshError", {}, "real"),
    "hinge": ("Hinge", {}, "signs"),
    "squared_hinge": ("SquaredHinge", {}, "signs"),
    "categorical_hinge": ("CategoricalHinge", {}, "onehot"),
    "kld": ("KLDivergence", {}, "onehot"),
    "poisson": ("Poisson", {}, "positive"),
    "bce": ("BinaryCrossentropy", {"label_smoothing": 0.1}, "bits"),
    "cce": ("CategoricalCrossentropy", {}, "onehot"),
    "scce": ("SparseCategoricalCrossentropy", {}, "sparse"),
    "tp": ("TruePositives", {}, "bits"),
    "fp": ("FalsePositives", {"thresholds": [0.2, 0.7]}, "bits"),
    "tn": ("TrueNegatives", {"thresholds": 0.3}, "bits"),
    "fn": ("FalseNegatives", {"thresholds": [0.0, 0.5, 1.0]}, "bits"),
    "precision": ("Precision", {}, "bits"),
    "precision_many": ("Precision", {"thresholds": [0.1, 0.5, 0.8]}, "bits"),
    "precision_top": ("Precision", {"top_k": 2}, "onehot"),
    "precision_class": ("Precision", {"class_id": 1}, "bits"),
    "recall": ("Recall", {}, "bits"),
    "recall_top_class": ("Recall", {"top_k": 2, "class_id": 2}, "onehot"),
    "sens_at_spec": ("SensitivityAtSpecificity", {"specificity": 0.5}, "bits"),
    "spec_at_sens": (
        "SpecificityAtSensitivity",
        {"sensitivity": 0.7, "num_thresholds": 17},
        "bits",
    ),
    "prec_at_recall": ("PrecisionAtRecall", {"recall": 0.8}, "bits_column"),
    "recall_at_prec": ("RecallAtPrecision", {"precision": 0.6}, "bits"),
    "auc": ("AUC", {}, "bits"),
    "auc_logits": ("AUC", {"from_logits": True, "num_thresholds": 31}, "bits_scores"),
    "auc_pr": ("AUC", {"curve": "PR", "num_thresholds": 11}, "bits"),
    "auc_pr_low": ("AUC", {"curve": "PR", "summation_method": "minoring"}, "bits"),
    "auc_high": ("AUC", {"summation_method": "majoring"}, "bits"),
    "auc_gain": ("AUC", {"curve": "PRGAIN"}, "bits"),
    "auc_thresholds": ("AUC", {"thresholds": [0.1, 0.35, 0.8]}, "bits"),
    "auc_labels": ("AUC", _LABELS, "bits"),
    "auc_pr_labels": (
        "AUC",
        {**_LABELS, "curve": "PR", "label_weights": [0.1, 0.2, 0.3, 0.4]},
        "bits",
    ),
    "f1": ("F1Score", {}, "bits"),
    "f1_macro": ("F1Score", {"average": "macro", "threshold": 0.5}, "bits"),
    "fbeta": ("FBetaScore", {"average": "weighted", "beta": 2.0}, "onehot"),
    "fbeta_micro": ("FBetaScore", {"average": "micro", "beta": 0.5}, "bits"),
    "r2": ("R2Score", {}, "real"),
    "r2_weighted": (
        "R2Score",
        {"class_aggregation": "variance_weighted_average", "num_regressors": 2},
        "real",
    ),
    "r2_none": ("R2Score", {"class_aggregation": None}, "real"),
    "pearson": ("PearsonCorrelation", {}, "real"),
    "concordance": ("ConcordanceCorrelation", {"axis": 0}, "real"),
    "iou": ("IoU", {"num_classes": 4, "target_class_ids": [0, 2]}, "numbers"),
    "iou_float": (
        "IoU",
        {
            "num_classes": 4,
            "target_class_ids": [1],
            "dtype": "float32",
            "ignore_class": 3,
        },
        "numbers",
    ),
    "binary_iou": ("BinaryIoU", {"threshold": 0.3, "dtype": "float32"}, "bits_column"),
    "mean_iou": ("MeanIoU", {"num_classes": 4}, "numbers"),
    "onehot_iou": (
        "OneHotIoU",
        {"num_classes": 4, "target_class_ids": [3], "dtype": "float32"},
        "onehot",
    ),
    "onehot_mean_iou": ("OneHotMeanIoU", {"num_classes": 4}, "onehot"),
}
# Their weights are whole numbers, or of the predictions' own shape.
UNWEIGHTED = ("iou", "mean_iou", "onehot_mean_iou", "concordance")


def arguments(name, batch, weighted):
    """What `update_state` is called with."""
    y_true, y_pred, weight = batch
    given = (y_true,) if y_pred is None else (y_true, y_pred)
    use = weighted and name not in UNWEIGHTED
    return given, ({"sample_weight": weight} if use else {})
