"""Teaches a small network what a large one knows: knowledge distillation.

    python examples/digits_distillation.py

The student sees few labels, and the teacher's probabilities for all images.
`compute_loss` is written by hand; the rest of the training step is `fit`'s own.

Data: scikit-learn's digits, 1797 images of 8 by 8.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import ckeras
from ckeras import layers, ops

ckeras.utils.set_random_seed(0)


class Distiller(ckeras.Model):
    """A student that learns from labels and from a teacher.

    Args:
        student, teacher: models that return logits.
        alpha: share of the loss on labels; the rest is the distance to the teacher.
        temperature: how much both sets of probabilities are softened.
    """

    def __init__(self, student, teacher, alpha=0.1, temperature=3.0):
        super().__init__()
        self.student = student
        self.teacher = teacher
        self.teacher.trainable = False
        self.alpha = alpha
        self.temperature = temperature
        self.student_loss = ckeras.losses.SparseCategoricalCrossentropy(
            from_logits=True
        )
        self.distance = ckeras.losses.KLDivergence()

    def call(self, x, training=None):
        return self.student(x, training=training)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        taught = ops.softmax(self.teacher(x, training=False) / self.temperature)
        learnt = ops.softmax(y_pred / self.temperature)
        distance = self.distance(taught, learnt) * self.temperature**2
        by_labels = self.student_loss(y, y_pred, sample_weight)
        return self.alpha * by_labels + (1.0 - self.alpha) * distance


def classifier(units):
    return ckeras.Sequential([ckeras.Input((64,)), *units, layers.Dense(10)])


def large():
    units = []
    for _ in range(2):
        units += [layers.Dense(256, activation="relu"), layers.Dropout(0.4)]
    return classifier(units)


def small():
    ckeras.utils.set_random_seed(1)
    return classifier([layers.Dense(12, activation="relu")])


def train(model, x, y, epochs, **options):
    model.compile(ckeras.optimizers.Adam(3e-3), metrics=["accuracy"], **options)
    model.fit(x, y, epochs=epochs, batch_size=64, verbose=0)
    return model


images, labels = load_digits(return_X_y=True)
images = (images / 16.0).astype("float32")
x_train, x_test, y_train, y_test = train_test_split(
    images, labels, test_size=0.3, random_state=0, stratify=labels
)
few = np.random.default_rng(0).choice(len(x_train), 150, replace=False)
by_labels = ckeras.losses.SparseCategoricalCrossentropy(from_logits=True)

teacher = train(large(), x_train, y_train, 60, loss=by_labels)
alone = train(small(), x_train[few], y_train[few], 400, loss=by_labels)
# Labels for those few only: the others count by the teacher's opinion alone.
student = Distiller(small(), teacher)
student.compile(ckeras.optimizers.Adam(3e-3), metrics=["accuracy"])
known = np.zeros(len(x_train), "float32")
known[few] = 1.0
student.fit(x_train, y_train, sample_weight=known, epochs=100, batch_size=64, verbose=0)

for name, model in (
    ("teacher", teacher),
    ("student with few labels", alone),
    ("student of the teacher", student),
):
    logs = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
    print(f"{name} accuracy {logs['accuracy']:.4f}")
print(f"weights: {teacher.count_params()} and {student.student.count_params()}")
