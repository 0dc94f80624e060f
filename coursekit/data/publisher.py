"""What a publisher gives: files and archives with checksums, or an archive that is known by its contents alone.

Whoever cannot say an archive's checksum may know those of the files in it. Such an archive is taken apart aside, from
one address after the other and at last from Kaggle, and only the known files leave it, each with its checksum.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pooch

from coursekit.data.download import FetchError, fetch_file, unpack
from coursekit.files import fingerprint

MINUTES = 10  # for Kaggle's client


def download(table, store, bar=None):
    """Fetch into `store` what a publisher's `table` of the catalog lists with checksums; raises `FetchError`."""
    for file in table["downloads"]:
        if "sha256" in file:
            fetch_file(file["urls"], store / file["name"], file["sha256"], file["size"], bar=bar)


def put_into(folder, table, store, bar=None, other_versions=False):
    """Put the files of `table` into `folder`: what `download` has fetched, and what archives hold that it left out.

    Gives the catalog's list of files if that is to be replaced: with `other_versions` a file that differs everywhere
    is taken all the same, and described as it is. Raises `FetchError` that names every file and address.
    """
    limit, unknown = table.get("unpacked", 0), []
    for file in table["downloads"]:
        if "sha256" not in file:
            unknown.append(file)
        elif file.get("unpack"):
            unpack(store / file["name"], folder, limit)
        else:
            shutil.copyfile(store / file["name"], folder / file["name"])
    ways = [_address(url, file, store, limit, bar, other_versions) for file in unknown for url in file["urls"]]
    ways += [_contest(table["kaggle"], limit)] if table.get("kaggle") else []
    return gather(table["files"], ways, folder, other_versions) if unknown else None


def gather(files, ways, folder, other_versions=False):
    """Put `files`, as the catalog describes them, into `folder`, each from the first of `ways` that has the very file.

    A way is a function that puts what it has into an empty folder, at any depth; it is asked only while a file is
    lacking. The rest is as in `put_into`.
    """
    others, reasons = {}, []
    with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
        for number, way in enumerate(ways):
            lacking = [file for file in files if not (folder / file["name"]).is_file()]
            if lacking:
                place = Path(aside) / str(number)
                place.mkdir()
                try:
                    way(place)
                    others = _take(lacking, place, folder) | others
                except FetchError as error:
                    reasons.append(str(error))
        lacking = [file["name"] for file in files if not (folder / file["name"]).is_file()]
        if lacking and not (other_versions and others.keys() >= set(lacking)):
            raise FetchError(_complaint(lacking, others, reasons))
        for name in lacking:
            shutil.copyfile(others[name], folder / name)
    return [describe(folder / file["name"]) for file in files] if lacking else None


def describe(path):
    """The file at `path` as the catalog describes one."""
    return {"name": path.name, "size": path.stat().st_size, "sha256": pooch.file_hash(str(path))}


def _take(files, place, folder):
    "Copy into `folder` those of `files` that `place` has with their checksums; name -> path of those that differ."
    others = {}
    for file in files:
        path = next((path for path in place.rglob(file["name"]) if path.is_file()), None)
        if path and describe(path) == {key: file[key] for key in ("name", "size", "sha256")}:
            shutil.copyfile(path, folder / file["name"])
        elif path:
            others[file["name"]] = path
    return others


def _complaint(lacking, others, reasons):
    "What is lacking, what differs, why, and what to do."
    missing = [name for name in lacking if name not in others]
    differing = [name for name in lacking if name in others]
    lines = [f"Not found: {', '.join(missing)}. Run this again later, or put all files of the data set into a "
             "folder of your own in COURSEKIT_DATA."] * bool(missing)
    lines += [f"Other versions than the catalog's: {', '.join(differing)}. If you trust the source, take them with "
              "--other-versions."] * bool(differing)
    return "\n  ".join([*lines, *reasons])


def _address(url, file, store, limit, bar, again):
    "A way for `gather`: the archive at `url`, or, if `again`, that which an earlier call has left in `store`."
    def way(place):
        path = store / f"{fingerprint(url.encode())}-{file['name']}"
        if not (again and path.is_file()):
            fetch_file([url], path, None, file["size"], bar=bar)
        try:
            unpack(path, place, limit)
        except FetchError:
            path.unlink()
            raise

    return way


def _contest(name, limit):
    "A way for `gather`: the files of a contest at Kaggle, by Kaggle's client, which knows the learner's token."
    def way(place):
        client = shutil.which("kaggle")
        if client is None:
            raise FetchError("Kaggle was not asked: its client `kaggle` is not installed.")
        try:
            run = subprocess.run([client, "competitions", "download", "-c", name, "-p", str(place)], text=True,
                                 capture_output=True, stdin=subprocess.DEVNULL, timeout=60 * MINUTES, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise FetchError(f"Kaggle's client gave nothing: {error}") from error
        if run.returncode:
            said = (run.stderr.strip() or run.stdout.strip()).splitlines()
            raise FetchError(f"Kaggle's client says: {said[-1] if said else 'nothing'}. It needs your token, and your "
                             f"consent to the rules of the contest {name}.")
        for path in list(place.glob("*.zip")):
            unpack(path, place, limit)

    return way
