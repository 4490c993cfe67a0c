"""The compiled kernels: one folder of modules per CPU level, the best one chosen here.

`pointer` gives the plan a kernel's C entry; nothing else reads this package.
"""

import functools
import importlib
import os
import pathlib
import platform

from ckeras.kernels.openmp import load_patiently

__all__ = ["available_levels", "level", "module", "pointer"]

_FEATURES = {
    "v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "v3": {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"},
    "v2": {"cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3"},
}
# The folder of each module. These folders have no `__init__`: their modules lie in
# the sources' folder and in that of a level, and Python looks into both.
_FAMILIES = {
    "attention": "attention",
    "attention_gradient": "attention",
    "conv": "convolution",
    "conv_kernel": "convolution",
    "crossentropy": "vector",
    "depthwise": "convolution",
    "elementwise": "elementwise",
    "gemm": "matrix",
    "gemv": "matrix",
    "gru": "recurrent",
    "indexing": "memory",
    "lstm": "recurrent",
    "moments": "normalization",
    "movement": "memory",
    "pooling": "convolution",
    "random": "memory",
    "reduce": "vector",
    "rows": "normalization",
    "scan": "vector",
    "simple_rnn": "recurrent",
    "softmax": "vector",
    "tokens": "recurrent",
    "truth": "vector",
    "update": "vector",
    "winograd": "winograd",
    "winograd_kernel": "winograd",
}
_C_TYPES = {
    "float32": "float",
    "float64": "double",
    "int32": "int",
    "int64": "long long",
    "uint64": "unsigned long long",
}


def _cpu_flags():
    """The CPU's features as the kernel names them; empty where it lists none."""
    try:
        with open("/proc/cpuinfo") as info:
            for line in info:
                if line.startswith("flags"):
                    return set(line.partition(":")[2].split())
    except OSError:
        pass
    return set()


def _is_built(folder):
    """Whether there are compiled modules in a level's folder."""
    return any(folder.glob("*/movement.*"))


def available_levels():
    """Names of the levels that are built and that this CPU can run, best first."""
    folder = pathlib.Path(__file__).parent
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return ["baseline"] if _is_built(folder / "baseline") else []
    flags, able = _cpu_flags(), []
    for name in ("v2", "v3", "v4"):
        if not _FEATURES[name] <= flags:
            break
        able.insert(0, name)
    return [name for name in able if _is_built(folder / name)]


def _choose():
    available = available_levels()
    forced = os.environ.get("CKERAS_CPU_LEVEL")
    if forced:
        if forced not in available:
            raise ImportError(
                f"CKERAS_CPU_LEVEL={forced} is not available here. "
                f"Expected one of {available}: the levels that this ckeras was "
                "built for and that this CPU can run."
            )
        return forced
    if not available:
        raise ImportError(
            "ckeras has no compiled kernels for this CPU. Install a wheel for "
            f"{platform.machine()}, or build from source with `pip install .`"
        )
    return available[0]


level = _choose()
__path__.insert(0, str(pathlib.Path(__file__).parent / level))


@functools.cache
def module(name):
    """A module of kernels, of the level in use."""
    return importlib.import_module(f"{__name__}.{_FAMILIES[name]}.{name}")


@functools.cache
def pointer(module_name, name, dtype=None):
    """The capsule of kernel `name`, of its instance for `dtype` if it has several."""
    table = module(module_name).__pyx_capi__
    if name in table:
        return table[name]
    return table[f"{name}[{_C_TYPES[dtype]} **]"]


load_patiently(lambda: module("movement"))
