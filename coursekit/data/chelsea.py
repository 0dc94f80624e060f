"""Chelsea the cat: one photograph, 451 x 300 pixels, by Stefan van der Walt, which scikit-image carries."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from coursekit.data.fetch import Origin, locate


@dataclass(frozen=True)
class Chelsea:
    """`image` in RGB, read from `file`."""

    image: Image.Image
    file: Path
    origin: Origin


def chelsea():
    """The photograph of a cat; in the public domain (CC0)."""
    folder, origin = locate("chelsea")
    print(origin)
    file = folder / "chelsea.png"
    with Image.open(file) as image:
        return Chelsea(image.convert("RGB"), file, origin)
