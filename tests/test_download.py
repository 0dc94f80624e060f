"""Downloads from a server that does everything wrong, and archives that try to get out of their folder."""

import gzip
import hashlib
import io
import os
import shutil
import stat
import subprocess
import tarfile
import threading
import zipfile
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from coursekit.data import download
from coursekit.data.download import FetchError, fetch_file, fetch_package, unpack
from coursekit.files import building

CONTENT = bytes(range(256)) * 400
SIZE, HALF = len(CONTENT), len(CONTENT) // 2
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class BadServer(BaseHTTPRequestHandler):
    """Serves CONTENT in the way that the path names."""

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.server.requests.append((self.path, self.headers.get("Range")))
        getattr(self, "serve_" + self.path.strip("/"))()

    def head(self, status, length=None, **headers):
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def serve_good(self, content=CONTENT):
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        more = {"Content_Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        self.head(206 if start else 200, len(content) - start, **more)
        self.wfile.write(content[start:])

    def serve_without_ranges(self):
        self.head(200, len(CONTENT))
        self.wfile.write(CONTENT)

    def serve_corrupt(self):
        self.serve_good(CONTENT[:-1] + b"x")

    def serve_truncated(self):
        self.head(200, len(CONTENT))
        self.wfile.write(CONTENT[:HALF])

    def serve_truncated_first(self):
        self.serve_good() if self.headers.get("Range") else self.serve_truncated()

    def serve_short(self):
        self.head(200)
        self.wfile.write(CONTENT[:HALF])

    def serve_endless(self):
        self.head(200)
        with suppress(OSError):  # nobody listens any more
            for _ in range(50):
                self.wfile.write(CONTENT)

    def serve_other_size(self):
        self.serve_good(b"<html>Please log in</html>")

    def serve_wrong_part(self):
        self.head(206, HALF, Content_Range=f"bytes 0-{HALF - 1}/{len(CONTENT)}")
        self.wfile.write(CONTENT[:HALF])

    def serve_stalled(self):
        self.head(200, len(CONTENT))
        self.wfile.write(CONTENT[:HALF])
        self.wfile.flush()
        self.server.stopping.wait(30)

    def serve_labelled_gzip(self):
        self.head(200, len(CONTENT), Content_Encoding="x-gzip")
        self.wfile.write(CONTENT)

    def serve_missing(self):
        self.head(404, 0)

    def serve_broken(self):
        self.head(500, 0)

    def serve_moved(self):
        self.head(302, 0, Location="/good")

    def serve_moved_with_endless_body(self):
        self.head(302, Location="/good")
        try:
            while not self.server.stopping.wait(0.001):
                self.wfile.write(CONTENT)
        except OSError:
            pass  # nobody listens any more

    def serve_astray(self):
        self.head(302, len(CONTENT))
        self.wfile.write(CONTENT)

    def serve_circle(self):
        self.head(302, 0, Location="/circle")

    def serve_to_file(self):
        self.head(302, 0, Location=self.server.secret.as_uri())


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # a server on this machine is asked without a proxy
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BadServer)
    server.requests, server.stopping, server.secret = [], threading.Event(), tmp_path / "secret"
    server.secret.write_bytes(CONTENT)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.stopping.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def fetch(server, tmp_path):
    """Call with names of the server's ways; gives the folder with what was fetched."""
    folder = tmp_path / "fetched"

    def fetch(*ways, partial=None, bar=None, sha256=SHA256, size=SIZE):
        folder.mkdir(exist_ok=True)
        if partial is not None:
            (folder / "file.bin.partial").write_bytes(partial)
        urls = [f"http://127.0.0.1:{server.server_port}/{way}" for way in ways]
        fetch_file(urls, folder / "file.bin", sha256, size, timeout=(5, 1.5), bar=bar)
        return folder

    fetch.folder = folder
    return fetch


