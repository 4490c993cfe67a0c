"""Convolutions of many shapes: share of the CPU's peak, and PyTorch's rate.

python benchmarks/conv.py                                   # two threads
python benchmarks/conv.py --threads 1 --peers-python PYTHON # and PyTorch's
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

# batch, spatial sizes, channels, filters, kernel, stride, groups; all padded "same".
SHAPES = {
    "3x3 64-128 at 56": (32, (56, 56), 64, 128, 3, 1, 1),
    "3x3 128-128 at 56": (32, (56, 56), 128, 128, 3, 1, 1),
    "3x3 16-16 at 32": (64, (32, 32), 16, 16, 3, 1, 1),
    "3x3 32-32 at 16": (64, (16, 16), 32, 32, 3, 1, 1),
    "3x3 64-64 at 8": (64, (8, 8), 64, 64, 3, 1, 1),
    "3x3 stride 2 16-32 at 32": (64, (32, 32), 16, 32, 3, 2, 1),
    "3x3 1-32 at 28": (128, (28, 28), 1, 32, 3, 1, 1),
    "3x3 32-64 at 13": (128, (13, 13), 32, 64, 3, 1, 1),
    "3x3 256-256 at 14": (16, (14, 14), 256, 256, 3, 1, 1),
    "3x3 512-512 at 7": (16, (7, 7), 512, 512, 3, 1, 1),
    "1x1 256-64 at 56": (16, (56, 56), 256, 64, 1, 1, 1),
    "5x5 32-64 at 28": (32, (28, 28), 32, 64, 5, 1, 1),
    "7x7 stride 2 3-64 at 224": (4, (224, 224), 3, 64, 7, 2, 1),
    "3x3 groups 4 64-64 at 28": (32, (28, 28), 64, 64, 3, 1, 4),
    "depthwise 3x3 128 at 28": (32, (28, 28), 128, 128, 3, 1, 128),
    "depthwise 3x3 stride 2 64 at 56": (32, (56, 56), 64, 64, 3, 2, 64),
    "1x1 32-192 at 28": (32, (28, 28), 32, 192, 1, 1, 1),
    "1-D 5 64-64 at 512": (32, (512,), 64, 64, 5, 1, 1),
    "1-D 7 depthwise 64 at 512": (32, (512,), 64, 64, 7, 1, 64),
    "3-D 3x3x3 16-32 at 16": (8, (16, 16, 16), 16, 32, 3, 1, 1),
}


def best_seconds(run, least=0.3):
    """The shortest of several runs."""
    run()
    best, start = math.inf, time.perf_counter()
    while time.perf_counter() - start < least:
        begin = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - begin)
    return best


def same_pads(sizes, kernel, stride):
    pads = []
    for size in sizes:
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        pads.append((total // 2, total - total // 2))
    return tuple(pads)


def three_functions(sizes, kernel, groups, is_depthwise, **attrs):
    """The convolution and its gradients by the input and by the kernel."""
    from ckeras.ops.primitives.windows import convolution, depthwise

    if is_depthwise:
        forward, by_input, by_kernel = (
            depthwise.depthwise,
            depthwise._input_gradient,
            depthwise._kernel_gradient,
        )
    else:
        attrs["groups"] = groups
        forward, by_input, by_kernel = (
            convolution.conv,
            convolution.conv_input_gradient,
            convolution.conv_kernel_gradient,
        )
    return (
        lambda x, w: forward(x, w, **attrs),
        lambda d, w: by_input(d, w, size=sizes, **attrs),
        lambda x, d: by_kernel(x, d, size=kernel, **attrs),
    )


def ours(threads):
    """GFLOP/s forward, for the input's and for the kernel's gradient."""
    import numpy as np
    from gemm import peak

    import ckeras

    ckeras.config.set_num_threads(threads)
    found = {"tile": peak(threads)}
    for name, (batch, sizes, channels, filters, k, stride, groups) in SHAPES.items():
        n = len(sizes)
        is_depthwise = groups == channels == filters
        functions = three_functions(
            sizes,
            (k,) * n,
            groups,
            is_depthwise,
            strides=(stride,) * n,
            dilations=(1,) * n,
            pads=same_pads(sizes, k, stride),
        )
        conv, d_x, d_w = map(ckeras.function, functions)

        def values(*shape):
            return ckeras.ops.convert_to_tensor(np.ones(shape, "float32"))

        x = values(batch, *sizes, channels)
        one = () if is_depthwise else (channels // groups,)
        w = values(*(k,) * n, *one, filters)
        d_y = conv(x, w)
        flops = 2e-9 * math.prod(d_y.shape[:-1]) * w.size
        calls = [(conv, x, w), (d_x, d_y, w), (d_w, x, d_y)]
        found[name] = [
            flops / best_seconds(lambda f=f, a=a, b=b: f(a, b)) for f, a, b in calls
        ]
    return found


def torch_rates(threads):
    """The same from PyTorch, channels-last; run in its own Python."""
    import torch

    torch.set_num_threads(threads)
    gradient = torch.ops.aten.convolution_backward
    found = {}
    for name, (batch, sizes, channels, filters, k, stride, groups) in SHAPES.items():
        n = len(sizes)
        layout = {2: torch.channels_last, 3: torch.channels_last_3d}.get(n)
        layout = {} if layout is None else {"memory_format": layout}
        x = torch.ones(batch, channels, *sizes).to(**layout)
        w = torch.ones(filters, channels // groups, *(k,) * n).to(**layout)
        geometry = ((stride,) * n, (k // 2,) * n, (1,) * n)
        convolution = (torch.conv1d, torch.conv2d, torch.conv3d)[n - 1]

        def forward(x=x, w=w, f=convolution, g=geometry, groups=groups):
            return f(x, w, None, *g, groups)

        with torch.no_grad():
            d = forward()
            flops = 2e-9 * d.numel() / filters * w.numel()
            runs = [forward]
            for mask in ([True, False, False], [False, True, False]):

                def backward(d=d, x=x, w=w, g=geometry, n=n, groups=groups, mask=mask):
                    gradient(d, x, w, None, *g, False, [0] * n, groups, mask)

                runs.append(backward)
            found[name] = [flops / best_seconds(run) for run in runs]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers-python", help="a Python that has PyTorch")
    parser.add_argument("--only-torch", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_torch:
        print(json.dumps(torch_rates(options.threads)))
        return
    found, theirs = ours(options.threads), {}
    if options.peers_python:
        command = [options.peers_python, __file__, "--only-torch"]
        command += ["--threads", str(options.threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        theirs = json.loads(done.stdout)
    tile = found.pop("tile")
    print(f"{options.threads} thread(s), GFLOP/s; the register tile alone: {tile:.0f}")
    print(f"{'':32}" + "".join(f"{h:>22}" for h in ("forward", "d_input", "d_kernel")))
    for name, rates in found.items():
        cells = []
        for i, rate in enumerate(rates):
            cell = f"{rate:5.0f} {rate / tile:4.0%}"
            if theirs:
                cell += f" {rate / theirs[name][i]:5.2f} x"
            cells.append(f"{cell:>22}")
        print(f"{name:32}" + "".join(cells))


if __name__ == "__main__":
    main()
