"""How layers come by their weights: `build`, and what is recorded around it."""

import functools
import inspect
import warnings

from ckeras.engine import tree
from ckeras.engine.scope import current_path, name_scope
from ckeras.engine.symbolic.inference import infer
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.tracing import trace
from ckeras.engine.values.convert import is_tensor
from ckeras.layers.base.call_spec import shapes_for

__all__ = ["LayerBuilding"]


def _recorded(build):
    """`build` with what belongs around it: name scope, path, shapes, lock."""
    signature = inspect.signature(build)

    @functools.wraps(build)
    def build_and_record(self, *args, **kwargs):
        if self._building:  # called by the `build` of a subclass
            return build(self, *args, **kwargs)
        object.__setattr__(self, "_building", True)
        try:
            # A trace around the call is none of a first value: what `build` assigns to
            # its weights stays, and is done once.
            with self._open_name_scope(), trace.building(self), trace.suspended():
                self._path = current_path()
                build(self, *args, **kwargs)
        finally:
            object.__setattr__(self, "_building", False)
        bound = signature.bind(self, *args, **kwargs).arguments
        self._build_shapes_dict = dict(list(bound.items())[1:])
        self.built = True
        self._lock_state()
        return None

    return build_and_record


class LayerBuilding:
    """`build` of layers, called at the first call with the input's shape."""

    _building = False

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = _recorded(cls.__dict__["build"])

    @_recorded
    def build(self, input_shape):
        """Makes the weights for inputs of a given shape; called at the first call."""
        self._check_super_called()
        if any(not layer.built for layer in self._layers):
            warnings.warn(
                f"`build()` was called on layer '{self.name}', however the layer does "
                "not have a `build()` method implemented and it looks like it has "
                "unbuilt state. This will cause the layer to be marked as built, "
                "despite not being actually built, which may cause failures down the "
                "line. Make sure to implement a proper `build()` method.",
                stacklevel=3,
            )
        self.built = True

    def _build_at_init(self):
        """For the `__init__` of layers without weights: there is nothing to wait for.

        A subclass that has a `build` of its own is built when it is called.
        """
        if not self._has_own_build():
            self.built = True
            self._lock_state()

    def _has_own_build(self):
        return type(self).build is not LayerBuilding.build

    def get_build_config(self):
        """What `build_from_config` needs; by default the shapes given to `build`."""
        shapes = self._build_shapes_dict
        if shapes is None:
            return None
        if len(shapes) == 1:
            return {"input_shape": next(iter(shapes.values()))}
        return {"shapes_dict": shapes}

    def build_from_config(self, config):
        """Builds the layer as `get_build_config` describes."""
        if config and "input_shape" in config:
            self.build(config["input_shape"])
        elif config and "shapes_dict" in config:
            self.build(**config["shapes_dict"])

    def _build_on_call(self, spec):
        """Builds the layer for the arguments of its first call."""
        if self._has_own_build():
            self.build(**shapes_for(self.build, spec, type(self).__name__))
            # Building may have set what the layer expects of its inputs.
            self._assert_input_compatibility(spec.first)
            return
        if any(not layer.built for layer in self._layers):
            try:
                arguments = tree.map_structure(_placeholder, spec.arguments)
                infer(self.call, **arguments)
            except Exception as error:
                if spec.eager:
                    return
                warnings.warn(
                    f"Layer '{self.name}' looks like it has unbuilt state, but its "
                    "`call()` cannot be traced in order to build it automatically. "
                    "Either `call()` fails, which a call on a test input would show, "
                    "or the layer needs a `build(self, input_shape)` method that "
                    "builds its sublayers.\n"
                    f"Exception encountered: ''{error}''",
                    stacklevel=3,
                )
        self.build(next(iter(spec.shapes().values()), None))

    def _open_name_scope(self):
        if self._parent_path is None:
            self._parent_path = current_path()
        return name_scope(self.name, caller=self)

    def _check_super_called(self):
        if not self._super_called:
            raise RuntimeError(
                f"In layer '{type(self).__name__}', you forgot to call "
                "`super().__init__()` as the first statement in the `__init__()` "
                "method. Go add it!"
            )

    def _lock_state(self):
        self._tracker.lock(
            "You cannot add new elements of state (variables or sub-layers) to a "
            "layer that is already built. All state must be created in the "
            "`__init__()` method or in the `build()` method."
        )


def _placeholder(x):
    return KerasTensor(x.shape, x.dtype) if is_tensor(x) else x
