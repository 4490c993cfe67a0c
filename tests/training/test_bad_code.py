"""Users' code that cannot be compiled: an error that names the line and says what to
write instead, and a model as it was."""

import copy
import inspect
import math
import pickle
import warnings

import numpy as np
import pytest

import ckeras
from ckeras import GradientTape, Input, Model, Sequential, layers, ops
from ckeras.engine.function import MANY
from tests.training.helpers import data
from tests.training.unchanged import assert_equal


def condition(x):
    return x if ops.sum(x) > 0 else -x


def loop(x):
    while ops.max(ops.abs(x)) > 2:
        x = x / 2
    return x


def truth(x):
    return x * (1.0 if ops.any(x > 0) and ops.any(x < 0) else 0.5)


def number(x):
    return x * float(ops.mean(x))


def root(x):
    return x * math.sqrt(ops.mean(x * x))


def array(x):
    return ops.convert_to_tensor(np.asarray(x) * 2)


def of_arrays(x):
    return ops.convert_to_tensor(np.array([ops.mean(x), 1.0, 2.0])) * x


def numpy_function(x):
    return ops.convert_to_tensor(np.interp(x, [-1.0, 1.0], [0.0, 1.0]))


def numpy_method(x):
    return ops.convert_to_tensor(np.add.reduce(x)) + x


def into_an_output(x):
    return ops.convert_to_tensor(np.multiply(x, 2, out=np.zeros(x.shape, "float32")))


def indexed(x):
    return x * [1.0, 2.0, 3.0, 4.0][ops.argmax(x[:1])]


def repeated(x):
    for _ in range(ops.cast(ops.max(x), "int32")):
        x = x + 1.0
    return x


def text(x):
    return x if f"{ops.mean(x):.1f}" else -x


CASES = {
    condition: r"`if`, `while`.*`ops.where`, `ops.cond` or `ops.while_loop`",
    loop: r"`if`, `while`.*`ops.while_loop`",
    truth: r"`if`, `while`, `and`",
    number: r"`float\(\)`.*functions of `ckeras.ops`",
    root: r"`float\(\)`",
    array: r"NumPy array.*functions of `ckeras.ops`",
    of_arrays: r"NumPy array",
    numpy_function: r"NumPy's `interp` cannot be traced. Use a function of",
    numpy_method: r"NumPy's `add.reduce` cannot be traced",
    into_an_output: r"NumPy's `multiply` writes into `out`.*Use what it returns",
    indexed: r"a Python index.*`ops.take`",
    repeated: r"the bound of a `range`.*`ops.fori_loop`",
    text: r"text in the format '.1f'",
}


