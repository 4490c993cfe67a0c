"""Models that generate: autoencoders and adversarial networks.

Noise comes with the data, so that every library sees the same.
"""

from tests.reference.programs.kit import BATCH, STEPS, fill, fit_steps, values

__all__ = ["gan", "vae", "vae_add_loss", "wgan_gp"]

ROWS = STEPS * BATCH


def _mlp(keras, sizes, last=None, name=None):
    layers = keras.layers
    stack = [keras.Input((sizes[0],))]
    stack += [layers.Dense(n, activation="tanh") for n in sizes[1:-1]]
    stack.append(layers.Dense(sizes[-1], activation=last))
    return keras.Sequential(stack, name=name)


def _variational_autoencoder(kit):
    keras, ops = kit.keras, kit.keras.ops

    class VAE(keras.Model):
        def __init__(self, encoder, decoder, **kwargs):
            super().__init__(**kwargs)
            self.encoder = encoder
            self.decoder = decoder
            self.total_loss_tracker = keras.metrics.Mean(name="total_loss")
            self.reconstruction_loss_tracker = keras.metrics.Mean(
                name="reconstruction_loss"
            )
            self.kl_loss_tracker = keras.metrics.Mean(name="kl_loss")

        @property
        def metrics(self):
            return [
                self.total_loss_tracker,
                self.reconstruction_loss_tracker,
                self.kl_loss_tracker,
            ]

        def train_step(self, data):
            (images, noise) = data[0]
            with kit.GradientTape() as tape:
                z_mean, z_log_var = self.encoder(images)
                z = z_mean + ops.exp(0.5 * z_log_var) * noise
                reconstruction = self.decoder(z)
                reconstruction_loss = ops.mean(
                    ops.sum(
                        keras.losses.binary_crossentropy(
                            images[..., None], reconstruction[..., None]
                        ),
                        axis=1,
                    )
                )
                kl_loss = -0.5 * (
                    1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var)
                )
                kl_loss = ops.mean(ops.sum(kl_loss, axis=1))
                total_loss = reconstruction_loss + kl_loss
            grads = tape.gradient(total_loss, self.trainable_weights)
            self.optimizer.apply_gradients(
                zip(grads, self.trainable_weights, strict=True)
            )
            self.total_loss_tracker.update_state(total_loss)
            self.reconstruction_loss_tracker.update_state(reconstruction_loss)
            self.kl_loss_tracker.update_state(kl_loss)
            return {
                "loss": self.total_loss_tracker.result(),
                "reconstruction_loss": self.reconstruction_loss_tracker.result(),
                "kl_loss": self.kl_loss_tracker.result(),
            }

    return VAE


def vae(kit):
    """The variational autoencoder of Keras's examples: an own `train_step`."""
    keras = kit.keras
    inputs = keras.Input((12,))
    x = keras.layers.Dense(7, activation="relu")(inputs)
    outputs = [keras.layers.Dense(3, name=n)(x) for n in ("z_mean", "z_log_var")]
    encoder = keras.Model(inputs, outputs, name="encoder")
    decoder = _mlp(keras, (3, 7, 12), "sigmoid", "decoder")
    fill(encoder, decoder)
    model = _variational_autoencoder(kit)(encoder, decoder)
    model.compile(keras.optimizers.Adam(0.01), run_eagerly=kit.run_eagerly)
    yield from fit_steps(
        model, (values("vae/x", ROWS, 12, low=0.0), values("vae/noise", ROWS, 3))
    )


