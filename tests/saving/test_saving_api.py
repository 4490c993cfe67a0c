import io
import json
import os
import zipfile

import h5py
import numpy as np
import pytest

from ckeras import Input, Model, Sequential, layers, models, saving
from tests.saving.helpers import assert_same, graph_model, sequence_model


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("make", [sequence_model, graph_model])
def test_round_trip(make, ending, tmp_path):
    model, x = make()
    path = tmp_path / f"model.{ending}"
    model.save(path)
    loaded = models.load_model(path)
    assert loaded.compiled
    assert_same(model, loaded, x)
    assert os.listdir(tmp_path) == [f"model.{ending}"]
    bare = models.load_model(path, compile=False)
    assert not bare.compiled
    assert_same(model, bare, x)


@pytest.mark.parametrize("make", [sequence_model, graph_model])
def test_weights_round_trip(make, tmp_path):
    model, x = make()
    path = tmp_path / "model.weights.h5"
    model.save_weights(path)
    other, _ = make()
    other.set_weights([w + 1 for w in other.get_weights()])
    other.load_weights(path)
    assert_same(model, other, x, configs=False)


def test_file_objects():
    model, x = sequence_model()
    buffer = io.BytesIO()
    saving.save_model(model, buffer)
    buffer.seek(0)
    assert_same(model, saving.load_model(buffer), x)


def test_training_goes_on_after_loading(tmp_path):
    model, x = sequence_model()
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras")
    y = x[:, 0] % 2
    for m in (model, loaded):
        m.layers[2].rate = 0.0
        m.compile(m.optimizer, m.loss)
        m.fit(x, y, shuffle=False, verbose=0)
    assert_same(model, loaded, x)


def test_keras_archive_has_the_layout_of_keras(tmp_path):
    model, _ = graph_model()
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        names = ["metadata.json", "config.json", "model.weights.h5"]
        assert archive.namelist() == names
        config = json.loads(archive.read("config.json"))
        metadata = json.loads(archive.read("metadata.json"))
        weights = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
    assert config["class_name"] == "Functional"
    assert config["module"] == "keras.src.models.functional"
    assert config["compile_config"]["loss"]["score"] == "mean_squared_error"
    assert metadata.keys() == {"keras_version", "date_saved"}
    assert weights["layers/dense/vars"].attrs["name"] == "shared"
    assert weights["layers/dense/vars/0"].shape == (3, 4)
    assert weights["layers/sequential/layers/dense/vars/1"].shape == (2,)
    assert weights["optimizer/vars"].attrs["name"] == model.optimizer.name
    assert weights["vars"].attrs["name"] == "graph"


def test_subclassed_model_saves_parts_by_attribute(tmp_path):
    class Net(Model):
        def __init__(self):
            super().__init__()
            self.first = layers.Dense(3)
            self.blocks = [layers.Dense(2), layers.Dense(3), layers.Dropout(0.1)]
            self.named = {"a": layers.Dense(1)}

        def call(self, x):
            for layer in (self.first, *self.blocks, self.named["a"]):
                x = layer(x)
            return x

    one, two = Net(), Net()
    x = np.ones((2, 4), "float32")
    one(x), two(x)
    path = tmp_path / "m.weights.h5"
    one.save_weights(path)
    with h5py.File(path) as file:
        assert file["first/vars/0"].shape == (4, 3)
        assert file["blocks/dense/vars/0"].shape == (3, 2)
        assert file["blocks/dense_1/vars/0"].shape == (2, 3)
        assert file["named/dense/vars/0"].shape == (3, 1)
    two.load_weights(path)
    np.testing.assert_array_equal(one.predict_on_batch(x), two.predict_on_batch(x))


def test_overwriting_asks(tmp_path, monkeypatch):
    model, _ = graph_model()
    path = tmp_path / "m.keras"
    path.write_text("old")
    monkeypatch.setattr("builtins.input", lambda question: "n")
    model.save(path, overwrite=False)
    assert path.read_text() == "old"
    monkeypatch.setattr("builtins.input", lambda question: "y")
    model.save(path, overwrite=False)
    assert zipfile.is_zipfile(path)


def test_a_failure_while_saving_leaves_the_older_file(tmp_path, monkeypatch):
    model, _ = graph_model()
    path = tmp_path / "m.keras"
    path.write_text("old")

    def fail(store):
        raise RuntimeError("disk full")

    monkeypatch.setattr(model.layers[-1], "save_own_variables", fail)
    for name in ("m.keras", "m.weights.h5"):
        with pytest.raises(RuntimeError, match="disk full"):
            (model.save if name == "m.keras" else model.save_weights)(tmp_path / name)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["m.keras"]


def test_names_of_files(tmp_path):
    model, _ = graph_model()
    with pytest.raises(ValueError, match="Invalid filepath extension"):
        model.save(tmp_path / "m.tf")
    with pytest.raises(ValueError, match=r"must end in `.weights.h5`"):
        model.save_weights(tmp_path / "m.h5")
    with pytest.raises(ValueError, match="File not found"):
        models.load_model(tmp_path / "missing.keras")
    (tmp_path / "m.txt").write_text("")
    with pytest.raises(ValueError, match="File format not supported"):
        models.load_model(tmp_path / "m.txt")
    with pytest.raises(ValueError, match="File format not supported"):
        model.load_weights(tmp_path / "m.txt")
    with pytest.raises(ValueError, match="`by_name`"):
        model.load_weights(tmp_path / "m.weights.h5", by_name=True)
    with pytest.raises(FileNotFoundError):
        model.load_weights(tmp_path / "m.weights.h5")


