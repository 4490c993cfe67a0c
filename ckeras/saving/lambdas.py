"""Python functions as text and back: the only place where a file may hold code.

`load` runs what it is given. It is reached only with `safe_mode=False`.
"""

import base64
import binascii
import codecs
import marshal
import types

__all__ = ["dump", "load"]


def dump(function):
    """A function as (code, defaults, closure values), as Keras writes lambdas."""
    code = codecs.encode(marshal.dumps(function.__code__), "base64").decode("ascii")
    cells = function.__closure__
    closure = tuple(cell.cell_contents for cell in cells) if cells else None
    return code, function.__defaults__, closure


def load(value):
    """The function that `dump` (of the same Python version) made `value` of.

    Raises:
        ValueError, TypeError: if `value` is no such thing.
    """
    code, defaults, closure = (
        value if not isinstance(value, str) else (value, *[None] * 2)
    )
    try:
        code = marshal.loads(base64.b64decode(code.encode("ascii")))
    except (EOFError, TypeError, ValueError, binascii.Error) as error:
        raise ValueError(
            "The lambda cannot be read: it was saved by another version of Python, "
            f"or the file is damaged ({error})."
        ) from error
    if not isinstance(code, types.CodeType):
        raise TypeError("The file holds something else in place of a lambda's code.")
    from ckeras import ops

    cells = tuple(types.CellType(v) for v in closure) if closure else None
    scope = {"ops": ops, "__builtins__": __builtins__}
    defaults = tuple(defaults) if defaults is not None else None
    return types.FunctionType(code, scope, code.co_name, defaults, cells)
