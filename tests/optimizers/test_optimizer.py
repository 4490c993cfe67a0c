"""The base class: building, missing gradients, copies, weights, your own ones."""

import copy
import inspect
import pickle

import numpy as np
import pytest

from ckeras import ops, optimizers
from ckeras.engine.function import function
from ckeras.engine.values.variable import Variable


def variables():
    return [Variable([1.0, 2.0], name="a"), Variable([[3.0]], name="b")]


def ones(of):
    return [ops.ones(v.shape) for v in of]


def test_applies_and_builds():
    weights = variables()
    optimizer = optimizers.SGD(0.5)
    counter = optimizer.apply_gradients(zip(ones(weights), weights, strict=True))
    np.testing.assert_allclose(weights[0].numpy(), [0.5, 1.5])
    assert int(counter) == 1
    assert int(optimizer.iterations) == 1


def test_missing_gradient_leaves_the_variable():
    weights = variables()
    optimizer = optimizers.Adam(0.5)
    optimizer.build(weights)
    with pytest.warns(UserWarning, match=r"Gradients do not exist.*\['b'\]"):
        optimizer.apply([ops.ones((2,)), None])
    np.testing.assert_allclose(weights[0].numpy(), [0.5, 1.5], rtol=1e-5)
    np.testing.assert_allclose(weights[1].numpy(), [[3.0]])
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.apply([None, None])


def test_errors():
    weights = variables()
    with pytest.raises(ValueError, match="must already be built"):
        optimizers.SGD().apply(ones(weights))
    optimizer = optimizers.SGD()
    optimizer.build(weights)
    with pytest.raises(ValueError, match="list of 1 gradients"):
        optimizer.apply(ones(weights)[:1])
    with pytest.raises(ValueError, match="Unknown variable"):
        optimizer.apply(ones(weights), variables())
    with pytest.raises(ValueError, match="Only one of `clipnorm`"):
        optimizers.SGD(clipnorm=1.0, clipvalue=1.0)
    with pytest.raises(ValueError, match="should be float"):
        optimizers.Adam(learning_rate="fast")
    with pytest.raises(ValueError, match="not recognized"):
        optimizers.Adam(speed=3)
    with pytest.raises(ValueError, match="gradient_accumulation_steps=1"):
        optimizers.Adam(gradient_accumulation_steps=1)
    with pytest.raises(ValueError, match="momentum=2"):
        optimizers.SGD(momentum=2.0)


def test_learning_rate():
    weights = variables()
    optimizer = optimizers.SGD(0.5)
    optimizer.build(weights)
    step = function(optimizer.apply)
    step(ones(weights))
    optimizer.learning_rate = 0.25
    assert float(optimizer.learning_rate) == 0.25
    step(ones(weights))
    np.testing.assert_allclose(weights[0].numpy(), [0.25, 1.25])
    scheduled = optimizers.SGD(optimizers.schedules.ExponentialDecay(1.0, 1, 0.5))
    with pytest.raises(TypeError, match="not settable"):
        scheduled.learning_rate = 0.1
    assert float(scheduled.learning_rate) == 1.0
    assert float(optimizers.SGD(lambda: 0.125).learning_rate) == 0.125


def test_exclusion_from_weight_decay():
    weights = [Variable([1.0], name="kernel"), Variable([1.0], name="bias")]
    third = Variable([1.0], name="scale")
    optimizer = optimizers.AdamW(0.0, weight_decay=0.5)
    optimizer = optimizers.SGD(0.5, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[third], var_names=["bias"])
    weights.append(third)
    optimizer.build(weights)
    optimizer.apply([ops.zeros((1,))] * 3)
    got = [float(w.numpy()[0]) for w in weights]
    np.testing.assert_allclose(got, [0.75, 1.0, 1.0])
    with pytest.raises(ValueError, match="before the optimizer is built"):
        optimizer.exclude_from_weight_decay(var_names=["x"])


@pytest.mark.parametrize(
    "make", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))]
)
def test_copies(make):
    weights = variables()
    optimizer = optimizers.Adam(0.1)
    optimizer.build(weights)
    optimizer.apply(ones(weights))
    other, others = make((optimizer, weights))
    for _ in range(2):
        optimizer.apply(ones(weights))
        other.apply(ones(others))
    for a, b in zip(weights, others, strict=True):
        assert a is not b
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    other.apply(ones(others))
    assert not np.array_equal(weights[0].numpy(), others[0].numpy())


def test_saved_state_goes_on():
    weights, others = variables(), variables()
    first, second = optimizers.Adam(0.1), optimizers.Adam(0.3)
    first.build(weights)
    second.build(others)
    first.apply(ones(weights))
    store = {}
    first.save_own_variables(store)
    assert list(store) == [str(i) for i in range(6)]
    second.load_own_variables(store)
    for a, b in zip(weights, others, strict=True):
        b.assign(a.numpy())
    first.apply(ones(weights))
    second.apply(ones(others))
    np.testing.assert_array_equal(weights[0].numpy(), others[0].numpy())
    del store["5"]
    with pytest.warns(UserWarning, match="Skipping variable loading"):
        second.load_own_variables(store)


def test_own_optimizer():
    class Signs(optimizers.Optimizer):
        def build(self, variables):
            super().build(variables)
            self.counts = [
                self.add_variable_from_reference(v, name="count") for v in variables
            ]

        def update_step(self, gradient, variable, learning_rate):
            count = self.counts[self._get_variable_index(variable)]
            self.assign_add(count, ops.ones(variable.shape))
            self.assign_sub(variable, learning_rate * ops.sign(gradient) / count)

    weights = variables()
    optimizer = Signs(learning_rate=1.0)
    optimizer.build(weights)
    step = function(optimizer.apply)
    step(ones(weights))
    step(ones(weights))
    np.testing.assert_allclose(weights[0].numpy(), [-0.5, 0.5])
    assert optimizer.variables[2].name == "a_count"


