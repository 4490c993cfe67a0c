"""Names of a package that are imported when they are first used.

`import ckeras` stays fast although the package is large: a script that only needs
`ops` never loads the training loop.
"""

import importlib
import sys

__all__ = ["attach"]


def attach(package, submodules, homes):
    """The `__getattr__`, `__dir__` and `__all__` of a package with lazy names.

    Args:
        package: the package's full name.
        submodules: names of its public submodules.
        homes: for other public names, the submodule that each comes from.
    """
    names = sorted({*submodules, *homes})

    def get(name):
        if name in homes:
            value = getattr(importlib.import_module(f"{package}.{homes[name]}"), name)
        elif name in submodules:
            value = importlib.import_module(f"{package}.{name}")
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(sys.modules[package], name, value)
        return value

    return get, lambda: names, names
