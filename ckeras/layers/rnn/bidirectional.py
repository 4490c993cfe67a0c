"""The layer that reads a sequence from both ends."""

from ckeras import ops
from ckeras.engine import tree
from ckeras.layers.base.layer import Layer
from ckeras.saving import registry

__all__ = ["Bidirectional"]

_MERGE_MODES = ("sum", "mul", "ave", "concat", None)


class Bidirectional(Layer):
    """Runs a recurrent layer forwards and a copy of it, or another, backwards.

    With `return_sequences`, the backward outputs are put into the order of time before
    the two are merged, and outputs at masked timesteps are 0.

    Args:
        layer: a recurrent layer, or one with the same attributes: `go_backwards`,
            `return_sequences`, `return_state`, `stateful`, `input_spec`. It is copied;
            its weights are not.
        merge_mode: `"concat"`, `"sum"`, `"ave"`, `"mul"`, or None for both outputs.
        weights: arrays that the weights begin with, first those of the forward layer.
        backward_layer: the layer that goes backwards, used as it is; by default a copy
            of `layer`.

    Call arguments:
        sequences: tensor (batch, timesteps, features).
        initial_state: list of the forward layer's first states, then the other's.
        mask, training: as of the layers.

    Raises:
        ValueError: if a layer is no layer, the two do not go together, or the merge
            mode is unknown.

    Example:

    >>> x = np.zeros((8, 5, 3), "float32")
    >>> ckeras.layers.Bidirectional(ckeras.layers.GRU(4))(x).shape
    (8, 8)
    """

    def __init__(
        self, layer, merge_mode="concat", weights=None, backward_layer=None, **kwargs
    ):
        if not isinstance(layer, Layer):
            raise ValueError(
                "Please initialize `Bidirectional` layer with a "
                f"`keras.layers.Layer` instance. Received: {layer}"
            )
        if backward_layer is not None and not isinstance(backward_layer, Layer):
            raise ValueError(
                "`backward_layer` need to be a `keras.layers.Layer` "
                f"instance. Received: {backward_layer}"
            )
        if merge_mode not in _MERGE_MODES:
            raise ValueError(
                f"Invalid merge mode. Received: {merge_mode}. "
                'Merge mode should be one of {"sum", "mul", "ave", "concat", None}'
            )
        super().__init__(**kwargs)
        self.forward_layer = _copy(layer, "forward_")
        if backward_layer is None:
            backward_layer = _copy(layer, "backward_", go_backwards=True)
        self.backward_layer = backward_layer
        _check_pair(self.forward_layer, backward_layer)
        for one in (self.forward_layer, backward_layer):
            if hasattr(layer, "use_cudnn"):  # which configurations do not have
                one.use_cudnn = layer.use_cudnn
            if getattr(one, "zero_output_for_mask", None) is not None:
                one.zero_output_for_mask = one.return_sequences
        self.merge_mode = merge_mode
        self._first_weights = weights
        self.stateful = layer.stateful
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state
        self.supports_masking = True
        self.input_spec = layer.input_spec

    def build(self, sequences_shape, initial_state_shape=None):
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)
        self.input_spec = self.forward_layer.input_spec
        if self._first_weights:
            half = len(self._first_weights) // 2
            self.forward_layer.set_weights(self._first_weights[:half])
            self.backward_layer.set_weights(self._first_weights[half:])

    def call(self, sequences, initial_state=None, mask=None, training=None):
        kwargs = {}
        if self.forward_layer._call_has_training_arg:
            kwargs["training"] = training
        if self.forward_layer._call_has("mask"):
            kwargs["mask"] = mask
        first = last = None
        if initial_state is not None:
            half = len(initial_state) // 2
            first, last = initial_state[:half], initial_state[half:]
        y = self.forward_layer(sequences, initial_state=first, **kwargs)
        y_back = self.backward_layer(sequences, initial_state=last, **kwargs)
        states = ()
        if self.return_state:
            states = (*y[1:], *y_back[1:])
            y, y_back = y[0], y_back[0]
        if self.return_sequences:
            y_back = ops.flip(y_back, axis=1)
        output = self._merge(y, y_back)
        if not states:
            return output
        return (*output, *states) if self.merge_mode is None else (output, *states)

    def _merge(self, y, y_back):
        y, y_back = [ops.cast(v, self.compute_dtype) for v in (y, y_back)]
        if self.merge_mode == "concat":
            return ops.concatenate([y, y_back], axis=-1)
        if self.merge_mode == "sum":
            return y + y_back
        if self.merge_mode == "ave":
            return (y + y_back) / 2
        return y * y_back if self.merge_mode == "mul" else (y, y_back)

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        one = self.forward_layer.compute_output_shape(sequences_shape)
        other = self.backward_layer.compute_output_shape(sequences_shape)
        states = ()
        if self.return_state:
            states = (*one[1:], *other[1:])
            one, other = one[0], other[0]
        if self.merge_mode is None:
            return (one, other, *states) if states else [one, other]
        if self.merge_mode == "concat":
            one = (*one[:-1], one[-1] + other[-1])
        return (one, *states) if states else tuple(one)

    def compute_mask(self, _, mask):
        mask = tree.flatten(mask)[0] if self.return_sequences else None
        masks = (mask, mask) if self.merge_mode is None else (mask,)
        if self.return_state:
            count = len(tree.flatten(self.forward_layer.state_size))
            return (*masks, *[None] * (2 * count))
        return masks if self.merge_mode is None else mask

    @property
    def states(self):
        """The states of a stateful layer, the forward layer's first; None for none."""
        forward, backward = self.forward_layer.states, self.backward_layer.states
        return (*forward, *backward) if forward and backward else None

    def reset_state(self):
        """Sets the states of a stateful layer to 0."""
        if not self.stateful:
            raise AttributeError("Layer must be stateful.")
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    def get_config(self):
        from ckeras.saving.serialization import serialize_keras_object

        return {
            **super().get_config(),
            "merge_mode": self.merge_mode,
            "layer": serialize_keras_object(self.forward_layer),
            "backward_layer": serialize_keras_object(self.backward_layer),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        from ckeras.saving.serialization import deserialize_keras_object

        layers = {
            name: deserialize_keras_object(config[name], custom_objects=custom_objects)
            for name in ("layer", "backward_layer")
            if config.get(name) is not None
        }
        return cls(**{**config, **layers})


def _copy(layer, prefix, **changes):
    """A new layer of the same configuration, `prefix` before its name."""
    config = {**layer.get_config(), **changes}
    config["name"] = prefix + layer.name.removeprefix(prefix)
    # Classes of the user's own need no registration as long as nothing is stored.
    parts = [*layer._flatten_layers(), getattr(layer, "cell", layer)]
    with registry.CustomObjectScope({type(p).__name__: type(p) for p in parts}):
        copy = type(layer).from_config(config)
    if layer.built:
        copy.build_from_config(layer.get_build_config() or {})
    return copy


def _check_pair(forward, backward):
    if forward.go_backwards == backward.go_backwards:
        raise ValueError(
            "Forward layer and backward layer should have different `go_backwards` "
            f"value. Received: forward_layer.go_backwards {forward.go_backwards}, "
            f"backward_layer.go_backwards={backward.go_backwards}"
        )
    for name in ("stateful", "return_sequences", "return_state"):
        one, other = getattr(forward, name), getattr(backward, name)
        if one != other:
            raise ValueError(
                "Forward layer and backward layer are expected to have the same value "
                f'for attribute "{name}", got "{one}" for forward layer and '
                f'"{other}" for backward layer'
            )
