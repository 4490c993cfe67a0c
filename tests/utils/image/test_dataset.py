"""`image_dataset_from_directory`: files, labels, orders, and bad input."""

import itertools
import threading

import numpy as np
import pytest

import ckeras
from ckeras import layers
from ckeras.utils import image_dataset_from_directory, save_img


@pytest.fixture
def folder(tmp_path):
    """Two classes with five images each; image k of class c has the color 100 c + k."""
    for c, name in enumerate(("cats", "dogs")):
        (tmp_path / name / "deep").mkdir(parents=True)
        for k in range(5):
            where = tmp_path / name / ("deep" if k == 4 else "")
            x = np.full((4 + k, 6, 3), 100.0 * c + k)
            save_img(where / f"{k}.png", x, scale=False)
        (tmp_path / name / "notes.txt").write_text("no image")
    return tmp_path


def dataset(folder, **options):
    options = {"image_size": (4, 4), "batch_size": 4, "verbose": False, **options}
    return image_dataset_from_directory(folder, **options)


def colors(batches):
    """The colors of all images, in order."""
    return np.concatenate([np.asarray(b)[:, 0, 0, 0] for b in batches]).tolist()


IN_ORDER = [0, 1, 2, 3, 4, 100, 101, 102, 103, 104]


def test_in_order(folder):
    ds = dataset(folder, shuffle=False)
    assert ds.class_names == ["cats", "dogs"]
    assert len(ds) == 3 and len(ds.file_paths) == 10
    batches = list(ds)
    assert [x.shape for x, _ in batches] == [(4, 4, 4, 3), (4, 4, 4, 3), (2, 4, 4, 3)]
    assert colors([x for x, _ in batches]) == IN_ORDER
    labels = np.concatenate([y for _, y in batches])
    assert labels.dtype == "int32" and labels.tolist() == [0] * 5 + [1] * 5


def test_kinds_of_labels(folder):
    _, y = dataset(folder, label_mode="binary", shuffle=False)[2]
    assert y.dtype == "float32" and y.numpy().tolist() == [[1.0], [1.0]]
    _, y = dataset(folder, label_mode="categorical", shuffle=False)[2]
    assert y.dtype == "float32" and y.numpy().tolist() == [[0.0, 1.0]] * 2
    x = dataset(folder, label_mode=None, shuffle=False)[2]
    assert x.shape == (2, 4, 4, 3)
    _, y = dataset(folder, labels=list(range(10)), shuffle=False)[1]
    assert y.numpy().tolist() == [4, 5, 6, 7]
    swapped = dataset(folder, class_names=["dogs", "cats"], shuffle=False)
    assert colors([swapped[0][0]]) == [100, 101, 102, 103]


def test_shapes_of_images(folder):
    assert dataset(folder, color_mode="grayscale")[0][0].shape == (4, 4, 4, 1)
    assert dataset(folder, color_mode="rgba")[0][0].shape == (4, 4, 4, 4)
    assert dataset(folder, data_format="channels_first")[0][0].shape == (4, 3, 4, 4)
    assert dataset(folder, image_size=5)[0][0].shape == (4, 5, 5, 3)
    x, y = dataset(folder, batch_size=None)[3]
    assert x.shape == (4, 4, 3) and y.shape == ()
    padded = {"pad_to_aspect_ratio": True, "shuffle": False, "format": "grain"}
    x, _ = dataset(folder, **padded)[1]
    assert np.asarray(x)[1, 0, 0, 0] == 25 and np.asarray(x)[1, 2, 0, 0] == 100
    padded["format"] = "tf"
    x, _ = dataset(folder, **padded, image_size=(6, 4))[1]
    # 4 by 6 pixels become 2 by 4, as of 2.67 rows the fraction is cut off.
    assert (np.asarray(x)[1, :, 0, 0] == [0, 100, 100, 0, 0, 0]).all()
    x, _ = dataset(folder, crop_to_aspect_ratio=True, shuffle=False)[1]
    assert np.asarray(x)[1].min() == 100


def test_shuffling(folder):
    a = dataset(folder, seed=1, label_mode=None)
    b = dataset(folder, seed=1, label_mode=None)
    first = colors(a)
    assert first == colors(b) and sorted(first) == IN_ORDER and first != IN_ORDER
    assert colors(a) != first
    fixed = dataset(folder, seed=1, label_mode=None, format="grain")
    assert colors(fixed) == colors(fixed)


def test_labels_stay_with_their_images(folder):
    for x, y in dataset(folder, seed=3):
        np.testing.assert_array_equal(np.asarray(x)[:, 0, 0, 0] >= 100, y)


def test_split(folder):
    options = {"validation_split": 0.3, "seed": 2, "label_mode": None}
    train = dataset(folder, subset="training", **options)
    validation = dataset(folder, subset="validation", **options)
    assert len(train.file_paths) == 7 and len(validation.file_paths) == 3
    assert sorted([*colors(train), *colors(validation)]) == IN_ORDER
    both = dataset(folder, subset="both", **options)
    assert [d.file_paths for d in both] == [train.file_paths, validation.file_paths]
    assert colors(both[1]) == colors(both[1])


