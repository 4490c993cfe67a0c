"""The record of a training run, and a picture of it."""

from ckeras.callbacks.callback import Callback


class History(Callback):
    """Records the results of every epoch; `fit` returns it.

    Attributes:
        history: Dict from metric name to the list of its values, one an epoch.
        epoch: List of the epochs' indices.
        params: Dict with `verbose`, `epochs` and `steps`.

    Example:

    >>> history = model.fit(x, y, epochs=3, verbose=0)
    >>> len(history.history["loss"])
    3
    """

    def __init__(self):
        super().__init__()
        self.history = {}
        self.epoch = []

    def on_train_begin(self, logs=None):
        self.epoch = []

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        # Without this, `model.history` would be lost where a callback list of the
        # user's own replaced it.
        self.model.history = self

    def plot(self, metrics=None, path=None):
        """Draw the curves of the run, one panel a metric (an extension to Keras).

        The training curve and its `val_` counterpart share a panel.

        Args:
            metrics: Names of the metrics to draw, or one name. `None` means all.
            path: File to save the picture to, for example `"loss.png"`. `None`
                means not to save it.

        Returns:
            The matplotlib figure.

        Raises:
            ImportError: If matplotlib (the extra `ckeras[plot]`) is not installed.
            ValueError: If nothing was recorded, or a name in `metrics` is unknown.

        Example:

        >>> history = model.fit(x, y, epochs=20, verbose=0)
        >>> history.plot("loss", path="loss.png")
        """
        names = self._panels(metrics)
        figure_class = _import_figure()
        figure = figure_class(figsize=(5 * len(names), 4), layout="constrained")
        for i, name in enumerate(names):
            axes = figure.add_subplot(1, len(names), i + 1)
            self._draw_panel(axes, name)
        if path is not None:
            figure.savefig(path)
        return figure

    def _panels(self, metrics):
        if not self.history:
            raise ValueError(
                "`History.plot()` has nothing to draw: no epoch was recorded."
            )
        if metrics is None:
            bare = [n.removeprefix("val_") for n in self.history]
            metrics = sorted(dict.fromkeys(bare), key=lambda n: n != "loss")
        elif isinstance(metrics, str):
            metrics = [metrics]
        for name in metrics:
            if name not in self.history and f"val_{name}" not in self.history:
                raise ValueError(
                    "`History.plot()` expected `metrics` among "
                    f"{list(self.history)}. Received: {name!r}"
                )
        return list(metrics)

    def _draw_panel(self, axes, name):
        for curve, label in ((name, "training"), (f"val_{name}", "validation")):
            values = self.history.get(curve)
            if values:
                epochs = self.epoch[-len(values) :] if self.epoch else []
                if len(epochs) != len(values):
                    epochs = range(len(values))
                axes.plot([e + 1 for e in epochs], values, label=label)
        axes.set_xlabel("epoch")
        axes.set_ylabel(name)
        axes.legend()


def _import_figure():
    # The figure class itself draws without a window system; pyplot would start one.
    try:
        from matplotlib.figure import Figure
    except ImportError as e:
        raise ImportError(
            "`History.plot()` needs matplotlib. Install it with "
            "`pip install ckeras[plot]`."
        ) from e
    return Figure