def vae_add_loss(kit):
    """The autoencoder of the guide on subclassing: `add_loss` in layers, and `fit`."""
    keras, layers, ops = kit.keras, kit.keras.layers, kit.keras.ops

    class Sampling(layers.Layer):
        def call(self, inputs):
            z_mean, z_log_var, noise = inputs
            return z_mean + ops.exp(0.5 * z_log_var) * noise

    class Encoder(layers.Layer):
        def __init__(self, latent_dim=3, intermediate_dim=7, name="encoder", **kwargs):
            super().__init__(name=name, **kwargs)
            self.dense_proj = layers.Dense(intermediate_dim, activation="relu")
            self.dense_mean = layers.Dense(latent_dim)
            self.dense_log_var = layers.Dense(latent_dim)
            self.sampling = Sampling()

        def call(self, inputs, noise):
            x = self.dense_proj(inputs)
            z_mean, z_log_var = self.dense_mean(x), self.dense_log_var(x)
            return z_mean, z_log_var, self.sampling((z_mean, z_log_var, noise))

    class Decoder(layers.Layer):
        def __init__(self, original_dim, intermediate_dim=7, name="decoder", **kwargs):
            super().__init__(name=name, **kwargs)
            self.dense_proj = layers.Dense(intermediate_dim, activation="relu")
            self.dense_output = layers.Dense(original_dim, activation="sigmoid")

        def call(self, inputs):
            return self.dense_output(self.dense_proj(inputs))

    class VariationalAutoEncoder(keras.Model):
        def __init__(self, original_dim, name="autoencoder", **kwargs):
            super().__init__(name=name, **kwargs)
            self.encoder = Encoder()
            self.decoder = Decoder(original_dim)

        def call(self, inputs):
            images, noise = inputs
            z_mean, z_log_var, z = self.encoder(images, noise=noise)
            reconstructed = self.decoder(z)
            kl_loss = -0.5 * ops.mean(
                z_log_var - ops.square(z_mean) - ops.exp(z_log_var) + 1
            )
            self.add_loss(kl_loss)
            return reconstructed

    images = values("add_loss/x", ROWS, 12, low=0.0)
    noise = values("add_loss/noise", ROWS, 3)
    model = VariationalAutoEncoder(12)
    model((images[:BATCH], noise[:BATCH]))
    fill(model)
    model.compile(
        keras.optimizers.Adam(0.01),
        loss=keras.losses.MeanSquaredError(),
        run_eagerly=kit.run_eagerly,
    )
    yield from fit_steps(model, (images, noise), images)
    inputs = (images[:BATCH], noise[:BATCH])
    yield {"evaluate": model.evaluate(inputs, images[:BATCH], verbose=0)}


def _adversarial(kit):
    keras, ops = kit.keras, kit.keras.ops

    class GAN(keras.Model):
        def __init__(self, discriminator, generator):
            super().__init__()
            self.discriminator = discriminator
            self.generator = generator
            self.d_loss_tracker = keras.metrics.Mean(name="d_loss")
            self.g_loss_tracker = keras.metrics.Mean(name="g_loss")

        @property
        def metrics(self):
            return [self.d_loss_tracker, self.g_loss_tracker]

        def compile(self, d_optimizer, g_optimizer, loss_fn, **kwargs):
            super().compile(**kwargs)
            self.d_optimizer = d_optimizer
            self.g_optimizer = g_optimizer
            self.loss_fn = loss_fn

        def train_step(self, data):
            real_images, noise, more_noise = data[0]
            batch_size = ops.shape(real_images)[0]
            generated_images = self.generator(noise)
            combined_images = ops.concatenate([generated_images, real_images], axis=0)
            labels = ops.concatenate(
                [ops.ones((batch_size, 1)), ops.zeros((batch_size, 1))], axis=0
            )
            with kit.GradientTape() as tape:
                predictions = self.discriminator(combined_images)
                d_loss = self.loss_fn(labels, predictions)
            grads = tape.gradient(d_loss, self.discriminator.trainable_weights)
            self.d_optimizer.apply_gradients(
                zip(grads, self.discriminator.trainable_weights, strict=True)
            )
            misleading_labels = ops.zeros((batch_size, 1))
            with kit.GradientTape() as tape:
                predictions = self.discriminator(self.generator(more_noise))
                g_loss = self.loss_fn(misleading_labels, predictions)
            grads = tape.gradient(g_loss, self.generator.trainable_weights)
            self.g_optimizer.apply_gradients(
                zip(grads, self.generator.trainable_weights, strict=True)
            )
            self.d_loss_tracker.update_state(d_loss)
            self.g_loss_tracker.update_state(g_loss)
            return {
                "d_loss": self.d_loss_tracker.result(),
                "g_loss": self.g_loss_tracker.result(),
            }

    return GAN


