"""Classifies handwritten digits with a multilayer perceptron, and saves the model.

    python examples/digits_mlp.py

Data: scikit-learn's digits, 1797 images of 8 by 8.
"""

import pathlib
import tempfile

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import ckeras
from ckeras import layers
from ckeras.callbacks import EarlyStopping

ckeras.utils.set_random_seed(0)

features, labels = load_digits(return_X_y=True)
features = (features / 16.0).astype("float32")
targets = ckeras.utils.to_categorical(labels, 10)
x_train, x_test, y_train, y_test = train_test_split(
    features, targets, test_size=0.2, random_state=0, stratify=labels
)

model = ckeras.Sequential(
    [
        ckeras.Input((64,)),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.3),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.3),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
history = model.fit(
    x_train,
    y_train,
    batch_size=64,
    epochs=60,
    validation_split=0.1,
    callbacks=[EarlyStopping(patience=8, restore_best_weights=True)],
    verbose=0,
)
print(f"stopped after {len(history.epoch)} epochs")

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test loss {loss:.4f}, test accuracy {accuracy:.4f}")

with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "digits.keras"
    model.save(path)
    again = ckeras.models.load_model(path)
before, after = (m.predict(x_test, verbose=0) for m in (model, again))
same = np.array_equal(before, after)
print(f"the saved model predicts the same: {same}")
