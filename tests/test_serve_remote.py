"""Images from URLs: public addresses only, each checked once and then kept to; nothing large, slow or else."""

import asyncio
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from starlette.testclient import TestClient
from tiny_classifier import export_tiny, image_bytes

from coursekit.serve.app import create_app
from coursekit.serve.limits import Refused
from coursekit.serve.remote import Remote, is_public
from coursekit.vision.export import load_exported

HERE = ip_address("127.0.0.1")
NAMES = {"images.example": ["127.0.0.1"], "inside.example": ["10.0.0.8"], "both.example": ["127.0.0.1", "10.0.0.8"]}


class Site(BaseHTTPRequestHandler):
    """Images, and what a hostile server does instead."""

    def do_GET(self):
        """Answer by path; /to/URL redirects."""
        self.server.asked.append((self.path, self.headers["Host"]))
        if self.path.startswith("/to/"):
            return self.give(b"", 302, Location=self.path.removeprefix("/to/"))
        if self.path == "/nowhere":
            return self.give(b"", 302)
        if self.path == "/silent":
            self.server.over.wait(5)
        elif self.path == "/drops":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")
        elif self.path == "/endless":
            self.give(bytes(60_000), length=None)
        elif self.path == "/trickle":
            self.trickle()
        else:
            image = image_bytes()
            pages = {"/cat.jpg": (image, 200, "image/jpeg"), "/untyped": (image, 200, ""),
                     "/zipped": (image, 200, "image/jpeg"), "/page": (b"<html>", 200, "text/html")}
            body, status, kind = pages.get(self.path, (b"", 404, "image/jpeg"))
            self.give(body, status, kind)

    def give(self, body, status=200, kind="image/jpeg", length="", **headers):
        """One answer; its length is left out if `length` is None."""
        self.send_response(status)
        headers |= {"Content-Type": kind} if kind else {}
        headers |= {} if length is None else {"Content-Length": str(len(body))}
        if self.path == "/zipped":
            headers["Content-Encoding"] = "gzip"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def trickle(self):
        """A byte now and then, each soon enough for a limit on silence alone."""
        self.give(b"", length=None)
        while not self.server.over.wait(0.05):
            self.wfile.write(b"x")
            self.wfile.flush()

    def log_message(self, *_arguments):
        """Say nothing."""


@contextmanager
def serving():
    """The site on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.asked, server.over, server.handle_error = [], threading.Event(), lambda *_: None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def site():
    """The site, and a `Remote` that takes 127.0.0.1 for the only public address."""
    with serving() as server:
        server.port = server.server_port
        server.remote = Remote(50_000, 30, ports=(server.port,), accepts=lambda address: address == HERE,
                               resolve=resolve)
        yield server


async def resolve(host, _port):
    """The addresses of the names of these tests, and of numbers."""
    if host in NAMES:
        return [ip_address(address) for address in NAMES[host]]
    try:
        return [ip_address(host.strip("[]"))]
    except ValueError as error:
        raise socket.gaierror("unknown") from error


def get(remote, url):
    """The bytes behind a URL."""
    return asyncio.run(remote.get(url))


def refusal(remote, url):
    """Status and sentence of a refusal."""
    with pytest.raises(Refused) as caught:
        get(remote, url)
    return caught.value.status, caught.value.message


@pytest.mark.parametrize("address, public", [
    ("8.8.8.8", True), ("93.184.216.34", True), ("2606:4700::1111", True),
    ("127.0.0.1", False), ("127.9.9.9", False), ("0.0.0.0", False), ("10.1.2.3", False), ("172.16.0.1", False),
    ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("192.0.2.1", False),
    ("198.18.0.1", False), ("224.0.0.1", False), ("240.0.0.1", False), ("255.255.255.255", False),
    ("::1", False), ("::", False), ("fe80::1", False), ("fe80::1%eth0", False), ("fc00::1", False), ("ff02::1", False),
    ("::ffff:127.0.0.1", False), ("::ffff:8.8.8.8", False), ("::127.0.0.1", False), ("64:ff9b::7f00:1", False),
    ("2002:7f00:1::", False), ("2001:0:7f00:1::", False), ("2001:db8::1", False),
])
def test_public_addresses(address, public):
    assert is_public(ip_address(address)) is public


@pytest.mark.parametrize("url", [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://017700000001/",
    "http://localhost/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0/", "http://169.254.169.254/latest/",
])
def test_ways_to_write_this_machine(url):
    """With the system's own resolver, which knows all of these spellings."""
    status, message = refusal(Remote(1000, 5), url)
    assert status == 400 and ("inside a network" in message or "does not exist" in message)


