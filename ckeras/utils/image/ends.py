"""Whether image files are there to their end.

Pillow asks for no more of a file than it takes to know all pixels. TensorFlow, by which
Keras reads directories, refuses a file without the rest as well.
"""

import struct

__all__ = ["ENDS", "is_whole"]

# Type and checksum of the chunk that ends a PNG file.
_PNG_END = b"IEND\xaeB`\x82"
_BITFIELDS = 3
_IMAGE, _EXTENSION = 0x2C, 0x21


def is_whole(format, content):
    """Whether the file goes on to its image's end; what follows does not matter.

    Args:
        format: as Pillow calls it. For others than those of `ENDS` the answer is yes.
        content: the bytes of a file that Pillow has opened.
    """
    try:
        return ENDS[format](content) if format in ENDS else True
    except (struct.error, IndexError):  # the file ends in a header
        return False


def _has_last_chunk(content):
    return _PNG_END in content


def _has_all_rows(content):
    """Each row is padded to a multiple of four bytes, the last one too."""
    (offset, header) = struct.unpack_from("<II", content, 10)
    compression = 0
    if header == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", content, 18)
    else:
        fields = struct.unpack_from("<iiHHI", content, 18)
        width, height, _, bits, compression = fields
    if compression not in (0, _BITFIELDS):
        return True  # run lengths, which tell their end to Pillow
    return len(content) >= offset + (width * bits + 31) // 32 * 4 * abs(height)


def _has_all_blocks(content):
    """The first image of a GIF ends with an empty block."""
    at = 13 + _colors(content[10])
    while content[at] in (_IMAGE, _EXTENSION):
        image = content[at] == _IMAGE
        at += 11 + _colors(content[at + 9]) if image else 2
        while content[at]:
            at += 1 + content[at]
        if image:
            return True
        at += 1
    return False


def _colors(flags):
    """The bytes of the table of colors that the flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


# Formats whose files may lack bytes that no pixel needs.
ENDS = {"PNG": _has_last_chunk, "BMP": _has_all_rows, "GIF": _has_all_blocks}
