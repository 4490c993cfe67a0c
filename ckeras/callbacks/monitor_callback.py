"""What all callbacks share that watch one quantity for improvement."""

import warnings

from ckeras import ops
from ckeras.callbacks.callback import Callback


class MonitorCallback(Callback):
    """Base of callbacks that act when a quantity improves or stops to.

    Args:
        monitor: Name of the quantity in the epoch's logs.
        mode: `"min"`, `"max"`, or `"auto"`: less is better for a loss, and a metric
            knows its own direction.
        baseline: Value that counts as the best so far.
        min_delta: Least change that counts as an improvement.
    """

    def __init__(self, monitor="val_loss", mode="auto", baseline=None, min_delta=0):
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__} mode '{mode}' is unknown, fallback to auto "
                "mode.",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self.monitor_op = None

    def _set_monitor_op(self):
        """Settle the direction; only possible once the metrics are built."""
        if self.mode == "auto":
            self.monitor_op = self._infer_direction()
        else:
            self.monitor_op = ops.less if self.mode == "min" else ops.greater
        if self.monitor_op is ops.less:
            self.min_delta *= -1

    def _infer_direction(self):
        name = self.monitor.removeprefix("val_")
        direction = ops.less if name == "loss" else None
        for metric in _metrics_of(self.model):
            if metric.name == name and getattr(metric, "_direction", None):
                up = metric._direction == "up"
                direction = ops.greater if up else ops.less
        if direction is None:
            raise ValueError(
                f"{type(self).__name__} callback received monitor={self.monitor}, but "
                "it is not known whether that metric should be maximized or "
                "minimized. Pass `mode='max'` or `mode='min'`."
            )
        return direction

    def _is_improvement(self, value, reference):
        if reference is None:
            return True
        return bool(self.monitor_op(value - self.min_delta, reference))


def _metrics_of(model):
    for metric in getattr(model, "metrics", ()):
        yield from getattr(metric, "metrics", None) or [metric]
