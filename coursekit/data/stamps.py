"""Stamps: photographs of animals, plants and things, cut out, to be set anywhere on any background.

Because each was cut out by hand, the mask of what was set is known to the pixel.
"""

import csv
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torchvision.transforms.v2.functional import pil_to_tensor

from coursekit.data.fetch import Origin, locate

SIDE = 192  # the longer side of the largest, in pixels
MOST_BYTES = 100_000  # of one photograph


@dataclass(frozen=True)
class Stamp:
    """The photograph called `name`, its longer side `size` pixels, with its centre at `row`, `column`."""

    name: str
    size: int
    row: int
    column: int


@dataclass(frozen=True)
class Stamps:
    """`kinds` gives each name's kind, such as mammals, in the order of the table; `file` is the archive."""

    kinds: dict
    file: Path
    origin: Origin

    @property
    def names(self):
        """The names of all photographs."""
        return list(self.kinds)

    def of_kind(self, kind):
        """The names of all photographs of one kind; ValueError for a kind that there is not."""
        if kind not in self.kinds.values():
            known = ", ".join(dict.fromkeys(self.kinds.values()))
            raise ValueError(f"Expected one of {known}, found {kind!r}: choose one of these.")
        return [name for name in self.kinds if self.kinds[name] == kind]

    def image(self, name):
        """The photograph called `name` as an image in RGBA, at most 192 pixels on a side.

        Raises ValueError for a name that there is not, and for a file that is no such photograph.
        """
        if name not in self.kinds:
            raise ValueError(f"Expected the name of a stamp, found {name!r}: `names` lists all {len(self.kinds)}.")
        try:
            return self._read(name)
        except (KeyError, OSError, zipfile.BadZipFile, Image.DecompressionBombError) as error:
            raise ValueError(f"Expected a WebP image called {name}.webp of at most {SIDE} x {SIDE} pixels in "
                             f"{self.file}, found none ({error}): restore the file.") from error

    def mask(self, name):
        """Where the photograph called `name` is not transparent: (height, width), bool."""
        return _mask(pil_to_tensor(self.image(name)) / 255)

    def save(self, folder, kinds):
        """Write the photographs of `kinds` as PNG files into a folder for each kind in `folder`, which is returned."""
        for kind in kinds:
            (Path(folder) / kind).mkdir(parents=True, exist_ok=True)
            for name in self.of_kind(kind):
                self.image(name).save(Path(folder) / kind / f"{name}.png")
        return Path(folder)

    def place(self, background, *stamps):
        """`background` with each `Stamp` set on it in turn, and where each can be seen.

        `background` and the image that comes back are (3, height, width) from 0 to 1, the masks (stamps, height,
        width), bool: what a later stamp covers is not part of an earlier one. Raises ValueError for a background of
        another shape, and for a stamp that reaches beyond it or has no size.
        """
        if background.ndim != 3 or len(background) != 3 or not background.is_floating_point():
            raise ValueError("Expected a background of shape (3, height, width) with values from 0 to 1, found "
                             f"{tuple(background.shape)} of {background.dtype}.")
        image = background.clone()
        masks = torch.zeros(len(stamps), *image.shape[1:], dtype=torch.bool)
        for i, stamp in enumerate(stamps):
            pixels = self._scaled(stamp)
            rows, columns = _window(stamp, pixels.shape[1:], image.shape[1:])
            alpha = pixels[3]
            image[:, rows, columns] = alpha * pixels[:3] + (1 - alpha) * image[:, rows, columns]
            masks[:i, rows, columns] &= ~_mask(pixels)
            masks[i, rows, columns] = _mask(pixels)
        return image, masks

    def _read(self, name):
        "The image called `name` out of the archive; what is too large is refused before it is decoded."
        with zipfile.ZipFile(self.file) as archive:
            info = archive.getinfo(f"{name}.webp")
            if info.file_size > MOST_BYTES:
                raise OSError(f"it has {info.file_size:,} bytes")
            content = archive.read(info)
        with Image.open(io.BytesIO(content), formats=["WEBP"]) as image:
            if max(image.size) > SIDE:
                raise OSError(f"it has {image.width} x {image.height} pixels")
            return image.convert("RGBA")

    def _scaled(self, stamp):
        "(4, height, width) from 0 to 1: the stamp at its size, alpha last."
        if stamp.size < 1:
            raise ValueError(f"Expected a size of at least 1 pixel, found {stamp.size} in {stamp}.")
        image = self.image(stamp.name)
        scale = stamp.size / max(image.size)
        size = [max(1, round(side * scale)) for side in image.size]
        return pil_to_tensor(image.resize(size, Image.Resampling.BICUBIC)) / 255


def stamps():
    """The photographs, each with its kind; they come with the course."""
    folder, origin = locate("stamps")
    print(origin)
    with (folder / "stamps.csv").open(encoding="utf-8", newline="") as table:
        kinds = {row["name"]: row["kind"] for row in csv.DictReader(table)}
    return Stamps(kinds, folder / "stamps.zip", origin)


def _mask(pixels):
    "Where (4, height, width) is rather opaque than transparent."
    return pixels[3] >= 0.5


def _window(stamp, size, within):
    "The rows and the columns that a stamp of `size` takes, as two slices; ValueError if it is not all `within`."
    starts = [centre - side // 2 for centre, side in zip((stamp.row, stamp.column), size, strict=True)]
    if any(start < 0 or start + side > most for start, side, most in zip(starts, size, within, strict=True)):
        raise ValueError(f"Expected {stamp} within {within[0]} x {within[1]} pixels, found that it reaches beyond: "
                         "make it smaller, or move its centre.")
    return [slice(start, start + side) for start, side in zip(starts, size, strict=True)]