def gan(kit):
    """The adversarial network of the guide on `train_step`: two optimizers."""
    keras = kit.keras
    model = _adversarial(kit)(
        _mlp(keras, (6, 9, 1), name="discriminator"),
        _mlp(keras, (3, 9, 6), name="generator"),
    )
    fill(model.discriminator, model.generator)
    model.compile(
        d_optimizer=keras.optimizers.Adam(learning_rate=0.01),
        g_optimizer=keras.optimizers.Adam(learning_rate=0.02),
        loss_fn=keras.losses.BinaryCrossentropy(from_logits=True),
        run_eagerly=kit.run_eagerly,
    )
    noise = values("gan/noise", 2, ROWS, 3)
    yield from fit_steps(model, (values("gan/x", ROWS, 6), noise[0], noise[1]))


def _wasserstein(kit):
    keras, ops = kit.keras, kit.keras.ops

    class WGAN(keras.Model):
        def __init__(self, discriminator, generator, gp_weight=10.0):
            super().__init__()
            self.discriminator = discriminator
            self.generator = generator
            self.gp_weight = gp_weight

        def compile(self, d_optimizer, g_optimizer, **kwargs):
            super().compile(**kwargs)
            self.d_optimizer = d_optimizer
            self.g_optimizer = g_optimizer

        def gradient_penalty(self, real_images, fake_images, alpha):
            interpolated = real_images + alpha * (fake_images - real_images)
            with kit.GradientTape() as gp_tape:
                gp_tape.watch(interpolated)
                pred = self.discriminator(interpolated, training=True)
            grads = gp_tape.gradient(pred, [interpolated])[0]
            norm = ops.sqrt(ops.sum(ops.square(grads), axis=1))
            return ops.mean((norm - 1.0) ** 2)

        def train_step(self, data):
            real_images, noises, alphas = data[0]
            for i in range(2):
                with kit.GradientTape() as tape:
                    fake_images = self.generator(noises[:, i], training=True)
                    fake_logits = self.discriminator(fake_images, training=True)
                    real_logits = self.discriminator(real_images, training=True)
                    d_cost = ops.mean(fake_logits) - ops.mean(real_logits)
                    gp = self.gradient_penalty(real_images, fake_images, alphas[:, i])
                    d_loss = d_cost + gp * self.gp_weight
                variables = self.discriminator.trainable_variables
                d_gradient = tape.gradient(d_loss, variables)
                self.d_optimizer.apply_gradients(
                    zip(d_gradient, variables, strict=True)
                )
            with kit.GradientTape() as tape:
                generated_images = self.generator(noises[:, 2], training=True)
                gen_img_logits = self.discriminator(generated_images, training=True)
                g_loss = -ops.mean(gen_img_logits)
            variables = self.generator.trainable_variables
            gen_gradient = tape.gradient(g_loss, variables)
            self.g_optimizer.apply_gradients(zip(gen_gradient, variables, strict=True))
            return {"d_loss": d_loss, "g_loss": g_loss, "gp": gp}

    return WGAN


def wgan_gp(kit):
    """WGAN-GP of Keras's examples: the loss holds the norm of a gradient."""
    keras, layers = kit.keras, kit.keras.layers
    discriminator = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(9, activation="silu"),
            layers.Dense(7),
            layers.Activation("tanh"),
            layers.Dense(1),
        ]
    )
    model = _wasserstein(kit)(discriminator, _mlp(keras, (3, 9, 6)))
    fill(model.discriminator, model.generator)
    model.compile(
        d_optimizer=keras.optimizers.Adam(0.01, beta_1=0.5, beta_2=0.9),
        g_optimizer=keras.optimizers.Adam(0.01, beta_1=0.5, beta_2=0.9),
        run_eagerly=kit.run_eagerly,
    )
    noises = values("wgan/noise", ROWS, 3, 3)
    alphas = values("wgan/alpha", ROWS, 2, 1, low=0.0)
    yield from fit_steps(model, (values("wgan/x", ROWS, 6), noises, alphas))
