"""What normalization layers have in common: axes to check, gamma and beta."""

from ckeras import constraints, initializers, regularizers
from ckeras.layers.base.layer import Layer

__all__ = ["NormalizationLayer", "ScaledNormalization"]


class NormalizationLayer(Layer):
    """Base of layers that normalize along `axis`, an integer or a list of them."""

    def compute_output_shape(self, input_shape):
        self._sizes(input_shape)
        return input_shape

    def _sizes(self, input_shape, what="Axis"):
        """The sizes of the axes in `self.axis`, each of which must exist."""
        axes = self.axis if isinstance(self.axis, (list, tuple)) else [self.axis]
        for axis in axes:
            if not -len(input_shape) <= axis < len(input_shape):
                raise ValueError(
                    f"Axis {axis} is out of bounds for input shape "
                    f"{tuple(input_shape)}. Received: axis={self.axis}"
                )
        return tuple([input_shape[axis] for axis in axes])

    def _known_sizes(self, input_shape):
        sizes = self._sizes(input_shape)
        if None in sizes:
            raise ValueError(
                f"Axis {self.axis} of the input of layer '{self.name}' must have a "
                "known size, as the weights have it too. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        return sizes


class ScaledNormalization(NormalizationLayer):
    """Base of those that scale by `gamma` and add `beta`."""

    def _take_options(self, center, scale, **options):
        """Keeps the arguments of gamma and beta, objects in place of their names."""
        self.center = center
        self.scale = scale
        rooms = {
            "initializer": initializers,
            "regularizer": regularizers,
            "constraint": constraints,
        }
        for name, value in options.items():
            setattr(self, name, rooms[name.rpartition("_")[2]].get(value))
        self.gamma = None
        self.beta = None
        self.supports_masking = True

    def _add_gamma_and_beta(self, shape, gamma=True, beta=True):
        for name, wanted in (("gamma", gamma), ("beta", beta)):
            if wanted:
                weight = self.add_weight(
                    name=name,
                    shape=shape,
                    initializer=getattr(self, f"{name}_initializer"),
                    regularizer=getattr(self, f"{name}_regularizer"),
                    constraint=getattr(self, f"{name}_constraint"),
                    autocast=False,
                )
                setattr(self, name, weight)
