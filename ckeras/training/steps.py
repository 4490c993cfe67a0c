"""The loop behind `fit(steps_per_epoch=)`, `evaluate(steps=)` and `predict(steps=)`.

Where the data are arrays and no callback wants to see every batch, the steps run in C:
one call takes about 50 ms, then the progress bar, signals and callbacks have their
turn. Otherwise each batch is one call.
"""

import itertools
import math
import warnings

import numpy as np

from ckeras.callbacks.callback_list import pythonify_logs
from ckeras.engine import config, tree

__all__ = ["Steps", "limited_epochs", "limited_steps"]


class Steps:
    """Passes over data, one for each epoch.

    Args:
        data: an adapter of `training.data`.
        mode: `"train"`, `"test"` or `"predict"`.
        prepare: function that turns a batch of arrays into what the step takes.
        steps: number of steps in a pass; None means to the end of the data.
        steps_per_execution: number of steps between two calls of batch hooks.
    """

    def __init__(self, data, mode, prepare, steps=None, steps_per_execution=1):
        _check_steps(steps)
        self.data = data
        self.mode = mode
        self._prepare = prepare
        self._steps = steps
        self._stride = steps_per_execution
        self._next = 0  # the batch at which the next pass goes on
        self._order = None
        self._iterator = None
        self._exhausted_at = None
        self._is_first = True  # whether no batch has been asked for

    @property
    def num_steps(self):
        """Steps in a pass, or None if only the end of the data will tell."""
        return self._steps or self.data.num_batches or self._exhausted_at

    def run(self, function, callbacks, stopped):
        """Makes one pass.

        Args:
            function: the compiled or eager step.
            callbacks: a `CallbackList`.
            stopped: function that tells whether a callback wants to end the pass.

        Returns:
            What the last step returned, or None if there was no step.
        """
        watch = _Watch(callbacks, self.mode)
        if self.data.is_arrays:
            return self._run_arrays(function, watch, stopped)
        return self._run_batches(function, watch, stopped)

    def _run_arrays(self, function, watch, stopped):
        data, total = self.data, self._whole_groups()
        if self._steps is None or self._next in (0, data.num_batches):
            self._next, self._order = 0, data.epoch_order()
        compiled = hasattr(function, "run_batches")
        step, logs = 0, None
        while step < total and not stopped():
            left = min(total - step, data.num_batches - self._next)
            if left <= 0:
                self._end_of_data(step)
                break
            count = min(left, self._stride) if watch.every_batch else left
            watch.begin(step)
            if compiled:
                budget = math.inf if watch.every_batch else 0.05
                count, logs = function.run_batches(
                    data.data,
                    self._order,
                    data.batch_size,
                    self._next,
                    count,
                    budget_seconds=budget,
                )
            else:
                count = min(count, self._stride)
                for i in range(count):
                    logs = function(self._rows(self._next + i))
            watch.end(step, count, self._stride, logs)
            step += count
            self._next += count
        return logs

    def _whole_groups(self):
        """Steps in a pass, rounded up: batch hooks surround whole groups of batches."""
        total = self.num_steps
        return total and -(-total // self._stride) * self._stride

    def _rows(self, batch):
        size = self.data.batch_size
        start = batch * size
        stop = min(start + size, self.data.num_samples)
        return self._prepare(self.data.rows(start, stop, self._order))

    def _run_batches(self, function, watch, stopped):
        self.data.on_epoch_begin()
        if self._iterator is None or self._steps is None:
            self._iterator, self._next = self.data.batches(), 0
        step, logs, total = 0, None, self._whole_groups()
        while (total is None or step < total) and not stopped():
            group = list(itertools.islice(self._iterator, self._stride))
            if group:
                watch.begin(step)
                for batch in group:
                    logs = function(self._prepare(batch))
                watch.end(step, len(group), self._stride, logs)
                step += len(group)
                self._next += len(group)
            elif self._is_first:
                raise self.data.no_batch()
            self._is_first = False
            if len(group) < self._stride:
                self._end_of_data(step)
                break
        if self._next >= (self.data.num_batches or math.inf):
            self._iterator = None
        self.data.on_epoch_end()
        return logs

    def _end_of_data(self, step):
        self._iterator = None
        if step < (self.num_steps or 0):
            _warn_exhausted()
        if self._steps is None:
            self._exhausted_at = step

    def collect(self, function, callbacks, stopped):
        """Makes one pass of `predict` and joins the results of its batches.

        Returns:
            NumPy arrays in the structure of the step's result, or None.
        """
        watch = _Watch(callbacks, self.mode)
        by_map = self.data.is_arrays and hasattr(function, "map_batches")
        by_map = by_map and not watch.every_batch
        if by_map and function.maps_rows(self.data.data, self.data.batch_size):
            return self._map_arrays(function, watch, stopped)
        found = []

        def keep(batch):
            found.append(tree.map_structure(np.array, function(batch)))
            return {"outputs": found[-1]}

        if self.data.is_arrays:
            self._run_arrays(keep, watch, stopped)
        else:
            self._run_batches(keep, watch, stopped)
        if not found:
            return None
        return tree.map_structure(lambda *parts: np.concatenate(parts), *found)

    def _map_arrays(self, function, watch, stopped):
        data = self.data
        total = min(self._whole_groups(), data.num_batches)
        if self.num_steps > data.num_batches:
            _warn_exhausted()
        step, results = 0, None
        while step < total and not stopped():
            count, results = function.map_batches(
                data.data, data.batch_size, step, total - step, results
            )
            step += count
            watch.end(step - 1, 1, 1, None)
        rows = min(step * data.batch_size, data.num_samples)
        return tree.map_structure(lambda a: np.asarray(a)[:rows], results)


class _Watch:
    """The callbacks that want to know about batches, every one or now and then."""

    def __init__(self, callbacks, mode):
        self.every_batch = callbacks.wants_batches(mode)
        self._called = [callbacks] if self.every_batch else callbacks.watchers(mode)
        self._begin = f"on_{mode}_batch_begin"
        self._end = f"on_{mode}_batch_end"

    def begin(self, step):
        if self.every_batch:
            for callback in self._called:
                getattr(callback, self._begin)(step)

    def end(self, step, count, stride, logs):
        """Tells of `count` steps from `step` on; a group counts as a whole one."""
        if self._called:
            logs = pythonify_logs(logs)
            last = step + (max(count, stride) if self.every_batch else count) - 1
            for callback in self._called:
                getattr(callback, self._end)(last, logs)


def limited_steps(steps):
    """`steps` or, where it is lower, the limit of `config.set_max_steps_per_epoch`."""
    limit = config.max_steps_per_epoch()
    if not limit or (steps and steps <= limit):
        return steps
    warnings.warn(f"Limiting steps_per_epoch to {limit}", stacklevel=4)
    return limit


def limited_epochs(epochs):
    """`epochs` or, where it is lower, the limit of `config.set_max_epochs`."""
    limit = config.max_epochs()
    if not limit or epochs <= limit:
        return epochs
    warnings.warn(f"Limiting epochs to {limit}", stacklevel=4)
    return limit


def _check_steps(steps):
    if steps is None:
        return
    if not isinstance(steps, (int, np.integer)) or isinstance(steps, bool) or steps < 1:
        raise ValueError(
            "The number of steps must be an integer of 1 or more, or None. "
            f"Received: {steps}"
        )


def _warn_exhausted():
    warnings.warn(
        "Your input ran out of data; interrupting training. Make sure that your "
        "dataset or generator can generate at least `steps_per_epoch * epochs` "
        "batches. You may need to use the `.repeat()` function when building your "
        "dataset.",
        stacklevel=5,
    )
