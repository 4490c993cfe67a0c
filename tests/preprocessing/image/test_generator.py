"""`ImageDataGenerator`: normalization, changes, and the batches of its iterators."""

import threading

import numpy as np
import pandas
import pytest

import ckeras
from ckeras import layers
from ckeras.preprocessing.image import ImageDataGenerator
from ckeras.utils import save_img

RNG = np.random.default_rng(1)
X = RNG.uniform(0, 255, (20, 8, 9, 3)).astype("float32")
Y = np.arange(20)
CHANGES = {
    "rotation_range": 20,
    "width_shift_range": 0.2,
    "height_shift_range": [1, 2],
    "shear_range": 10,
    "zoom_range": 0.2,
    "channel_shift_range": 20,
    "horizontal_flip": True,
    "vertical_flip": True,
    "rescale": 1 / 255,
}


def batches(iterator, count):
    return [next(iterator) for _ in range(count)]


def same(a, b):
    return all(
        np.array_equal(p, q) and np.array_equal(r, s)
        for (p, r), (q, s) in zip(a, b, strict=True)
    )


# --- normalization -------------------------------------------------------------------


def test_rescaling_and_functions_come_after_the_changes():
    generator = ImageDataGenerator(
        rescale=0.5, preprocessing_function=lambda x: x - 1, data_format="channels_last"
    )
    x = next(generator.flow(X, shuffle=False, batch_size=4))
    np.testing.assert_allclose(x, (X[:4] - 1) * 0.5)


