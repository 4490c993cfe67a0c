"""A small GPT that learns to write from the reference manual that Python ships.

    python examples/tiny_gpt.py

Data: the help texts of `pydoc_data.topics`, the last tenth of them held out. A decoder
of two blocks, of causal self-attention and a perceptron, learns what character comes
next at all places of a text at once. Afterwards it reads the beginning of held-out text
and goes on character by character, with the keys and values that it keeps of those
before. Prints how many bits a character of held-out text costs, and what it costs by
the frequencies of characters alone.

Reference: Radford et al., Language Models are Unsupervised Multitask Learners, 2019.
"""

from pydoc_data.topics import topics

import numpy as np

import ckeras
from ckeras import layers, ops

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


class Block(layers.Layer):
    """Attention to what came before, then a perceptron, each beside a shortcut."""

    def __init__(self):
        super().__init__()
        self.attention = layers.MultiHeadAttention(HEADS, SIZE // HEADS)
        self.normal, self.later_normal = [layers.LayerNormalization() for _ in "12"]
        self.inner, self.outer = layers.Dense(4 * SIZE, "relu"), layers.Dense(SIZE)

    def call(self, x):
        normal = self.normal(x)
        return self.think(x + self.attention(normal, normal, use_causal_mask=True))

    def think(self, x):
        return x + self.outer(self.inner(self.later_normal(x)))

    def step(self, x, place, keys, values):
        """One place alone, with the keys and values of all places before it."""
        normal, projections = self.normal(x), self.attention
        start = ops.stack([0, place, 0, 0])
        keys = ops.slice_update(keys, start, projections.key_dense(normal))
        values = ops.slice_update(values, start, projections.value_dense(normal))
        seen = ops.reshape(ops.arange(LENGTH) <= place, (1, 1, 1, LENGTH))
        query = projections.query_dense(normal)
        found = ops.dot_product_attention(query, keys, values, mask=seen)
        return self.think(x + projections.output_dense(found)), keys, values


embedding, positions = layers.Embedding(len(characters), SIZE), Positions()
blocks = [Block() for _ in range(BLOCKS)]
head = ckeras.Sequential([layers.LayerNormalization(), layers.Dense(len(characters))])

inputs = ckeras.Input((LENGTH,), dtype="int32")
x = positions(embedding(inputs))
for block in blocks:
    x = block(x)
model = ckeras.Model(inputs, head(x))

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


@ckeras.function
def step(code, place, memory):
    """Odds of what follows the character at a place, and what is kept of it."""
    x = embedding(ops.reshape(code, (1, 1))) + ops.take(positions.table, place, axis=0)
    kept = []
    for block, (keys, values) in zip(blocks, memory, strict=True):
        x, *both = block.step(x, place, keys, values)
        kept.append(both)
    return head(x)[0, 0], kept


empty = ops.zeros((1, LENGTH, HEADS, SIZE // HEADS))
memory, place = [[empty, empty] for _ in blocks], 0
written = list(codes[cut : cut + 40])
unread = written[:]
rng = np.random.default_rng(0)
for _ in range(240):
    if place + len(unread) > LENGTH:  # no place is left: read the last half again
        unread, place = written[-LENGTH // 2 :], 0
    for code in unread:
        logits, memory = step(np.int32(code), np.int32(place), memory)
        place += 1
    logits = np.asarray(logits)
    odds = np.exp((logits - logits.max()) / 0.6)
    unread = [rng.choice(len(characters), p=odds / odds.sum())]
    written += unread
print("".join(characters[c] for c in written[:40]), "...", sep="")
print("".join(characters[c] for c in written[40:]))

# Character by character, the model says what it says of a text as a whole.
whole = model.predict_on_batch(test[:1, :-1])[0]
single = []
for i, code in enumerate(test[0, :-1]):
    logits, memory = step(np.int32(code), np.int32(i), memory)
    single.append(logits)
print(f"step by step the same:          {np.allclose(whole, single, atol=1e-3)}")

# What comes later changes nothing: no place sees the ones behind it.
changed = test[:1, :-1].copy()
changed[:, LENGTH // 2 :] = 0
whole, half = [
    model.predict_on_batch(x)[:, : LENGTH // 2] for x in (test[:1, :-1], changed)
]
print(f"later characters change nothing: {np.allclose(whole, half, atol=1e-4)}")
