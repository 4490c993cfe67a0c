"""The base of layers that are a built-in cell run over a sequence."""

from ckeras import regularizers
from ckeras.engine.symbolic.operation import constructor_signature
from ckeras.layers.config import constructor_config
from ckeras.layers.rnn.rnn import RNN

__all__ = ["BuiltInRNN"]


class BuiltInRNN(RNN):
    """Runs a built-in cell, whose options the layer shows as its own.

    Args:
        cell: an instance of `cell_class`.
        **kwargs: as of `RNN`.

    Attributes:
        cell_class: class of the cell, given by subclasses.
        not_in_config: options of the cell that Keras does not store.
    """

    cell_class = None
    not_in_config = ()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "cell_class" not in cls.__dict__:  # a class derived from a layer
            return

        def reader(name):
            return property(lambda layer: getattr(layer.cell, name))

        for name, parameter in constructor_signature(cls.cell_class).parameters.items():
            if name != "self" and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
                setattr(cls, name, reader(name))

    def get_config(self):
        config = super().get_config()
        del config["cell"]
        cell = constructor_config(self.cell, self.cell_class, skip=self.not_in_config)
        penalty = regularizers.serialize(self.activity_regularizer)
        return {**config, **cell, "activity_regularizer": penalty}

    @classmethod
    def from_config(cls, config):
        return super(RNN, cls).from_config(config)
