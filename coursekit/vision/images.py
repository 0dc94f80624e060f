"""From picture files to batches: decode, resize and split once, then keep the pictures as bytes in memory.

Decoding costs about 3 ms a picture and would be paid in every epoch; kept as bytes, 1,000 pictures of
160 x 160 pixels take 77 MB and cost nothing. Pixels become numbers from 0 to 1 only in the batch.
"""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torchvision.transforms.v2.functional import pil_to_tensor
from tqdm import tqdm

from coursekit.files import cache_folder, fingerprint_of_files, to_read, writing
from coursekit.loaders import Loaders, TensorLoader
from coursekit.plots import show_images

MAX_PIXELS = 50_000_000
ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"}


class PictureError(ValueError):
    """A file is no picture, is damaged, or is too large."""


def open_picture(file, max_pixels=MAX_PIXELS, formats=None):
    """The picture in `file` (a path or an open file), fully decoded: RGB, upright, white where transparent.

    `formats` are Pillow's names of those that are accepted, by default all that it reads.
    Raises `PictureError` for what cannot be decoded, and, before decoding it, for more than `max_pixels`.
    """
    try:
        with Image.open(file, formats=formats) as picture:
            width, height = picture.size
            if width * height > max_pixels:
                raise PictureError(f"Expected at most {max_pixels:,} pixels, found {width} x {height} in "
                                   f"{file}: make the picture smaller.")
            return _on_white(ImageOps.exif_transpose(picture))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, EOFError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise PictureError(f"Expected a picture, found something that cannot be decoded in {file} ({error}): "
                           "leave it out.") from error


def _on_white(picture):
    "In RGB; what is transparent shows white."
    if picture.mode.startswith("I"):  # greys of 16 bits, which `convert` would cut off at 255
        picture = picture.point(lambda value: value / 257)
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def resize(picture, size, how="crop"):
    """`picture` as `size` x `size` pixels: its middle square ("crop"), or all of it, squashed ("squash")."""
    if how not in ("crop", "squash"):
        raise ValueError(f'Expected how="crop" or how="squash", found {how!r}: choose one of them.')
    if how == "crop":
        return ImageOps.fit(picture, (size, size), Image.Resampling.BICUBIC)
    return picture.resize((size, size), Image.Resampling.BICUBIC)


def as_bytes(picture, size, how="crop"):
    """`picture`, resized, as bytes: uint8 (3, size, size)."""
    return pil_to_tensor(resize(picture, size, how))


def to_bytes(files, size, how="crop"):
    """The pictures in `files` as one tensor of bytes, uint8 (n, 3, size, size)."""
    def read(file):
        return as_bytes(open_picture(file), size, how)

    with ThreadPoolExecutor() as pool:  # Pillow decodes without holding Python's lock
        done = tqdm(pool.map(read, files), total=len(files), desc="Reading pictures", disable=None)
        return torch.stack(list(done))


@dataclass(frozen=True)
class Pictures:
    """`files` with their `labels` (int64, (n,)), which count in `classes`; `valid` is true where held out.

    `key` names the origin of the files and what is kept of them in the cache; without it nothing is.
    """

    files: list
    labels: torch.Tensor
    classes: list
    valid: torch.Tensor
    key: str = ""

    def __len__(self):
        """The number of pictures."""
        return len(self.files)

    def __str__(self):
        n_valid = int(self.valid.sum())
        return (f"{len(self):,} pictures of {len(self.classes)} classes: {len(self) - n_valid:,} to train "
                f"on, {n_valid:,} to validate")

    def pixels(self, size, how="crop"):
        """All pictures as bytes, uint8 (n, 3, size, size), in the order of `files`."""
        if not self.key:
            return to_bytes(self.files, size, how)
        path = to_read(cache_folder() / "pictures" / f"{self.key}-{fingerprint_of_files(self.files)}-{how}-{size}.pt")
        if not path.is_file():
            with writing(path) as partial:
                torch.save(to_bytes(self.files, size, how), partial)
        return torch.load(path, weights_only=True)

    def loaders(self, size, batch_size=64, augment=None, how="crop", seed=0, device=None):
        """Loaders of pictures of `size` x `size` pixels; `augment` changes those of the training batches."""
        pixels, labels, valid = self.pixels(size, how), self.labels, self.valid
        train = PictureLoader(pixels[~valid], labels[~valid], augment, batch_size=batch_size, shuffle=True,
                              seed=seed, device=device)
        if not valid.any():
            return Loaders(train)
        settings = {"batch_size": 2 * batch_size, "device": device}
        return Loaders(train, PictureLoader(pixels[valid], labels[valid], **settings))