def contents(folder):
    """Name -> bytes of all files in a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("way", ["good", "moved", "moved_with_endless_body", "truncated_first", "without_ranges",
                                 "labelled_gzip"])
def test_a_whole_file_arrives_and_nothing_else_stays(fetch, way):
    assert contents(fetch(way)) == {"file.bin": CONTENT}


FAULTS = {"missing": "404", "broken": "500", "corrupt": "checksum", "truncated": "broke off",
          "short": "broke off after", "endless": "more than the expected", "other_size": "offers 26 bytes",
          "stalled": "no answer in time", "circle": "redirects", "to_file": "no http or https URL",
          "astray": "the server answers 302 Found"}


@pytest.mark.parametrize("way", FAULTS)
def test_a_fault_is_named_with_its_url(fetch, server, way):
    url = f"http://127.0.0.1:{server.server_port}/{way}"
    with pytest.raises(FetchError, match=f"file.bin:\n  {url}: .*{FAULTS[way]}"):
        fetch(way)
    assert contents(fetch.folder).keys() <= {"file.bin.partial"}


@pytest.mark.parametrize("way", FAULTS)
def test_the_next_url_is_tried_whatever_is_wrong_with_the_first(fetch, way):
    assert contents(fetch(way, "good")) == {"file.bin": CONTENT}


def test_every_url_is_named_when_all_fail(fetch):
    with pytest.raises(FetchError, match=r"(?s)/missing: .*404.*/broken: .*500.*/corrupt: .*checksum"):
        fetch("missing", "broken", "corrupt")


def test_a_server_that_is_not_there_is_no_connection(tmp_path):
    with pytest.raises(FetchError, match="no connection"):
        fetch_file(["http://127.0.0.1:1/x"], tmp_path / "file.bin", SHA256, len(CONTENT), timeout=(2, 2))


def test_a_download_that_broke_off_goes_on_where_it_stopped(fetch, server):
    with pytest.raises(FetchError):
        fetch("truncated")
    assert contents(fetch.folder) == {"file.bin.partial": CONTENT[:HALF]}
    server.requests.clear()
    assert contents(fetch("good")) == {"file.bin": CONTENT}
    assert server.requests == [("/good", f"bytes={HALF}-")]


def test_a_server_without_ranges_begins_anew(fetch):
    assert contents(fetch("without_ranges", partial=CONTENT[:100])) == {"file.bin": CONTENT}


def test_another_part_than_asked_for_is_refused(fetch):
    with pytest.raises(FetchError, match="does not go on from byte 100"):
        fetch("wrong_part", partial=CONTENT[:100])
    assert contents(fetch.folder) == {"file.bin.partial": CONTENT[:100]}


@pytest.mark.parametrize("length", [100, len(CONTENT), len(CONTENT) + 1])
def test_a_wrong_partial_file_does_not_spoil_the_download(fetch, length):
    assert contents(fetch("good", partial=b"x" * length)) == {"file.bin": CONTENT}


def test_a_complete_file_is_not_fetched_again_and_a_damaged_one_is(fetch, server):
    fetch("good")
    fetch("good")
    assert len(server.requests) == 1
    (fetch.folder / "file.bin").write_bytes(b"damaged")
    assert contents(fetch("good")) == {"file.bin": CONTENT}


def test_an_interruption_leaves_only_what_can_be_resumed(fetch, monkeypatch):
    class Interrupting:
        def update(self, n):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(download, "CHUNK", 1000)
        with pytest.raises(KeyboardInterrupt):
            fetch("good", bar=Interrupting())
    assert contents(fetch.folder) == {"file.bin.partial": CONTENT[:1000]}
    assert contents(fetch("good")) == {"file.bin": CONTENT}


class Bar:
    """A bar that only counts."""

    n = 0

    def update(self, n):
        self.n += n


@pytest.mark.parametrize("ways, n", [(["good"], len(CONTENT)), (["truncated_first"], len(CONTENT)), (["missing"], 0),
                                     (["truncated", "without_ranges"], len(CONTENT)), (["short"], 0)])
def test_a_bar_stands_at_what_has_arrived(fetch, ways, n):
    bar = Bar()
    with suppress(FetchError):
        fetch(*ways, bar=bar)
    assert bar.n == n


def test_a_file_that_is_there_fills_its_part_of_the_bar(fetch):
    fetch("good")
    bar = Bar()
    fetch("good", bar=bar)
    assert bar.n == len(CONTENT)


@pytest.mark.parametrize("way", ["good", "truncated_first", "short", "moved"])
def test_a_file_without_a_checksum_is_taken_up_to_a_limit(fetch, way):
    expected = {"truncated_first": None, "short": CONTENT[:HALF]}.get(way, CONTENT)  # what says no length may be short
    if expected is None:
        with pytest.raises(FetchError, match=f"it broke off after {HALF:,} of {len(CONTENT):,} bytes"):
            fetch(way, sha256=None, size=2 * len(CONTENT))
    else:
        assert contents(fetch(way, partial=b"from another try", sha256=None, size=2 * len(CONTENT))) == {
            "file.bin": expected}


@pytest.mark.parametrize("way, reason", [("good", "it offers 102,400 bytes, expected 1,000"),
                                         ("endless", "it sends more than the expected 1,000 bytes")])
def test_a_file_without_a_checksum_above_the_limit_is_refused(fetch, way, reason):
    with pytest.raises(FetchError, match=reason):
        fetch(way, sha256=None, size=1000)


def test_too_little_disk_is_said_before_anything_is_asked_for(fetch, server, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(FetchError, match=r"Expected 0.2 GB of free disk, found 0.0 GB: make room"):
        fetch("good")
    assert server.requests == []


def make_zip(path, *members):
    """A zip of (name or ZipInfo, bytes)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in members:
            bundle.writestr(name, content)
    return path


