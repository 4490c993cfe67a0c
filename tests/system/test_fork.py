"""A process that has trained forks, and its children predict."""

import multiprocessing
import os
import signal
import time
import warnings

import numpy as np
import pytest

from ckeras import config
from tests.system.models import same_bits, trained

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="this system has no fork"
)


def _fork(work):
    """The exit code of a child that runs `work`; killed after 20 seconds."""
    with warnings.catch_warnings():
        # Newer Pythons warn of forking with threads; that is what is tested.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        code = 1
        try:
            code = 0 if work() else 2
        finally:
            os._exit(code)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hangs"


def _large_product():
    from ckeras import ops

    a = np.ones((300, 300), "float32")
    return ops.matmul(a, a)


@pytest.mark.parametrize("name", ["mlp", "lstm"])
def test_predict_in_a_forked_child(name):
    model, x, _, _ = trained(name)
    expected = model.predict(x, verbose=0)
    _large_product()  # so that the parent has a team of threads
    assert _fork(lambda: same_bits([model.predict(x, verbose=0)], [expected])) == 0


def test_compute_on_all_threads_in_a_forked_child():
    before = np.asarray(_large_product())
    assert _fork(lambda: same_bits([np.asarray(_large_product())], [before])) == 0


def test_train_in_a_forked_child():
    model, x, y, _ = trained("mlp")
    before = model.get_weights()

    def train():
        model.fit(x, y, verbose=0)
        return not same_bits(model.get_weights(), before)

    assert _fork(train) == 0
    assert same_bits(model.get_weights(), before)


def _predict(model, x):
    return model.predict(x, verbose=0)


def test_a_pool_of_forked_processes():
    model, x, _, _ = trained("lstm")
    expected = model.predict(x, verbose=0)
    context = multiprocessing.get_context("fork")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with context.Pool(2) as pool:
            waiting = [pool.apply_async(_predict, (model, x)) for _ in range(4)]
            found = [one.get(timeout=20) for one in waiting]
    assert same_bits(found, [expected] * 4)


def test_the_parent_keeps_its_threads():
    threads = config.get_num_threads()
    assert _fork(lambda: config.get_num_threads() == 1) == 0
    assert config.get_num_threads() == threads
