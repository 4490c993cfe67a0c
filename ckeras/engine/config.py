"""Process-wide settings: number types, image layout, threads."""

import os

__all__ = [
    "backend",
    "epsilon",
    "floatx",
    "get_num_threads",
    "image_data_format",
    "max_epochs",
    "max_steps_per_epoch",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
    "set_num_threads",
    "standardize_data_format",
]


def _limit(name):
    """A limit from the environment: a whole number, or None."""
    value = os.environ.get(name, "")
    return int(value) if value.isdigit() and int(value) > 0 else None


_FLOATS = ("bfloat16", "float16", "float32", "float64")
_settings = {
    "flash_attention": None,
    "floatx": "float32",
    "epsilon": 1e-7,
    "layout": "channels_last",
    "max_epochs": _limit("KERAS_MAX_EPOCHS"),
    "max_steps_per_epoch": _limit("KERAS_MAX_STEPS_PER_EPOCH"),
}


def backend():
    """The name of what computes: `"ckeras"`."""
    return "ckeras"


def floatx():
    """The default float type, as a string such as `"float32"`."""
    return _settings["floatx"]


def set_floatx(value):
    """Sets the default float type.

    Args:
        value: `"float32"`, `"float64"`, `"float16"` or `"bfloat16"`.

    Raises:
        ValueError: if `value` names another type.
    """
    from ckeras.engine.values import dtypes

    if value not in _FLOATS:
        raise ValueError(
            f"Unknown `floatx` value: {value}. Expected one of {set(_FLOATS)}"
        )
    _settings["floatx"] = dtypes.standardize_dtype(str(value))


def epsilon():
    """The small number that keeps divisions and logarithms finite."""
    return _settings["epsilon"]


def set_epsilon(value):
    """Sets the number that `epsilon()` returns."""
    _settings["epsilon"] = value


def image_data_format():
    """The default image layout, `"channels_last"` or `"channels_first"`."""
    return _settings["layout"]


def set_image_data_format(data_format):
    """Sets the default image layout.

    Raises:
        ValueError: if `data_format` is neither of the two layouts.
    """
    _settings["layout"] = standardize_data_format(str(data_format))


def standardize_data_format(data_format):
    """An image layout in lower case; the default one for None.

    Raises:
        ValueError: if `data_format` is neither of the two layouts.
    """
    if data_format is None:
        return image_data_format()
    layout = str(data_format).lower()
    if layout not in ("channels_last", "channels_first"):
        raise ValueError(
            "The `data_format` argument must be one of "
            "{'channels_first', 'channels_last'}. "
            f"Received: data_format={data_format}"
        )
    return layout


def max_epochs():
    """The most epochs that any `fit` runs, or None."""
    return _settings["max_epochs"]


def set_max_epochs(max_epochs):
    """Limits the epochs of every `fit`; None lifts the limit."""
    _settings["max_epochs"] = max_epochs


def max_steps_per_epoch():
    """The most steps of any epoch of `fit`, `evaluate` and `predict`, or None."""
    return _settings["max_steps_per_epoch"]


def set_max_steps_per_epoch(max_steps_per_epoch):
    """Limits the steps of every epoch; None lifts the limit."""
    _settings["max_steps_per_epoch"] = max_steps_per_epoch


def is_flash_attention_enabled():
    """Whether attention layers must never store scores: None (as they like) or False.

    Attention is computed block by block wherever scores are neither returned nor
    dropped, whatever this says.
    """
    return _settings["flash_attention"]


def enable_flash_attention():
    """Leaves it to attention layers whether they store scores."""
    _settings["flash_attention"] = None


def disable_flash_attention():
    """Tells attention layers that they may store scores."""
    _settings["flash_attention"] = False


def _quota():
    """CPUs that the control group grants, or None where it sets no limit."""
    try:
        with open("/sys/fs/cgroup/cpu.max") as file:
            limit, period = file.read().split()
        return None if limit == "max" else int(limit) / int(period)
    except (OSError, ValueError):
        pass
    try:
        with open("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") as file:
            limit = int(file.read())
        with open("/sys/fs/cgroup/cpu/cpu.cfs_period_us") as file:
            period = int(file.read())
        return limit / period if limit > 0 and period > 0 else None
    except (OSError, ValueError):
        return None


def available_cpus():
    """CPUs that this process may use: the affinity mask and the cgroup's quota."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    quota = _quota()
    return max(1, count if quota is None else min(count, int(quota)))


def _default_threads():
    cpus = available_cpus()
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return min(cpus, int(asked)) if asked.isdigit() and int(asked) > 0 else cpus


_threads = _default_threads()
_cpus = available_cpus()


def most_threads():
    """The number of threads for which plans keep workspaces."""
    return max(_threads, _cpus)


def get_num_threads():
    """The number of threads that one computation uses at most."""
    return _threads


def set_num_threads(value):
    """Sets how many threads one computation may use; results do not depend on it.

    Args:
        value: a positive integer; None restores the default (`OMP_NUM_THREADS`,
            else the CPUs that affinity mask and cgroup quota leave).

    Raises:
        ValueError: if `value` is not a positive integer.
    """
    global _threads
    if value is None:
        _threads = _default_threads()
        return
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(
            f"`num_threads` must be a positive integer. Received: {value!r}"
        )
    _threads = value


def _serial_after_fork():
    # The OpenMP team of the parent does not exist in a forked child, and the
    # runtime would wait for it forever.
    global _threads
    _threads = 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_serial_after_fork)
