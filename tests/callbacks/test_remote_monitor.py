import json
import sys
import types

import numpy as np
import pytest

from ckeras.callbacks import BackupAndRestore, RemoteMonitor


@pytest.fixture
def posts(monkeypatch):
    """What was posted, by a stand-in for the `requests` library."""
    sent = []
    library = types.ModuleType("requests")

    class RequestException(Exception):
        pass

    def post(url, headers=None, **body):
        if "nowhere" in url:
            raise RequestException
        sent.append((url, headers, body))

    library.post = post
    library.exceptions = types.SimpleNamespace(RequestException=RequestException)
    monkeypatch.setitem(sys.modules, "requests", library)
    return sent


def test_logs_are_posted(posts):
    logs = {"loss": np.float32(0.5), "sizes": np.array([2])}
    RemoteMonitor("http://a", headers={"k": "v"}).on_epoch_end(3, logs)
    RemoteMonitor("http://a", "/b", send_as_json=True).on_epoch_end(4, logs)
    (url, headers, form), (other, _, body) = posts
    assert (url, headers) == ("http://a/publish/epoch/end/", {"k": "v"})
    message = {"epoch": 3, "loss": 0.5, "sizes": 2}
    assert json.loads(form["data"]["data"]) == message
    assert (other, body) == ("http://a/b", {"json": {**message, "epoch": 4}})


def test_a_server_that_does_not_answer(posts):
    with pytest.warns(UserWarning, match="Could not reach .* at http://nowhere"):
        RemoteMonitor("http://nowhere").on_epoch_end(0, {})
    assert posts == []


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "requests", None)
    with pytest.raises(ImportError, match="pip install requests"):
        RemoteMonitor().on_epoch_end(0, {})


@pytest.mark.parametrize("save_freq", ["batch", 0.15])
def test_save_freq_of_a_backup(save_freq):
    with pytest.raises(ValueError, match="Invalid value for argument `save_freq`"):
        BackupAndRestore("folder", save_freq=save_freq)
