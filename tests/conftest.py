"""What all tests share. Failing ones show every frame, those of the library too."""

import signal

import pytest

from ckeras.utils.traceback_utils import disable_traceback_filtering

disable_traceback_filtering()


@pytest.fixture
def ctrl_c():
    """Makes SIGINT raise, also where a shell has made the process ignore it."""
    old = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, old)