def test_samplewise():
    generator = ImageDataGenerator(
        samplewise_center=True, samplewise_std_normalization=True
    )
    x = next(generator.flow(X))
    np.testing.assert_allclose(x.mean((1, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(x.std((1, 2, 3)), 1, rtol=1e-4)


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
def test_featurewise(layout):
    x = X if layout == "channels_last" else X.transpose(0, 3, 1, 2)
    generator = ImageDataGenerator(
        featurewise_center=True, featurewise_std_normalization=True, data_format=layout
    )
    generator.fit(x)
    axes = (0, 1, 2) if layout == "channels_last" else (0, 2, 3)
    y = next(generator.flow(x, batch_size=20))
    np.testing.assert_allclose(y.mean(axes), 0, atol=1e-4)
    np.testing.assert_allclose(y.std(axes), 1, rtol=1e-4)


def test_whitening():
    x = RNG.normal(size=(400, 2, 2, 1)) @ [[2.0]]
    x = (x + x[:, ::-1]).astype("float32")
    with pytest.warns(UserWarning, match="`zca_whitening`.*`featurewise_center`"):
        generator = ImageDataGenerator(zca_whitening=True, zca_epsilon=1e-3)
    generator.fit(x)
    white = next(generator.flow(x, batch_size=400)).reshape(400, 4)
    values = np.linalg.eigvalsh(np.cov(white.T))
    np.testing.assert_allclose(values, [0, 0, 1, 1], atol=0.02)


def test_what_needs_fit_says_so():
    generator = ImageDataGenerator(featurewise_center=True)
    with pytest.warns(UserWarning, match=r"hasn't been fit.*Fit it first"):
        next(generator.flow(X, batch_size=1))


def test_fitting_to_changed_images():
    generator = ImageDataGenerator(featurewise_center=True, **CHANGES)
    generator.fit(X, augment=True, rounds=2, seed=3)
    first = generator.mean
    generator.fit(X, augment=True, rounds=2, seed=3)
    np.testing.assert_array_equal(first, generator.mean)
    assert first.shape == (1, 1, 3)


# --- changes -------------------------------------------------------------------------


def test_amounts_are_in_range():
    generator = ImageDataGenerator(brightness_range=(0.5, 0.8), **CHANGES)
    for seed in range(50):
        drawn = generator.get_random_transform((8, 9, 3), seed=seed)
        assert abs(drawn["theta"]) <= 20 and abs(drawn["shear"]) <= 10
        assert abs(drawn["tx"]) in (1, 2) and abs(drawn["ty"]) <= 0.2 * 9
        assert 0.8 <= drawn["zx"] <= 1.2 and 0.5 <= drawn["brightness"] <= 0.8


def test_a_seed_does_not_touch_numpys():
    np.random.seed(7)
    expected = np.random.random()
    np.random.seed(7)
    ImageDataGenerator(rotation_range=5).random_transform(X[0], seed=1)
    assert np.random.random() == expected


# --- batches -------------------------------------------------------------------------


def test_an_epoch_has_every_image_once():
    iterator = ImageDataGenerator().flow(X, Y, batch_size=8, seed=1)
    assert len(iterator) == 3
    first = batches(iterator, 3)
    assert sorted(np.concatenate([y for _, y in first])) == list(range(20))
    for x, y in first:
        np.testing.assert_array_equal(x, X[y])
    second = batches(iterator, 3)
    assert sorted(np.concatenate([y for _, y in second])) == list(range(20))
    assert not same(first, second)


def test_by_index_and_one_after_the_other_are_the_same():
    generator = ImageDataGenerator(**CHANGES)
    a = generator.flow(X, Y, batch_size=8, seed=5)
    b = generator.flow(X, Y, batch_size=8, seed=5)
    for _ in range(2):
        backwards = [b[i] for i in (2, 1, 0)]
        assert same(batches(a, 3), backwards[::-1])
        b.on_epoch_end()


def test_without_a_seed_numpys_counts():
    def drawn(seed):
        np.random.seed(seed)
        return batches(ImageDataGenerator(**CHANGES).flow(X, Y, batch_size=8), 4)

    assert same(drawn(1), drawn(1)) and not same(drawn(1), drawn(2))


@pytest.mark.parametrize("workers", [1, 4])
def test_training_sees_the_same_images_on_any_number_of_threads(workers):
    def trained(workers):
        ckeras.utils.set_random_seed(1)
        iterator = ImageDataGenerator(**CHANGES).flow(X, Y / 20, batch_size=4, seed=2)
        iterator.workers = workers
        model = ckeras.Sequential(
            [layers.Input((8, 9, 3)), layers.GlobalMaxPooling2D(), layers.Dense(1)]
        )
        model.compile("sgd", "mse")
        return model.fit(iterator, epochs=2, verbose=0).history["loss"]

    assert trained(workers) == trained(2)


def test_several_threads_change_images_while_a_model_trains():
    threads, two = set(), threading.Event()

    def changed(x):
        threads.add(threading.get_ident())
        if len(threads) > 1:
            two.set()
        assert two.wait(20)  # the first one waits for another with an image
        return x

    generator = ImageDataGenerator(preprocessing_function=changed)
    iterator = generator.flow(X, Y / 20, batch_size=1)
    model = ckeras.Sequential([layers.GlobalMaxPooling2D(), layers.Dense(1)])
    model.compile("sgd", "mse")
    assert len(model.fit(iterator, epochs=1, verbose=0).history["loss"]) == 1


def test_further_arrays_and_weights():
    other, weights = Y * 2, Y / 10
    iterator = ImageDataGenerator().flow(
        (X, other), Y, batch_size=8, sample_weight=weights, seed=1
    )
    (_, extra), y, w = next(iterator)
    np.testing.assert_array_equal(extra, y * 2)
    np.testing.assert_array_equal(w, y / 10)


def test_subsets():
    generator = ImageDataGenerator(validation_split=0.25)
    train = generator.flow(X, Y, subset="training", ignore_class_split=True)
    rest = generator.flow(X, Y, subset="validation", ignore_class_split=True)
    assert sorted(rest[0][1]) == list(range(5))
    assert sorted(train[0][1]) == list(range(5, 20))
    with pytest.raises(ValueError, match="different number of classes"):
        generator.flow(X, Y, subset="training")


def test_images_are_written(tmp_path):
    iterator = ImageDataGenerator().flow(
        X, batch_size=3, save_to_dir=tmp_path, save_prefix="a", save_format="png"
    )
    next(iterator)
    assert len(list(tmp_path.glob("a_*.png"))) == 3


@pytest.fixture
def folder(tmp_path):
    for c, name in enumerate(("cats", "dogs")):
        (tmp_path / name).mkdir()
        for k in range(4):
            x = np.full((5, 5 + k, 3), 100.0 * c + k)
            save_img(tmp_path / name / f"{k}.png", x, scale=False)
    return tmp_path


def test_from_directory(folder):
    generator = ImageDataGenerator(validation_split=0.5)
    options = {"target_size": (4, 6), "batch_size": 8, "shuffle": False}
    iterator = generator.flow_from_directory(folder, **options)
    assert iterator.class_indices == {"cats": 0, "dogs": 1}
    x, y = iterator[0]
    assert x[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 100, 101, 102, 103]
    assert x.shape == (8, 4, 6, 3) and y.shape == (8, 2)
    for mode, expected in (
        ("binary", [0] * 4 + [1] * 4),
        ("sparse", [0] * 4 + [1] * 4),
    ):
        _, y = generator.flow_from_directory(folder, class_mode=mode, **options)[0]
        assert y.tolist() == expected
    x, y = generator.flow_from_directory(folder, class_mode="input", **options)[0]
    np.testing.assert_array_equal(x, y)
    x = generator.flow_from_directory(folder, class_mode=None, **options)[0]
    assert x.shape == (8, 4, 6, 3)
    train = generator.flow_from_directory(folder, subset="training", **options)
    assert train[0][0][:, 0, 0, 0].tolist() == [2, 3, 102, 103]
    only = generator.flow_from_directory(folder, classes=["dogs"], **options)
    assert only.samples == 4 and only.num_classes == 1
    gray = generator.flow_from_directory(folder, color_mode="grayscale", **options)
    assert gray.image_shape == (4, 6, 1)


def test_a_folder_without_images(tmp_path):
    options = {"target_size": (4, 5), "classes": ["zz", "yy"]}
    iterator = ImageDataGenerator().flow_from_directory(tmp_path, **options)
    assert len(iterator) == 0
    for _ in range(2):  # without end, as in Keras
        x, y = next(iterator)
        assert x.shape == (0, 4, 5, 3) and y.shape == (0, 2)


def test_an_array_without_images():
    assert next(ImageDataGenerator().flow(np.zeros((0, 4, 5, 3)))).shape == (0, 4, 5, 3)


def test_a_bad_file_is_named(folder):
    (folder / "cats" / "1.png").write_bytes(b"")
    with pytest.raises(OSError, match=r"cats.1\.png"):
        ImageDataGenerator().flow_from_directory(folder)[0]


def test_from_dataframe(folder):
    table = pandas.DataFrame(
        {
            "filename": ["cats/0.png", "dogs/1.png", "dogs/9.png", "cats/3.png"],
            "class": ["cat", "dog", "dog", "cat"],
            "number": [1.5, 2.5, 3.5, 4.5],
        }
    )
    generator = ImageDataGenerator()
    options = {"target_size": (4, 4), "shuffle": False}
    with pytest.warns(UserWarning, match="1 invalid image filename"):
        iterator = generator.flow_from_dataframe(table, folder, **options)
    x, y = iterator[0]
    assert x[:, 0, 0, 0].tolist() == [0, 101, 3]
    assert y.tolist() == [[1, 0], [0, 1], [1, 0]]
    table = table.drop(index=2)
    _, y, w = generator.flow_from_dataframe(
        table, folder, y_col="number", class_mode="raw", weight_col="number", **options
    )[0]
    assert y.tolist() == w.tolist() == [1.5, 2.5, 4.5]
    _, y = generator.flow_from_dataframe(
        table, folder, y_col=["number", "number"], class_mode="multi_output", **options
    )[0]
    assert [part.tolist() for part in y] == [[1.5, 2.5, 4.5]] * 2
    _, y = generator.flow_from_dataframe(
        table, folder, classes=["dog", "cat"], class_mode="binary", **options
    )[0]
    assert y.tolist() == [1, 0, 1]
    for arguments, error, words in (
        ({"class_mode": "other"}, ValueError, "Invalid class_mode"),
        ({"class_mode": "multi_output"}, TypeError, "must be a list"),
        ({"x_col": "number"}, TypeError, "x_col=number must be strings"),
        ({"y_col": "number"}, TypeError, "must be type string, list or tuple"),
        ({"class_mode": "binary", "classes": ["cat"]}, ValueError, "must be 2 classes"),
        ({"weight_col": "class"}, TypeError, "weight_col=class must be numeric"),
    ):
        with pytest.raises(error, match=words):
            generator.flow_from_dataframe(table, folder, **{**options, **arguments})


# --- bad arguments -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"data_format": "middle"}, "data_format"),
        ({"validation_split": 1.5}, "`validation_split` must be strictly between"),
        ({"zoom_range": (1, 2, 3)}, "`zoom_range`"),
        ({"brightness_range": 0.5}, "brightness_range"),
    ],
)
def test_bad_options(options, words):
    with pytest.raises(ValueError, match=words):
        ImageDataGenerator(**options)


def test_bad_data(folder):
    generator = ImageDataGenerator()
    for call, words in (
        (lambda: generator.flow(X[0]), "should have rank 4"),
        (lambda: generator.flow(X, Y[:3]), "same length"),
        (lambda: generator.flow(X, Y, sample_weight=Y[:3]), "sample_weight.shape"),
        (lambda: generator.flow((X, Y[:3])), r"len\(x\[\?\]\) = 3"),
        (lambda: generator.flow(X, Y, subset="test"), "Invalid subset name: test"),
        (lambda: generator.flow(X, batch_size=0), "batch_size=0"),
        (lambda: generator.flow(X)[5], "Asked to retrieve element 5"),
        (lambda: generator.fit(X[0]), "should have rank 4"),
        (
            lambda: generator.flow_from_directory(folder, color_mode="cmyk"),
            "Invalid color mode: cmyk",
        ),
        (
            lambda: generator.flow_from_directory(folder, class_mode="other"),
            "Invalid class_mode: other",
        ),
    ):
        with pytest.raises(ValueError, match=words):
            call()
    with pytest.warns(UserWarning, match=r"channels on axis 3.*\(9 channels\)"):
        generator.flow(np.zeros((2, 4, 4, 9)))
