"""Sends each epoch's logs to a server."""

import json
import warnings

from ckeras.callbacks.callback import Callback


class RemoteMonitor(Callback):
    """Post the logs of each epoch over HTTP; needs the `requests` library.

    Args:
        root: URL of the server.
        path: Path on the server.
        field: Name of the form's field that holds the logs as JSON.
        headers: Dict of further HTTP headers.
        send_as_json: Whether the logs are the body of the request, instead of a field
            of a form.

    Raises:
        ImportError: At the end of an epoch, if `requests` is not installed.

    Example:

    >>> callback = RemoteMonitor("http://localhost:9000")
    """

    def __init__(
        self,
        root="http://localhost:9000",
        path="/publish/epoch/end/",
        field="data",
        headers=None,
        send_as_json=False,
    ):
        super().__init__()
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch, logs=None):
        try:
            import requests
        except ImportError:
            raise ImportError(
                "RemoteMonitor needs the `requests` library: pip install requests"
            ) from None
        message = {"epoch": epoch}
        for name, value in (logs or {}).items():
            message[name] = value.item() if hasattr(value, "item") else value
        if self.send_as_json:
            body = {"json": message}
        else:
            body = {"data": {self.field: json.dumps(message)}}
        try:
            requests.post(self.root + self.path, headers=self.headers, **body)
        except requests.exceptions.RequestException:
            warnings.warn(
                f"Could not reach RemoteMonitor root server at {self.root}",
                stacklevel=2,
            )
