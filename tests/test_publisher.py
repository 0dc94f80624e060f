"""An archive that is known by its contents alone, from a server on this machine; and a client that plays Kaggle's."""

import hashlib
import io
import os
import stat
import sys
import tarfile
import zipfile

import pytest
from serving import served

from coursekit import __main__ as command_line
from coursekit.data import fetch
from coursekit.data.fetch import DataSet, FetchError, data_set

TABLES = {"train.csv": b"Store,Sales\n1,5263\n", "weather.csv": b"file,Date\nBayern,2013-01-01\n"}
OTHER = b"file;Date\n"


def described(name):
    """A file as the catalog describes it."""
    return {"name": name, "size": len(TABLES[name]), "sha256": hashlib.sha256(TABLES[name]).hexdigest()}


@pytest.fixture
def address(tmp_path):
    """The address of a publisher that serves the folder `published`."""
    (tmp_path / "published").mkdir()
    with served(tmp_path / "published") as url:
        yield url


@pytest.fixture
def toy(tmp_path, address, monkeypatch):
    """A data set of two tables, in an archive at two addresses and partly in a contest; there is no client."""
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    urls = [f"{address}/first.tgz", f"{address}/second.tgz"]
    publisher = {"downloads": [{"name": "toy.tgz", "size": 10_000, "urls": urls, "unpack": True}], "unpacked": 1000,
                 "kaggle": "toy-sales", "files": [described(name) for name in TABLES]}
    entry = {"title": "Toy", "version": "3", "licence": "CC0", "publisher": publisher,
             "generated": {"note": "Made by a rule."}}
    return DataSet("toy", entry, tmp_path)


@pytest.fixture
def publish(tmp_path):
    """Put an archive with the files given at one of the addresses."""
    def publish(archive, **files):
        with tarfile.open(tmp_path / "published" / archive, "w:gz") as bundle:
            for name, content in files.items():
                info = tarfile.TarInfo(name.replace("__", "/") + ".csv")
                info.size = len(content)
                bundle.addfile(info, io.BytesIO(content))

    return publish


@pytest.fixture
def kaggle(tmp_path, monkeypatch):
    """Install a client that puts the files given, zipped, where it is told to, or says why not."""
    def kaggle(complaint="", **files):
        with zipfile.ZipFile(tmp_path / "contest.zip", "w") as bundle:
            for name, content in files.items():
                bundle.writestr(f"{name}.csv", content)
        script = (f"#!{sys.executable}\nimport shutil, sys\n"
                  f"assert sys.argv[1:6] == ['competitions', 'download', '-c', 'toy-sales', '-p']\n"
                  f"sys.exit({complaint!r} or shutil.copy({str(tmp_path / 'contest.zip')!r}, sys.argv[6]) and 0)\n")
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin/kaggle").write_text(script, encoding="utf-8")
        (tmp_path / "bin/kaggle").chmod(stat.S_IRWXU)

    if os.name == "nt":
        pytest.skip("the client is a script with a first line that names its Python")
    return kaggle


def files_of(toy):
    """Name -> bytes of what was fetched."""
    return {path.name: path.read_bytes() for path in toy.folder("publisher").iterdir()}


def test_the_known_files_leave_the_archive_and_nothing_else(toy, publish):
    publish("first.tgz", train=TABLES["train.csv"], deep__weather=TABLES["weather.csv"], extra=b"what nobody knows")
    assert "stand-in" in toy.outlook()[1]
    assert toy.get() == "Fetched from its publisher."
    assert files_of(toy) == TABLES and toy.verify() == []
    assert str(toy.locate()[1]) == "Toy (3, CC0): real data, as fetched from its publisher."
    assert [path.name for path in toy.folder("publisher").parent.iterdir()] == ["publisher"]


@pytest.mark.parametrize("first", [{"train": TABLES["train.csv"]}, {"train": TABLES["train.csv"], "weather": OTHER}])
def test_a_file_that_the_first_address_lacks_or_has_otherwise_comes_from_the_second(toy, publish, first):
    publish("first.tgz", **first)
    publish("second.tgz", train=OTHER, weather=TABLES["weather.csv"])
    toy.get()
    assert files_of(toy) == TABLES


