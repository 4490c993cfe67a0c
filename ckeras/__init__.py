"""ckeras: deep learning on CPUs with the Keras 3 API."""

from ckeras import (
    activations,
    callbacks,
    config,
    constraints,
    dtype_policies,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    preprocessing,
    random,
    regularizers,
    saving,
    tree,
    utils,
)
from ckeras.dtype_policies import DTypePolicy, FloatDTypePolicy
from ckeras.engine.function import function
from ckeras.engine.gradient import GradientTape
from ckeras.engine.scope import StatelessScope, SymbolicScope, name_scope
from ckeras.engine.symbolic.function import Function
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.symbolic.operation import Operation
from ckeras.engine.variable import Variable
from ckeras.initializers import Initializer
from ckeras.layers import Input, InputSpec, Layer
from ckeras.losses import Loss
from ckeras.metrics import Metric
from ckeras.models import Model, Sequential
from ckeras.optimizers import Optimizer
from ckeras.regularizers import Regularizer
from ckeras.version import __version__, version

__all__ = [
    "DTypePolicy",
    "FloatDTypePolicy",
    "Function",
    "GradientTape",
    "Initializer",
    "Input",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Operation",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "StatelessScope",
    "SymbolicScope",
    "Variable",
    "__version__",
    "activations",
    "callbacks",
    "config",
    "constraints",
    "dtype_policies",
    "function",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "name_scope",
    "ops",
    "optimizers",
    "preprocessing",
    "random",
    "regularizers",
    "saving",
    "tree",
    "utils",
    "version",
]
