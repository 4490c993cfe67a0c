"""A small GPT that learns to write from the reference manual that Python ships.

    python examples/tiny_gpt.py

Data: the help texts of `pydoc_data.topics`, the last tenth of them held out. A decoder
of two blocks, of causal self-attention and a perceptron, learns what character comes
next at all places of a text at once. Afterwards it reads the beginning of held-out text
and goes on. Prints how many bits a character of held-out text costs, and what it costs
by the frequencies of characters alone.

Reference: Radford et al., Language Models are Unsupervised Multitask Learners, 2019.
"""

from pydoc_data.topics import topics

import numpy as np

import ckeras
from ckeras import layers

LENGTH, SIZE, HEADS, BLOCKS = 64, 96, 4, 2
ckeras.utils.set_random_seed(0)

text = "\n".join(topics[name] for name in sorted(topics))
characters = sorted(set(text))
number_of = {c: i for i, c in enumerate(characters)}
codes = np.array([number_of[c] for c in text], "int32")


class Positions(layers.Layer):
    """Adds a learned vector for each place."""

    def build(self, input_shape):
        self.table = self.add_weight(shape=input_shape[1:], initializer="uniform")

    def call(self, x):
        return x + self.table


def block(x):
    """Attention to what came before, then a perceptron, each beside a shortcut."""
    attention = layers.MultiHeadAttention(HEADS, SIZE // HEADS)
    normal = layers.LayerNormalization()(x)
    x = layers.add([x, attention(normal, normal, use_causal_mask=True)])
    inner = layers.Dense(4 * SIZE, "relu")(layers.LayerNormalization()(x))
    return layers.add([x, layers.Dense(SIZE)(inner)])


inputs = ckeras.Input((LENGTH,), dtype="int32")
x = Positions()(layers.Embedding(len(characters), SIZE)(inputs))
for _ in range(BLOCKS):
    x = block(x)
outputs = layers.Dense(len(characters))(layers.LayerNormalization()(x))
model = ckeras.Model(inputs, outputs)

windows = np.lib.stride_tricks.sliding_window_view(codes, LENGTH + 1)
cut = len(codes) * 9 // 10
train, test = windows[: cut - LENGTH : 16], windows[cut::LENGTH]
loss = ckeras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(ckeras.optimizers.Adam(2e-3), loss)
model.fit(train[:, :-1], train[:, 1:], batch_size=32, epochs=1, verbose=0)

cost = model.evaluate(test[:, :-1], test[:, 1:], verbose=0)
counts = np.bincount(codes[:cut], minlength=len(characters)) + 1.0
by_frequency = -np.log(counts / counts.sum())[test[:, 1:]].mean()
print(f"bits a character, GPT:           {cost / np.log(2):.2f}")
print(f"by frequencies of characters:    {by_frequency / np.log(2):.2f}")

written = list(codes[cut : cut + 40])
rng = np.random.default_rng(0)
for _ in range(240):
    seen = written[-LENGTH:]
    window = np.array([seen + [0] * (LENGTH - len(seen))], "int32")
    logits = model.predict_on_batch(window)[0, len(seen) - 1]
    odds = np.exp((logits - logits.max()) / 0.6)
    written.append(rng.choice(len(characters), p=odds / odds.sum()))
print("".join(characters[c] for c in written[:40]), "...", sep="")
print("".join(characters[c] for c in written[40:]))

# What comes later changes nothing: no place sees the ones behind it.
changed = test[:1, :-1].copy()
changed[:, LENGTH // 2 :] = 0
whole, half = [
    model.predict_on_batch(x)[:, : LENGTH // 2] for x in (test[:1, :-1], changed)
]
print(f"later characters change nothing: {np.allclose(whole, half, atol=1e-4)}")
