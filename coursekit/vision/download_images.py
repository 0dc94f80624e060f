"""Images from a list of URLs: many at a time, within limits, and with a line about each that is never silent."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pandas as pd
from tqdm import tqdm

from coursekit.data.download import NETWORK_ERRORS, announced, asking, pieces, reason_for
from coursekit.files import writing
from coursekit.vision.images import ENDINGS


class Refused(Exception):
    """A URL gives no file; the message says why in a few words."""


@dataclass(frozen=True)
class Limits:
    """How much one file may ask for: bytes, seconds in all, and seconds between two pieces of it."""

    size: int = 10_000_000
    seconds: float = 30.0
    silence: float = 5.0


def read_urls(text):
    """The URLs in `text`, one on each line; empty lines, and lines that begin with #, are left out."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def download_images(urls, folder, limits=None, workers=8):
    """Download `urls` into `folder` as 00000000.jpg, 00000001.png ...; a data frame with one row for each URL.

    The number is the index in the list, so give each list a folder of its own; a file that is there already
    is not asked for again. Columns: url, file (its name, empty if there is none), bytes, reason (empty if
    all is well). Nothing raises but a `folder` that cannot be made or written to.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    limits, first = limits or Limits(), {}
    for index, url in enumerate(urls):
        first.setdefault(url, index)

    def get(index, url):
        if first[url] != index:
            return _row(url, reason=f"the same URL as in row {first[url]}")
        return _get(url, folder / file_name(index, url), limits)

    with ThreadPoolExecutor(workers) as pool:  # threads wait for the network side by side
        rows = pool.map(get, range(len(urls)), urls)
        return pd.DataFrame(list(tqdm(rows, total=len(urls), desc="Downloading", disable=None)),
                            columns=["url", "file", "bytes", "reason"])


def file_name(index, url):
    """The name of the file for the URL at `index`: a number, and the URL's ending if it is one of an image.

    Nothing else of a URL reaches the disk, so that no name can lead out of the folder.
    """
    try:
        ending = PurePosixPath(urlsplit(url).path).suffix.lower()
    except ValueError:  # a URL that cannot be taken apart
        ending = ""
    return f"{index:08d}{ending if ending in ENDINGS else '.jpg'}"


def _row(url, file="", size=0, reason=""):
    return {"url": url, "file": file, "bytes": size, "reason": reason}


def _get(url, path, limits):
    "The row of the report for `url`, whose file shall be `path`."
    if path.exists():
        return _row(url, path.name, path.stat().st_size)
    try:
        with writing(path) as partial, open(partial, "wb") as file:  # what is called .jpg is always whole
            file.writelines(_pieces(url, limits))
    except Refused as error:
        return _row(url, reason=str(error))
    return _row(url, path.name, path.stat().st_size)


def _pieces(url, limits):
    "The pieces of what `url` gives, as they arrive; raises `Refused`."
    deadline, size = time.monotonic() + limits.seconds, 0
    try:
        with asking(url, limits.silence, {"Accept": "image/*"}) as response:
            expected = _check_head(response, limits)
            for piece in pieces(response):
                size += len(piece)
                if size > limits.size:
                    raise Refused(f"more than {limits.size:,} bytes")
                if time.monotonic() > deadline:
                    raise Refused(f"not complete after {limits.seconds:g} s")
                yield piece
    except (*NETWORK_ERRORS, ValueError) as error:  # ValueError: a URL that cannot be taken apart
        raise Refused(reason_for(error)) from error
    if size < max(expected, 1):
        raise Refused(f"broke off after {size:,} of {expected:,} bytes" if expected else "an empty file")


def _check_head(response, limits):
    "The number of bytes that the server announces, or 0; refuses what is no image or too large."
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind.startswith(("text/", "application/json", "application/xhtml")):
        raise Refused(f"the server sends {kind}, no image")
    if announced(response) > limits.size:
        raise Refused(f"{announced(response):,} bytes, more than {limits.size:,}")
    return announced(response)