def make_tar(path, *members):
    """A tar of (name, type, bytes)."""
    with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w") as bundle:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(content), "../elsewhere"
            bundle.addfile(info, io.BytesIO(content))
    return path


def link_in_zip():
    info = zipfile.ZipInfo("link")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize("name", ["a.zip", "a.whl", "a.tar", "a.tar.gz", "a.tgz"])
def test_archives_are_unpacked(tmp_path, name):
    if name.endswith((".zip", ".whl")):
        archive = make_zip(tmp_path / name, ("folder/", b""), ("folder/one", b"1"), ("two", b"22"))
    else:
        archive = make_tar(tmp_path / name, ("folder", tarfile.DIRTYPE, b""),
                           ("folder/one", tarfile.REGTYPE, b"1"), ("two", tarfile.REGTYPE, b"22"))
    unpack(archive, tmp_path / "out", 3)
    assert contents(tmp_path / "out") == {"folder/one": b"1", "two": b"22"}


def test_a_gzip_file_is_unpacked_under_its_name(tmp_path):
    (tmp_path / "table.csv.gz").write_bytes(gzip.compress(b"1,2"))
    unpack(tmp_path / "table.csv.gz", tmp_path / "out", 3)
    assert contents(tmp_path / "out") == {"table.csv": b"1,2"}


@pytest.mark.parametrize("name", ["../odd", "a/../../odd", "{absolute}/odd", "..\\odd", "C:\\odd"])
def test_no_path_leads_out_of_the_folder(tmp_path, name):
    name = name.format(absolute=tmp_path)
    for archive in (make_zip(tmp_path / "a.zip", (name, b"x")),
                    make_tar(tmp_path / "a.tar", (name, tarfile.REGTYPE, b"x"))):
        with suppress(FetchError), building(tmp_path / f"deep/{archive.name}") as folder:
            unpack(archive, folder, 1000)
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "a.tar", "deep"}
    assert {path.name for path in (tmp_path / "deep").iterdir()} <= {"a.zip", "a.tar"}


@pytest.mark.parametrize("name", ["../odd", "a/../../odd"])
def test_a_tar_with_a_path_to_elsewhere_is_refused_whole(tmp_path, name):
    archive = make_tar(tmp_path / "a.tar", ("one", tarfile.REGTYPE, b"1"), (name, tarfile.REGTYPE, b"x"))
    with pytest.raises(FetchError, match="a.tar cannot be unpacked .*odd"), \
            building(tmp_path / "out") as folder:
        unpack(archive, folder, 1000)
    assert list(tmp_path.iterdir()) == [archive]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_to_elsewhere_and_devices_in_a_tar_are_refused(tmp_path, kind):
    with pytest.raises(FetchError, match="a.tar cannot be unpacked .*'odd'"):
        unpack(make_tar(tmp_path / "a.tar", ("odd", kind, b"")), tmp_path / "out", 1000)


def test_a_python_that_cannot_unpack_a_tar_safely_does_not(tmp_path, monkeypatch):
    monkeypatch.delattr(tarfile, "data_filter")
    with pytest.raises(FetchError, match="from Python 3.11.4 on"):
        unpack(make_tar(tmp_path / "a.tar", ("one", tarfile.REGTYPE, b"1")), tmp_path / "out", 1000)


def test_a_link_in_a_zip_becomes_no_link(tmp_path):
    unpack(make_zip(tmp_path / "a.zip", (link_in_zip(), "elsewhere")), tmp_path / "out", 1000)
    assert contents(tmp_path / "out") == {"link": b"elsewhere"} and not (tmp_path / "out/link").is_symlink()


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_too_many_files_are_refused(tmp_path, monkeypatch, kind):
    names = [str(i) for i in range(5)]
    archive = (make_zip(tmp_path / "a.zip", *((name, b"") for name in names)) if kind == "zip" else
               make_tar(tmp_path / "a.tar", *((name, tarfile.REGTYPE, b"") for name in names)))
    unpack(archive, tmp_path / "enough", 1)
    monkeypatch.setattr(download, "MOST_PARTS", 4)
    with pytest.raises(FetchError, match=f"a.{kind} holds .*too many files"):
        unpack(archive, tmp_path / "out", 1)
    assert len(contents(tmp_path / "out")) == 4


