"""What stands behind `fit`, `evaluate` and `predict`: data, steps, compilation."""

from ckeras.training.compile_loss import CompileLoss
from ckeras.training.compile_metrics import CompileMetrics
from ckeras.training.data.weights import class_weight_to_sample_weights
from ckeras.training.trainer import Trainer

__all__ = [
    "CompileLoss",
    "CompileMetrics",
    "Trainer",
    "class_weight_to_sample_weights",
]
