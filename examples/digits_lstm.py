"""Classifies handwritten digits with an LSTM that reads each image row by row.

    python examples/digits_lstm.py

Data: scikit-learn's digits, 1797 images of 8 by 8. Prints the accuracy on images not
trained on, and saves the curves of loss and accuracy to `digits_lstm.png`.
"""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import ckeras
from ckeras import layers

ckeras.utils.set_random_seed(0)

images, labels = load_digits(return_X_y=True)
images = images.reshape(-1, 8, 8).astype("float32") / 16.0
x_train, x_test, y_train, y_test = train_test_split(
    images, labels, test_size=0.2, random_state=0, stratify=labels
)

model = ckeras.Sequential(
    [
        ckeras.Input((8, 8)),
        layers.LSTM(64),
        layers.Dense(64, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(
    optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"]
)
model.summary()
history = model.fit(
    x_train, y_train, batch_size=32, epochs=60, validation_split=0.1, verbose=2
)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test loss {loss:.4f}, test accuracy {accuracy:.4f}")

history.plot().savefig("digits_lstm.png")
print("curves saved to digits_lstm.png")
