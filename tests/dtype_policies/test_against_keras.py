"""Types, layers, training steps and files in half precision, against Keras."""

import io
import zipfile

import h5py
import numpy as np
import pytest

import ckeras
from ckeras import ops
from ckeras.engine.values import dtypes
from tests.reference.half import cases
from tests.reference.load import HERE as REFERENCE
from tests.reference.load import load

ARRAYS, FACTS = load("half/half")
FILES = REFERENCE / "half"
# Two numbers that differ by this much, relatively, are neighbours.
UNIT = {"float16": 2.0**-10, "bfloat16": 2.0**-7}

# On JAX, Keras has no results of 64 bits.
NARROWED = {"int64": "int32", "uint64": "uint32", "float64": "float32"}


def _unit(policy):
    return UNIT[policy.removeprefix("mixed_")]


def _close(found, key, unit, factor):
    found = np.asarray(found).astype("float32")
    expected = ARRAYS[key]
    scale = max(np.abs(expected).max(), 1.0)
    np.testing.assert_allclose(
        found, expected, rtol=factor * unit, atol=factor * unit * scale, err_msg=key
    )


@pytest.mark.parametrize("pair", FACTS["result_types"])
def test_result_type(pair):
    kinds = [{"int": int, "float": float}.get(t, t) for t in pair.split(",")]
    found = dtypes.result_type(*kinds)
    assert NARROWED.get(found, found) == FACTS["result_types"][pair]


def test_64_bits_are_kept():
    for name in NARROWED:
        assert dtypes.result_type(name, name) == name
    assert dtypes.result_type("uint32", "int8") == "int64"


@pytest.mark.parametrize(("policy", "name"), list(cases.layer_cases()))
def test_layer(policy, name):
    layer = cases.build(ckeras, name, policy)
    x, call = cases.inputs(name), cases.LAYERS[name]["call"]
    layer(x, **call)
    facts = FACTS[f"{policy}/{name}"]
    assert [w.dtype for w in layer.weights] == facts["weights"]
    layer.set_weights(cases.weights(name, layer.weights))
    x = ops.convert_to_tensor(x)
    sources = [*layer.trainable_variables, *([x] if x.dtype == "float32" else [])]

    def both(x):
        with ckeras.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, **call)
            factors = ops.cast(cases.projection(name, tuple(y.shape)), y.dtype)
            loss = ops.sum(ops.cast(y * factors, "float32"))
        names = [x if s is sources[-1] and s.shape == x.shape else s for s in sources]
        return y, tape.gradient(loss, names)

    y, gradients = both(x)
    layer.set_weights(cases.weights(name, layer.weights))
    compiled = ckeras.function(both)(x)
    unit = _unit(policy)
    assert y.dtype == compiled[0].dtype == facts["output"]
    _close(y, f"{policy}/{name}/output", unit, 4)
    _close(compiled[0], f"{policy}/{name}/output", unit, 4)
    for i, (g, source) in enumerate(zip(gradients, sources, strict=True)):
        assert g.dtype == source.dtype
        _close(g, f"{policy}/{name}/gradient/{i}", unit, 16)
        _close(compiled[1][i], f"{policy}/{name}/gradient/{i}", unit, 16)


def _trainings():
    for policy in cases.POLICIES:
        yield policy, "sgd"
        # With weights of float16 Keras's Adam loses its second moments, which are
        # computed in float16: the loss rises. Here a step is computed in float32.
        if policy != "float16":
            yield policy, "adam"


@pytest.mark.parametrize(("policy", "optimizer"), list(_trainings()))
@pytest.mark.parametrize("eagerly", [False, True])
def test_training(policy, optimizer, eagerly):
    model = cases.model(ckeras, policy, "model")
    model.compile(optimizer, "sparse_categorical_crossentropy", run_eagerly=eagerly)
    losses = [model.train_on_batch(x, y) for x, y in cases.training_data()]
    key, unit = f"{policy}/{optimizer}", _unit(policy)
    _close(losses, f"{key}/losses", unit, 4)
    for i, weight in enumerate(model.get_weights()):
        _close(weight, f"{key}/weight/{i}", unit, 4)


def test_adam_with_weights_of_float16():
    model = cases.model(ckeras, "float16", "model")
    model.compile("adam", "sparse_categorical_crossentropy")
    losses = [model.train_on_batch(x, y) for x, y in cases.training_data()]
    _close(losses, "mixed_float16/adam/losses", UNIT["float16"], 4)


@pytest.mark.parametrize("policy", cases.POLICIES)
def test_files_of_keras(policy):
    model = ckeras.saving.load_model(FILES / f"{policy}.keras")
    given = cases.weights("model", model.weights, 0.15)
    for weight, value in zip(model.get_weights(), given, strict=True):
        np.testing.assert_array_equal(weight.astype("float32"), value)
    assert [layer.dtype_policy.name for layer in model.layers] == [policy] * 5
    x, _ = next(cases.training_data())
    _close(model.predict(x, verbose=0), f"{policy}/prediction", _unit(policy), 4)
    other = cases.model(ckeras, policy, "other")
    other.load_weights(FILES / f"{policy}.weights.h5")
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def _contents(file):
    """Bytes, types and marks of all datasets of an open HDF5 file."""
    found = {}

    def note(path, item):
        if isinstance(item, h5py.Dataset):
            marks = {k: str(v) for k, v in item.attrs.items()}
            found[path] = item.dtype.str, item[()].tobytes(), marks

    file.visititems(note)
    return found


@pytest.mark.parametrize("policy", cases.POLICIES)
def test_files_hold_what_those_of_keras_hold(policy, tmp_path):
    model = ckeras.saving.load_model(FILES / f"{policy}.keras")
    model.save(tmp_path / "own.keras")
    contents = []
    for path in (FILES / f"{policy}.keras", tmp_path / "own.keras"):
        with zipfile.ZipFile(path) as archive:
            raw = io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(raw, "r") as file:
            contents.append(_contents(file))
    assert contents[0] == contents[1]
