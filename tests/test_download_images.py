"""Downloads of images from a server that does everything wrong: a line about each URL, and nothing half done."""

import io
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from coursekit.vision.download_images import Limits, download_images, file_name, read_urls

LIMITS = Limits(size=5_000, seconds=1.5, silence=0.5)


def image():
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), "orange").save(buffer, format="JPEG")
    return buffer.getvalue()


CONTENT = image()


class BadSite(BaseHTTPRequestHandler):
    """Serves CONTENT in the way that the path names, whatever its ending."""

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.server.requests.append(self.path)
        self.server.passwords.append(self.headers.get("Authorization"))
        way = self.path.strip("/").partition("?")[0].rpartition("/")[2].partition(".")[0]
        getattr(self, f"serve_{way}")()

    def head(self, status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send(self, content=CONTENT, kind="image/jpeg", length=None):
        self.head(Content_Type=kind, Content_Length=str(len(content) if length is None else length))
        self.wfile.write(content)

    def serve_good(self):
        with self.server.counting:
            self.server.now += 1
            self.server.most = max(self.server.most, self.server.now)
        time.sleep(0.05)
        with self.server.counting:
            self.server.now -= 1  # before the answer: once it has that, the client may ask for the next
        self.send()

    def serve_plain(self):
        self.head()
        self.wfile.write(CONTENT)

    def serve_gone(self):
        self.head(404)

    def serve_broken(self):
        self.head(500)

    def serve_page(self):
        self.send(b"<html>Log in first</html>", "text/html; charset=utf-8")

    def serve_cut(self):
        self.send(CONTENT[:100], length=len(CONTENT))

    def serve_empty(self):
        self.send(b"")

    def serve_announced(self):
        self.send(b"x", length=10_000_000_000)

    def serve_endless(self):
        self.head(Content_Type="image/jpeg")
        for _ in range(100):
            self.wfile.write(bytes(1000))

    def serve_chunked(self):
        self.protocol_version = "HTTP/1.1"
        self.head(Content_Type="image/jpeg", Transfer_Encoding="chunked")
        self.wfile.write(b"%x\r\n%s\r\n" % (len(CONTENT), CONTENT))  # and no end
        self.close_connection = True

    def serve_silent(self):
        self.server.stopping.wait(5)

    def serve_stalled(self):
        self.head(Content_Type="image/jpeg", Content_Length=str(len(CONTENT)))
        self.wfile.write(CONTENT[:100])
        self.wfile.flush()
        self.server.stopping.wait(5)

    def serve_drip(self):
        self.head(Content_Type="image/jpeg", Content_Length=str(len(CONTENT)))
        for i in range(len(CONTENT)):
            self.wfile.write(CONTENT[i:i + 1])
            self.wfile.flush()
            if self.server.stopping.wait(0.1):
                return

    def serve_moved(self):
        self.head(302, Location="/good.jpg")

    def serve_circle(self):
        self.head(302, Location="/circle")

    def serve_elsewhere(self):
        self.head(302, Location="file:///image.jpg")

    def serve_ftp(self):
        self.head(302, Location="ftp://127.0.0.1/image.jpg")


@pytest.fixture
def site():
    site = ThreadingHTTPServer(("127.0.0.1", 0), BadSite)
    site.requests, site.passwords, site.now, site.most = [], [], 0, 0
    site.stopping, site.counting = threading.Event(), threading.Lock()
    site.daemon_threads = True
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.address = f"http://127.0.0.1:{site.server_port}"
    yield site
    site.stopping.set()
    site.shutdown()
    site.server_close()
    thread.join()


@pytest.fixture
def get(site, tmp_path):
    """Call with the names of the server's ways; gives the report."""
    return lambda *ways, **options: download_images([f"{site.address}/{way}" for way in ways], tmp_path / "images",
                                                    LIMITS, **options)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_one_url_on_each_line():
    assert read_urls("http://a/1.jpg\n\n  http://a/2.jpg \r\n# teddies\n") == ["http://a/1.jpg", "http://a/2.jpg"]


@pytest.mark.parametrize("way", ["good.jpg", "plain", "moved"])
def test_an_image_arrives_whole(get, tmp_path, way):
    report = get(way)
    assert report.iloc[0].to_dict() | {"url": ""} == {"url": "", "file": "00000000.jpg", "bytes": len(CONTENT),
                                                     "reason": ""}
    assert (tmp_path / "images" / "00000000.jpg").read_bytes() == CONTENT


BAD = [("gone", "the server answers 404 Not Found"), ("broken", "the server answers 500"),
       ("page.jpg", "the server sends text/html, no image"), ("empty", "an empty file"),
       ("cut.jpg", f"broke off after 100 of {len(CONTENT)} bytes"), ("chunked", "broke off"),
       ("announced", "10,000,000,000 bytes, more than 5,000"), ("endless", "more than 5,000 bytes"),
       ("silent", "no answer in time"), ("stalled", "no answer in time"), ("drip", "not complete after 1.5 s"),
       ("circle", "redirect"), ("elsewhere", "no http or https URL"), ("ftp", "no http or https URL")]


@pytest.mark.parametrize(("way", "reason"), BAD)
def test_what_goes_wrong_is_said_and_leaves_nothing(get, tmp_path, way, reason):
    report = get(way)
    assert report["file"].tolist() == [""] and report["bytes"].tolist() == [0]
    assert reason in report["reason"][0]
    assert names(tmp_path / "images") == []


@pytest.mark.parametrize("url", ["image.jpg", "file:///image.jpg", "ftp://127.0.0.1/a.jpg", "http://[::1/a.jpg",
                                 "data:image/png;base64,aaaa"])
def test_only_http_and_https(tmp_path, url):
    report = download_images([url], tmp_path, LIMITS)
    assert "no http or https URL" in report["reason"][0] and names(tmp_path) == []


def test_nobody_listens_there(site, tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), BadSite) as closed:
        url = f"http://127.0.0.1:{closed.server_port}/a.jpg"
    assert "no connection" in download_images([url], tmp_path, LIMITS)["reason"][0]


