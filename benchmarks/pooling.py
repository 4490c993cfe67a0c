"""Pooling forwards and backwards: milliseconds, and those of PyTorch.

    python benchmarks/pooling.py [a Python that has torch]

Ours is timed as in a training plan: the kernels on memory that is there already.
PyTorch runs in a process of its own, on the same number of threads, for both of its
memory formats; the better one counts.
"""

import json
import subprocess
import sys
import time

import numpy as np

from ckeras import kernels
from ckeras.engine.primitive import Spec
from ckeras.engine.runtime import calls
from ckeras.ops.primitives.reductions import reduction
from ckeras.ops.primitives.windows import pooling

# name: shape channels-last, pool, stride, padding; pool None is a global mean
CASES = {
    "max 2": ((128, 26, 26, 32), 2, 2, "valid"),
    "max 3 stride 2 same": ((32, 112, 112, 64), 3, 2, "same"),
    "average 2": ((128, 26, 26, 32), 2, 2, "valid"),
    "average 3 stride 2 same": ((32, 112, 112, 64), 3, 2, "same"),
    "global average": ((64, 8, 8, 64), None, None, None),
}
TORCH = """
import json, sys, time
import torch
import torch.nn.functional as F
cases, threads = json.loads(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
for name, (shape, pool, stride, padding) in cases.items():
    best = {"forward": 1e9, "backward": 1e9}
    for layout in (torch.contiguous_format, torch.channels_last):
        n, h, w, c = shape
        x = torch.randn(n, c, h, w).to(memory_format=layout).requires_grad_()
        pad = 1 if padding == "same" else 0
        def forward():
            if pool is None:
                return x.mean(dim=(2, 3))
            if name.startswith("max"):
                return F.max_pool2d(x, pool, stride, pad)
            return F.avg_pool2d(x, pool, stride, pad, count_include_pad=False)
        for _ in range(12):
            start = time.perf_counter()
            y = forward()
            middle = time.perf_counter()
            d = torch.ones_like(y)
            begin = time.perf_counter()
            torch.autograd.grad(y, x, d)
            end = time.perf_counter()
            best["forward"] = min(best["forward"], middle - start)
            best["backward"] = min(best["backward"], end - begin)
    print(json.dumps([best["forward"], best["backward"]]))
"""


def best_seconds(run, rounds=15):
    """The shortest of several runs."""
    run()
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def kernel(primitive, inputs, threads, **attrs):
    """A function that runs a primitive's kernel on arrays, and its result."""
    specs = [Spec(a.shape, "float32") for a in inputs]
    output = primitive.infer(*specs, **attrs)
    node = type("Node", (), {"inputs": specs, "outputs": [output], "attrs": attrs})
    step = primitive.lower(node)
    y = np.empty(output.shape, "float32")
    run = calls.Call(step.capsule(), step.dims, step.attrs).run
    return (lambda: run([*inputs, y], threads)), y


def ours(name, shape, pool, stride, padding, threads):
    """Seconds forwards and backwards."""
    x = np.random.default_rng(0).standard_normal(shape).astype("float32")
    if pool is None:
        small = x.reshape(shape[0], -1, shape[-1])
        run, y = kernel(reduction._mean, [small], threads, axes=(1,), keepdims=True)
        spread, _ = kernel(
            reduction.movement.broadcast_to, [y], threads, shape=small.shape
        )
        return best_seconds(run), best_seconds(spread)
    axes = [pooling.pool_windows(n, pool, stride, padding) for n in shape[1:-1]]
    windows = (((0, 1),), *axes)
    x = x.reshape(shape[0], 1, *shape[1:])
    if name.startswith("max"):
        run, y = kernel(pooling.max_pool, [x], threads, windows=windows)
        back, _ = kernel(pooling._max_pool_gradient, [x, y], threads, windows=windows)
    else:
        run, y = kernel(pooling.average_pool, [x], threads, windows=windows)
        back, _ = kernel(
            pooling._average_pool_gradient,
            [y],
            threads,
            windows=windows,
            sizes=x.shape[1:-1],
        )
    return best_seconds(run), best_seconds(back)


def with_torch(python, threads):
    """Seconds forwards and backwards for each case."""
    command = [python, "-c", TORCH, json.dumps(CASES), str(threads)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


if __name__ == "__main__":
    print(f"level {kernels.level}; milliseconds forwards + backwards in float32")
    for threads in (1, 2):
        theirs = with_torch(sys.argv[1], threads) if len(sys.argv) > 1 else []
        print(f"\n{threads} thread(s)")
        for i, (name, case) in enumerate(CASES.items()):
            times = ours(name, *case, threads)
            line = f"{name:24} {case[0]!s:20}"
            line += f" {times[0] * 1e3:7.2f} + {times[1] * 1e3:6.2f}"
            if theirs:
                forward, backward = [1e3 * seconds for seconds in theirs[i]]
                line += f"   PyTorch {forward:7.2f} + {backward:6.2f}"
                line += f"   {sum(theirs[i]) / sum(times):5.2f} times as fast"
            print(line)
