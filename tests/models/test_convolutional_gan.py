"""A Wasserstein GAN with gradient penalty whose networks are convolutional: second
derivatives through convolutions in training, compiled and run eagerly."""

import numpy as np

import ckeras
from ckeras import GradientTape, layers, ops

IMAGES = np.random.default_rng(0).random((24, 8, 8, 1)).astype("float32")
IMAGES = (IMAGES * np.linspace(0, 1, 8)[:, None, None]).astype(
    "float32"
)  # darker above


class GAN(ckeras.Model):
    """Four updates of the critic and one of the generator for each batch."""

    def __init__(self):
        super().__init__()
        self.critic = ckeras.Sequential(
            [
                ckeras.Input((8, 8, 1)),
                layers.Conv2D(8, 3, 2, padding="same"),
                layers.LeakyReLU(0.2),
                layers.Conv2D(16, 3, 2, padding="same", activation="silu"),
                layers.AveragePooling2D(2),
                layers.Flatten(),
                layers.Dense(1),
            ]
        )
        self.generator = ckeras.Sequential(
            [
                ckeras.Input((4,)),
                layers.Dense(2 * 2 * 8, activation="relu"),
                layers.Reshape((2, 2, 8)),
                layers.Conv2DTranspose(8, 3, 2, padding="same", activation="relu"),
                layers.BatchNormalization(),
                layers.Conv2DTranspose(1, 3, 2, padding="same", activation="sigmoid"),
            ]
        )
        self.of_critic = ckeras.optimizers.Adam(2e-3, beta_1=0.5)
        self.of_generator = ckeras.optimizers.Adam(2e-3, beta_1=0.5)
        self.seeds = ckeras.random.SeedGenerator(3)

    def call(self, noise):
        return self.generator(noise)

    def penalty(self, real, fake):
        share = ckeras.random.uniform((real.shape[0], 1, 1, 1), seed=self.seeds)
        between = fake + share * (real - fake)
        with GradientTape() as tape:
            tape.watch(between)
            scores = self.critic(between)
        slope = tape.gradient(scores, between)
        norm = ops.sqrt(ops.sum(ops.square(slope), axis=(1, 2, 3)) + 1e-12)
        return ops.mean(ops.square(norm - 1.0))

    def train_step(self, real):
        def draw():
            noise = ckeras.random.normal((real.shape[0], 4), seed=self.seeds)
            return self.generator(noise, training=True)

        for _ in range(4):
            with GradientTape() as tape:
                fake = draw()
                distance = ops.mean(self.critic(real)) - ops.mean(self.critic(fake))
                penalty = self.penalty(real, fake)
                loss = 10.0 * penalty - distance
            weights = self.critic.trainable_weights
            self.of_critic.apply(tape.gradient(loss, weights), weights)
        with GradientTape() as tape:
            loss = -ops.mean(self.critic(draw()))
        weights = self.generator.trainable_weights
        self.of_generator.apply(tape.gradient(loss, weights), weights)
        return {"distance": distance, "penalty": penalty}


def trained(epochs, **options):
    ckeras.utils.set_random_seed(1)
    model = GAN()
    model.compile(**options)
    history = model.fit(IMAGES, epochs=epochs, batch_size=8, shuffle=False, verbose=0)
    return model, history.history


def test_compiled_and_eager_training_agree():
    (compiled, one), (eager, two) = trained(3), trained(3, run_eagerly=True)
    for name in ("distance", "penalty"):
        np.testing.assert_allclose(one[name], two[name], rtol=1e-4, atol=1e-5)
    pairs = zip(compiled.get_weights(), eager.get_weights(), strict=True)
    for a, b in pairs:
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


def test_it_trains():
    model, history = trained(60)
    assert np.isfinite(history["distance"]).all()
    assert np.mean(history["penalty"][-10:]) < 0.5 * history["penalty"][0]
    noise = np.random.default_rng(2).normal(size=(64, 4)).astype("float32")
    rows = model.predict(noise, verbose=0).mean(axis=(0, 2, 3))
    assert rows[-2:].mean() > rows[:2].mean() + 0.1  # it has learned what is darker
