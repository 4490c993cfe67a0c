"""Models that are taught: by a teacher, in pairs, by experts, by other steps."""

from tests.reference.programs.kit import BATCH, STEPS, fill, fit_steps, values

__all__ = [
    "distillation",
    "micro_batches",
    "mixture_of_experts",
    "overrides",
    "siamese",
    "transfer",
    "triplets",
]

ROWS = STEPS * BATCH


def _labels(name, classes):
    return (values(name, ROWS, low=0.0) * classes).astype("int32")


def distillation(kit):
    """Knowledge distillation of Keras's examples: an own `compute_loss`."""
    keras, layers, ops = kit.keras, kit.keras.layers, kit.keras.ops

    class Distiller(keras.Model):
        def __init__(self, student, teacher):
            super().__init__()
            self.teacher = teacher
            self.student = student

        def compile(
            self,
            optimizer,
            metrics,
            student_loss_fn,
            distillation_loss_fn,
            alpha=0.1,
            temperature=3,
            **kwargs,
        ):
            super().compile(optimizer=optimizer, metrics=metrics, **kwargs)
            self.student_loss_fn = student_loss_fn
            self.distillation_loss_fn = distillation_loss_fn
            self.alpha = alpha
            self.temperature = temperature

        def compute_loss(
            self, x=None, y=None, y_pred=None, sample_weight=None, allow_empty=False
        ):
            teacher_pred = self.teacher(x, training=False)
            student_loss = self.student_loss_fn(y, y_pred)
            distillation_loss = self.distillation_loss_fn(
                ops.softmax(teacher_pred / self.temperature, axis=1),
                ops.softmax(y_pred / self.temperature, axis=1),
            ) * (self.temperature**2)
            return self.alpha * student_loss + (1 - self.alpha) * distillation_loss

        def call(self, x):
            return self.student(x)

    def classifier(units, name):
        inputs = keras.Input((5,))
        x = layers.Dense(units, activation="relu")(inputs)
        return keras.Model(inputs, layers.Dense(4)(x), name=name)

    teacher, student = classifier(11, "teacher"), classifier(6, "student")
    fill(teacher, student)
    model = Distiller(student=student, teacher=teacher)
    model.compile(
        optimizer=keras.optimizers.Adam(0.01),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
        student_loss_fn=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        distillation_loss_fn=keras.losses.KLDivergence(),
        run_eagerly=kit.run_eagerly,
    )
    before = teacher.get_weights()
    x, y = values("distillation/x", ROWS, 5), _labels("distillation/y", 4)
    yield from fit_steps(model, x, y)
    yield {"evaluate": model.evaluate(x, y, verbose=0)[0]}
    changes = zip(before, teacher.get_weights(), strict=True)
    yield {"change of the teacher": float(sum(abs(a - b).sum() for a, b in changes))}


def siamese(kit):
    """Two inputs through the same layers, compared by their distance."""
    keras, layers, ops = kit.keras, kit.keras.layers, kit.keras.ops

    class Distance(layers.Layer):
        def call(self, inputs):
            one, other = inputs
            square = ops.sum(ops.square(one - other), axis=1, keepdims=True)
            return ops.sqrt(ops.maximum(square, keras.backend.epsilon()))

        def compute_output_shape(self, input_shape):
            return (input_shape[0][0], 1)

    def contrastive(y_true, y_pred):
        near = ops.square(y_pred)
        far = ops.square(ops.maximum(1.0 - y_pred, 0))
        return ops.mean((1 - y_true) * near + y_true * far)

    a, b = keras.Input((6,)), keras.Input((6,))
    inputs = keras.Input((6,))
    x = layers.Dense(8, activation="tanh")(inputs)
    embedding = keras.Model(inputs, layers.Dense(4)(x), name="embedding")
    model = keras.Model([a, b], Distance()([embedding(a), embedding(b)]))
    fill(embedding)
    model.compile(
        keras.optimizers.RMSprop(0.01),
        loss=contrastive,
        metrics=["mae"],
        run_eagerly=kit.run_eagerly,
    )
    pairs = [values("siamese/a", ROWS, 6), values("siamese/b", ROWS, 6)]
    yield from fit_steps(model, pairs, _labels("siamese/y", 2).astype("float32"))


