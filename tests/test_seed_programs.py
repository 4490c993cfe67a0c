"""The programs of the article that the project began from, line by line.

Only the import name is changed and each `...` is filled in.
"""

import math
import warnings

import numpy as np
import pytest

from ckeras.utils import PyDataset, set_random_seed


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    set_random_seed(3)
    monkeypatch.chdir(tmp_path)


class Waves(PyDataset):
    """Batches `(x, y)` of waves and what comes next, with the shape of all of x."""

    def __init__(self, count=96, timesteps=12, batch_size=32):
        super().__init__()
        start = np.random.default_rng(1).uniform(0, 6, (count, 1))
        waves = np.sin(start + 0.5 * np.arange(timesteps + 1)).astype("float32")
        self.x, self.y = waves[:, :-1], waves[:, -1:]
        self.batch_size = batch_size
        self.shape = self.x.shape

    def __len__(self):
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, index):
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return self.x[rows], self.y[rows]


def test_lstm_regression():
    from ckeras.layers import LSTM, Dense
    from ckeras.models import Sequential

    data = Waves()

    model = Sequential()
    model.add(LSTM(32, input_shape=(data.shape[1],)))
    model.add(Dense(1))
    model.compile(loss="mse", optimizer="adam")

    model.fit(data, epochs=10, batch_size=32)

    losses = model.history.history["loss"]
    assert len(losses) == 10
    assert losses[-1] < 0.8 * losses[0]
    assert model.predict(data, verbose=0).shape == (96, 1)


def test_lstm_regression_on_an_array_alone_asks_for_targets():
    from ckeras.layers import LSTM, Dense
    from ckeras.models import Sequential

    data = Waves().x
    model = Sequential()
    model.add(LSTM(32, input_shape=(data.shape[1],)))
    model.add(Dense(1))
    model.compile(loss="mse", optimizer="adam")
    with pytest.raises(ValueError, match=r"(?s)no `y`.*fit\(x, y\)"):
        model.fit(data, epochs=10, batch_size=32)


def binary_data(count, seed):
    """20 features of 0 or 1; the class is how many of the first three are 1."""
    x = np.random.default_rng(seed).integers(0, 2, (count, 20))
    return x, x[:, :3].sum(axis=1)


def classifier(units):
    """The article's model, with its import of Dropout, which it forgets, made good."""
    from ckeras.layers import LSTM, Dense, Dropout
    from ckeras.models import Sequential

    model = Sequential()
    model.add(LSTM(32, input_shape=(20,)))
    model.add(Dense(32, activation="relu"))
    model.add(Dropout(0.2))
    model.add(Dense(units, activation="softmax" if units > 1 else None))
    return model


def test_classification_of_20_binary_features(capsys):
    from ckeras.layers import LSTM, Dense, Dropout
    from ckeras.models import Sequential
    from ckeras.preprocessing import image
    from ckeras.utils import to_categorical

    train_x, train_y = binary_data(500, 1)
    test_x, test_y = binary_data(200, 2)

    train_labels = to_categorical(train_y)
    test_labels = to_categorical(test_y)

    model = Sequential()
    model.add(LSTM(32, input_shape=(train_x.shape[1],)))
    model.add(Dense(32, activation="relu"))
    model.add(Dropout(0.2))
    model.add(Dense(4, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam")

    history = model.fit(
        train_x,
        train_labels,
        epochs=50,
        batch_size=32,
        validation_data=(test_x, test_labels),
    )

    printed = capsys.readouterr()
    assert printed.out.count("Epoch ") == 50
    assert printed.err == ""
    assert list(history.history) == ["loss", "val_loss"]
    assert len(history.history["val_loss"]) == 50
    assert history.history["loss"][-1] < history.history["loss"][0]
    found = model.predict(test_x, verbose=0)
    assert found.shape == (200, 4)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    history.plot(path="loss.png")
    with open("loss.png", "rb") as picture:
        assert picture.read(4) == b"\x89PNG"
    assert callable(image.img_to_array)


def test_one_output_unit_for_many_classes():
    """The article's last layer cannot tell classes apart: the error says what can."""
    from ckeras.utils import to_categorical

    x, _ = binary_data(40, 1)
    labels = to_categorical(np.arange(40) % 20)
    model = classifier(1)
    model.compile(loss="categorical_crossentropy", optimizer="adam")
    before = model.get_weights()
    with pytest.raises(ValueError) as raised:
        model.fit(x, labels, epochs=50, batch_size=32, validation_data=(x, labels))
    assert "units=20" in str(raised.value)
    assert "softmax" in str(raised.value)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_loading_and_evaluating(capsys):
    train_x, train_y = binary_data(200, 1)
    trained = classifier(4)
    trained.compile(
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        metrics=["accuracy"],
    )
    trained.fit(train_x, train_y, epochs=2, verbose=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras calls the format legacy, so do we
        trained.save("model.h5")

    from ckeras.layers import Dense  # noqa: F401, as in the article
    from ckeras.models import load_model

    model = load_model("model.h5")

    class TestData(PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            x, y = binary_data(200, 2)
            return x[index::4], y[index::4]

    test_data = TestData()

    test_loss, test_acc = model.evaluate(test_data)
    print("Test accuracy:", test_acc)

    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == f"Test accuracy: {test_acc}"
    expected = trained.evaluate(*binary_data(200, 2), verbose=0)
    np.testing.assert_allclose([test_loss, test_acc], expected, rtol=1e-5)


def test_columns_joined_by_concatenate():
    """Layers stacked into columns, columns side by side in a model."""
    from ckeras import Input, Model
    from ckeras.layers import LSTM, Column, Concatenate, Dense, Dropout
    from ckeras.models import load_model

    x, y = binary_data(300, 1)
    inputs = Input((20,))
    left = Column([Dense(16, activation="relu"), Dropout(0.1), Dense(4)])(inputs)
    right = Column([LSTM(8, input_shape=(20,)), Dense(4)])(inputs)
    joined = Concatenate()([left, right])
    assert joined.shape == (None, 8)
    model = Model(inputs, Dense(4, activation="softmax")(joined))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=30, verbose=0).history
    assert history["accuracy"][-1] > 0.5 > history["accuracy"][0]
    model.save("columns.keras")
    np.testing.assert_array_equal(
        load_model("columns.keras").predict(x, verbose=0), model.predict(x, verbose=0)
    )


def test_a_batch_of_columns():
    """Concatenating along the first axis makes columns one batch."""
    from ckeras import ops
    from ckeras.layers import Column, Concatenate, Dense

    column = Column([Dense(3, activation="tanh"), Dense(2)])
    ones, zeros = ops.ones((4, 5)), ops.zeros((3, 5))
    joined = Concatenate(axis=0)([column(ones), column(zeros)])
    assert joined.shape == (7, 2)
    np.testing.assert_array_equal(joined[4:], column(zeros))


def test_history_plot():
    model = classifier(4)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = binary_data(64, 1)
    history = model.fit(x, y, epochs=3, validation_split=0.25, verbose=0)
    figure = history.plot()
    assert len(figure.axes) == 2
    for axes, name in zip(figure.axes, ("loss", "accuracy"), strict=True):
        lines = {line.get_label(): line.get_ydata() for line in axes.lines}
        np.testing.assert_array_equal(lines["training"], history.history[name])
        np.testing.assert_array_equal(
            lines["validation"], history.history[f"val_{name}"]
        )
    assert len(history.plot("loss", path="loss.svg").axes) == 1
