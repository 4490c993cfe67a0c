"""Policies: names, types, the global one, autocasting, loss scaling."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops, optimizers
from ckeras.dtype_policies import DTypePolicy
from ckeras.engine.scope import AutocastScope


@pytest.fixture(autouse=True)
def _global_policy():
    yield
    ckeras.config.set_dtype_policy("float32")


@pytest.mark.parametrize(
    ("name", "compute", "variable"),
    [
        ("mixed_float16", "float16", "float32"),
        ("mixed_bfloat16", "bfloat16", "float32"),
        ("float16", "float16", "float16"),
        ("bfloat16", "bfloat16", "bfloat16"),
        ("float64", "float64", "float64"),
        ("int8", "int8", "int8"),
    ],
)
def test_types(name, compute, variable):
    policy = DTypePolicy(name)
    assert (policy.compute_dtype, policy.variable_dtype) == (compute, variable)
    assert policy.name == name and repr(policy) == f'<DTypePolicy "{name}">'
    assert DTypePolicy.from_config(policy.get_config()) == policy
    loaded = ckeras.dtype_policies.deserialize(ckeras.dtype_policies.serialize(policy))
    assert loaded == policy and hash(loaded) == hash(policy)
    ckeras.config.set_dtype_policy(name)
    assert ckeras.config.dtype_policy() == policy == DTypePolicy()
    assert layers.Dense(2).dtype_policy == policy


def test_wrong_names():
    with pytest.raises(ValueError, match="Cannot convert 'float8' to a DTypePolicy"):
        DTypePolicy("float8")
    with pytest.raises(TypeError, match="'name' must be a string"):
        DTypePolicy(3)
    with pytest.raises(ValueError, match="Invalid `policy` argument"):
        ckeras.config.set_dtype_policy(3)


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_a_mixed_layer(half):
    layer = layers.Dense(2, dtype=f"mixed_{half}")
    seen = []

    class Watching(layers.Layer):
        def build(self, shape):
            self.kernel = self.add_weight(shape=(shape[-1],), name="kernel")
            self.exact = self.add_weight(shape=(1,), autocast=False, name="exact")
            self.count = self.add_weight(shape=(), dtype="int32", name="count")

        def call(self, x):
            weights = self.kernel, self.exact, self.count
            seen.append([x.dtype, *[w.dtype for w in weights]])
            seen.append([ops.convert_to_tensor(w).dtype for w in weights])
            return x * self.kernel

    x = np.ones((3, 4), "float32")
    assert layer(x).dtype == half and layer.kernel.dtype == "float32"
    watching = Watching(dtype=f"mixed_{half}")
    assert watching(x).dtype == half
    assert seen == [[half, half, "float32", "int32"], [half, "float32", "int32"]]
    assert watching.kernel.dtype == "float32"
    assert watching(np.ones((3, 4), "int32")).dtype == half
    outside = Watching(dtype=f"mixed_{half}", autocast=False)
    assert outside(x).dtype == "float32"


def test_layers_inside_have_their_own_types():
    class Outer(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.exact = layers.Dense(2, dtype="float32")
            self.half = layers.Dense(2, dtype="float16")

        def call(self, x):
            y = self.exact(x)
            assert y.dtype == "float32"
            z = self.half(y)
            assert z.dtype == "float16"
            return y + z

    outer = Outer(dtype="mixed_bfloat16")
    assert outer(np.ones((1, 2), "float32")).dtype == "float32"


def test_symbolic_outputs_have_the_compute_type():
    inputs = layers.Input((4,))
    hidden = layers.Dense(3, dtype="mixed_bfloat16")(inputs)
    outputs = layers.Dense(2, dtype="float32")(hidden)
    assert (inputs.dtype, hidden.dtype, outputs.dtype) == (
        "float32",
        "bfloat16",
        "float32",
    )
    model = ckeras.Model(inputs, [hidden, outputs])
    y, z = model.predict(np.ones((2, 4)), verbose=0)
    assert (y.dtype.name, z.dtype.name) == ("bfloat16", "float32")


def test_assignments_do_not_lose_digits():
    v = ckeras.Variable(1.0)
    with AutocastScope("bfloat16"):
        assert v.dtype == v.value.dtype == "bfloat16"
        v.assign_add(1e-4)
    assert abs(float(v) - 1.0001) < 1e-7
    with pytest.raises(ValueError, match="floating-point target dtype"):
        AutocastScope("int32")


def _compiled(policy, **options):
    ckeras.config.set_dtype_policy(policy)
    model = ckeras.Sequential([layers.Input((3,)), layers.Dense(1)])
    model.compile(optimizers.SGD(0.1), "mse", **options)
    return model


def test_only_mixed_float16_scales_the_loss():
    assert isinstance(
        _compiled("mixed_float16").optimizer, optimizers.LossScaleOptimizer
    )
    for policy in ("mixed_bfloat16", "float16", "float32"):
        assert type(_compiled(policy).optimizer) is optimizers.SGD
    plain = _compiled("mixed_float16", auto_scale_loss=False)
    assert type(plain.optimizer) is optimizers.SGD
    scaling = optimizers.LossScaleOptimizer(optimizers.SGD())
    model = _compiled("mixed_float16")
    model.compile(scaling, "mse")
    assert model.optimizer is scaling


def test_loss_scaling_saves_small_gradients():
    x, y = np.full((2, 3), 1e-4, "float32"), np.full((2, 1), 1e-4, "float32")
    changed = []
    for scaled in (True, False):
        ckeras.utils.set_random_seed(0)
        model = _compiled("mixed_float16", auto_scale_loss=scaled)
        model.layers[0].set_weights([np.zeros((3, 1)), np.zeros(1)])
        model.train_on_batch(x, y)
        changed.append(bool((model.get_weights()[0] != 0).any()))
    assert changed == [True, False]


def test_saved_models_keep_their_scale(tmp_path):
    model = _compiled("mixed_float16")
    x = np.ones((4, 3), "float32")
    model.fit(x, x[:, :1], verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = ckeras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.optimizer, optimizers.LossScaleOptimizer)
    pairs = zip(model.optimizer.variables, loaded.optimizer.variables, strict=True)
    assert all((a.numpy() == b.numpy()).all() for a, b in pairs)
    assert loaded.layers[0].dtype_policy.name == "mixed_float16"
    for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_metrics_and_losses_take_policies():
    for kind in (ckeras.metrics.MeanSquaredError, ckeras.losses.MeanSquaredError):
        assert kind(dtype="mixed_bfloat16").dtype == "bfloat16"
        assert kind(dtype=DTypePolicy("float64")).dtype == "float64"
        assert kind().dtype == "float32"


def test_floatx():
    ckeras.config.set_floatx("bfloat16")
    try:
        assert ops.ones((2,)).dtype == "bfloat16"
        assert ops.convert_to_tensor([0.5]).dtype == "bfloat16"
        assert ckeras.Variable([1.0]).dtype == "bfloat16"
    finally:
        ckeras.config.set_floatx("float32")
