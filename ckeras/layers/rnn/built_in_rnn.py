"""The base of layers that are a built-in cell run over a sequence."""

from ckeras import regularizers
from ckeras.engine.symbolic.operation import constructor_signature
from ckeras.layers.base.config import constructor_config
from ckeras.layers.rnn.rnn import RNN

__all__ = ["BuiltInRNN"]


class BuiltInRNN(RNN):
    """Runs a built-in cell, whose options the layer shows as its own.

    Subclasses list the arguments in their `__init__`, as Keras does, and hand all of
    them on at once.

    Args:
        arguments: `locals()` at the beginning of that `__init__`. What the cell has an
            argument for goes to the cell, the rest to `RNN`.
        **of_cell: further arguments of the cell.

    Attributes:
        cell_class: class of the cell, given by subclasses.
        cell_name: its name in the paths of weights.
        not_in_config: options of the cell that Keras does not store.
    """

    cell_class = None
    cell_name = None
    not_in_config = ()

    def __init__(self, arguments, **of_cell):
        kwargs = arguments["kwargs"]
        others = {
            name: value
            for name, value in arguments.items()
            if name not in ("self", "kwargs", "__class__")
        }
        for name in constructor_signature(self.cell_class).parameters:
            if name in others:
                of_cell[name] = others.pop(name)
        cell = self.cell_class(
            **of_cell,
            name=self.cell_name,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
        )
        super().__init__(cell, **others, **kwargs)

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
