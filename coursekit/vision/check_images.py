"""What lies in a folder of images: files that are none, and images that are there twice."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, UnidentifiedImageError

from coursekit.vision.images import MAX_PIXELS, ImageError, is_heic, open_image

SMALLEST = 32  # pixels


def verify_images(folder, smallest=SMALLEST, max_pixels=MAX_PIXELS):
    """Decode every file in `folder` and the folders in it; a data frame with one row each, sorted by name.

    Columns: file (its path in `folder`), width, height, reason (empty if it is an image that can be used).
    Nothing is removed: hand those with a reason to `coursekit.widgets.cleaner.to_bin`.
    """
    folder = Path(folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise FileNotFoundError(f"Expected files in {folder}, found none: download some first.")
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda file: check_image(file, smallest, max_pixels), files))
    rows = [(file.relative_to(folder).as_posix(), *about) for file, about in zip(files, found, strict=True)]
    return pd.DataFrame(rows, columns=["file", "width", "height", "reason"])


def check_image(file, smallest=SMALLEST, max_pixels=MAX_PIXELS):
    """(width, height, reason) of one file, decoded to the last pixel; the reason is empty if it can be used."""
    try:
        width, height = open_image(file, max_pixels).size
    except ImageError as error:
        return 0, 0, _in_words(error, file)
    if min(width, height) < smallest:
        return width, height, f"smaller than {smallest} pixels"
    return width, height, ""


def _in_words(error, file):
    "Why `file` is no image, in a few words that do not name its folder."
    with open(file, "rb") as opened:
        start = opened.read(100).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg")):
        return "a web page, no image"
    if error.__cause__ is None or isinstance(error.__cause__, Image.DecompressionBombError):
        return "too many pixels"
    if is_heic(file):
        return "HEIC, an iPhone's format: export as JPEG"
    if isinstance(error.__cause__, UnidentifiedImageError):
        return "no image of a known kind"
    return f"damaged: {error.__cause__}"


def difference_hash(image, size=8):
    """`size` x `size` bits that say where `image` gets brighter from left to right; booleans.

    The image becomes grey and (size + 1) x size pixels large, and each pixel is compared with its right
    neighbour. Neither size nor brightness nor JPEG's damage changes many bits. Source: Krawetz, "Kind of like
    that", 2013.
    """
    small = image.convert("L").resize((size + 1, size), Image.Resampling.LANCZOS)
    grey = np.asarray(small, dtype=np.int16)
    return grey[:, 1:] > grey[:, :-1]


def hash_files(files, size=8):
    """The difference hashes of image files as rows, booleans (n, size * size)."""
    with ThreadPoolExecutor() as pool:
        return np.stack(list(pool.map(lambda file: difference_hash(open_image(file), size).ravel(), files)))


def distances(hashes):
    """How many bits each two of the hashes (n, bits) differ in: (n, n)."""
    bits = hashes.astype(np.float32)
    both = bits @ bits.T  # bits that are set in both
    count = np.diag(both)
    return (count[:, None] + count - 2 * both).astype(int)


def near_duplicates(files, at_most=4):
    """(distance, file, file) of all pairs whose hashes differ in `at_most` bits, nearest first.

    The first file of a pair is the one that comes first in `files`: the one to keep. Files that cannot be opened are
    passed over and named in a line.
    """
    files = _can_be_opened(list(files))
    if not files:
        return []
    apart = distances(hash_files(files))
    first, second = np.nonzero(np.triu(apart <= at_most, k=1))
    pairs = [(int(apart[i, j]), files[i], files[j]) for i, j in zip(first, second, strict=True)]
    return sorted(pairs, key=lambda pair: pair[0])


def _can_be_opened(files):
    "Those of `files` that hold an image; a line says which do not, and why."
    with ThreadPoolExecutor() as pool:
        reasons = list(pool.map(lambda file: check_image(file, smallest=0)[2], files))
    bad = [f"{Path(file).name} ({reason})" for file, reason in zip(files, reasons, strict=True) if reason]
    if bad:
        print(f"Passed over {len(bad)} of {len(files)} files, which cannot be opened: {', '.join(bad[:5])}"
              + (f" and {len(bad) - 5} more." if len(bad) > 5 else "."))
    return [file for file, reason in zip(files, reasons, strict=True) if not reason]
