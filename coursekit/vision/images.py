"""From image files to batches: decode, resize and split once, then keep the images as bytes in memory.

Decoding costs about 3 ms an image and would be paid in every epoch; kept as bytes, 1,000 images of
160 x 160 pixels take 77 MB and cost nothing. Pixels become numbers from 0 to 1 only in the batch.
"""

import os
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from PIL import Image, ImageOps
from torchvision.transforms.v2.functional import pil_to_tensor
from tqdm import tqdm

from coursekit.files import cache_folder, fingerprint_of_files, to_read, writing
from coursekit.loaders import Loaders, TensorLoader
from coursekit.plots import show_images

MAX_PIXELS = 50_000_000
ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"}
HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}  # what stands after "ftyp"
PARTS = {"train", "training", "valid", "val", "validation", "test"}  # folders that hold a folder for each class


class ImageError(ValueError):
    """A file is no image, is damaged, or is too large."""


def open_image(file: str | Path | BinaryIO, max_pixels: int = MAX_PIXELS,
               formats: Sequence[str] | None = None) -> Image.Image:
    """The image in `file` (a path or an open file), fully decoded: RGB, upright, white where transparent.

    `formats` are Pillow's names of those that are accepted, by default all that it reads.
    Raises `ImageError` for what cannot be decoded, and, before decoding it, for more than `max_pixels`.
    """
    try:
        with Image.open(file, formats=formats) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise ImageError(f"Expected at most {max_pixels:,} pixels, found {width} x {height} in "
                                 f"{file}: make the image smaller.")
            image.load()
            with suppress(Exception):  # in place, it is upright before a tag of an odd type stops it
                ImageOps.exif_transpose(image, in_place=True)
            return _on_white(image)
    except (ImageError, FileNotFoundError):
        raise
    except Exception as error:  # noqa: BLE001 - a damaged file can make a decoder fail in any way
        if is_heic(file):
            raise ImageError(f"Expected an image that Pillow reads, found HEIC, an iPhone's format, in {file}: "
                             "export it as JPEG.") from error
        raise ImageError(f"Expected an image, found something that cannot be decoded in {file} ({error}): "
                         "leave it out.") from error


def is_heic(file: str | Path | BinaryIO) -> bool:
    """Whether `file` (a path or an open file) begins like HEIC, the format in which iPhones keep photos."""
    try:
        if isinstance(file, (str, Path)):
            with open(file, "rb") as opened:
                return is_heic(opened)
        file.seek(0)
        start = file.read(12)
    except (OSError, ValueError):  # it cannot be read at all, or no more
        return False
    return start[4:8] == b"ftyp" and start[8:] in HEIC


def _on_white(image):
    "In RGB; what is transparent shows white."
    if image.mode.startswith(("I", "F")):
        image = _grey_of_8_bits(image)
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _grey_of_8_bits(image):
    """Greys of more than 8 bits, which `convert` would cut off at 255, as one of 8; what is no number becomes black.

    White is 65535 for 16 bits; 32 bits or decimals do not say, so it is the first of 1, 255 and 65535 that no pixel
    exceeds, or the brightest pixel.
    """
    values = np.asarray(image).astype("float32")
    highest = values.max(where=np.isfinite(values), initial=0)
    usual = (65535,) if image.mode.startswith("I;16") or image.format == "PNG" else (1, 255, 65535)
    white = next((white for white in usual if highest <= white), highest)
    grey = Image.fromarray(np.nan_to_num(values * (255 / white)).clip(0, 255).round().astype("uint8"))
    if "transparency" in image.info:
        grey.putalpha(Image.fromarray(np.uint8(255) * (np.asarray(image) != image.info["transparency"])))
    return grey


def resize(image: Image.Image, size: int, how: str = "crop") -> Image.Image:
    """`image` as `size` x `size` pixels: its middle square ("crop"), or all of it, squashed ("squash")."""
    if how not in ("crop", "squash"):
        raise ValueError(f'Expected how="crop" or how="squash", found {how!r}: choose one of them.')
    if how == "crop":
        return ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)
    return image.resize((size, size), Image.Resampling.BICUBIC)


def as_bytes(image: Image.Image, size: int, how: str = "crop") -> torch.Tensor:
    """`image`, resized, as bytes: uint8 (3, size, size)."""
    return pil_to_tensor(resize(image, size, how))