class Own(layers.Layer):
    """Applies a function, with a random number generator before it."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.dropout = layers.Dropout(0.5, seed=3)

    def call(self, x):
        return self.function(self.dropout(x))


def model_with(function, **options):
    ckeras.utils.set_random_seed(1)
    model = Sequential([layers.Dense(3), Own(function), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"], **options)
    return model


@pytest.mark.parametrize("function", CASES, ids=lambda f: f.__name__)
def test_cannot_be_compiled(function):
    model = model_with(function)
    with pytest.raises(TypeError, match=CASES[function]) as caught:
        model.fit(*data(), verbose=0)
    message = str(caught.value)
    assert "run_eagerly=True" in message
    first = function.__code__.co_firstlineno
    lines = range(first + 1, first + len(inspect.getsource(function).splitlines()))
    places = [f'File "{__file__}", line {n}, in {function.__name__}' for n in lines]
    assert any(place in message for place in places)


@pytest.mark.parametrize("function", CASES, ids=lambda f: f.__name__)
def test_runs_eagerly(function):
    model = model_with(function, run_eagerly=True)
    before = [w.copy() for w in model.get_weights()]
    with warnings.catch_warnings():
        # Gradients end at NumPy arrays, which a warning says.
        warnings.simplefilter("ignore")
        history = model.fit(*data(), verbose=0).history
    assert np.isfinite(history["loss"][0])
    assert before != model.get_weights()


def test_writing_into_a_value():
    @ckeras.function
    def step(x):
        x[0] = 1.0
        return x

    advice = "`x = ops.slice_update"
    with pytest.raises(TypeError, match=rf"(?s){advice}.*{__file__}.*in step"):
        step(np.ones(3))
    with pytest.raises(TypeError, match=advice):
        ops.ones(3)[0] = 2.0
    with pytest.raises(TypeError, match="by `assign`"):
        ckeras.Variable([1.0, 2.0])[0] = 2.0


def test_writing_a_traced_value_into_an_array():
    @ckeras.function
    def step(x):
        kept = np.zeros(2)
        kept[0] = ops.sum(x)
        return kept

    with pytest.raises((TypeError, ValueError)) as caught:
        step(np.ones(3))
    # NumPy wraps the error that names the line in one of its own.
    assert f'File "{__file__}"' in str(caught.value.__cause__ or caught.value)


def test_copies_of_traced_values():
    @ckeras.function
    def step(x):
        kept = copy.deepcopy({"x": x, "y": [copy.copy(x)]})
        quotient, rest = divmod(kept["x"], 2.0)
        return kept["y"][0] + divmod(7.0, x)[1], quotient, rest

    x = np.array([1.5, 2.0, 5.0], "float32")
    for found, expected in zip(
        step(x), (x + 7 % x, *divmod(x, np.float32(2))), strict=True
    ):
        np.testing.assert_array_equal(found, expected)

    @ckeras.function
    def pickled(x):
        return pickle.dumps(x)

    with pytest.raises(TypeError, match=rf"(?s)a pickle of it.*{__file__}"):
        pickled(x)


def test_a_kept_value_is_of_no_use_later():
    kept = []

    @ckeras.function
    def step(x):
        kept.append(ops.sum(x))
        return x

    step(np.ones(3))
    with pytest.raises(RuntimeError, match=rf"(?s)trace has ended.*{__file__}"):
        kept[0] + 1.0


# --- variables made too late -----------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: ckeras.Variable(1.0),
        lambda: layers.Dense(2)(np.ones((1, 2), "float32")),
        lambda: layers.Dropout(0.5),
        lambda: ckeras.metrics.Mean(),
        lambda: ckeras.metrics.MeanIoU(2),
        lambda: ckeras.random.SeedGenerator(1),
        lambda: ckeras.optimizers.SGD(),
    ],
)
def test_no_variables_in_a_compiled_step(make):
    @ckeras.function
    def step(x):
        make()
        return x

    message = (
        rf"(?s)while a function is being compiled.*once: in `__init__`.*{__file__}"
    )
    with pytest.raises(ValueError, match=message):
        step(np.ones(2))
    make()  # and the error leaves nothing behind


def test_what_is_older_than_the_step_may_be_completed_in_it():
    dense, optimizer = layers.Dense(1), ckeras.optimizers.Adam(0.1)
    metric = ckeras.metrics.AUC()

    @ckeras.function
    def step(x, y):
        with GradientTape() as tape:
            loss = ops.mean(ops.square(dense(x) - y))
        weights = dense.trainable_weights
        optimizer.apply(tape.gradient(loss, weights), weights)
        metric.update_state(y > 0, ops.sigmoid(dense(x)))
        return loss + 0.0 * ops.sum(ckeras.random.normal((2,)))

    x, y = (a.astype("float32") for a in data())
    losses = [float(step(x, y)) for _ in range(30)]
    assert losses[-1] < 0.9 * losses[0]
    assert int(optimizer.iterations.numpy()) == 30


# --- gradients that are missing ----------------------------------------------------


class Forgetful(Model):
    def __init__(self):
        super().__init__()
        self.used, self.unused = layers.Dense(1), layers.Dense(1)

    def call(self, x):
        return self.used(x) + 0.0 * ops.stop_gradient(self.unused(x))


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_missing_gradient_warns(run_eagerly):
    model = Forgetful()
    model.compile("sgd", "mse", run_eagerly=run_eagerly)
    names = r"\['forgetful.*/kernel', 'forgetful.*/bias'\]"
    with pytest.warns(UserWarning, match=f"Gradients do not exist.*{names}") as caught:
        model.fit(*data(), verbose=0)
    assert {w.filename for w in caught} == {__file__}


# --- shapes that never stay --------------------------------------------------------


def test_many_shapes_warn_once():
    @ckeras.function
    def total(x):
        return ops.sum(x)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in range(1, MANY):
            assert float(total(np.ones(n))) == n
    message = rf"`total` \(test_bad_code.py:\d+\) has been compiled.*\[\({MANY},\)\]"
    with pytest.warns(UserWarning, match=message) as caught:
        for n in range(1, 2 * MANY):
            assert float(total(np.ones(n))) == n
    assert [w.filename for w in caught] == [__file__]


# --- what a failed trace leaves ------------------------------------------------------


class Failing(Model):
    """Does everything that a step does to variables, and then may fail."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)
        self.dropout = layers.Dropout(0.5, seed=1)
        self.steps = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.tracker = ckeras.metrics.Mean(name="tracker")
        self.fails = False

    def call(self, x, training=None):
        self.add_loss(0.1 * ops.mean(x))
        return self.dense(self.dropout(x, training=training))

    def train_step(self, data):
        logs = super().train_step(data)
        self.steps.assign_add(1.0)
        self.tracker.update_state(logs["loss"])
        ckeras.random.normal((2,))
        with ckeras.name_scope("inner"), GradientTape() as tape:
            tape.watch(data[0])
            if self.fails:
                raise ArithmeticError("on purpose")
        return logs


