"""Where the course's own files lie: the repository, and the cache that takes what is fetched or computed.

The cache is COURSEKIT_CACHE if that is set, else data/cache of the repository, else, where the package was
installed without it, a folder of the user's. Many may read one cache at once: what appears in it is whole.
"""

import functools
import hashlib
import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
CACHE = "COURSEKIT_CACHE"


class FolderError(OSError):
    """A folder cannot be written; the message is a sentence that says which, why, and what to do."""


def is_checkout(root=ROOT):
    """Whether `root` is the repository, with lessons and data, and not a folder of installed packages."""
    return (root / "nbs").is_dir() and (root / "requirements.lock").is_file()


def cache_folder(root=ROOT):
    """The folder that takes what is fetched or computed; it need not be there yet.

    Raises `FolderError` if COURSEKIT_CACHE is no absolute path.
    """
    named = os.environ.get(CACHE)
    if named:
        if not Path(named).expanduser().is_absolute():
            raise FolderError(f"Expected an absolute path in {CACHE} (a notebook runs in a folder of its own), found "
                             f"{named!r}: set it to one, or unset it.")
        return Path(named).expanduser()
    if is_checkout(root):
        return root / "data" / "cache"
    import pooch  # here, so that doctor can report that it is missing

    return Path(pooch.os_cache("coursekit"))


def why_not_writable(folder):
    """Why nothing can be written below `folder`, which need not be there yet, in a few words; None if it can."""
    probe = nearest(folder) / f".{secrets.token_hex(8)}"
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        return error.strerror or str(error)
    return None


def nearest(folder):
    """`folder`, or the nearest one above it that is there."""
    return next((path for path in (folder, *folder.parents) if os.path.lexists(path)), folder)


def make_folder(folder):
    """`folder`, made if need be; raises `FolderError` if it cannot be written."""
    reason = why_not_writable(folder)
    if reason is None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
    if reason:
        raise FolderError(f"Expected a folder that can be written, found {folder} ({reason}): {_remedy(folder)}.")
    return folder


def to_read(path):
    """Where to find `path` of the cache: there, or where `to_write` has put it."""
    if path.exists() and not _stand_in(path).exists():
        return path
    return to_write(path)


def to_write(path):
    """`path` of the cache, or, where that cannot be written, one that vanishes with this process; this is said once."""
    if why_not_writable(path.parent) is None:
        return path
    _say_once(f"The cache {nearest(path.parent)} cannot be written, so what is computed is kept only until this "
              f"kernel ends. To keep it: {_remedy(path)}.")
    return _stand_in(path)


def unused(path):
    """`path` if nothing is there, else the first that is free of NAME-2, NAME-3 and so on beside it."""
    free, n = path, 2
    while os.path.lexists(free):
        free, n = path.with_name(f"{path.stem}-{n}{path.suffix}"), n + 1
    return free


@contextmanager
def writing(path):
    """A path to write to, which takes the place of `path` at the end: a file there is always whole."""
    path = Path(path)
    make_folder(path.parent)
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def building(target):
    """A temporary folder beside `target`, which takes its place at the end, or vanishes on failure.

    Where somebody else has put a folder there meanwhile, theirs stays: it may be in use.
    """
    make_folder(target.parent)
    replaced = target.stat().st_ino if target.exists() else None
    temporary = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        if replaced is not None and target.exists() and target.stat().st_ino == replaced:
            shutil.rmtree(target)
        try:
            temporary.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def fingerprint(content: bytes) -> str:
    """Eight hexadecimal digits that change with `content`: part of the name of what is computed from it and kept."""
    return hashlib.sha256(content).hexdigest()[:8]


def fingerprint_of_files(files) -> str:
    """The `fingerprint` of files that changes when one comes, goes or is written again; they are not read."""
    about = "".join(f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}\n" for file in files)
    return fingerprint(about.encode())


def _remedy(path):
    "What to do about a `path` that cannot be written."
    if path.is_relative_to(cache_folder()):
        return f"set {CACHE} to a folder of your own (an absolute path)"
    return "choose a folder of your own"


def _stand_in(path):
    "The place of `path` in a folder that vanishes with this process."
    return Path(_until_the_end().name, *path.parts[1:])


@functools.cache
def _until_the_end():
    "A folder that vanishes with this process."
    return tempfile.TemporaryDirectory(prefix="coursekit-")


@functools.cache
def _say_once(sentence):
    "Print `sentence` the first time only."
    print(sentence)
