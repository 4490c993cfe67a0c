"""Which of our objects a Keras module and class name in a file stand for.

A file can only choose among the public objects of the packages in this table: nothing
is ever imported by a name that a file holds.
"""

import importlib
import inspect

from ckeras.saving import registry

__all__ = [
    "builtin_name",
    "class_config",
    "entry",
    "find_builtin",
    "find_function",
    "module_of",
    "public_classes",
    "register_builtin",
]

# Keras's public module -> our package. Its `__all__` says what can be found there.
_PACKAGES = {
    "keras.activations": "ckeras.activations",
    "keras.constraints": "ckeras.constraints",
    "keras.dtype_policies": "ckeras.dtype_policies",
    "keras.initializers": "ckeras.initializers",
    "keras.layers": "ckeras.layers",
    "keras.losses": "ckeras.losses",
    "keras.metrics": "ckeras.metrics",
    "keras.models": "ckeras.models",
    "keras.optimizers": "ckeras.optimizers",
    "keras.optimizers.schedules": "ckeras.optimizers.schedules",
    "keras.random": "ckeras.random",
    "keras.regularizers": "ckeras.regularizers",
}
# What Keras files away under another module than the one it is public in.
_MOVED = {
    ("keras", "DTypePolicy"): "keras.dtype_policies",
    ("keras", "FloatDTypePolicy"): "keras.dtype_policies",
    ("keras", "Functional"): "keras.models",
    ("keras", "Initializer"): "keras.initializers",
    ("keras", "InputSpec"): "keras.layers",
    ("keras", "Layer"): "keras.layers",
    ("keras", "Loss"): "keras.losses",
    ("keras", "Metric"): "keras.metrics",
    ("keras", "Model"): "keras.models",
    ("keras", "Optimizer"): "keras.optimizers",
    ("keras", "Regularizer"): "keras.regularizers",
    ("keras", "Sequential"): "keras.models",
    ("keras.src.models.functional", "Functional"): "keras.models",
    ("keras.src.engine.functional", "Functional"): "keras.models",
}
_CANONICAL = {name: module for module, name in _MOVED if module == "keras"}
_CANONICAL["Functional"] = "keras.src.models.functional"
# Where files name functions without saying which module they come from.
_FUNCTION_MODULES = (
    "keras.activations",
    "keras.losses",
    "keras.metrics",
)
# Classes that Keras exports by another name than their own.
_EXPORTED = {"GroupedQueryAttention": "GroupQueryAttention"}
_registered: dict = {}
_keras_names: dict = {}


def register_builtin(module, name, target):
    """Adds one of our objects under a Keras module and name, both ways.

    Args:
        module: such as `"keras.src.ops.numpy"`.
        name: such as `"Add"`.
        target: the class or function.
    """
    _registered[module, name] = target
    _keras_names[target] = (module, name)
    return target


def _package(module):
    try:
        return importlib.import_module(_PACKAGES[module])
    except ModuleNotFoundError as error:
        if error.name == _PACKAGES[module]:
            return None
        raise


def find_builtin(module, name):
    """The object that Keras calls `module.name`, or None if there is none here.

    Only classes that can be rebuilt from a configuration are found, and functions
    that map values to values.
    """
    if (module, name) in _registered:
        return _registered[module, name]
    module = _MOVED.get((module, name), module)
    package = _package(module) if module in _PACKAGES else None
    if package is None or name not in (*package.__all__, "Functional"):
        return None
    found = getattr(package, name, None)
    if inspect.isclass(found):
        return found if hasattr(found, "from_config") else None
    plain = name not in ("get", "serialize", "deserialize")
    is_table = module in _FUNCTION_MODULES
    return found if is_table and plain and callable(found) else None


def module_of(name):
    """The module of the object that was registered by `name` alone, or None."""
    modules = [module for module, known in _registered if known == name]
    return modules[0] if len(modules) == 1 else None


def find_function(name):
    """The built-in function that files mention by `name` alone, or None."""
    for module in _FUNCTION_MODULES:
        found = find_builtin(module, name)
        if found is not None and not inspect.isclass(found):
            return found
    return None


def builtin_name(obj):
    """Keras's module and name for one of our classes or functions, or None."""
    if obj in _keras_names:
        return _keras_names[obj]
    name = _EXPORTED.get(obj.__name__, obj.__name__)
    parts = getattr(obj, "__module__", "").split(".")
    if parts[0] != "ckeras":
        return None
    for length in range(len(parts), 1, -1):
        module = "keras." + ".".join(parts[1:length])
        if module in _PACKAGES and find_builtin(module, name) is obj:
            return _CANONICAL.get(name, module), name
    for module in _PACKAGES:
        if find_builtin(module, name) is obj:
            return _CANONICAL.get(name, module), name
    return None


def entry(module, class_name, config, registered_name):
    """The dictionary by which files describe an object."""
    return {
        "module": module,
        "class_name": class_name,
        "config": config,
        "registered_name": registered_name,
    }


def class_config(cls, config):
    """The dictionary for an instance of `cls` that has the configuration `config`."""
    name = builtin_name(cls)
    if name is None:
        registered = registry.get_registered_name(cls)
        return entry(cls.__module__, cls.__name__, config, registered)
    module, class_name = name
    # Classes without a public name of their own are filed like registered ones.
    registered = class_name if module.startswith("keras.src") else None
    return entry(module, class_name, config, registered)


def public_classes():
    """Keras's module and name of every class that files can mention."""
    for module in _PACKAGES:
        package = _package(module)
        for name in package.__all__ if package is not None else ():
            if inspect.isclass(find_builtin(module, name)):
                yield module, name
