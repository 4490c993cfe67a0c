"""Files of many kinds, whole and cut off."""

import io

import numpy as np
import pytest
from PIL import Image

from ckeras.utils.image.ends import is_whole


def encoded(format, mode, width, **options):
    x = np.random.default_rng(0).integers(0, 255, (6, width, 3)).astype("uint8")
    file = io.BytesIO()
    Image.fromarray(x).convert(mode).save(file, format, **options)
    return file.getvalue()


@pytest.mark.parametrize("width", [1, 4, 5, 6, 7, 33])
@pytest.mark.parametrize(
    ("format", "mode"),
    [
        ("PNG", "RGB"),
        ("GIF", "P"),
        *[("BMP", m) for m in ("1", "L", "P", "RGB", "RGBA")],
    ],
)
def test_every_missing_byte_counts(format, mode, width):
    content = encoded(format, mode, width)
    assert is_whole(format, content) and is_whole(format, content + b"more")
    end = len(content) - (format == "GIF")  # whose last byte says "no more images"
    assert is_whole(format, content[:end])
    assert not any(is_whole(format, content[:n]) for n in range(end))


def test_a_gif_with_several_images_and_a_comment():
    frames = [Image.new("RGB", (4, 3), (40 * i, 9, 9)) for i in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], comment=b"hi")
    content = file.getvalue()
    assert is_whole("GIF", content) and is_whole("GIF", content[:-3])
    assert not is_whole("GIF", content[:40])


def test_a_bmp_of_the_first_kind_and_one_from_top_to_bottom():
    core = b"BM" + bytes(8) + (26).to_bytes(4, "little") + (12).to_bytes(4, "little")
    core += b"".join(n.to_bytes(2, "little") for n in (3, 2, 1, 24))
    assert is_whole("BMP", core + bytes(24)) and not is_whole("BMP", core + bytes(23))
    content = bytearray(encoded("BMP", "RGB", 5))
    content[22:26] = (-6).to_bytes(4, "little", signed=True)
    assert is_whole("BMP", content) and not is_whole("BMP", content[:-1])


def test_compressed_rows_and_other_formats():
    content = bytearray(encoded("BMP", "L", 5))
    content[30] = 1
    assert is_whole("BMP", content[:-1])
    assert is_whole("JPEG", b"")
