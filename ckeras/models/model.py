"""The base class of models: a layer with training, saving and a summary."""

import inspect
import json
import warnings

from ckeras.engine import tree
from ckeras.engine.symbolic.inference import infer
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.layers.base.layer import Layer
from ckeras.models.state_tree import (
    get_state_tree,
    set_state_tree,
    variables_by_path,
)
from ckeras.training.trainer import Trainer

__all__ = ["Model", "model_from_json"]


class Model(Trainer, Layer):
    """A group of layers with `fit`, `evaluate`, `predict`, `save` and `summary`.

    Made in one of three ways: from placeholders, `Model(inputs, outputs)`; as a
    subclass that defines `call`; or as a `Sequential`.

    Args:
        inputs: placeholder made by `Input`, or nested ones.
        outputs: placeholders computed from them.
        name: name of the model.

    Example:

    >>> inputs = ckeras.Input(shape=(37,))
    >>> x = ckeras.layers.Dense(32, activation="relu")(inputs)
    >>> outputs = ckeras.layers.Dense(5, activation="softmax")(x)
    >>> model = ckeras.Model(inputs, outputs)
    >>> model.count_params()
    1381
    """

    def __new__(cls, *args, **kwargs):
        if cls is Model and _is_functional(args, kwargs):
            from ckeras.models.functional import Functional

            cls = Functional
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args, **kwargs):
        if _is_functional(args, kwargs):
            from ckeras.models.functional import Functional

            _make_functional(type(self), Functional)
            Functional.__init__(self, *args, **kwargs)
        else:
            Layer.__init__(self, *args, **kwargs)

    def call(self, *args, **kwargs):
        raise self._not_implemented("call")

    def _has_own_call(self):
        return type(self).call is not Model.call

    @property
    def layers(self):
        """The layers right inside, each once."""
        return self._flatten_layers(include_self=False, recursive=False)

    @layers.setter
    def layers(self, _):
        raise AttributeError(
            "`Model.layers` attribute is reserved and should not be used. Please use "
            "another name."
        )

    def get_layer(self, name=None, index=None):
        """One of the layers, by name or by place.

        Args:
            name: the layer's name.
            index: its place in `layers`.

        Raises:
            ValueError: if there is none of that name or place.
        """
        if name is not None and index is not None:
            raise ValueError(
                "Provide only a layer name or a layer index. Received: "
                f"index={index}, name={name}."
            )
        layers = self.layers
        if index is not None:
            if len(layers) <= index:
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has "
                    f"{len(layers)} layers."
                )
            return layers[index]
        if name is None:
            raise ValueError(
                "Provide either a layer name or layer index at `get_layer`."
            )
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"No such layer: {name}. Existing layers are: "
            f"{[layer.name for layer in layers]}."
        )

    def summary(
        self,
        line_length=None,
        positions=None,
        print_fn=None,
        expand_nested=False,
        show_trainable=False,
        layer_range=None,
    ):
        """Prints a table of the layers, with shapes and numbers of parameters.

        Args:
            line_length: width of the table.
            positions: ends of the columns, as shares of the width or in characters.
            print_fn: function that gets the text instead of `print`.
            expand_nested: whether to list the layers of models inside.
            show_trainable: whether to show which layers are trained.
            layer_range: names (or patterns) of the first and the last layer to list.

        Raises:
            ValueError: if the model is not built, or `layer_range` does not fit.
        """
        from ckeras.utils.summary_utils import print_summary

        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
        )

    # --- state -----------------------------------------------------------------

    def get_state_tree(self, value_format="backend_tensor"):
        """The values of all variables, in dictionaries nested like their paths.

        Args:
            value_format: `"backend_tensor"` or `"numpy_array"`.

        Returns:
            Dict with the keys `trainable_variables`, `non_trainable_variables`,
            `optimizer_variables` and `metrics_variables`.

        Raises:
            ValueError: if two variables have the same path.
        """
        return get_state_tree(self, value_format)

    def set_state_tree(self, state_tree):
        """Sets the variables to the values that `get_state_tree` returned.

        Args:
            state_tree: such a dict; variables that it leaves out keep their values.
        """
        set_state_tree(self, state_tree)

    def _get_variable_map(self):
        """Dict from path to variable, of the model and its optimizer."""
        optimizer = [] if self.optimizer is None else self.optimizer.variables
        return variables_by_path([*self.variables, *optimizer])

    # --- files -----------------------------------------------------------------

    def save(self, filepath, overwrite=True, zipped=None, **kwargs):
        """Saves the model: configuration, weights, state of the training.

        Args:
            filepath: path that ends in `.keras`, or in `.h5` for the older format.
            overwrite: whether an existing file is replaced without asking.
            zipped: whether the file is one archive, which is the default.
        """
        from ckeras.saving.saving_api import save_model

        save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(self, filepath, overwrite=True, **kwargs):
        """Saves the values of the variables.

        Args:
            filepath: path that ends in `.weights.h5`.
            overwrite: whether an existing file is replaced without asking.
        """
        from ckeras.saving.saving_api import save_weights

        save_weights(self, filepath, overwrite=overwrite, **kwargs)

    def load_weights(self, filepath, skip_mismatch=False, **kwargs):
        """Sets the variables to the values in a file.

        Args:
            filepath: a file that `save_weights` or `save` wrote.
            skip_mismatch: whether layers that do not fit are left out.
        """
        from ckeras.saving.saving_api import load_weights

        load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def to_json(self, **kwargs):
        """The model's configuration as JSON.

        Args:
            **kwargs: for `json.dumps`.
        """
        from ckeras.saving.serialization import serialize_keras_object

        return json.dumps(serialize_keras_object(self), **kwargs)

    def build_from_config(self, config):
        if not config:
            return
        shapes = config.get("shapes_dict", config)
        if "input_shape" not in config and "shapes_dict" not in config:
            return
        try:
            if self._has_own_build():
                self.build(**shapes)
            else:
                self._build_by_tracing(config)
        except Exception as error:
            warnings.warn(
                f"Model '{self.name}' had a build config, but the model cannot be "
                "built automatically in `build_from_config(config)`. You should "
                "implement `def build_from_config(self, config)`, and you might also "
                "want to implement the method that generates the config at saving "
                f"time, `def get_build_config(self)`. Exception encountered: {error}",
                stacklevel=2,
            )
        self._build_shapes_dict = shapes

    def _build_by_tracing(self, config):
        if "input_shape" in config:
            placeholders = tree.map_shape_structure(KerasTensor, config["input_shape"])
            infer(self.call, placeholders)
            return
        placeholders = {
            name.removesuffix("_shape"): KerasTensor(shape)
            for name, shape in config["shapes_dict"].items()
        }
        infer(self.call, **placeholders)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from ckeras.models.functional import Functional
        from ckeras.models.functional_config import functional_from_config

        keys = ("name", "layers", "input_layers", "output_layers")
        if all(key in config for key in keys) and takes_graph(cls, Functional):
            return functional_from_config(cls, config, custom_objects)
        try:
            return cls(**config)
        except TypeError as error:
            raise TypeError(
                "Unable to revive model from config. When overriding the "
                "`get_config()` method, make sure that the returned config contains "
                f"all items used as arguments in the  constructor to {cls}, which is "
                "the default behavior. You can override this default behavior by "
                "defining a `from_config(cls, config)` class method to specify how to "
                f"create an instance of {cls.__name__} from its config.\n\n"
                f"Received config={config}\n\n"
                f"Error encountered during deserialization: {error}"
            ) from error

    def _obj_type(self):
        return "Model"

    def __getstate__(self):
        state = super().__getstate__()
        # Compiled steps are made again where they are needed.
        for name in ("train_function", "test_function", "predict_function"):
            state.pop(name, None)
        state.pop("_output_specs", None)
        return state