def to_bytes(files: Sequence[str | Path], size: int, how: str = "crop") -> torch.Tensor:
    """The images in `files` as one tensor of bytes, uint8 (n, 3, size, size)."""
    def read(file):
        return as_bytes(open_image(file), size, how)

    with ThreadPoolExecutor() as pool:  # Pillow decodes without holding Python's lock
        done = tqdm(pool.map(read, files), total=len(files), desc="Reading images", disable=None)
        return torch.stack(list(done))


@dataclass(frozen=True)
class Images:
    """`files` with their `labels` (int64, (n,)), which count in `classes`; `valid` is true where held out.

    `key` names the origin of the files and what is kept of them in the cache; without it nothing is. `left_out`
    counts, in words, the files beside them that were not taken.
    """

    files: list[Path]
    labels: torch.Tensor
    classes: list[str]
    valid: torch.Tensor
    key: str = ""
    left_out: str = ""

    def __len__(self) -> int:
        """The number of images."""
        return len(self.files)

    def __str__(self) -> str:
        n_valid = int(self.valid.sum())
        return (f"{len(self):,} images of {len(self.classes)} classes: {len(self) - n_valid:,} to train "
                f"on, {n_valid:,} to validate" + (f"; left out: {self.left_out}" if self.left_out else ""))

    def pixels(self, size: int, how: str = "crop") -> torch.Tensor:
        """All images as bytes, uint8 (n, 3, size, size), in the order of `files`."""
        if not self.key:
            return to_bytes(self.files, size, how)
        path = to_read(cache_folder() / "images" / f"{self.key}-{fingerprint_of_files(self.files)}-{how}-{size}.pt")
        if not path.is_file():
            with writing(path) as partial:
                torch.save(to_bytes(self.files, size, how), partial)
        return torch.load(path, weights_only=True)

    def loaders(self, size: int, batch_size: int = 64, augment: Callable | None = None, how: str = "crop",
                seed: int = 0, device: torch.device | str | None = None) -> Loaders:
        """Loaders of images of `size` x `size` pixels; `augment` changes those of the training batches."""
        pixels, labels, valid = self.pixels(size, how), self.labels, self.valid
        train = ImageLoader(pixels[~valid], labels[~valid], augment, batch_size=batch_size, shuffle=True,
                            seed=seed, device=device)
        if not valid.any():
            return Loaders(train)
        settings = {"batch_size": 2 * batch_size, "device": device}
        return Loaders(train, ImageLoader(pixels[valid], labels[valid], **settings))


def from_files(files: Iterable[str | Path], label_of: Callable[[Path], str],
               valid: float | Callable[[Path], bool] = 0.2, seed: int = 42, classes: Iterable[str] | None = None,
               key: str = "") -> Images:
    """`Images` from files in any order, each labelled by the function `label_of` (path -> name of a class).

    The files are sorted by name, then a share `valid` of them is drawn by `seed`, so that everybody holds
    out the same ones; `valid` may also be a function of a path that gives true or false. `classes` are the
    labels that occur, sorted, unless they are given.
    """
    files = _in_order(files)
    if not files:
        raise ValueError("Expected at least one image, found an empty list of files: check the folder.")
    names = [label_of(file) for file in files]
    classes = sorted(set(names)) if classes is None else list(classes)
    if unknown := sorted(set(names) - set(classes)):
        raise ValueError(f"Expected labels that are in classes, found {unknown[0]!r}: add it to classes.")
    labels = torch.tensor([classes.index(name) for name in names])
    draw = valid if callable(valid) else _draw(files, valid, seed).__contains__
    return Images(files, labels, classes, torch.tensor([bool(draw(file)) for file in files]), key)


