"""Where the cache is, and what happens where it cannot be written."""

import errno
from pathlib import Path

import pytest

from coursekit import files
from coursekit.files import (
    FolderError,
    building,
    cache_folder,
    is_checkout,
    make_folder,
    to_read,
    to_write,
    unused,
    writing,
)


def test_the_cache_is_where_the_variable_says_each_time(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("COURSEKIT_CACHE", "near")
    with pytest.raises(FolderError, match="Expected an absolute path in COURSEKIT_CACHE .* found 'near': set it"):
        cache_folder()
    monkeypatch.delenv("COURSEKIT_CACHE")
    assert is_checkout() and cache_folder() == files.ROOT / "data/cache"
    assert not is_checkout(tmp_path) and "coursekit" in str(cache_folder(tmp_path))
    assert not cache_folder(tmp_path).is_relative_to(tmp_path)


@pytest.fixture
def closed(tmp_path, monkeypatch):
    """A cache that holds one file and takes no more, as on a disk mounted to be read."""
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/old").write_text("kept")
    usual = Path.touch

    def touch(path, **options):
        if path.is_relative_to(tmp_path):
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        return usual(path, **options)

    monkeypatch.setattr(Path, "touch", touch)
    return tmp_path / "cache"


def test_what_is_there_is_read_and_the_rest_is_kept_elsewhere(closed, capsys):
    files._say_once.cache_clear()
    assert to_read(closed / "old") == closed / "old" and not capsys.readouterr().out
    path = to_read(closed / "models/new")
    assert path != closed / "models/new" and path.parts[-2:] == ("models", "new")
    said = capsys.readouterr().out
    assert "cannot be written" in said and "set COURSEKIT_CACHE to a folder of your own" in said
    with writing(path) as partial:
        partial.write_text("new")
    assert to_read(closed / "models/new").read_text() == "new" and not capsys.readouterr().out
    with writing(to_write(closed / "old")) as partial:
        partial.write_text("mine")
    assert to_read(closed / "old").read_text() == "mine" and (closed / "old").read_text() == "kept"


def test_writing_where_that_is_refused_is_one_sentence(closed):
    sentence = r"Expected a folder .* found .*cache \(Read-only file system\): set COURSEKIT_CACHE"
    with pytest.raises(FolderError, match=sentence), writing(closed / "new"):
        pass
    with pytest.raises(FolderError, match=sentence), building(closed / "new"):
        pass


def test_a_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match=r"file/cache \(Not a directory\): choose a folder of your own"):
        make_folder(tmp_path / "file/cache")


def test_a_file_is_whole_or_not_there(tmp_path):
    with pytest.raises(KeyboardInterrupt), writing(tmp_path / "new") as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_folder_that_somebody_else_has_built_meanwhile_stays(tmp_path):
    with building(tmp_path / "target") as mine:
        (mine / "file").write_text("mine")
        with building(tmp_path / "target") as theirs:
            (theirs / "file").write_text("theirs")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]
    assert (tmp_path / "target/file").read_text() == "theirs"


def test_fingerprints_change_with_what_they_are_of(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("1", encoding="utf-8")
    before = files.fingerprint_of_files([file])
    assert before == files.fingerprint_of_files([file]) and len(before) == 8
    file.write_text("22", encoding="utf-8")
    assert files.fingerprint_of_files([file]) != before != files.fingerprint_of_files([])
    assert files.fingerprint(b"a") != files.fingerprint(b"b")


def test_a_name_that_is_taken_gets_a_number(tmp_path):
    path = tmp_path / "cat.jpg"
    assert unused(path) == path
    for name in ("cat.jpg", "cat-2.jpg"):
        (tmp_path / name).touch()
    assert unused(path).name == "cat-3.jpg"
    (tmp_path / "cat-3.jpg").symlink_to(tmp_path / "nothing")  # what points nowhere takes its name, too
    assert unused(path).name == "cat-4.jpg"
