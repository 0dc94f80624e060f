"""The script that looks after the publishers' files, against a server that has some of them."""

import hashlib
import io
import sys
import tempfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from coursekit.data.fetch import catalog

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))

import check_sources  # noqa: E402

CONTENT = b"user,item,rating\n" * 5000
FILE = {"name": "table.csv", "size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}
PUBLISHED = {"/right": CONTENT, "/wrong": CONTENT[:-1] + b"x", "/longer": CONTENT + b"x", "/shorter": CONTENT[:-9]}


class Publisher(BaseHTTPRequestHandler):
    """Serves PUBLISHED, a file without an end, and one that never comes; 404 for all else."""

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        if self.path == "/endless":
            return self.serve_endless()
        if self.path == "/silent":
            return self.server.stopping.wait(30)
        content = PUBLISHED.get(self.path)
        self.send_response(200 if content else 404)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def serve_endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            while not self.server.stopping.is_set():
                self.wfile.write(CONTENT)
                self.server.sent += len(CONTENT)
        except OSError:
            pass  # the reader has had enough


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    server.stopping, server.sent, server.daemon_threads = threading.Event(), 0, True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.stopping.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def check(server, capsys):
    """Check the server's files named; gives the exit status and the lines printed."""
    address = f"http://127.0.0.1:{server.server_port}"

    def check(*files, arguments=()):
        urls = [f"{address}/{name}" for name in files]
        sets = {"toy": {"publisher": {"downloads": [FILE | {"urls": urls}]}}, "other": {"git": {}}}
        status = check_sources.main(list(arguments), sets, timeout=(5, 1))
        return status, capsys.readouterr().out.replace(address, "").splitlines()

    return check


def test_a_right_file_passes_and_is_not_kept(check, tmp_path):
    status, lines = check("right")
    assert status == 0
    assert lines == [f"ok  toy              /right: {len(CONTENT):,} bytes in 0 s"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name, reason", [
    ("wrong", "its checksum is wrong: a damaged file or another version"),
    ("longer", f"it offers {len(CONTENT) + 1:,} bytes, expected {len(CONTENT):,}"),
    ("shorter", f"it offers {len(CONTENT) - 9:,} bytes, expected {len(CONTENT):,}"),
    ("gone", "the server answers 404 Not Found"),
    ("silent", "no answer in time"),
])
def test_a_file_that_is_not_the_catalogs_fails_with_the_reason(check, tmp_path, name, reason):
    status, lines = check(name)
    assert status == 1
    assert lines == [f"NO  toy              /{name}: {reason}"]
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_never_ends_is_cut_off(check, server):
    status, lines = check("endless")
    assert status == 1
    assert lines == [f"NO  toy              /endless: it sends more than the expected {len(CONTENT):,} bytes"]
    assert server.sent < 500 * len(CONTENT)


def test_every_url_has_its_line_and_one_failure_fails_all(check):
    status, lines = check("right", "gone", "right")
    assert status == 1
    assert [line[:2] for line in lines] == ["ok", "NO", "ok"]


@pytest.mark.parametrize("content, line", [
    (CONTENT, "ok  toy              /packed.zip: 5,000 bytes"),
    (CONTENT + b"x", "NO  toy              /packed.zip: Other versions than the catalog's: table.csv.")])
def test_an_archive_without_a_checksum_is_opened(server, capsys, monkeypatch, content, line):
    packed, address = io.BytesIO(), f"http://127.0.0.1:{server.server_port}"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("table.csv", content)
    monkeypatch.setitem(PUBLISHED, "/packed.zip", packed.getvalue())
    table = {"downloads": [{"name": "packed.zip", "size": 5000, "urls": [f"{address}/packed.zip"]}],
             "files": [FILE], "unpacked": 1_000_000, "kaggle": "never-asked"}
    assert check_sources.main([], {"toy": {"publisher": table}}) == (0 if line.startswith("ok") else 1)
    assert line in capsys.readouterr().out.replace(address, "")


def test_only_the_sets_that_are_named(check, capsys):
    assert check("gone", arguments=["other"]) == (0, [])
    with pytest.raises(SystemExit):
        check("right", arguments=["tow"])
    assert "found tow" in capsys.readouterr().err


def test_every_url_of_the_catalog_is_visited():
    urls = [url for _, _, url in check_sources.find_sources(catalog())]
    text = (Path(check_sources.__file__).parent.parent / "coursekit/data/catalog.toml").read_text(encoding="utf-8")
    assert len(urls) == len(set(urls)) >= 8
    assert all(f'"{url}"' in text for url in urls)
    assert text.count('"http') == len(urls)
