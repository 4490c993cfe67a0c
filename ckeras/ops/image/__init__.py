"""Ops on images: `keras.ops.image`."""

from ckeras.ops.image.borders import crop_images, pad_images
from ckeras.ops.image.color import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from ckeras.ops.image.coordinates import (
    affine_transform,
    elastic_transform,
    map_coordinates,
    perspective_transform,
)
from ckeras.ops.image.filters import gaussian_blur, sobel_edges, ssim
from ckeras.ops.image.patches import extract_patches, extract_patches_3d
from ckeras.ops.image.resampling import resize, scale_and_translate

__all__ = [
    "affine_transform",
    "crop_images",
    "elastic_transform",
    "extract_patches",
    "extract_patches_3d",
    "gaussian_blur",
    "hsv_to_rgb",
    "map_coordinates",
    "pad_images",
    "perspective_transform",
    "resize",
    "rgb_to_grayscale",
    "rgb_to_hsv",
    "scale_and_translate",
    "sobel_edges",
    "ssim",
]