def triplets(kit):
    """The siamese network with a triplet loss of Keras's examples."""
    keras, layers, ops = kit.keras, kit.keras.layers, kit.keras.ops

    class SiameseModel(keras.Model):
        def __init__(self, siamese_network, margin=0.5):
            super().__init__()
            self.siamese_network = siamese_network
            self.margin = margin
            self.loss_tracker = keras.metrics.Mean(name="loss")

        def call(self, inputs):
            return self.siamese_network(inputs)

        def train_step(self, data):
            with kit.GradientTape() as tape:
                loss = self._compute_loss(data)
            weights = self.siamese_network.trainable_weights
            gradients = tape.gradient(loss, weights)
            self.optimizer.apply_gradients(zip(gradients, weights, strict=True))
            self.loss_tracker.update_state(loss)
            return {"loss": self.loss_tracker.result()}

        def test_step(self, data):
            loss = self._compute_loss(data)
            self.loss_tracker.update_state(loss)
            return {"loss": self.loss_tracker.result()}

        def _compute_loss(self, data):
            ap_distance, an_distance = self.siamese_network(data[0])
            return ops.mean(ops.maximum(ap_distance - an_distance + self.margin, 0.0))

        @property
        def metrics(self):
            return [self.loss_tracker]

    class DistanceLayer(layers.Layer):
        def call(self, anchor, positive, negative):
            return (
                ops.sum(ops.square(anchor - positive), -1),
                ops.sum(ops.square(anchor - negative), -1),
            )

    inputs = [keras.Input((6,), name=n) for n in ("anchor", "positive", "negative")]
    embedding = keras.Sequential(
        [keras.Input((6,)), layers.Dense(8, activation="elu"), layers.Dense(3)]
    )
    distances = DistanceLayer()(*[embedding(x) for x in inputs])
    fill(embedding)
    model = SiameseModel(keras.Model(inputs, distances))
    model.compile(keras.optimizers.Adam(0.01), run_eagerly=kit.run_eagerly)
    parts = values("triplets/x", 3, ROWS, 6)
    yield from fit_steps(model, list(parts))
    batch = [part[:BATCH] for part in parts]
    yield {"evaluate": model.evaluate(batch, verbose=0)}
    near, far = model.predict(batch, verbose=0)
    yield {"near": float(near.sum()), "far": float(far.sum())}


def mixture_of_experts(kit):
    """Experts in a list, the gate's best two of them, and a loss for balance."""
    keras, layers, ops = kit.keras, kit.keras.layers, kit.keras.ops

    class MixtureOfExperts(layers.Layer):
        def __init__(self, units, n_experts, k, **kwargs):
            super().__init__(**kwargs)
            self.k = k
            self.n_experts = n_experts
            self.experts = [
                keras.Sequential(
                    [layers.Dense(7, activation="relu"), layers.Dense(units)]
                )
                for _ in range(n_experts)
            ]
            self.gate = layers.Dense(n_experts, activation="softmax")
            self.load = keras.metrics.Mean(name="load")

        def build(self, input_shape):
            for expert in self.experts:
                expert.build(input_shape)
            self.gate.build(input_shape)

        def call(self, inputs, training=False):
            gate = self.gate(inputs)
            best, indices = ops.top_k(gate, self.k)
            chosen = ops.sum(ops.one_hot(indices, self.n_experts), axis=1)
            weights = gate * chosen / ops.sum(best, axis=-1, keepdims=True)
            outputs = ops.stack([expert(inputs) for expert in self.experts], axis=-1)
            if training:
                self.add_loss(
                    0.1 * ops.sum(ops.mean(gate, axis=0) * ops.mean(chosen, axis=0))
                )
            self.load.update_state(chosen[:, 0])
            return ops.einsum("bue,be->bu", outputs, weights)

    model = keras.Sequential(
        [keras.Input((5,)), MixtureOfExperts(6, 4, 2), layers.Dense(3)]
    )
    fill(model)
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        run_eagerly=kit.run_eagerly,
    )
    x, y = values("experts/x", ROWS, 5), _labels("experts/y", 3)
    yield from fit_steps(model, x, y)
    yield model.evaluate(x, y, verbose=0, return_dict=True)