def test_training(folder):
    model = ckeras.Sequential(
        [
            layers.Input((4, 4, 3)),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    ds = dataset(folder, label_mode="binary", seed=1)
    history = model.fit(ds, validation_data=ds, epochs=2, verbose=0).history
    assert len(history["val_loss"]) == 2
    assert model.predict(ds, verbose=0).shape == (10, 1)
    assert np.isfinite(model.evaluate(ds, verbose=0)[0])


def test_a_bad_file_is_named(folder):
    (folder / "cats" / "2.png").write_bytes(b"")
    with pytest.raises(OSError, match=r"cats.2\.png"):
        list(dataset(folder))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"labels": 3}, "`labels` argument should be a list/tuple"),
        ({"labels": [1, 2]}, "len(labels) is 2 while we found 10 files"),
        ({"labels": [0] * 10, "class_names": ["cats"]}, "can only pass `class_names`"),
        ({"labels": None, "class_names": ["cats"]}, "argument `class_names` cannot"),
        ({"class_names": ["cows"]}, "class_names=['cows']"),
        ({"label_mode": "float"}, "label_mode=float"),
        ({"label_mode": "binary", "class_names": ["cats"]}, "exactly 2 class_names"),
        ({"color_mode": "cmyk"}, "color_mode=cmyk"),
        ({"image_size": (1, 2, 3)}, "image_size=(1, 2, 3)"),
        ({"image_size": (0, 4)}, "image_size=(0, 4)"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"interpolation": "spline"}, "interpolation=spline"),
        ({"interpolation": "area"}, "'area' is TensorFlow's"),
        ({"format": "torch"}, "format=torch"),
        ({"validation_split": 2, "subset": "both", "seed": 1}, "between 0 and 1"),
        ({"validation_split": 0.2}, "If `subset` is set"),
        ({"subset": "training"}, "If `subset` is set"),
        ({"validation_split": 0.2, "subset": "test", "seed": 1}, "received: test"),
        ({"validation_split": 0.2, "subset": "training"}, "`seed` argument"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "Only one of"),
    ],
)
def test_says_what_is_wrong(folder, options, words):
    with pytest.raises(ValueError) as caught:
        dataset(folder, **options)
    assert words in str(caught.value)


def test_no_images(tmp_path):
    (tmp_path / "cats").mkdir()
    with pytest.raises(ValueError, match=r"No images found.*\.png"):
        dataset(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n and no more"])
def test_a_file_that_is_no_image_is_named(folder, content):
    (folder / "dogs" / "2.png").write_bytes(content)
    before = {p: p.stat().st_size for p in folder.rglob("*")}
    ds = dataset(folder, shuffle=False)
    assert ds[0][0].shape == (4, 4, 4, 3)  # images before it are read
    with pytest.raises(OSError, match=r"dogs.2\.png"):
        list(ds)
    model = ckeras.Sequential([layers.Flatten(), layers.Dense(2)])
    model.compile("sgd", ckeras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises(OSError, match=r"dogs.2\.png"):
        model.fit(ds, verbose=0)
    generator = ckeras.preprocessing.image.ImageDataGenerator()
    batches = generator.flow_from_directory(folder, target_size=(4, 4), batch_size=10)
    with pytest.raises(OSError, match=r"dogs.2\.png"):
        next(iter(batches))
    assert {p: p.stat().st_size for p in folder.rglob("*")} == before


@pytest.mark.parametrize("missing", [1, 6, 12, 20])
def test_an_image_without_its_end_is_named(folder, missing):
    """All pixels are there, and Pillow asks for no more; TensorFlow does."""
    path = folder / "dogs" / "2.png"
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(OSError, match=r"dogs.2\.png.*truncated"):
        list(dataset(folder, shuffle=False))
    assert ckeras.utils.load_img(path).size == (6, 6)  # as in Keras


@pytest.mark.parametrize(
    ("suffix", "missing"), [("bmp", 1), ("bmp", 2), ("bmp", 30), ("gif", 2), ("gif", 9)]
)
def test_other_formats_without_their_end(folder, suffix, missing):
    """Rows of a BMP file are padded, blocks of a GIF file end with an empty one."""
    path = folder / "dogs" / f"2.{suffix}"
    save_img(path, np.full((5, 5, 3), 102.0), scale=False)
    (folder / "dogs" / "2.png").unlink()
    found = colors([x for x, _ in dataset(folder, shuffle=False)])
    np.testing.assert_allclose(found, IN_ORDER, atol=1)
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(OSError, match=rf"dogs.2\.{suffix}.*truncated"):
        list(dataset(folder, shuffle=False))


@pytest.mark.parametrize("suffix", ["png", "bmp", "gif"])
def test_what_follows_an_image_does_not_matter(folder, suffix):
    (folder / "dogs" / "2.png").unlink()
    path = folder / "dogs" / f"2.{suffix}"
    save_img(path, np.full((5, 5, 3), 102.0), scale=False)
    path.write_bytes(path.read_bytes() + b"and more")
    found = colors([x for x, _ in dataset(folder, shuffle=False)])
    np.testing.assert_allclose(found, IN_ORDER, atol=1)


def test_jpeg_files_are_read_once(folder, monkeypatch):
    for path in folder.rglob("*.png"):
        path.unlink()
    for name in ("cats/1.jpg", "dogs/2.jpg"):
        save_img(folder / name, np.full((5, 5, 3), 102.0), scale=False)
    monkeypatch.delattr("pathlib.Path.read_bytes")
    assert [len(x) for x, _ in dataset(folder, shuffle=False)]


def test_files_are_read_together_and_ahead(folder):
    ds = dataset(folder, batch_size=1, shuffle=False)
    read, count = ds._read, itertools.count(1)
    together, ahead = threading.Barrier(2), threading.Event()

    def waiting(path):
        together.wait(20)  # for another thread that reads
        if next(count) == 6:
            ahead.set()
        return read(path)

    ds._read = waiting
    batches = iter(ds)
    next(batches)
    assert ahead.wait(20)  # nobody has asked for these
    assert len(list(batches)) == 9
