"""Learns to write, character by character, from the texts that scikit-learn ships.

    python examples/text_generation.py

Data: the descriptions of scikit-learn's data sets, 40,000 characters. A GRU learns what
character comes next. Afterwards a stateful copy of it reads the beginning of a text
that was held out and goes on, one character at a time. Prints how many bits a character
of held-out text costs, and what it costs by the frequencies of characters alone.
"""

import pathlib

import numpy as np
import sklearn.datasets

import ckeras
from ckeras import layers

LENGTH, UNITS = 64, 128
ckeras.utils.set_random_seed(0)

folder = pathlib.Path(sklearn.datasets.__file__).parent / "descr"
texts = [p.read_text(encoding="utf-8").lower() for p in sorted(folder.glob("*.rst"))]
text = "\n".join(texts)
characters = sorted(set(text))
number_of = {c: i for i, c in enumerate(characters)}
codes = np.array([number_of[c] for c in text], "int32")


def network(batch_shape, stateful=False):
    """Characters in, logits of the next ones out."""
    return ckeras.Sequential(
        [
            ckeras.Input(batch_shape=batch_shape, dtype="int32"),
            layers.Embedding(len(characters), 32),
            layers.GRU(UNITS, return_sequences=True, stateful=stateful),
            layers.Dropout(0.2),
            layers.Dense(len(characters)),
        ]
    )


windows = np.lib.stride_tricks.sliding_window_view(codes, LENGTH + 1)
cut = len(codes) * 9 // 10
train, test = windows[: cut - LENGTH : 8], windows[cut::LENGTH]
model = network((None, LENGTH))
loss = ckeras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(ckeras.optimizers.Adam(4e-3), loss)
model.fit(train[:, :-1], train[:, 1:], batch_size=64, epochs=5, verbose=0)

cost = model.evaluate(test[:, :-1], test[:, 1:], verbose=0)
counts = np.bincount(codes[:cut], minlength=len(characters)) + 1.0
by_frequency = -np.log(counts / counts.sum())[test[:, 1:]].mean()
print(f"bits a character, GRU:           {cost / np.log(2):.2f}")
print(f"by frequencies of characters:    {by_frequency / np.log(2):.2f}")

writer = network((1, 1), stateful=True)
writer.set_weights(model.get_weights())
beginning, written = codes[cut : cut + 40], []
rng = np.random.default_rng(0)
for code in beginning:  # only the states matter
    logits = writer.predict_on_batch(np.array([[code]]))[0, 0]
for _ in range(200):
    odds = np.exp((logits - logits.max()) / 0.6)
    written.append(rng.choice(len(characters), p=odds / odds.sum()))
    logits = writer.predict_on_batch(np.array([[written[-1]]]))[0, 0]
print("".join(characters[c] for c in beginning), "...", sep="")
print("".join(characters[c] for c in written))

# Reading character by character gives the numbers of the whole sequence.
writer.layers[1].reset_state()
steps = [writer.predict_on_batch(c.reshape(1, 1))[0, 0] for c in test[0, :-1]]
whole = model.predict_on_batch(test[:1, :-1])[0]
print(f"step by step the same: {np.allclose(steps, whole, atol=1e-4)}")
