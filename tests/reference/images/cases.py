"""Calls of ops and layers for images whose results are stored from Keras.

Inputs only, no library: `make.py` runs them with Keras, tests compare. An op's case is
`(name, arrays, options)`, the arrays being its first arguments; a layer's is
`(class, arguments, input shape, mask)`.
"""

import itertools
import zlib

import numpy as np


def draw(name, shape, low=-1.0, high=1.0):
    """Numbers that are a function of the name."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return rng.uniform(low, high, shape).astype("float32")


def pictures(name, shape=(2, 7, 9, 3)):
    return draw(name, shape, 0.0, 1.0)


# --- pooling -------------------------------------------------------------------------

SHAPES = {1: (2, 11, 3), 2: (2, 7, 10, 3), 3: (2, 5, 6, 7, 2)}
# pool and stride for each axis, as many as are needed
WINDOWS = [((2, 2, 2), (2, 2, 2)), ((3, 2, 3), (2, 1, 3)), ((2, 3, 1), (3, 4, 1))]

OPS = {}
LAYERS = {}


def first(shape):
    return (shape[0], shape[-1], *shape[1:-1])


def add_pooling():
    choices = itertools.product(SHAPES, WINDOWS, ("valid", "same"), (False, True))
    for n, (pool, strides), padding, is_first in choices:
        shape = first(SHAPES[n]) if is_first else SHAPES[n]
        options = {
            "pool_size": pool[:n],
            "strides": strides[:n],
            "padding": padding,
            "data_format": "channels_first" if is_first else "channels_last",
        }
        for name in ("max_pool", "average_pool"):
            key = f"{name}/{n}/{pool}/{padding}/{is_first}"
            x = np.round(draw(key, shape) * 4)  # many are equal
            OPS[key] = (name, [x], options)
    for n, sizes in itertools.product(SHAPES, [(3, 4, 2), (5, 3, 5), (8, 12, 4)]):
        for name in ("adaptive_max_pool", "adaptive_average_pool"):
            key = f"{name}/{n}/{sizes}"
            options = {"output_size": sizes[:n], "data_format": "channels_last"}
            OPS[key] = (name, [np.round(draw(key, SHAPES[n]) * 4)], options)


def add_layers():
    for n, is_first in itertools.product(SHAPES, (False, True)):
        shape = first(SHAPES[n]) if is_first else SHAPES[n]
        layout = {"data_format": "channels_first" if is_first else "channels_last"}
        cases = {
            f"MaxPooling{n}D": {"pool_size": 2, **layout},
            f"AveragePooling{n}D": {"pool_size": 3, "padding": "same", **layout},
            f"GlobalMaxPooling{n}D": layout,
            f"GlobalAveragePooling{n}D": {"keepdims": True, **layout},
            f"AdaptiveMaxPooling{n}D": {"output_size": 3, **layout},
            f"AdaptiveAveragePooling{n}D": {"output_size": 4, **layout},
            f"ZeroPadding{n}D": {"padding": 2, **layout},
            f"Cropping{n}D": {"cropping": 1, **layout},
            f"UpSampling{n}D": {"size": 2, **layout},
        }
        if n == 1:
            if is_first:
                del cases["Cropping1D"], cases["UpSampling1D"]
            else:
                del cases["Cropping1D"]["data_format"]
                del cases["UpSampling1D"]["data_format"]
        for name, arguments in cases.items():
            LAYERS[f"{name}/{is_first}"] = (name, dict(arguments), shape, None)
    mask = [[True] * 4 + [False] * 7, [False, True] * 5 + [True]]
    for layout, shape in (("last", SHAPES[1]), ("first", first(SHAPES[1]))):
        arguments = {"data_format": f"channels_{layout}"}
        case = ("GlobalAveragePooling1D", arguments, shape, mask)
        LAYERS[f"GlobalAveragePooling1D/mask/{layout}"] = case
    pairs = {"padding": [[1, 2], [0, 3]], "data_format": "channels_first"}
    LAYERS["ZeroPadding2D/pairs"] = ("ZeroPadding2D", pairs, (2, 3, 4, 5), None)
    pairs = {"cropping": [[1, 2], [0, 3]]}
    LAYERS["Cropping2D/pairs"] = ("Cropping2D", pairs, (2, 6, 7, 3), None)
    for interpolation in ("bilinear", "bicubic", "lanczos3", "lanczos5"):
        arguments = {"size": [2, 3], "interpolation": interpolation}
        LAYERS[f"UpSampling2D/{interpolation}"] = (
            "UpSampling2D",
            arguments,
            (2, 4, 5, 3),
            None,
        )


# --- ops.image -----------------------------------------------------------------------

TRANSFORM = np.array([1.1, 0.2, -1.3, -0.1, 0.9, 0.7, 0, 0], "float32")
TRANSFORMS = np.stack([TRANSFORM, [1, 0, 2.5, 0, 1, -1.5, 0, 0]]).astype("float32")
CORNERS = np.array([[0.3, 0.4], [7.6, 0.2], [0.1, 5.7], [7.9, 5.6]], "float32")
MOVED = np.array([[1.2, 0.1], [7.3, 1.4], [0.6, 6.2], [8.1, 5]], "float32")


def add_images():
    methods = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")
    sizes = [(5, 4), (14, 20), (7, 9), (3, 21)]
    for method, size, antialias in itertools.product(methods, sizes, (False, True)):
        key = f"image.resize/{method}/{size}/{antialias}"
        options = {"size": size, "interpolation": method, "antialias": antialias}
        OPS[key] = ("image.resize", [pictures(key)], options)
    for kind, size in itertools.product(("crop", "pad"), [(6, 6), (4, 12), (10, 5)]):
        for layout in ("last", "first"):
            key = f"image.resize/{kind}/{size}/{layout}"
            x = pictures(key) if layout == "last" else pictures(key, (2, 3, 7, 9))
            options = {f"{kind}_to_aspect_ratio": True, "fill_value": 0.5}
            options |= {"size": size, "data_format": f"channels_{layout}"}
            OPS[key] = ("image.resize", [x], options)
    bytes_ = (pictures("bytes") * 255).astype("uint8")
    OPS["image.resize/uint8"] = ("image.resize", [bytes_], {"size": (11, 4)})
    cubic = {"size": (10, 4), "interpolation": "bicubic"}
    OPS["image.resize/uint8/bicubic"] = ("image.resize", [bytes_], cubic)
    for method, antialias in itertools.product(
        ("linear", "cubic", "lanczos3", "lanczos5"), (False, True)
    ):
        key = f"image.scale_and_translate/{method}/{antialias}"
        options = {"output_shape": (5, 12, 3), "spatial_dims": (0, 1)}
        options |= {"scale": np.array([0.7, 1.4], "float32"), "method": method}
        options |= {"translation": np.array([0.3, -1.2], "float32")}
        options["antialias"] = antialias
        OPS[key] = ("image.scale_and_translate", [pictures(key, (7, 9, 3))], options)
    for layout, shape in (("last", (2, 4, 5, 3)), ("first", (2, 3, 4, 5))):
        options = {"data_format": f"channels_{layout}"}
        for name in ("rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb", "sobel_edges"):
            key = f"image.{name}/{layout}"
            OPS[key] = (f"image.{name}", [pictures(key, shape)], options)
        for sizes, sigma in (((3, 3), (1.0, 1.0)), ((5, 3), (0.7, 2.0))):
            key = f"image.gaussian_blur/{sizes}/{layout}"
            blur = {"kernel_size": sizes, "sigma": sigma, **options}
            OPS[key] = ("image.gaussian_blur", [pictures(key, shape)], blur)
        key = f"image.ssim/{layout}"
        x = pictures(key, (2, 12, 13, 3) if layout == "last" else (2, 3, 12, 13))
        y = np.clip(x + draw(key, x.shape) * 0.2, 0, 1)
        options = {"filter_size": 7, **options}
        OPS[key] = ("image.ssim", [x, y], options)
    gray = np.stack([np.full((3, 3), 0.4), np.zeros((3, 3)), np.ones((3, 3))], 0)
    gray = np.repeat(gray[..., None], 3, -1).astype("float32")
    OPS["image.rgb_to_hsv/gray"] = ("image.rgb_to_hsv", [gray], {})


def add_places():
    for interpolation, mode in itertools.product(
        ("bilinear", "nearest"),
        ("constant", "nearest", "wrap", "mirror", "reflect"),
    ):
        key = f"image.affine_transform/{interpolation}/{mode}"
        options = {"interpolation": interpolation, "fill_mode": mode, "fill_value": 0.3}
        options["transform"] = TRANSFORMS
        OPS[key] = ("image.affine_transform", [pictures(key)], options)
        key = f"image.map_coordinates/{interpolation}/{mode}"
        options = {"order": int(interpolation == "bilinear"), "fill_mode": mode}
        places = draw(key, (2, 3, 8), -12.0, 12.0)
        arrays = [draw(key, (5, 6)), places]
        OPS[key] = ("image.map_coordinates", arrays, {**options, "fill_value": -2.0})
    whole = np.round(draw("whole", (5, 6)) * 9).astype("int32")
    places = draw("places", (2, 8), 0.0, 4.0)
    OPS["image.map_coordinates/int"] = ("image.map_coordinates", [whole, places, 1], {})
    for interpolation in ("bilinear", "nearest"):
        key = f"image.perspective_transform/{interpolation}"
        options = {"interpolation": interpolation, "fill_value": 0.25}
        arrays = [pictures(key, (7, 9, 3)), CORNERS, MOVED]
        OPS[key] = ("image.perspective_transform", arrays, options)
    one = {"data_format": "channels_first", "transform": TRANSFORM}
    x = pictures("first", (3, 7, 9))
    OPS["image.affine_transform/first"] = (
        "image.affine_transform",
        [x],
        one,
    )


def add_borders():
    pad = {"top_padding": 1, "left_padding": 2, "target_height": 9, "right_padding": 0}
    OPS["image.pad_images"] = ("image.pad_images", [pictures("pad", (7, 9, 3))], pad)
    crop = {"top_cropping": 1, "right_cropping": 2, "target_height": 3}
    crop["left_cropping"] = 3
    OPS["image.crop_images"] = ("image.crop_images", [pictures("crop")], crop)
    options = [
        {"size": (3, 2)},
        {"size": 3, "strides": 2, "padding": "same"},
        {"size": (2, 3), "strides": (1, 2), "dilation_rate": 2},
        {"size": (2, 3), "strides": 1, "dilation_rate": (2, 1), "padding": "same"},
    ]
    for i, option in enumerate(options):
        key = f"image.extract_patches/{i}"
        OPS[key] = ("image.extract_patches", [pictures(key)], option)
    key, option = "image.extract_patches/first", {"data_format": "channels_first"}
    x = pictures(key, (2, 3, 7, 9))
    OPS[key] = ("image.extract_patches", [x], {"size": 3, **option})
    key = "image.extract_patches_3d"
    x = pictures(key, (2, 5, 6, 7, 2))
    for padding in ("valid", "same"):
        option = {"size": (2, 3, 2), "strides": 2, "padding": padding}
        OPS[f"{key}/{padding}"] = (key, [x], option)


for _add in (add_pooling, add_layers, add_images, add_places, add_borders):
    _add()