def from_files(files, label_of, valid=0.2, seed=42, classes=None, key=""):
    """`Pictures` from files in any order, each labelled by the function `label_of` (path -> name of a class).

    The files are sorted by name, then a share `valid` of them is drawn by `seed`, so that everybody holds
    out the same ones; `valid` may also be a function of a path that gives true or false. `classes` are the
    labels that occur, sorted, unless they are given.
    """
    files = _in_order(files)
    if not files:
        raise ValueError("Expected at least one picture, found an empty list of files: check the folder.")
    names = [label_of(file) for file in files]
    classes = sorted(set(names)) if classes is None else list(classes)
    if unknown := sorted(set(names) - set(classes)):
        raise ValueError(f"Expected labels that are in classes, found {unknown[0]!r}: add it to classes.")
    labels = torch.tensor([classes.index(name) for name in names])
    draw = valid if callable(valid) else _draw(files, valid, seed).__contains__
    return Pictures(files, labels, classes, torch.tensor([bool(draw(file)) for file in files]), key)


def from_folder(folder, valid=0.2, seed=42, key=""):
    """`Pictures` in folders of `folder`, each labelled by the name of its own; see `from_files`."""
    files = [path for path in Path(folder).rglob("*") if path.suffix.lower() in ENDINGS]
    if not files:
        raise FileNotFoundError(f"Expected pictures in folders of {folder}, found none: make one folder for "
                                "each class.")
    return from_files(files, lambda path: path.parent.name, valid, seed, key=key)


def sample(files, n, seed=42):
    """At most `n` of `files`, drawn by `seed` and sorted: for a machine that cannot take them all."""
    files = _in_order(files)
    return _in_order(random.Random(seed).sample(files, min(n, len(files))))


class PictureLoader:
    """Batches (pictures, labels) on the device; pictures are float32 (n, 3, height, width), from 0 to 1.

    `pixels` (uint8) lie on the device as a whole. `augment(pictures, generator)` changes each batch, with
    random numbers of the loader's own `generator`. `settings` are those of `TensorLoader`.
    """

    def __init__(self, pixels, labels, augment=None, **settings):
        self.batches, self.augment = TensorLoader(pixels, labels, **settings), augment
        self.generator = self.batches.generator

    def __len__(self):
        """The number of batches; the last one may be smaller."""
        return len(self.batches)

    def __iter__(self):
        """The batches of one pass."""
        for pixels, labels in self.batches:
            pictures = pixels.float() / 255
            yield (pictures if self.augment is None else self.augment(pictures, self.generator)), labels

    @property
    def all_targets(self):
        """The labels of one pass, in their own order."""
        return self.batches.all_targets

    def take(self, places):
        """The pictures at `places` (int64) as numbers from 0 to 1, not augmented."""
        pixels = self.batches.tensors[0]
        return pixels[places.to(pixels.device)].float() / 255

    def plain(self):
        """The same pictures in their own order, not augmented: what a trained model is measured on."""
        pixels, labels = self.batches.tensors
        return PictureLoader(pixels, labels, batch_size=self.batches.batch_size, device=pixels.device)


def show_batch(loader, classes, n=8, alt=None):
    """Show the first `n` pictures of the next batch with their classes; the loader stays as it was."""
    state = loader.generator.get_state()
    pictures, labels = next(iter(loader))
    loader.generator.set_state(state)
    titles = [classes[label] for label in labels[:n].tolist()]
    show_images(to_show(pictures[:n]), titles, alt, columns=4, size=1.8)


def to_show(pictures):
    """Pictures (n, 3, height, width) from 0 to 1 as an array (n, height, width, 3) for `show_images`."""
    return pictures.detach().clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()


def _in_order(files):
    "Sorted by name, in the same way on every system."
    return sorted(map(Path, files), key=Path.as_posix)


def _draw(files, share, seed):
    "A `share` of the files, at random, as a set."
    if not 0 <= share < 1:
        raise ValueError(f"Expected a share from 0 to less than 1 to hold out, found {share}: 0.2 is usual.")
    return set(sample(files, round(share * len(files)), seed))
