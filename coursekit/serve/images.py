"""From bytes that anybody may have sent to an image, or to a sentence that says why not."""

import re
import struct
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from coursekit.serve.limits import Refused
from coursekit.vision.images import ImageError, open_image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")  # Pillow reads more: each format is more code to attack
START_OF_JPEG, START_OF_PNG, START_OF_BMP = b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"BM"
SEGMENT, SCAN, END = re.compile(rb"\xff([\xc0-\xcf\xd9-\xfe])"), b"\xda", b"\xd9"  # of a JPEG
MAX_SCANS = 50  # a JPEG is decoded once for each scan; usual ones have up to ten


def decode(content, max_pixels):
    """The image in the bytes `content`, RGB and upright.

    Its size is read from the header first, so that a small file that unpacks into gigabytes is refused before
    it is decoded. Raises `Refused`.
    """
    width, height = _size(content)
    if width * height > max_pixels:
        raise Refused(413, f"Expected at most {max_pixels:,} pixels, found {width:,} x {height:,}: make the "
                           "image smaller.")
    if content.startswith(START_OF_JPEG) and n_scans(content) > MAX_SCANS:
        raise _broken("it has too many layers")
    try:
        return open_image(FewReads(content), max_pixels, FORMATS)
    except ImageError as error:
        raise _broken("it is damaged") from error


def n_scans(jpeg):
    """How many scans the JPEG in these bytes has up to its end; behind it a phone may have put a video."""
    n, start = 0, 2
    while (found := SEGMENT.search(jpeg, start)) and found[1] != END:
        n += found[1] == SCAN
        start = found.end() + int.from_bytes(jpeg[found.end():found.end() + 2])  # its length
    return n


class FewReads(BytesIO):
    """A file in memory that ends with an error if it is read in much smaller pieces than usual.

    Pillow reads a part of a file at a time, and each part costs it time, some more with each that came before:
    ten megabytes of tiny parts would keep it busy for minutes. The pixels of a PNG or a BMP may come in any parts, as
    each of these costs the same: a million reads take about a second.
    """

    def __init__(self, content):
        super().__init__(content)
        self.left = 1000 + len(content) // 1000 + _reads_of_pixels(content)

    def read(self, size=-1):
        """The next `size` bytes; raises OSError after too many calls."""
        self.left -= 1
        if self.left < 0:
            raise OSError("Expected an image, found very many tiny parts.")
        return super().read(size)


def _reads_of_pixels(content):
    "How many more reads the pixels may need: three for each part of a PNG's, at most a million for a BMP's."
    n, start = 0, len(START_OF_PNG)
    while content.startswith(START_OF_PNG) and start + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, start)
        n, start = n + 3 * (name == b"IDAT"), start + length + 12
    return 1_000_000 if content.startswith(START_OF_BMP) else n


def _size(content):
    "Width and height as the header says."
    try:
        with Image.open(FewReads(content), formats=FORMATS) as image:
            return image.size
    except Image.DecompressionBombError as error:
        raise Refused(413, "Expected an image, found one of far too many pixels: make it smaller.") from error
    except UnidentifiedImageError as error:
        raise _broken("it is another kind of file") from error
    except Exception as error:  # noqa: BLE001 - a damaged file can make a decoder fail in any way
        raise _broken("it is damaged") from error


def _broken(reason):
    return Refused(422, f"Expected a JPEG, PNG, WebP, GIF or BMP image, but {reason}: send another file.")
