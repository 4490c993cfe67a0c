"""Users' steps that hand on what does not fit: refused before anything changes."""

import numpy as np
import pytest

from ckeras import GradientTape, Input, Sequential, layers, ops
from tests.training.helpers import data
from tests.training.unchanged import assert_equal, numbers_of


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_gradients_of_other_shapes(run_eagerly):
    class Own(Sequential):
        def train_step(self, data):
            gradients = [self.change(v) for v in self.trainable_weights]
            self.optimizer.apply(gradients, self.trainable_weights)
            return {}

    model = Own([Input((3,)), layers.Dense(2)])
    model.compile("sgd", run_eagerly=run_eagerly)
    model.optimizer.build(model.trainable_weights)
    before = numbers_of(model)
    for change in (lambda v: ops.transpose(v.value), lambda v: ops.ones((1, 3, 2))):
        model.change = change
        model.make_train_function(force=True)
        message = r"dense.*/kernel' has another shape.*\(3, 2\).*same order"
        with pytest.raises(ValueError, match=message) as caught:
            model.fit(*data(), verbose=0)
        assert f'File "{__file__}"' in str(caught.value)
        assert_equal(before, numbers_of(model))
    model.change = lambda v: ops.ones(())
    model.make_train_function(force=True)
    model.fit(np.ones((1, 3)), np.ones((1, 2)), verbose=0)
    for new, old in zip(numbers_of(model)[:2], before[:2], strict=True):
        np.testing.assert_allclose(new, old - 0.01, rtol=1e-5)


@pytest.mark.parametrize("logs", [1.0, [1.0, 2.0]], ids=["value", "list"])
@pytest.mark.parametrize("mode", ["train", "test"])
def test_steps_return_dicts(mode, logs):
    class Own(Sequential):
        def train_step(self, data):
            super().train_step(data)
            return logs

        def test_step(self, data):
            super().test_step(data)
            return logs

    model = Own([Input((3,)), layers.Dense(1)])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_weights)
    before = numbers_of(model)
    method = model.fit if mode == "train" else model.evaluate
    with pytest.raises(TypeError, match=f"`{mode}_step` must return a dict of logs"):
        method(*data(), verbose=0)
    assert_equal(before, numbers_of(model))


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_no_gradient_at_all(run_eagerly):
    class Lost(Sequential):
        def train_step(self, data):
            x, y = data
            with GradientTape() as tape:
                y_pred = self(x)
            loss = ops.mean(ops.square(y_pred - y))  # outside of the tape
            weights = self.trainable_weights
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            return {"loss": loss}

    model = Lost([Input((3,)), layers.Dense(1)])
    model.compile("adam", run_eagerly=run_eagerly)
    before = numbers_of(model)
    message = r"(?s)No gradients provided for any variable.*dense.*GradientTape"
    with pytest.raises(ValueError, match=message) as caught:
        model.fit(*data(), verbose=0)
    assert f'File "{__file__}"' in str(caught.value)
    assert "in train_step" in str(caught.value)
    assert_equal(before, numbers_of(model)[: len(before)])
