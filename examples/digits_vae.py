"""Learns to draw handwritten digits with a variational autoencoder.

    python examples/digits_vae.py

The encoder describes an image by a distribution over four numbers, the decoder draws
it from a sample. `train_step` is written by hand; `fit` compiles it.

Data: scikit-learn's digits, 1797 images of 8 by 8.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

import ckeras
from ckeras import layers, ops

LATENT = 4

ckeras.utils.set_random_seed(0)


class Sampling(layers.Layer):
    """Draws from a normal distribution, so that gradients reach its parameters."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = ckeras.random.SeedGenerator(1337)

    def call(self, inputs):
        mean, log_var = inputs
        noise = ckeras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_var) * noise


class VAE(ckeras.Model):
    """An encoder and a decoder that are trained together."""

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.reconstruction_tracker = ckeras.metrics.Mean(name="reconstruction_loss")
        self.kl_tracker = ckeras.metrics.Mean(name="kl_loss")

    def call(self, images):
        mean, _, _ = self.encoder(images)
        return self.decoder(mean)

    @property
    def metrics(self):
        return [self.reconstruction_tracker, self.kl_tracker]

    def train_step(self, images):
        with ckeras.GradientTape() as tape:
            mean, log_var, sample = self.encoder(images)
            drawn = self.decoder(sample)
            reconstruction_loss = ops.mean(
                ops.sum(ops.binary_crossentropy(images, drawn), axis=1)
            )
            kl = -0.5 * (1.0 + log_var - ops.square(mean) - ops.exp(log_var))
            kl_loss = ops.mean(ops.sum(kl, axis=1))
            loss = reconstruction_loss + kl_loss
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        self.reconstruction_tracker.update_state(reconstruction_loss)
        self.kl_tracker.update_state(kl_loss)
        return {m.name: m.result() for m in self.metrics}


def draw(images):
    """Images side by side, as text."""
    shades = np.array(list(" .:-=+*#@"))
    rows = np.concatenate(images.reshape(-1, 8, 8), axis=1)
    for row in shades[np.clip(rows * 9, 0, 8).astype(int)]:
        print("".join(np.repeat(row, 2)))


images, _ = load_digits(return_X_y=True)
images = (images / 16.0).astype("float32")
train, test = train_test_split(images, test_size=0.2, random_state=0)

encoder_input = ckeras.Input((64,))
x = layers.Dense(256, activation="relu")(encoder_input)
x = layers.Dense(128, activation="relu")(x)
z_mean = layers.Dense(LATENT, name="z_mean")(x)
z_log_var = layers.Dense(LATENT, name="z_log_var")(x)
z = Sampling()([z_mean, z_log_var])
encoder = ckeras.Model(encoder_input, [z_mean, z_log_var, z], name="encoder")
decoder = ckeras.Sequential(
    [
        ckeras.Input((LATENT,)),
        layers.Dense(128, activation="relu"),
        layers.Dense(256, activation="relu"),
        layers.Dense(64, activation="sigmoid"),
    ],
    name="decoder",
)

vae = VAE(encoder, decoder)
vae.compile(optimizer=ckeras.optimizers.Adam(1e-3))
history = vae.fit(train, epochs=200, batch_size=64, verbose=0).history
for name in ("reconstruction_loss", "kl_loss"):
    print(f"{name}: {history[name][0]:.2f} in the first epoch, {history[name][-1]:.2f}")

pca = PCA(LATENT).fit(train)
by_pca = pca.inverse_transform(pca.transform(test))
by_vae = vae.predict(test, verbose=0)
print(
    f"test error of {LATENT} principal components {np.mean((test - by_pca) ** 2):.4f}"
)
print(f"test error of {LATENT} latent numbers {np.mean((test - by_vae) ** 2):.4f}")

print("\nimages of the test set, and what the decoder makes of their codes:")
draw(test[:8])
draw(by_vae[:8])
