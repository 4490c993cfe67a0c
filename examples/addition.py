"""Adds numbers written as text: a sequence of characters in, another one out.

    python examples/addition.py

An encoder reads "52+367" backwards, its states are the first states of a decoder that
writes the digits of the sum. Prints the share of right characters, and of sums that
are right in every digit, on numbers not trained on.
"""

import numpy as np

import ckeras
from ckeras import layers, ops

DIGITS = 2
CHARACTERS = "0123456789+ "
QUESTION, ANSWER = 2 * DIGITS + 1, DIGITS + 1
TARGET = 0.99
ckeras.utils.set_random_seed(0)


def encoded(texts):
    """One-hot vectors of texts of equal length."""
    numbers = np.array([[CHARACTERS.index(c) for c in text] for text in texts])
    return np.eye(len(CHARACTERS), dtype="float32")[numbers]


# Every sum there is: nine tenths to learn from, the rest to be found out.
pairs = [(a, b) for a in range(10**DIGITS) for b in range(10**DIGITS)]
np.random.default_rng(0).shuffle(pairs)
x = encoded([f"{a}+{b}".ljust(QUESTION)[::-1] for a, b in pairs])
y = encoded([str(a + b).ljust(ANSWER) for a, b in pairs]).argmax(-1)
held_out = len(x) // 10
x_val, y_val, x, y = x[:held_out], y[:held_out], x[held_out:], y[held_out:]

inputs = ckeras.Input((QUESTION, len(CHARACTERS)))
_, h, c = layers.LSTM(128, return_state=True)(inputs)
repeated = layers.RepeatVector(ANSWER)(h)
decoded = layers.LSTM(128, return_sequences=True)(repeated, initial_state=[h, c])
outputs = layers.Dense(len(CHARACTERS), activation="softmax")(decoded)
model = ckeras.Model(inputs, outputs)
model.compile(
    ckeras.optimizers.Adam(3e-3),
    "sparse_categorical_crossentropy",
    metrics=["accuracy"],
)


class StopWhenGood(ckeras.callbacks.Callback):
    """Ends training at the validation accuracy that is wanted."""

    def on_epoch_end(self, epoch, logs=None):
        if logs["val_accuracy"] > TARGET + 0.003:
            self.model.stop_training = True


history = model.fit(
    x,
    y,
    batch_size=64,
    epochs=60,
    validation_data=(x_val, y_val),
    callbacks=[StopWhenGood()],
    verbose=0,
).history
found = np.asarray(ops.argmax(model.predict(x_val, verbose=0), axis=-1))
print(f"epochs {len(history['loss'])}")
print(f"validation accuracy {(found == y_val).mean():.4f}")
print(f"right in every digit {(found == y_val).all(1).mean():.4f}")
for question, answer in zip(x_val[:5], found[:5], strict=True):
    text = "".join(CHARACTERS[i] for i in question.argmax(-1))[::-1].strip()
    print(f"{text} = {''.join(CHARACTERS[i] for i in answer).strip()}")