def test_a_file_that_differs_is_named_and_nothing_moved(toy, publish):
    publish("first.tgz", train=TABLES["train.csv"], weather=OTHER)
    with pytest.raises(FetchError, match="(?s)^Other versions than the catalog's: weather.csv. If you trust .*"
                                         "--other-versions.*second.tgz: .*404.*Kaggle was not asked"):
        toy.get()
    assert not toy.folder("publisher").exists() and toy.locate()[1].source == "generated"


def test_the_learner_may_take_a_file_that_differs(toy, publish, monkeypatch, capsys):
    monkeypatch.setattr(fetch, "catalog", lambda: {"toy": toy.entry})
    monkeypatch.setattr(fetch, "data_set", lambda name: data_set(name, {"toy": toy.entry}, toy.root))
    publish("first.tgz", train=TABLES["train.csv"], weather=OTHER)
    assert command_line.main(["data", "get", "--real"]) == 1
    assert command_line.main(["data", "get", "--real", "--other-versions"]) == 0
    folder, origin = toy.locate()
    assert (folder / "weather.csv").read_bytes() == OTHER and (folder / "train.csv").read_bytes() == TABLES["train.csv"]
    assert origin.real and str(origin).endswith(" publisher. Other versions than the catalog's: weather.csv.")
    assert origin.key.startswith("toy-3-publisher-") and toy.verify() == []
    (folder / "weather.csv").write_bytes(OTHER[::-1])
    assert "weather.csv has a wrong checksum" in toy.verify()[0]


def test_what_is_nowhere_cannot_be_taken(toy, publish):
    publish("first.tgz", weather=OTHER)
    with pytest.raises(FetchError, match="(?s)^Not found: train.csv.*Other versions than the catalog's: weather.csv"):
        toy.get(other_versions=True)
    assert not toy.folder("publisher").exists()


@pytest.mark.parametrize("damage", [b"no archive", b""])
def test_a_damaged_archive_gives_way_to_the_next(toy, publish, tmp_path, damage):
    (tmp_path / "published/first.tgz").write_bytes(damage)
    publish("second.tgz", **{name.removesuffix(".csv"): content for name, content in TABLES.items()})
    toy.get()
    assert files_of(toy) == TABLES


@pytest.mark.parametrize("size, unpacked, reason", [(100, 1000, "it offers .* bytes, expected 100"),
                                                    (10_000, 20, "more than the expected 20 bytes")])
def test_an_archive_above_its_limits_is_refused(toy, publish, size, unpacked, reason):
    toy.entry["publisher"]["downloads"][0]["size"], toy.entry["publisher"]["unpacked"] = size, unpacked
    publish("first.tgz", train=TABLES["train.csv"], weather=TABLES["weather.csv"])
    with pytest.raises(FetchError, match=reason):
        toy.get()
    assert not toy.folder("publisher").exists()


def test_nothing_is_taken_from_an_archive_that_is_refused(toy, publish):
    toy.entry["publisher"]["unpacked"] = 25
    publish("first.tgz", train=OTHER, weather=OTHER, extra=OTHER)
    with pytest.raises(FetchError, match="Not found: train.csv, weather.csv.*COURSEKIT_DATA"):
        toy.get(other_versions=True)
    assert not toy.folder("publisher").exists()


def test_kaggle_gives_what_the_archive_has_otherwise(toy, publish, kaggle):
    publish("first.tgz", train=OTHER, weather=TABLES["weather.csv"])
    kaggle(train=TABLES["train.csv"], sample=b"1,0")
    toy.get()
    assert files_of(toy) == TABLES


def test_kaggle_is_not_asked_where_the_archive_has_all(toy, publish, kaggle):
    publish("first.tgz", train=TABLES["train.csv"], weather=TABLES["weather.csv"])
    kaggle("must not be called")
    toy.get()
    assert files_of(toy) == TABLES


def test_what_kaggles_client_complains_of_is_told(toy, kaggle):
    kaggle("Could not find kaggle.json")
    with pytest.raises(FetchError, match="(?s)Not found: train.csv, weather.csv.*client says: Could not find "
                                         "kaggle.json.*token.*rules of the contest toy-sales"):
        toy.get()