def from_folder(folder: str | Path, valid: float | Callable[[Path], bool] = 0.2, seed: int = 42,
                key: str = "") -> Images:
    """`Images` in folders of `folder`, each labelled by the name of its own; see `from_files`.

    Links are followed, hidden files and folders passed over; all other files there are `left_out`. Raises ValueError
    for folders such as train and valid, unless `valid` is a function of a path that says which is which.
    """
    folder, found = Path(folder), {"": []}
    for path in _visible_files(folder):
        found.setdefault(_why_not(path, folder), []).append(path)
    files = found.pop("")
    left_out = ", ".join(f"{len(paths):,} {reason}" for reason, paths in sorted(found.items()))
    if not files:
        raise FileNotFoundError(f"Expected images in folders of {folder}, found {left_out or 'none'}: make one folder "
                                "for each class.")
    parts = sorted({path.relative_to(folder).parts[0] for path in files if path.parent.parent != folder})
    if not callable(valid) and len(parts) > 1 and PARTS.issuperset(map(str.lower, parts)):
        raise ValueError(f"Expected a folder for each class in {folder}, found {', '.join(parts)}: say which images to "
                         'hold out, for instance with valid=lambda path: "train" not in path.parts.')
    return replace(from_files(files, lambda path: path.parent.name, valid, seed, key=key), left_out=left_out)


def sample(files: Iterable[str | Path], n: int, seed: int = 42) -> list[Path]:
    """At most `n` of `files`, drawn by `seed` and sorted: for a machine that cannot take them all."""
    files = _in_order(files)
    return _in_order(random.Random(seed).sample(files, min(n, len(files))))


class ImageLoader:
    """Batches (images, labels) on the device; images are float32 (n, 3, height, width), from 0 to 1.

    `pixels` (uint8) lie on the device as a whole. `augment(images, generator)` changes each batch, with
    random numbers of the loader's own `generator`. `settings` are those of `TensorLoader`.
    """

    def __init__(self, pixels: torch.Tensor, labels: torch.Tensor, augment: Callable | None = None, **settings: Any):
        self.batches, self.augment = TensorLoader(pixels, labels, **settings), augment
        self.generator = self.batches.generator

    def __len__(self) -> int:
        """The number of batches; the last one may be smaller."""
        return len(self.batches)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The batches of one pass."""
        for pixels, labels in self.batches:
            images = pixels.float() / 255
            yield (images if self.augment is None else self.augment(images, self.generator)), labels

    @property
    def all_targets(self) -> torch.Tensor:
        """The labels of one pass, in their own order."""
        return self.batches.all_targets

    def take(self, indices: torch.Tensor) -> torch.Tensor:
        """The images at `indices` (int64) as numbers from 0 to 1, not augmented."""
        pixels = self.batches.tensors[0]
        return pixels[indices.to(pixels.device)].float() / 255

    def plain(self) -> "ImageLoader":
        """The same images in their own order, not augmented: what a trained model is measured on."""
        pixels, labels = self.batches.tensors
        return ImageLoader(pixels, labels, batch_size=self.batches.batch_size, device=pixels.device)


def show_batch(loader: ImageLoader, classes: Sequence[str], n: int = 8, alt: str | None = None) -> None:
    """Show the first `n` images of the next batch with their classes; the loader stays as it was."""
    state = loader.generator.get_state()
    images, labels = next(iter(loader))
    loader.generator.set_state(state)
    titles = [classes[label] for label in labels[:n].tolist()]
    show_images(to_show(images[:n]), titles, alt, columns=4, size=1.8)


def to_show(images: torch.Tensor) -> np.ndarray:
    """Images (n, 3, height, width) from 0 to 1 as an array (n, height, width, 3) for `show_images`."""
    return images.detach().clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()


def _visible_files(folder):
    "The files in `folder` and the folders in it, also behind links, without those that systems and editors hide."
    for parent, folders, files in os.walk(folder, followlinks=True):
        path = Path(parent)
        above = {up.resolve() for up in (path, *path.absolute().parents)}  # a link there leads in a circle
        folders[:] = [name for name in folders if not _is_hidden(name) and (path / name).resolve() not in above]
        yield from (path / name for name in files if not _is_hidden(name))


def _is_hidden(name):
    return name.startswith(".") or name == "__MACOSX"


def _why_not(path, folder):
    "Why the file `path` is no item of the classes in `folder`; an empty text if it is one."
    if path.suffix.lower() not in ENDINGS:
        return path.suffix.lower() or "without an ending"
    return "in no folder of a class" if path.parent == folder else ""


def _in_order(files):
    "Sorted by name, in the same way on every system."
    return sorted(map(Path, files), key=Path.as_posix)


def _draw(files, share, seed):
    "A `share` of the files, at random, as a set."
    if not 0 <= share < 1:
        raise ValueError(f"Expected a share from 0 to less than 1 to hold out, found {share}: 0.2 is usual.")
    return set(sample(files, round(share * len(files)), seed))
