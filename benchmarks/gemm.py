"""Packed matrix product: rate, share of the register tile's own rate, and NumPy's.

    python benchmarks/gemm.py

The peak is what the register tile reaches alone, on operands that stay in the
first-level cache, in the same run. NumPy is given the same number of threads.
"""

import os
import subprocess
import sys
import time

import numpy as np

from ckeras import kernels
from ckeras.engine.runtime import calls

LARGE = (2048, 2048, 2048)
SHAPES = [
    (32, 32, 20),
    (32, 128, 32),
    (128, 512, 784),
    (784, 512, 128),
    (2560, 512, 128),
    (128, 512, 2560),
    LARGE,
]
NUMPY = """
import sys, time
import numpy as np
m, n, k, rounds = map(int, sys.argv[1:])
a, b = np.ones((m, k), "float32"), np.ones((k, n), "float32")
c = np.empty((m, n), "float32")
best = 1e9
for _ in range(rounds):
    start = time.perf_counter()
    np.matmul(a, b, out=c)
    best = min(best, time.perf_counter() - start)
print(best)
"""


def call(entry, arrays, dims, threads):
    """A function that runs a float32 kernel of the gemm module on the arrays."""
    run = calls.Call(kernels.pointer("gemm", entry, "float32"), dims, ()).run
    return lambda: run(arrays, threads)


def best_seconds(function, rounds):
    """The shortest of several runs."""
    function()
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - start)
    return best


def aligned(shape, dtype="f"):
    """An array that begins at a cache line, as all arrays of a plan do."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.ones(size + 64, "u1")
    start = -memory.ctypes.data % 64
    out = memory[start : start + size].view(dtype).reshape(shape)
    out[...] = 1
    return out


def product(m, n, k, threads):
    """GFLOP/s of one product of float32 matrices."""
    size = kernels.module("gemm").workspace_bytes(m, n, k, 4, False, threads)
    arrays = [aligned((m, k)), aligned((k, n)), aligned((m, n))]
    arrays.append(aligned(size, "u1") if size else None)
    run = call("matmul", arrays, (m, n, k, 0, 0, 1, 0, threads), threads)
    return 2e-9 * m * n * k / best_seconds(run, rounds(m * n * k))


def peak(threads, depth=384, repetitions=20_000):
    """GFLOP/s of the register tile alone."""
    gemm = kernels.module("gemm")
    lanes, rows = gemm.tile()
    columns = 2 * lanes
    repetitions *= threads
    arrays = [aligned((depth, rows)), aligned((depth, columns))]
    arrays.append(aligned((64, rows, columns)))
    run = call("peak", arrays, (depth, repetitions), threads)
    return 2e-9 * depth * rows * columns * repetitions / best_seconds(run, 5)


def with_numpy(m, n, k, threads):
    """GFLOP/s of NumPy, in a process of its own with as many threads."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, str(threads))}
    arguments = [str(v) for v in (m, n, k, rounds(m * n * k))]
    command = [sys.executable, "-c", NUMPY, *arguments]
    out = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    )
    return 2e-9 * m * n * k / float(out.stdout)


def rounds(work):
    """More rounds for smaller products."""
    return max(7, min(2000, int(1e9 / work)))


if __name__ == "__main__":
    print(f"level {kernels.level}; GFLOP/s in float32")
    for threads in (1, 2):
        top = peak(threads)
        print(f"\n{threads} thread(s), register tile alone: {top:.0f}")
        for m, n, k in SHAPES:
            ours, theirs = product(m, n, k, threads), with_numpy(m, n, k, threads)
            print(
                f"{m:5} x{n:5} x{k:5} {ours:7.1f}  {ours / top:5.0%} of the tile, "
                f"{ours / theirs:5.2f} x NumPy ({theirs:.0f})"
            )