def test_overridden_step_is_used():
    class Half(optimizers.SGD):
        def update_step(self, gradient, variable, learning_rate):
            super().update_step(gradient, variable, learning_rate * 0.5)

    weights = variables()
    optimizer = Half(1.0)
    optimizer.build(weights)
    optimizer.apply(ones(weights))
    np.testing.assert_allclose(weights[0].numpy(), [0.5, 1.5])


def test_constraint_after_the_step():
    weights = variables()
    weights[0].constraint = lambda w: ops.maximum(w, 0.0)
    optimizer = optimizers.SGD(1.5)
    optimizer.build(weights)
    function(optimizer.apply)(ones(weights))
    np.testing.assert_allclose(weights[0].numpy(), [0.0, 0.5])


def test_final_averages():
    weights = variables()
    optimizer = optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5)
    optimizer.build(weights)
    for _ in range(2):
        optimizer.apply(ones(weights))
    optimizer.finalize_variable_values(weights)
    np.testing.assert_allclose(weights[0].numpy(), [-0.5, 0.5])


def test_gradients_that_are_values():
    weights = variables()
    weights[1].overwrite_with_gradient = True
    optimizer = optimizers.Adam(0.1)
    optimizer.build(weights)
    optimizer.apply([ops.zeros((2,)), ops.full((1, 1), 7.0)])
    np.testing.assert_allclose(weights[1].numpy(), [[7.0]])
    assert len(optimizer.variables) == 4


def test_two_optimizers_of_the_same_variables():
    weights = variables()
    first, second = optimizers.SGD(1.0), optimizers.SGD(0.5, momentum=0.5)
    first.build(weights)
    second.build(weights)
    third = optimizers.SGD(0.25)
    third.build(weights[:1])
    first.apply(ones(weights))
    second.apply(ones(weights))
    third.apply(ones(weights[:1]))
    np.testing.assert_allclose(weights[0].numpy(), [-0.75, 0.25])
    np.testing.assert_allclose(weights[1].numpy(), [[1.5]])


def test_frozen_layers_move_to_a_new_arena():
    weights = variables()
    first = optimizers.Adam(0.1)
    first.build(weights)
    assert first._arenas is not None
    again = optimizers.Adam(0.1)
    again.build(weights)
    assert again._arenas[0] is first._arenas[0]
    part = optimizers.Adam(0.1)
    part.build(weights[1:])
    assert part._arenas is None
    del first, again, part
    part = optimizers.Adam(0.1)
    part.build(weights[1:])
    assert part._arenas is not None
    part.apply(ones(weights[1:]))
    np.testing.assert_allclose(weights[1].numpy(), [[2.9]], rtol=1e-6)
    np.testing.assert_allclose(weights[0].numpy(), [1.0, 2.0])


def test_get():
    assert isinstance(optimizers.get("AdamW"), optimizers.AdamW)
    assert isinstance(optimizers.get("rmsprop"), optimizers.RMSprop)
    assert optimizers.get(None) is None
    made = optimizers.get({"class_name": "SGD", "config": {"momentum": 0.5}})
    assert made.momentum == 0.5
    with pytest.raises(ValueError, match="optimizer identifier: adamm"):
        optimizers.get("adamm")
    with pytest.raises(ValueError, match="optimizer identifier: 3"):
        optimizers.get(3)


def test_signatures_are_complete():
    names = list(inspect.signature(optimizers.Adam).parameters)
    assert names[:7] == [
        "learning_rate",
        "beta_1",
        "beta_2",
        "epsilon",
        "amsgrad",
        "weight_decay",
        "clipnorm",
    ]
    names = list(inspect.signature(optimizers.AdamW).parameters)
    assert names[:3] == ["learning_rate", "weight_decay", "beta_1"]
    assert names.count("weight_decay") == 1
    optimizer = optimizers.Adam(0.1, 0.8, 0.9, 1e-3, True, 0.25)
    assert optimizer.weight_decay == 0.25


def test_loss_scaling():
    weights = variables()
    inner = optimizers.SGD(0.5, momentum=0.5, name="inner")
    optimizer = optimizers.LossScaleOptimizer(inner, 8.0, dynamic_growth_steps=2)
    optimizer.build(weights)
    step = function(optimizer.apply)
    assert float(optimizer.scale_loss(ops.convert_to_tensor(0.5))) == 4.0
    scaled = [8.0 * g for g in ones(weights)]
    step(scaled)
    np.testing.assert_allclose(weights[0].numpy(), [0.5, 1.5])
    step([scaled[0] * float("inf"), scaled[1]])
    np.testing.assert_allclose(weights[0].numpy(), [0.5, 1.5])
    np.testing.assert_allclose(inner.variables[2].numpy(), [-0.5, -0.5])
    assert int(inner.iterations) == 1
    assert float(optimizer.dynamic_scale) == 4.0
    for _ in range(2):
        step([g / 2.0 for g in scaled])
    assert float(optimizer.dynamic_scale) == 8.0
    assert int(optimizer.step_counter) == 0
    config = optimizers.serialize(optimizer)
    again = optimizers.deserialize(config)
    assert again.inner_optimizer.momentum == 0.5
    assert again.get_config() == optimizer.get_config()
    with pytest.raises(ValueError, match="`clipnorm`"):
        optimizers.LossScaleOptimizer(inner, clipnorm=1.0)