def everything(model):
    """Every variable that a step of the model may change, and its value."""
    seeds = [ckeras.random.seed_generator.global_seed_generator().state]
    held = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
    return [(v, v.numpy().copy()) for v in (*held, *seeds)]


def assert_values(held):
    for variable, value in held:
        np.testing.assert_array_equal(variable.numpy(), value, variable.path)


@pytest.mark.parametrize("first", [True, False], ids=["first step", "later step"])
def test_a_failed_trace_changes_no_variable(first):
    ckeras.utils.set_random_seed(0)
    x, y = data()
    model, twin = Failing(), Failing()
    for m in (model, twin):
        m.compile("adam", "mse", metrics=["mae"])
        m(x)
    twin.set_weights(model.get_weights())
    if not first:
        for m in (model, twin):
            m.train_on_batch(x, y)
    model.fails = True
    before = everything(model)
    size = 7  # other than before: the step is traced again
    with pytest.raises(ArithmeticError):
        model.make_train_function()((x[:size], y[:size]))
    assert_values(before)
    # It goes on as if nothing had happened.
    model.fails = False
    for _ in range(3):
        logs = [m.train_on_batch(x[:size], y[:size]) for m in (model, twin)]
        assert logs[0] == logs[1]
    assert_equal(model.get_weights(), twin.get_weights())
    assert ckeras.Variable(1.0, name="plain").path == "plain"


def test_a_step_that_fails_while_it_runs_changes_no_variable():
    """Rows outside of a table are only seen by the kernel that reads them."""

    class Own(Sequential):
        def train_step(self, data):
            x, y = data
            self.steps.assign_add(1.0)
            with GradientTape() as tape:
                loss = ops.mean(ops.square(self(x, training=True) - y))
            weights = self.trainable_weights
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            return {"loss": loss}

    model = Own(
        [Input((3,)), layers.Embedding(5, 4), layers.Dropout(0.5), layers.Dense(1)]
    )
    model.steps = ckeras.Variable(0.0, trainable=False)
    model.compile("adam")
    x, y = np.arange(12).reshape(4, 3) % 5, np.ones((4, 3, 1))
    model.train_on_batch(x, y)
    before = everything(model)
    x[-1, -1] = 7
    with pytest.raises(IndexError, match="7"):
        model.train_function((x, y))
    assert_values(before)