def takes_graph(cls, functional):
    """Whether `cls` is constructed like `Model(inputs, outputs)`."""
    if cls in (Model, functional):
        return True
    spec = inspect.getfullargspec(cls.__init__)
    if spec.args[1:] == inspect.getfullargspec(functional.__init__).args[1:]:
        return True
    return spec.varargs is not None and spec.varkw is not None


def _is_functional(args, kwargs):
    return (
        len(args) == 2
        or (len(args) == 1 and "outputs" in kwargs)
        or ("inputs" in kwargs and "outputs" in kwargs)
    )


def _make_functional(cls, functional):
    """Puts `Functional` in place of `Model` among the bases of a user's class."""
    if issubclass(cls, functional) or cls is Model:
        return
    for base in cls.__bases__:
        if base is not Model and issubclass(base, Model):
            _make_functional(base, functional)
    cls.__bases__ = tuple(functional if b is Model else b for b in cls.__bases__)


def model_from_json(json_string, custom_objects=None):
    """The model that `to_json` described.

    Args:
        json_string: what `Model.to_json` returned.
        custom_objects: your own classes and functions by name.

    Returns:
        A model that is not compiled, with fresh weights.
    """
    from ckeras.saving.serialization import deserialize_keras_object

    return deserialize_keras_object(
        json.loads(json_string), custom_objects=custom_objects
    )