def test_a_bad_url_does_not_stop_the_others_and_rows_keep_the_order(get, tmp_path):
    ways = ["good.jpg", "gone", "good.jpg?2", "page", "good.jpg?3"]
    report = get(*ways)
    assert [url.rpartition("/")[2] for url in report["url"]] == ways
    assert report["file"].tolist() == ["00000000.jpg", "", "00000002.jpg", "", "00000004.jpg"]
    assert names(tmp_path / "images") == ["00000000.jpg", "00000002.jpg", "00000004.jpg"]


def test_a_url_that_comes_twice_is_asked_for_once(get, site):
    report = get("good.jpg", "good.jpg")
    assert report["reason"].tolist() == ["", "the same URL as in row 0"]
    assert site.requests == ["/good.jpg"]


def test_what_is_there_is_not_asked_for_again(get, site):
    first = get("good.jpg", "gone")
    second = get("good.jpg", "gone")
    assert first.equals(second) and sorted(site.requests) == ["/gone", "/gone", "/good.jpg"]


def test_many_at_a_time_but_no_more_than_workers(get, site):
    get(*[f"good.jpg?{i}" for i in range(12)], workers=3)
    assert 2 <= site.most <= 3


@pytest.mark.parametrize("url", ["http://a/../../evil.jpg", "http://a/..%2F..%2Fevil.jpg", "http://a/C:\\evil.jpg",
                                 "http://a/evil.jpg/", "http://a/evil.exe", "http://a/evil.sh?x=.jpg", "http://[a"])
def test_no_name_leads_out_of_the_folder(url):
    assert file_name(11, url) == "00000011.jpg"


def test_the_ending_of_an_image_is_kept():
    assert file_name(3, "https://a/b/Cat.PNG?width=3") == "00000003.png"


def test_a_name_with_other_letters_is_asked_for(get, site):
    report = get("Kätzchen 1/good.jpg")
    assert report["reason"][0] == "" and site.requests == ["/K%C3%A4tzchen%201/good.jpg"]


def test_an_interruption_leaves_no_part_of_a_file(get, tmp_path, monkeypatch):
    def interrupt(response, limits):
        raise KeyboardInterrupt

    monkeypatch.setattr("coursekit.vision.download_images._check_head", interrupt)
    with pytest.raises(KeyboardInterrupt):
        get("good.jpg")
    assert names(tmp_path / "images") == []


def test_a_disk_that_cannot_be_written_to_raises(get, tmp_path):
    (tmp_path / "images").write_text("a file, no folder")
    with pytest.raises(FileExistsError):
        get("good.jpg")


def test_the_same_machine_is_asked_without_a_proxy(get, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert get("good.jpg")["reason"][0] == ""


def test_no_password_goes_to_a_strangers_server(site, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("default login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", site.address)
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("NO_PROXY", "")
    report = download_images(["http://images.example/moved"], tmp_path / "images", LIMITS)
    assert report["reason"][0] == "" and len(site.requests) == 2 and site.passwords == [None, None]


def test_an_empty_list_gives_an_empty_report(get):
    assert len(get()) == 0
