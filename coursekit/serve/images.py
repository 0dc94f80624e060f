"""From bytes that anybody may have sent to an image, or to a sentence that says why not."""

from io import BytesIO

from PIL import Image, UnidentifiedImageError

from coursekit.serve.limits import Refused
from coursekit.vision.images import open_image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")  # Pillow reads more: each format is more code to attack
START_OF_JPEG, START_OF_SCAN = b"\xff\xd8", b"\xff\xda"
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
    if content.startswith(START_OF_JPEG) and content.count(START_OF_SCAN) > MAX_SCANS:
        raise _broken("it has too many layers")
    try:
        return open_image(FewReads(content), max_pixels, FORMATS)
    except Exception as error:  # noqa: BLE001 - a damaged file can make a decoder fail in any way
        raise _broken("it is damaged") from error


class FewReads(BytesIO):
    """A file in memory that ends with an error if it is read in much smaller pieces than usual.

    Pillow reads a part of a file at a time, and each part costs it time, some more with each that came before:
    ten megabytes of tiny parts would keep it busy for minutes.
    """

    def __init__(self, content):
        super().__init__(content)
        self.left = 1000 + len(content) // 1000

    def read(self, size=-1):
        """The next `size` bytes; raises OSError after too many calls."""
        self.left -= 1
        if self.left < 0:
            raise OSError("Expected an image, found very many tiny parts.")
        return super().read(size)


def _size(content):
    "Width and height as the header says."
    try:
        with Image.open(FewReads(content), formats=FORMATS) as image:
            return image.size
    except Image.DecompressionBombError as error:
        raise Refused(413, "Expected an image, found one of far too many pixels: make it smaller.") from error
    except UnidentifiedImageError as error:
        raise _broken("it is another kind of file") from error
    except Exception as error:  # noqa: BLE001 - as above
        raise _broken("it is damaged") from error


def _broken(reason):
    return Refused(422, f"Expected a JPEG, PNG, WebP, GIF or BMP image, but {reason}: send another file.")
