"""Every combination of arguments that changes what convolutional, pooling and
reshaping layers compute, for `test_gradients.py`: by name a layer, its inputs."""

import itertools

import numpy as np

from ckeras import layers

RNG = np.random.default_rng(17)
SHAPES = {1: (2, 7, 4), 2: (1, 5, 4, 4), 3: (1, 3, 4, 3, 2)}
_BOTH = ["channels_last", "channels_first"]
_LAYOUTS = itertools.cycle(_BOTH)


def _case(kind, rank, layout=None, **options):
    """A layer, with one layout or the other in turn if none is given."""
    layout, shape = layout or next(_LAYOUTS), SHAPES[rank]
    if layout == "channels_first":
        shape = (shape[0], shape[-1], *shape[1:-1])
    layer = getattr(layers, kind)(dtype="float64", data_format=layout, **options)
    words = [f"{k}={v}" for k, v in options.items()]
    return f"{kind}, {', '.join([*words, layout])}", (layer, [_apart(shape)])


def _apart(shape):
    """Numbers all of which differ, so that maxima have slopes."""
    count = np.prod(shape)
    return (RNG.permutation(count) / count * 4 - 2).reshape(shape)


def _convolutions():
    steps = [(1, 1), (2, 1), (1, 2)]
    for rank in (1, 2, 3):
        paddings = ["valid", "same", "causal"][: 3 if rank == 1 else 2]
        for padding, (stride, dilation), groups in itertools.product(
            paddings, steps, (1, 2)
        ):
            yield _case(
                f"Conv{rank}D",
                rank,
                filters=2,
                kernel_size=2,
                padding=padding,
                strides=stride,
                dilation_rate=dilation,
                groups=groups,
            )
    transposed = [(1, 1, None), (2, 1, None), (1, 2, None), (2, 1, 0), (3, 1, 2)]
    for rank, padding, (stride, dilation, more) in itertools.product(
        (1, 2, 3), ("valid", "same"), transposed
    ):
        yield _case(
            f"Conv{rank}DTranspose",
            rank,
            filters=2,
            kernel_size=2 if stride < 3 else 3,
            padding=padding,
            strides=stride,
            dilation_rate=dilation,
            output_padding=more,
        )
    for rank, padding, (stride, dilation), multiplier in itertools.product(
        (1, 2), ("valid", "same"), [*steps, (2, 2)], (1, 2)
    ):
        options = {"padding": padding, "strides": stride, "dilation_rate": dilation}
        options |= {"kernel_size": 2, "depth_multiplier": multiplier}
        yield _case(f"DepthwiseConv{rank}D", rank, **options)
        yield _case(f"SeparableConv{rank}D", rank, filters=2, **options)


def _pooling():
    windows = [(2, None), (2, 1), (3, 2), (1, 2)]
    for kind, rank, padding, (size, stride) in itertools.product(
        ("Max", "Average"), (1, 2, 3), ("valid", "same"), windows
    ):
        options = {"pool_size": size, "strides": stride, "padding": padding}
        yield _case(f"{kind}Pooling{rank}D", rank, **options)
    for kind, rank, keepdims, layout in itertools.product(
        ("Max", "Average"), (1, 2, 3), (False, True), _BOTH
    ):
        yield _case(f"Global{kind}Pooling{rank}D", rank, layout, keepdims=keepdims)


def _borders():
    pairs = ((1, 0), (0, 1), (1, 1))
    for rank, kind, layout in itertools.product((2, 3), ("padding", "cropping"), _BOTH):
        name = f"ZeroPadding{rank}D" if kind == "padding" else f"Cropping{rank}D"
        yield _case(name, rank, layout, **{kind: pairs[:rank]})
    for border, layout in itertools.product((2, (1, 3)), _BOTH):
        yield _case("ZeroPadding1D", 1, layout, padding=border)
    methods = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]
    for size, method, layout in itertools.product([2, (1, 3)], methods, _BOTH):
        yield _case("UpSampling2D", 2, layout, size=size, interpolation=method)
    for size, layout in itertools.product([2, (1, 2, 3)], _BOTH):
        yield _case("UpSampling3D", 3, layout, size=size)


_all = [*_convolutions(), *_pooling(), *_borders()]
CASES = dict(_all)
assert len(CASES) == len(_all)
