"""The base class of initializers."""

from ckeras.saving.configured import Configured

__all__ = ["Initializer"]


class Initializer(Configured):
    """Makes the first value of a variable: `initializer(shape, dtype=None)`.

    Subclasses define `__call__`; `get_config` follows from the constructor where its
    arguments are kept as attributes of the same names.
    """

    def __call__(self, shape, dtype=None):
        """A value of the given shape and type.

        Args:
            shape: tuple of sizes.
            dtype: number type; `floatx` by default.
        """
        raise NotImplementedError(
            "Initializer subclasses must implement the `__call__()` method."
        )

    def clone(self):
        """A new initializer of the same configuration."""
        return type(self).from_config(self.get_config())
