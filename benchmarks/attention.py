"""Attention by length: milliseconds forward, and forward with gradients.

    python benchmarks/attention.py                               # this library
    python benchmarks/attention.py --threads 1 --causal
    python benchmarks/attention.py --peers-python PYTHON         # and PyTorch

Two heads of 32 channels at a constant number of 16384 queries: the longer, the smaller
the batch. Gradients are those of queries, keys and values. PyTorch's attention is
`scaled_dot_product_attention`, which gets its heads before the lengths, as it likes
them best, and runs in a process of its own. The median of many runs counts.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

LENGTHS = (64, 128, 256, 512, 1024, 2048, 4096)
QUERIES, HEADS, HEAD_DIM = 16384, 2, 32


def arrays(length):
    """Queries, keys, values and the gradient of the result: (batch, length, ...)."""
    rng = np.random.default_rng(0)
    shape = (QUERIES // length, length, HEADS, HEAD_DIM)
    return [rng.standard_normal(shape, "float32") for _ in range(4)]


def with_ckeras(length, causal, threads):
    import ckeras

    ckeras.config.set_num_threads(threads)

    @ckeras.function
    def forward(q, k, v):
        return ckeras.ops.dot_product_attention(q, k, v, is_causal=causal)

    @ckeras.function
    def both(q, k, v, d_y):
        with ckeras.GradientTape() as tape:
            tape.watch([q, k, v])
            y = ckeras.ops.dot_product_attention(q, k, v, is_causal=causal)
        return tape.gradient(y, [q, k, v], output_gradients=d_y)

    *inputs, d_y = [ckeras.ops.convert_to_tensor(a) for a in arrays(length)]
    return lambda: forward(*inputs), lambda: both(*inputs, d_y)


def with_torch(length, causal, threads):
    import torch

    torch.set_num_threads(threads)
    attention = torch.nn.functional.scaled_dot_product_attention
    tensors = [torch.from_numpy(a.swapaxes(1, 2).copy()) for a in arrays(length)]
    *inputs, d_y = tensors
    for x in inputs:
        x.requires_grad_()

    def forward():
        with torch.no_grad():
            return attention(*inputs, is_causal=causal)

    def both():
        return torch.autograd.grad(attention(*inputs, is_causal=causal), inputs, d_y)

    return forward, both


def milliseconds(work, least=0.3):
    """The median time of a call, after one that compiles."""
    work()
    times, end = [], time.perf_counter() + least
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def measure(library, arguments):
    """Times of both directions, for each length."""
    make = {"ckeras": with_ckeras, "torch": with_torch}[library]
    options = arguments.causal, arguments.threads
    return [[milliseconds(f) for f in make(n, *options)] for n in arguments.lengths]


def measure_peer(arguments):
    """The same by another Python, which has PyTorch."""
    words = [arguments.peers_python, __file__, "--as-peer"]
    words += ["--threads", str(arguments.threads)]
    words += ["--causal"] * arguments.causal
    words += ["--lengths", *map(str, arguments.lengths)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def show(ours, theirs, arguments):
    kind = "causal attention" if arguments.causal else "attention"
    print(f"{kind}, {arguments.threads} thread(s): ms forward, with gradients")
    names = "length   ckeras" + " " * 14 + ("PyTorch" + " " * 13 if theirs else "")
    print(names + ("PyTorch / ckeras" if theirs else ""))
    for i, length in enumerate(arguments.lengths):
        rows = [ours[i]] + ([theirs[i]] if theirs else [])
        line = "".join(f"{f:8.2f} {b:9.2f}   " for f, b in rows)
        if theirs:
            ratios = [t / o for t, o in zip(theirs[i], ours[i], strict=True)]
            line += "{:5.2f} {:5.2f}".format(*ratios)
        print(f"{length:6} {line}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lengths", type=int, nargs="*", default=LENGTHS)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--causal", action="store_true")
    parser.add_argument("--peers-python", help="a Python that has PyTorch")
    parser.add_argument("--as-peer", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.as_peer:
        print(json.dumps(measure("torch", arguments)))
        sys.exit()
    theirs = measure_peer(arguments) if arguments.peers_python else None
    show(measure("ckeras", arguments), theirs, arguments)
