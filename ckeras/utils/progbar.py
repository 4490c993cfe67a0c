"""The progress bar: redrawn in a terminal, one finished line elsewhere.

A log file or a pipe cannot redraw a line, and consoles exist without box characters:
there the bar is plain ASCII and printed once, when the epoch is finished.
"""

import math
import sys
import time

import numpy as np

from ckeras.utils import io_utils


class Progbar:
    """Shows how far a loop of known or unknown length has come.

    Args:
        target: Number of steps expected, `None` if unknown.
        width: Width of the bar in characters.
        verbose: 0 silent, 1 bar, 2 one line when finished.
        interval: Least time in seconds between two redraws.
        stateful_metrics: Names of metrics shown as they are; all others are
            averaged over the steps. Excludes `stateless_metrics`.
        stateless_metrics: Names of metrics averaged over the steps; all others are
            shown as they are.
        unit_name: What a step is called, usually `"step"` or `"sample"`.

    Example:

    >>> bar = Progbar(10, verbose=2)
    >>> for i in range(10):
    ...     bar.update(i + 1, values=[("loss", 0.5)])
    """

    def __init__(
        self,
        target,
        width=20,
        verbose=1,
        interval=0.05,
        stateful_metrics=None,
        stateless_metrics=None,
        unit_name="step",
    ):
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "Only one of `stateful_metrics` or `stateless_metrics` can be "
                "provided: each says which metrics the other kind excludes."
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self.stateful_metrics = None
        self.stateless_metrics = None
        if stateless_metrics is not None:
            self.stateless_metrics = set(stateless_metrics)
        else:
            self.stateful_metrics = set(stateful_metrics or ())
        self._dynamic_display = io_utils.is_terminal()
        self._seen_so_far = 0
        self._values = {}  # name -> [sum, count]
        self._start = time.time()
        self._last_update = 0.0
        self._time_after_first_step = None
        self._prev_total_width = 0
        self._prefix = ""  # the epoch's heading, where the display is one line

    def update(self, current, values=None, finalize=None):
        """Set the bar to a step.

        Args:
            current: Number of steps done.
            values: List of `(metric name, value of the last step)`.
            finalize: Whether this is the last update. `None` means: if `current`
                has reached `target`.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            self._record(name, value, current, finalize)
        self._seen_so_far = current
        now = time.time()
        duration = self._estimate_step_duration(current, now)
        if self.verbose == 1:
            if not finalize and (
                not self._dynamic_display or now - self._last_update < self.interval
            ):
                return
            self._draw(current, now, duration, finalize)
        elif self.verbose == 2 and finalize and self.target:
            count = f"{current:{len(str(self.target))}d}/{self.target}"
            line = f"{count} - {now - self._start:.0f}s -"
            line += self._format_time(duration, self.unit_name)
            io_utils.print_msg(line + self._format_values())
        self._last_update = now

    def add(self, n, values=None):
        """Advance the bar by `n` steps."""
        self.update(self._seen_so_far + n, values)

    def _record(self, name, value, current, finalize):
        if self.stateful_metrics is not None:
            averaged = name not in self.stateful_metrics
        else:
            averaged = name in self.stateless_metrics
        if not averaged or finalize:
            self._values[name] = [value, 1]
            return
        # A repeated step still counts as one, or its metric would show as 0.
        steps = max(current - self._seen_so_far, 1)
        total = self._values.setdefault(name, [0.0, 0])
        total[0] += value * steps
        total[1] += steps

    def _draw(self, current, now, duration, finalize):
        bar, hidden = self._format_bar(current)
        info, hidden_info = self._format_clock(current, now, duration, finalize)
        info += self._format_time(duration, self.unit_name) + self._format_values()
        total_width = len(bar) + len(info) - hidden - hidden_info
        message = bar + info
        if self._dynamic_display:
            blank = " " * max(self._prev_total_width - total_width, 0)
            message = "\b" * self._prev_total_width + "\r" + message + blank
        else:
            message = self._prefix + message
        io_utils.print_msg(message + ("\n" if finalize else ""), line_break=False)
        self._prev_total_width = total_width

    def _format_bar(self, current):
        """The bar, and how many of its characters are invisible colour codes."""
        if not self.target or self.target < 0:
            return f"{current:7d}/Unknown", 0
        count = f"{current:{len(str(self.target))}d}/{self.target}"
        done = int(self.width * current / self.target)
        if not self._dynamic_display:
            return f"{count} {'=' * done}{'.' * (self.width - done)}", 0
        mark = "━" if _can_print("━") else "="
        green = f"\33[32m{mark * done}\x1b[0m" if done > 0 else ""
        grey = f"\33[37m{mark * (self.width - done)}\x1b[0m"
        return f"\x1b[1m{count}\x1b[0m {green}{grey}", 8 + 9 * bool(green) + 9

    def _format_clock(self, current, now, duration, finalize):
        """Time still to wait, or time spent when finished or of unknown length."""
        if self.target and self.target > 0 and not finalize:
            text = _format_eta(duration * (self.target - current))
        else:
            text = f"{now - self._start:.0f}s"
        if not self._dynamic_display:
            return f" {text}", 0
        return f" \x1b[1m{text}\x1b[0m", 8

    def _format_values(self):
        text = ""
        for name, (value, count) in self._values.items():
            if not isinstance(value, (int, float)):
                value = np.mean(value)
            mean = value / max(1, count)
            digits = ".4f" if abs(mean) > 1e-3 else ".4e"
            text += f" - {name}: {mean:{digits}}"
        return text

    def _format_time(self, time_per_unit, unit_name):
        if time_per_unit >= 1 or time_per_unit == 0:
            return f" {time_per_unit:.0f}s/{unit_name}"
        if time_per_unit >= 1e-3:
            return f" {time_per_unit * 1e3:.0f}ms/{unit_name}"
        return f" {time_per_unit * 1e6:.0f}us/{unit_name}"

    def _estimate_step_duration(self, current, now):
        """Seconds a step; the first one, which compiles, is left out if possible."""
        if not current:
            return 0
        if self._time_after_first_step is not None and current > 1:
            duration = (now - self._time_after_first_step) / (current - 1)
        else:
            duration = (now - self._start) / current
        if current == 1:
            self._time_after_first_step = now
        return duration


def _format_eta(seconds):
    if seconds > 3600:
        hours, rest = divmod(int(seconds), 3600)
        return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
    if seconds > 60:
        return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
    return f"{math.floor(seconds)}s"


def _can_print(character):
    try:
        character.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