def micro_batches(kit):
    """A step that sums the gradients of parts of the batch."""
    keras, layers, ops = kit.keras, kit.keras.layers, kit.keras.ops

    class MicroBatches(keras.Sequential):
        def train_step(self, data):
            x, y = data
            variables = self.trainable_variables
            sums, n = None, 4
            for x_part, y_part in zip(ops.split(x, n), ops.split(y, n), strict=True):
                with kit.GradientTape() as tape:
                    y_pred = self(x_part, training=True)
                    loss = self.compute_loss(y=y_part, y_pred=y_pred) / n
                gradients = tape.gradient(loss, variables)
                if sums is None:
                    sums = gradients
                else:
                    sums = [s + g for s, g in zip(sums, gradients, strict=True)]
                for metric in self.metrics:
                    if metric.name == "loss":
                        metric.update_state(loss * n)
                    else:
                        metric.update_state(y_part, y_pred)
            self.optimizer.apply(sums, variables)
            return {m.name: m.result() for m in self.metrics}

    model = MicroBatches(
        [keras.Input((5,)), layers.Dense(6, activation="tanh"), layers.Dense(1)]
    )
    fill(model)
    model.compile(
        keras.optimizers.Nadam(0.01),
        "mse",
        metrics=["mae"],
        run_eagerly=kit.run_eagerly,
    )
    x = values("micro/x", ROWS, 5)
    yield from fit_steps(model, x, x[:, :1] - x[:, 1:2])


def transfer(kit):
    """A new head on a frozen base, then fine-tuning of both."""
    keras, layers = kit.keras, kit.keras.layers
    base_input = keras.Input((6,))
    x = layers.Dense(8, activation="relu", name="low")(base_input)
    x = layers.Dense(5, activation="relu", name="high")(x)
    base = keras.Model(base_input, layers.Dense(2, name="old_head")(x), name="base")
    features = keras.Model(base.inputs, base.get_layer("high").output)
    features.trainable = False
    inputs = keras.Input((6,))
    outputs = layers.Dense(3, activation="softmax")(features(inputs, training=False))
    model = keras.Model(inputs, outputs)
    fill(model)
    before = features.get_weights()
    loss = "sparse_categorical_crossentropy"
    x, y = values("transfer/x", ROWS, 6), _labels("transfer/y", 3)
    model.compile(keras.optimizers.Adam(0.01), loss, run_eagerly=kit.run_eagerly)
    yield from fit_steps(model, x, y)
    changes = zip(before, features.get_weights(), strict=True)
    yield {"change of the base": float(sum(abs(a - b).sum() for a, b in changes))}
    features.trainable = True
    base.get_layer("low").trainable = False
    model.compile(keras.optimizers.SGD(0.05), loss, run_eagerly=kit.run_eagerly)
    yield from fit_steps(model, x, y)
    yield {"trained weights": float(len(model.trainable_weights))}


def overrides(kit):
    """Own `compute_loss`, `compute_metrics`, `test_step` and `predict_step`."""
    keras, layers, ops = kit.keras, kit.keras.layers, kit.keras.ops

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(4, activation="gelu", kernel_regularizer="l2")
            self.head = layers.Dense(2)
            self.tracker = keras.metrics.Mean(name="first_loss")

        def call(self, x, training=False):
            x = self.dense(x)
            return self.head(2.0 * x if training else x)

        def compute_loss(
            self, x=None, y=None, y_pred=None, sample_weight=None, training=True
        ):
            first = ops.mean(ops.abs(y - y_pred) * sample_weight[:, None])
            self.tracker.update_state(first)
            return first + sum(self.losses)

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            results = super().compute_metrics(x, y, y_pred, sample_weight)
            return {**results, "largest": ops.max(ops.abs(y_pred))}

        def test_step(self, data):
            x, y, sample_weight = data
            y_pred = self(x, training=False)
            loss = self.compute_loss(x, y, y_pred, sample_weight, training=False)
            return {**self.compute_metrics(x, y, y_pred), "half": loss / 2}

        def predict_step(self, data):
            return ops.argmax(self(data, training=False), axis=-1)

    x = values("overrides/x", ROWS, 5)
    y = x[:, :2] + x[:, 1:3]
    w = values("overrides/w", ROWS, low=0.0)
    model = Own()
    model(x)
    fill(model)
    model.compile(
        keras.optimizers.Adagrad(0.1),
        metrics=[keras.metrics.MeanSquaredError()],
        run_eagerly=kit.run_eagerly,
    )
    for i in range(STEPS):
        rows = slice(i * BATCH, (i + 1) * BATCH)
        history = model.fit(x[rows], y[rows], BATCH, sample_weight=w[rows], verbose=0)
        yield {name: float(v[0]) for name, v in history.history.items()}
    logs = model.evaluate(x, y, sample_weight=w, verbose=0, return_dict=True)
    yield {name: float(v) for name, v in logs.items()}
    yield {"predict": float(model.predict(x, verbose=0).sum())}
