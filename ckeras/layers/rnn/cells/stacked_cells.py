"""Several cells that work as one."""

from ckeras import ops
from ckeras.engine import tree
from ckeras.layers.base.call_spec import parameters_of
from ckeras.layers.base.layer import Layer

__all__ = ["StackedRNNCells", "output_size"]


def output_size(cell):
    """Size of a cell's output: by default that of its first state."""
    size = getattr(cell, "output_size", None)
    return tree.flatten(cell.state_size)[0] if size is None else size


class StackedRNNCells(Layer):
    """A cell made of cells: each takes what the one before returns.

    Args:
        cells: the cells, first to last.

    Raises:
        ValueError: if a cell has no `call` or no `state_size`.
    """

    def __init__(self, cells, **kwargs):
        # Each cell casts to its own type.
        super().__init__(**{"autocast": False, **kwargs})
        for cell in cells:
            for name in ("call", "state_size"):
                if not hasattr(cell, name):
                    raise ValueError(
                        f"All cells must have a `{name}` method or attribute. "
                        f"Received cell without a `{name}`: {cell}"
                    )
        self.cells = list(cells)

    @property
    def state_size(self):
        """Sizes of the states, cell by cell."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self):
        """Size of the last cell's output."""
        return output_size(self.cells[-1])

    def get_initial_state(self, batch_size=None):
        """The states before the first timestep, cell by cell."""
        return [self._initial_state_of(cell, batch_size) for cell in self.cells]

    def _initial_state_of(self, cell, batch_size):
        function = getattr(cell, "get_initial_state", None)
        if function is not None:
            return function(batch_size=batch_size)
        return tree.map_structure(
            lambda n: ops.zeros((batch_size, n), dtype=self.compute_dtype),
            cell.state_size,
        )

    def build(self, input_shape):
        shape = input_shape
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(shape)
            shape = (shape[0], output_size(cell))

    def call(self, inputs, states, training=False):
        new_states = []
        for cell, state in zip(self.cells, states, strict=True):
            nested = tree.is_nested(state)
            state = list(state) if nested else [state]
            takes = "training" in parameters_of(getattr(cell, "call", cell))
            kwargs = {"training": training} if takes else {}
            inputs, state = cell(inputs, state, **kwargs)
            single = not nested and tree.is_nested(state) and len(state) == 1
            new_states.append(state[0] if single else state)
        return inputs, new_states

    def get_config(self):
        from ckeras.saving.serialization import serialize_keras_object

        cells = [serialize_keras_object(cell) for cell in self.cells]
        return {**super().get_config(), "cells": cells}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from ckeras.saving.serialization import deserialize_keras_object

        config = dict(config)
        cells = [
            deserialize_keras_object(c, custom_objects=custom_objects)
            for c in config.pop("cells")
        ]
        return cls(cells, **config)
