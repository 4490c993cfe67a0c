"""Normalization in training: milliseconds forward, and forward with gradients.

    python benchmarks/normalization.py ckeras 2
    python benchmarks/normalization.py torch 2
    KERAS_BACKEND=jax python benchmarks/normalization.py keras 2

The first argument is the library, which this Python must have, the second the number
of threads. Batch normalization of NHWC images is followed by a relu, as in a residual
network (PyTorch gets the same memory as channels_last); layer normalization is of
rows. Gradients are those of the input and of both weights; the best of many runs
counts. The last column is the memory that has to be read and written at least, for
both directions, over that time.
"""

import os
import sys
import time

import numpy as np

LIBRARY = sys.argv[1] if len(sys.argv) > 1 else "ckeras"
THREADS = int(sys.argv[2]) if len(sys.argv) > 2 else 2
CASES = [
    ("BatchNormalization", (64, 32, 32, 16)),
    ("BatchNormalization", (32, 56, 56, 128)),
    ("LayerNormalization", (4096, 64)),
    ("LayerNormalization", (4096, 512)),
]
ROUNDS = 40
# Forward: moments, then x and y. Backward: d_y, x and y (for the relu) twice, and d_x.
# Rows stay in the cache between their passes.
PASSES = {"BatchNormalization": 3 + 7, "LayerNormalization": 2 + 3}


def arrays(shape):
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape, "float32") for _ in range(2)]


def with_ckeras(kind, shape):
    import ckeras

    ckeras.config.set_num_threads(THREADS)
    layer = getattr(ckeras.layers, kind)()
    layer.build(shape)

    def call(x):
        if kind == "BatchNormalization":
            return ckeras.ops.relu(layer(x, training=True))
        return layer(x)

    def gradients(x, d_y):
        with ckeras.GradientTape() as tape:
            tape.watch(x)
            y = call(x)
        sources = [x, layer.gamma, layer.beta]
        return tape.gradient(y, sources, output_gradients=d_y)

    x, d_y = [ckeras.ops.convert_to_tensor(a) for a in arrays(shape)]
    forward = ckeras.function(call)
    both = ckeras.function(gradients)
    return lambda: forward(x), lambda: both(x, d_y)


def with_torch(kind, shape):
    import torch

    torch.set_num_threads(THREADS)
    x, d_y = [torch.from_numpy(a) for a in arrays(shape)]
    if kind == "BatchNormalization":
        x, d_y = [a.permute(0, 3, 1, 2) for a in (x, d_y)]
        layer = torch.nn.BatchNorm2d(shape[-1])
        call = torch.nn.Sequential(layer, torch.nn.ReLU(inplace=True))
    else:
        call = layer = torch.nn.LayerNorm(shape[-1])
    x.requires_grad_()

    def both():
        return torch.autograd.grad(call(x), [x, layer.weight, layer.bias], d_y)

    def forward():
        with torch.no_grad():
            return call(x)

    return forward, both


def with_keras(kind, shape):
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import jax
    import keras

    layer = getattr(keras.layers, kind)()
    layer.build(shape)
    options = {"training": True} if kind == "BatchNormalization" else {}
    moving = [v.value for v in layer.non_trainable_variables]
    x, d_y = [jax.numpy.asarray(a) for a in arrays(shape)]

    def call(weights, x):
        y, moved = layer.stateless_call(weights, moving, x, **options)
        return (jax.nn.relu(y) if options else y), moved

    def gradients(weights, x, d_y):
        _, back, moved = jax.vjp(call, weights, x, has_aux=True)
        return back(d_y), moved

    weights = [v.value for v in layer.trainable_variables]
    forward, both = jax.jit(call), jax.jit(gradients)
    return (
        lambda: jax.block_until_ready(forward(weights, x)),
        lambda: jax.block_until_ready(both(weights, x, d_y)),
    )


def best(function):
    """Milliseconds of the fastest run."""
    for _ in range(5):
        function()
    fastest = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        function()
        fastest = min(fastest, time.perf_counter() - start)
    return 1e3 * fastest


if __name__ == "__main__":
    make = {"ckeras": with_ckeras, "torch": with_torch, "keras": with_keras}[LIBRARY]
    if LIBRARY == "keras" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    print(f"{LIBRARY}, {THREADS} thread(s): ms forward, with gradients, GB/s")
    for kind, shape in CASES:
        forward, both = [best(f) for f in make(kind, shape)]
        rate = PASSES[kind] * 4e-6 * np.prod(shape) / both
        name = f"{kind} {shape}"
        print(f"{name:40} {forward:8.3f} {both:8.3f} {rate:6.1f}", flush=True)
