"""Facts about calls of one's own layers: types, `training`, masks, shapes."""

import warnings

import numpy as np

from tests.reference.programs.kit import collector, error, fill, paths, values

__all__ = ["CASES"]

CASES: dict = {}
case = collector(CASES)


@case
def number_types(keras):
    layers, ops = keras.layers, keras.ops

    class Plain(layers.Layer):
        def build(self, input_shape):
            self.w = self.add_weight(shape=(), initializer="ones")

        def call(self, x):
            return {"in": x, "out": x * ops.cast(self.w, x.dtype)}

    def types(layer, x):
        return keras.tree.map_structure(
            lambda t: keras.backend.standardize_dtype(t.dtype), layer(x)
        )

    single, double = np.ones((2, 2), "float32"), np.ones((2, 2), "float64")
    whole = np.ones((2, 2), "int32")
    facts = {
        "float32": types(Plain(), double),
        "float64": types(Plain(dtype="float64"), single),
        "no autocast": types(Plain(autocast=False), single),
        "integers": types(Plain(), whole),
        "policy": types(Plain(dtype=keras.DTypePolicy("float64")), single),
        "mask": types(Plain(), np.ones((2, 2), "bool")),
    }
    layer = Plain(dtype="float64")
    layer.build((2, 2))
    facts["layer"] = [
        layer.dtype,
        layer.compute_dtype,
        layer.variable_dtype,
        layer.input_dtype,
        keras.backend.standardize_dtype(layer.w.dtype),
        layer.dtype_policy.name,
        layer.get_config()["dtype"],
    ]
    return facts


@case
def passed_down(keras):
    layers = keras.layers
    seen = []

    class Inner(layers.Layer):
        def call(self, x, training=None):
            seen.append(training)
            return x

    class Outer(layers.Layer):
        def __init__(self):
            super().__init__()
            self.a, self.b = Inner(), Inner()

        def call(self, x, training=False):
            return self.b(self.a(x), training=True)

    class NoArgument(layers.Layer):
        def __init__(self):
            super().__init__()
            self.outer, self.inner = Outer(), Inner()

        def call(self, x):
            return self.inner(self.outer(x))

    x = np.ones((2, 2), "float32")
    facts = {}

    def record(name, function):
        seen.clear()
        function()
        facts[name] = list(seen)

    layer = NoArgument()
    record("nothing", lambda: layer(x))
    record("True", lambda: layer(x, training=True))
    record("False", lambda: layer(x, training=False))
    record("None", lambda: layer(x, training=None))
    inputs = keras.Input((2,))
    model = keras.Model(inputs, layer(inputs))
    record("functional", lambda: model(x))
    record("functional, True", lambda: model(x, training=True))
    fixed = keras.Model(inputs, Inner()(inputs, training=True))
    record("fixed", lambda: fixed(x))
    record("fixed, False", lambda: fixed(x, training=False))
    return facts


@case
def masks(keras):
    layers, ops = keras.layers, keras.ops
    facts = {}

    class Sees(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.supports_masking = True

        def call(self, x, mask=None):
            facts.setdefault("seen", []).append(
                None if mask is None else np.asarray(mask).astype(int).tolist()
            )
            return x * 2.0

    class Blind(layers.Layer):
        def call(self, x):
            return x + 1.0

    class Own(layers.Layer):
        def call(self, x, mask=None):
            return x

        def compute_mask(self, inputs, mask=None):
            return ops.logical_not(mask)

    class Two(layers.Layer):
        supports_masking = True

        def call(self, a, b, a_mask=None, b_mask=None):
            facts["two"] = [a_mask is None, b_mask is None]
            return a + b

    def mask_of(x):
        found = getattr(x, "_keras_mask", None)
        return None if found is None else np.asarray(found).astype(int).tolist()

    x = np.array([[1, 2, 0], [3, 0, 0]], "int32")
    embedded = layers.Embedding(5, 4, mask_zero=True)(x)
    facts["kept"] = mask_of(Sees()(embedded))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        facts["lost"] = mask_of(Blind()(embedded))
    facts["warnings"] = [
        (w.category.__name__, str(w.message))
        for w in caught
        if "mask" in str(w.message)
    ]
    facts["computed"] = mask_of(Own()(embedded))
    given = Sees()(np.ones((2, 3, 4), "float32"), mask=np.ones((2, 3), "bool"))
    facts["given"] = mask_of(given)
    Two()(embedded, np.ones((2, 3, 4), "float32"))
    facts["supports"] = [Sees().supports_masking, Blind().supports_masking]
    facts["supports, own"] = Own().supports_masking
    return facts


@case
def output_specs(keras):
    layers, ops = keras.layers, keras.ops

    class ByCall(layers.Layer):
        def call(self, x):
            return {"sum": ops.sum(x, -1), "all": [x, ops.cast(x > 0, "int32")]}

    class ByShape(layers.Layer):
        def call(self, x, y):
            return ops.concatenate([x, y], -1)

        def compute_output_shape(self, x_shape, y_shape):
            return (*x_shape[:-1], x_shape[-1] + y_shape[-1])

    class BySpec(layers.Layer):
        def call(self, x):
            return ops.cast(ops.argmax(x, -1), "int64")

        def compute_output_spec(self, x):
            return keras.KerasTensor(x.shape[:-1], dtype="int64")

    def specs(structure):
        return keras.tree.map_structure(lambda t: [list(t.shape), t.dtype], structure)

    x, y = keras.Input((3,)), keras.Input((4,))
    return {
        "by call": specs(ByCall()(x)),
        "by shape": specs(ByShape()(x, y)),
        "by spec": specs(BySpec()(x)),
        "asked": specs(BySpec().compute_output_spec(x)),
        "shape": list(layers.Dense(7).compute_output_shape((None, 2, 3))),
        "no shape": error(ByCall().compute_output_shape, (None, 3)),
    }


@case
def wrappers(keras):
    layers, ops = keras.layers, keras.ops

    class Residual(layers.Wrapper):
        def call(self, x, training=None):
            return x + self.layer(x)

    x = values("wrappers", 2, 3)
    wrapped = Residual(layers.Dense(3), name="residual")
    wrapped(x)
    fill(wrapped)
    double = layers.Lambda(lambda t: t * 2.0, output_shape=(3,), name="double")
    scaled = layers.Lambda(lambda t, by: t * by, arguments={"by": 3.0})
    masked = layers.Lambda(lambda t, mask=None: t, mask=lambda *a: None)
    return {
        "paths": paths(wrapped.weights),
        "config": sorted(wrapped.get_config()),
        "inner": wrapped.get_config()["layer"]["class_name"],
        "value": np.asarray(wrapped(x)).round(5).tolist(),
        "lambda": float(ops.sum(double(x))),
        "shape": list(double.compute_output_shape((None, 3))),
        "arguments": float(ops.sum(scaled(x))),
        "masked": float(ops.sum(masked(x))),
        "not a layer": error(layers.Wrapper, 3),
    }
