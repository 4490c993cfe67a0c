"""`keras.preprocessing`: images and sequences."""

from ckeras.preprocessing import image, sequence

__all__ = ["image", "sequence"]
