"""`keras.preprocessing.image`: between image files and arrays."""

from ckeras.preprocessing.image.arrays import (
    array_to_img,
    img_to_array,
    load_img,
    save_img,
)

__all__ = ["array_to_img", "img_to_array", "load_img", "save_img"]