@pytest.mark.parametrize("name", ["bomb.zip", "bomb.tar.gz", "bomb.gz"])
def test_a_bomb_stops_at_the_limit_whatever_its_header_says(tmp_path, name):
    archive, zeros, limit = tmp_path / name, bytes(5 << 20), 1 << 20
    if name == "bomb.zip":
        make_zip(archive, ("zeros", zeros))
    elif name == "bomb.tar.gz":
        make_tar(archive, ("zeros", tarfile.REGTYPE, zeros))
    else:
        archive.write_bytes(gzip.compress(zeros))
    assert archive.stat().st_size < 20_000
    with pytest.raises(FetchError, match="more than the expected 1,048,576 bytes"):
        unpack(archive, tmp_path / "out", limit)
    assert sum(map(len, contents(tmp_path / "out").values())) <= limit


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.gz", "a.tar.gz"])
def test_a_damaged_archive_is_told(tmp_path, name):
    (tmp_path / name).write_bytes(b"no archive at all" * 100)
    with pytest.raises(FetchError, match="cannot be unpacked"):
        unpack(tmp_path / name, tmp_path / "out", 1000)


def test_a_gzip_file_that_was_cut_off_is_told(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(os.urandom(1000))[:500])
    with pytest.raises(FetchError, match="cannot be unpacked"):
        unpack(tmp_path / "a.gz", tmp_path / "out", 1000)


def test_another_kind_of_file_is_no_archive(tmp_path):
    with pytest.raises(FetchError, match="expected an archive"):
        unpack(tmp_path / "a.rar", tmp_path / "out", 1000)


def test_building_replaces_a_folder_only_at_the_end(tmp_path):
    target = tmp_path / "target"
    for text, fails in [("old", False), ("broken", True), ("new", False)]:
        try:
            with building(target) as folder:
                (folder / "file").write_text(text)
                if fails:
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            assert contents(tmp_path) == {"target/file": b"old"}
    assert contents(tmp_path) == {"target/file": b"new"}


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A wheel with data in it, in a folder that pip searches in place of the network."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    about = "Metadata-Version: 2.1\nName: tiny-carrier\nVersion: 1.0\n"
    path = make_zip(shelf / "tiny_carrier-1.0-py3-none-any.whl", ("tiny_carrier/data/table.csv", b"1,2\n"),
                    ("tiny_carrier/__init__.py", b"raise SystemExit('never import this')"),
                    ("tiny_carrier-1.0.dist-info/METADATA", about),
                    ("tiny_carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n"),
                    ("tiny_carrier-1.0.dist-info/RECORD", ""))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return path


def test_a_package_is_downloaded_and_checked_by_pip(wheel, tmp_path):
    got = fetch_package("tiny-carrier==1.0", hashlib.sha256(wheel.read_bytes()).hexdigest(), tmp_path)
    assert got.parent == tmp_path and got.read_bytes() == wheel.read_bytes()


def test_a_package_with_another_hash_is_refused(wheel, tmp_path):
    with pytest.raises(FetchError, match=r"(?i)could not download tiny-carrier==1.0 \(.*hashes"):
        fetch_package("tiny-carrier==1.0", "0" * 64, tmp_path)
    assert not list(tmp_path.glob("*.whl"))


def test_the_package_is_asked_for_with_hashes_and_no_dependencies(monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(subprocess, "run", lambda command, **options: commands.append(command) or
                        SimpleNamespace(returncode=1, stderr="ERROR: no network"))
    with pytest.raises(FetchError, match=r"\(no network\)\. Check the connection"):
        fetch_package("tiny-carrier==1.0", "0" * 64, tmp_path)
    assert {"--no-deps", "--only-binary=:all:", "--require-hashes"} <= set(commands[0])


def test_a_wheel_built_for_one_system_is_the_same_on_all(monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(subprocess, "run", lambda command, **options: commands.append(command) or
                        SimpleNamespace(returncode=1, stderr="ERROR: no network"))
    with pytest.raises(FetchError):
        fetch_package("tiny-carrier==1.0", "0" * 64, tmp_path, "cp311-cp311-manylinux_2_28_x86_64")
    assert commands[0][-4:] == ["--implementation=cp", "--python-version=311", "--abi=cp311",
                                "--platform=manylinux_2_28_x86_64"]
