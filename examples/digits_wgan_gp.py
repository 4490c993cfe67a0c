"""Draws handwritten digits with a Wasserstein GAN with gradient penalty.

    python examples/digits_wgan_gp.py

The critic's loss holds the norm of a gradient: one tape inside another, compiled.

Data: scikit-learn's digits, 1797 images of 8 by 8.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import ckeras
from ckeras import layers, ops

NOISE = 16

ckeras.utils.set_random_seed(0)


class WGAN(ckeras.Model):
    """A generator, and a critic that tells its images from real ones.

    Args:
        critic, generator: the two networks.
        critic_steps: updates of the critic for each one of the generator.
        penalty: weight of the gradient penalty.
    """

    def __init__(self, critic, generator, critic_steps=3, penalty=10.0):
        super().__init__()
        self.critic = critic
        self.generator = generator
        self.critic_steps = critic_steps
        self.penalty = penalty
        self.seeds = ckeras.random.SeedGenerator(1)

    def compile(self, critic_optimizer, generator_optimizer, **kwargs):
        super().compile(**kwargs)
        self.critic_optimizer = critic_optimizer
        self.generator_optimizer = generator_optimizer

    def call(self, noise):
        return self.generator(noise)

    def draw_noise(self, count):
        return ckeras.random.normal((count, NOISE), seed=self.seeds)

    def gradient_penalty(self, real, fake):
        """How far the critic's slope between images is from 1."""
        share = ckeras.random.uniform((real.shape[0], 1), seed=self.seeds)
        between = real + share * (fake - real)
        with ckeras.GradientTape() as tape:
            tape.watch(between)
            scores = self.critic(between, training=True)
        slope = tape.gradient(scores, between)
        norm = ops.sqrt(ops.sum(ops.square(slope), axis=1) + 1e-12)
        return ops.mean(ops.square(norm - 1.0))

    def train_step(self, real):
        count = real.shape[0]
        for _ in range(self.critic_steps):
            with ckeras.GradientTape() as tape:
                fake = self.generator(self.draw_noise(count), training=True)
                distance = ops.mean(self.critic(real, training=True)) - ops.mean(
                    self.critic(fake, training=True)
                )
                loss = self.penalty * self.gradient_penalty(real, fake) - distance
            weights = self.critic.trainable_weights
            self.critic_optimizer.apply(tape.gradient(loss, weights), weights)
        with ckeras.GradientTape() as tape:
            fake = self.generator(self.draw_noise(count), training=True)
            generator_loss = -ops.mean(self.critic(fake, training=True))
        weights = self.generator.trainable_weights
        self.generator_optimizer.apply(tape.gradient(generator_loss, weights), weights)
        return {"distance": distance}


def mlp(inputs, units, outputs, activation=None):
    return ckeras.Sequential(
        [
            ckeras.Input((inputs,)),
            *[layers.Dense(units, activation="silu") for _ in range(2)],
            layers.Dense(outputs, activation=activation),
        ]
    )


images, labels = load_digits(return_X_y=True)
images = (images / 16.0).astype("float32")

model = WGAN(mlp(64, 256, 1), mlp(NOISE, 256, 64, "sigmoid"))
model.compile(
    ckeras.optimizers.Adam(5e-4, beta_1=0.5, beta_2=0.9),
    ckeras.optimizers.Adam(5e-4, beta_1=0.5, beta_2=0.9),
)
history = model.fit(images, epochs=100, batch_size=64, verbose=0).history
early, late = (
    np.mean(history["distance"][part]) for part in (slice(10), slice(-10, None))
)
print(f"distance of real and drawn images: {early:.2f} at first, {late:.2f} at last")

# How surely does a classifier of real digits recognize the drawn ones?
judge = LogisticRegression(max_iter=2000).fit(images, labels)
drawn = model.predict(
    np.random.default_rng(0).normal(size=(500, NOISE)).astype("float32"), verbose=0
)
sure = judge.predict_proba(drawn).max(axis=1)
noise = judge.predict_proba(np.random.default_rng(1).permuted(images[:500], axis=1))
print(f"certainty about drawn digits {sure.mean():.3f}")
print(f"certainty about shuffled pixels {noise.max(axis=1).mean():.3f}")
print(f"different digits drawn {len(set(judge.predict(drawn)))}")