@pytest.mark.parametrize("url", [
    "file:///etc/passwd", "ftp://images.example/a", "gopher://a/", "data:image/png,x", "javascript:alert(1)", "//x/y",
    "cat.jpg", "http://", "http:///x", "http://u:p@images.example/", "http://[::1", "\0", "http://" + "a" * 100_000,
    "http://images.example:99999/",
])
def test_what_is_no_url_of_an_image(site, url):
    assert refusal(site.remote, url)[0] == 400 and site.asked == []


def test_other_ports_are_not_asked(site):
    for port in (22, 80, 6379):
        assert refusal(site.remote, f"http://images.example:{port}/cat.jpg")[0] == 400


def test_an_image_by_name(site):
    url = f"http://images.example:{site.port}"
    assert get(site.remote, f"{url}/cat.jpg#part") == get(site.remote, f"{url}/untyped") == image_bytes()
    assert site.asked[0] == ("/cat.jpg", f"images.example:{site.port}"), "asked by number, under its name"


def test_a_name_with_any_private_address_is_refused(site):
    for name in ("inside.example", "both.example"):
        assert "inside a network" in refusal(site.remote, f"http://{name}:{site.port}/cat.jpg")[1]
    assert "does not exist" in refusal(site.remote, f"http://none.example:{site.port}/")[1]
    assert site.asked == []


def test_the_address_that_was_checked_is_the_one_asked(site):
    asked = []

    async def changing(host, port):
        asked.append(host)  # first this machine, then, as in DNS rebinding, one inside
        return [HERE if len(asked) == 1 else ip_address("10.0.0.8")]

    remote = replace(site.remote, resolve=changing)
    assert get(remote, f"http://images.example:{site.port}/cat.jpg") == image_bytes()
    assert asked == ["images.example"]


def test_redirects_are_followed_and_checked(site):
    base = f"http://images.example:{site.port}"
    assert get(site.remote, f"{base}/to//to//cat.jpg") == image_bytes()
    for target in (f"http://inside.example:{site.port}/x", f"http://10.0.0.8:{site.port}/x", "http://169.254.169.254/x",
                   "file:///etc/passwd", f"http://[::1]:{site.port}/"):
        assert refusal(site.remote, f"{base}/to/{target}")[0] == 400
    for broken in ("http://[::1", "http://a:b/"):
        assert refusal(site.remote, f"{base}/to/{broken}")[0] == 502
    assert "redirects" in refusal(site.remote, f"{base}/to/" + 5 * "/to/" + "/cat.jpg")[1]


@pytest.mark.parametrize("path, status", [("page", 415), ("zipped", 415), ("missing", 502), ("drops", 502),
                                          ("endless", 413), ("nowhere", 502)])
def test_answers_that_are_no_image(site, path, status):
    assert refusal(site.remote, f"http://images.example:{site.port}/{path}")[0] == status


@pytest.mark.parametrize("path", ["silent", "trickle"])
def test_slow_answers(site, path):
    remote = replace(site.remote, seconds=0.7)
    assert refusal(remote, f"http://images.example:{site.port}/{path}")[0] == 504


def test_nobody_listens(site):
    remote = Remote(1000, 30, ports=(1,), accepts=lambda address: True, resolve=resolve)
    assert refusal(remote, "http://127.0.0.1:1/")[0] == 502


def test_classify_by_url(site, tmp_path):
    classifier = load_exported(export_tiny(tmp_path / "tiny.pt"))
    with TestClient(create_app(classifier, remote=site.remote)) as client:
        asked = {"url": f"http://images.example:{site.port}/cat.jpg"}
        by_url = client.get("/classify-url", params=asked)
        assert by_url.status_code == 200
        assert by_url.json() == client.post("/classify", content=image_bytes()).json()
        assert client.get("/healthz").json()["by_url"] is True
        for wrong in ("", "http://10.0.0.8/", "cat.jpg"):
            response = client.get("/classify-url", params={"url": wrong})
            assert response.status_code == 400 and response.json()["error"].startswith("Expected")
        assert client.get("/classify-url").status_code == 400
