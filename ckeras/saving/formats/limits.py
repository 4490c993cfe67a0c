"""How much memory a model from a file may take."""

from ckeras.engine.values import memory

__all__ = ["variable_budget"]

# Weights and up to three slots of an optimizer, whose values the file may lack.
_COPIES = 4
_SMALL = 1 << 20


def variable_budget(size, name):
    """Context in which variables can't take much more than a file of `size` bytes.

    A configuration of a few bytes can ask for a layer of terabytes; but then the
    file does not hold the layer's weights.
    """
    return memory.budget(
        _COPIES * size + _SMALL,
        f"Not allowed: the configuration in '{name}' makes more variables than the "
        f"{size} bytes of weights in the file can fill.",
    )