def test_unbuilt_models(tmp_path):
    model = Sequential([layers.Dense(2)])
    with pytest.raises(ValueError, match="not yet been built"):
        model.save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ValueError, match="not yet been built"):
        model.load_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ValueError, match="not yet been built"):
        model.save(tmp_path / "m.h5")
    with pytest.warns(UserWarning, match="not yet been built"):
        model.save(tmp_path / "m.keras")


def dense(units):
    return Sequential(
        [Input((4,)), layers.Dense(3, name="a"), layers.Dense(units, name="b")]
    )


@pytest.mark.parametrize("ending", ["keras", "weights.h5", "h5"])
def test_weights_that_do_not_fit_change_nothing(ending, tmp_path):
    path = tmp_path / f"m.{ending}"
    source, model = dense(2), dense(5)
    (source.save_weights if ending == "weights.h5" else source.save)(path)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"\(3, 5\)[\s\S]*\(3, 2\)"):
        model.load_weights(path)
    for one, two in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    with pytest.warns(UserWarning):
        model.load_weights(path, skip_mismatch=True)
    np.testing.assert_array_equal(model.get_weights()[0], source.get_weights()[0])
    np.testing.assert_array_equal(model.get_weights()[2], before[2])


def test_layers_to_skip(tmp_path):
    source, model = dense(2), dense(2)
    source.save_weights(tmp_path / "m.weights.h5")
    before = model.get_weights()
    model.load_weights(
        tmp_path / "m.weights.h5", objects_to_skip=[model.get_layer("a")]
    )
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    np.testing.assert_array_equal(model.get_weights()[2], source.get_weights()[2])


def test_without_the_optimizer(tmp_path):
    model, x = sequence_model()
    model.save(tmp_path / "m.h5", include_optimizer=False)
    with pytest.warns(UserWarning, match="No training configuration"):
        loaded = models.load_model(tmp_path / "m.h5")
    assert not loaded.compiled
    np.testing.assert_array_equal(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0)
    )


@saving.register_keras_serializable("tests")
class Scale(layers.Layer):
    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, shape):
        self.shift = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        return x * self.factor + self.shift

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_registered_layers(ending, tmp_path):
    model = Sequential([Input((3,)), Scale(2.5), layers.Dense(1)])
    model.save(tmp_path / f"m.{ending}")
    loaded = models.load_model(tmp_path / f"m.{ending}", compile=False)
    assert type(loaded.layers[0]) is Scale
    assert_same(model, loaded, np.ones((2, 3)))


@pytest.mark.parametrize("ending", ["keras", "h5", "weights.h5"])
def test_an_optimizer_without_a_step(ending, tmp_path):
    source, model = dense(2), dense(2)
    source.compile("adam", "mse")
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    path = tmp_path / f"m.{ending}"
    (source.save_weights if ending == "weights.h5" else source.save)(path)
    if ending == "weights.h5":
        model.load_weights(path)
    else:
        model = models.load_model(path)
    assert model.optimizer.built
    np.testing.assert_array_equal(source.get_weights()[0], model.get_weights()[0])


def test_a_folder_in_place_of_an_archive(tmp_path):
    model, x = sequence_model()
    path = tmp_path / "model"
    model.save(path, zipped=False)
    parts = ["config.json", "metadata.json", "model.weights.h5"]
    assert sorted(os.listdir(path)) == parts
    assert_same(model, models.load_model(path), x)
    assert not models.load_model(path, compile=False).compiled
    with pytest.raises(ValueError, match="of a folder and should not end in"):
        model.save(tmp_path / "model.keras", zipped=False)
    with pytest.raises(ValueError, match="File format not supported"):
        models.load_model(tmp_path)


def test_weights_without_some_layers(tmp_path):
    def make():
        return Sequential([Input((3,)), layers.Dense(3), layers.Dense(3)])

    one, two = make(), make()
    path = tmp_path / "model.weights.h5"
    saving.save_weights(one, path, objects_to_skip=[one.layers[0]])
    with pytest.raises(ValueError, match="received 0 variables"):
        two.load_weights(path)
    before = two.layers[0].kernel.numpy()
    two.load_weights(path, objects_to_skip=[two.layers[0]])
    np.testing.assert_array_equal(two.layers[0].kernel, before)
    np.testing.assert_array_equal(two.layers[1].kernel, one.layers[1].kernel)


def test_weights_of_a_layer_that_has_a_new_name(tmp_path):
    class Old(Model):
        def __init__(self):
            super().__init__()
            self.head = layers.Dense(2)

        def call(self, x):
            return self.head(x)

    class New(Model):
        def __init__(self):
            super().__init__()
            self.a_head = layers.Dense(2)

        head = property(lambda self: self.a_head)

        def call(self, x):
            return self.head(x)

    old, new = Old(), New()
    x = np.ones((1, 3), "float32")
    old(x), new(x)
    path = tmp_path / "model.weights.h5"
    old.save_weights(path)
    new.load_weights(path)
    np.testing.assert_array_equal(new.head.kernel, old.head.kernel)


def test_save_format_is_an_old_argument(tmp_path):
    model, _ = sequence_model()
    with pytest.warns(UserWarning, match="`save_format` argument is deprecated"):
        model.save(tmp_path / "model.keras", save_format="keras")
    with pytest.raises(ValueError, match="`save_format` argument is deprecated"):
        model.save(tmp_path / "model", save_format="keras")
