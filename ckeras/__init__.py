"""ckeras: deep learning on CPUs with the Keras 3 API."""

from typing import TYPE_CHECKING

from ckeras import kernels, lazy, ops
from ckeras.version import __version__, version

if TYPE_CHECKING:
    from ckeras import (
        activations,
        backend,
        callbacks,
        config,
        constraints,
        dtype_policies,
        initializers,
        layers,
        losses,
        metrics,
        models,
        optimizers,
        preprocessing,
        random,
        regularizers,
        saving,
        tree,
        utils,
    )

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submodules=(
        "activations",
        "backend",
        "callbacks",
        "config",
        "constraints",
        "dtype_policies",
        "initializers",
        "layers",
        "losses",
        "metrics",
        "models",
        "ops",
        "optimizers",
        "preprocessing",
        "random",
        "regularizers",
        "saving",
        "tree",
        "utils",
    ),
    homes={
        "DTypePolicy": "dtype_policies",
        "FloatDTypePolicy": "dtype_policies",
        "Function": "engine.symbolic.function",
        "GradientTape": "engine.gradient",
        "Initializer": "initializers",
        "Input": "layers",
        "InputSpec": "layers",
        "KerasTensor": "engine.symbolic.keras_tensor",
        "Layer": "layers",
        "Loss": "losses",
        "Metric": "metrics",
        "Model": "models",
        "Operation": "engine.symbolic.operation",
        "Optimizer": "optimizers",
        "Regularizer": "regularizers",
        "Sequential": "models",
        "StatelessScope": "engine.scope",
        "SymbolicScope": "engine.scope",
        "Variable": "engine.variable",
        "device": "engine.scope",
        "function": "engine.function",
        "name_scope": "engine.scope",
        "__version__": "version",
        "version": "version",
    },
)
