"""What stands behind `fit`, `evaluate` and `predict`: data, steps, compilation."""

from ckeras.training.compile_loss import CompileLoss
from ckeras.training.compile_metrics import CompileMetrics
from ckeras.training.trainer import Trainer

__all__ = ["CompileLoss", "CompileMetrics", "Trainer"]
