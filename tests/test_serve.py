"""The app by HTTP: right answers for images, a clear refusal for everything else."""

import asyncio
import random
import struct
import threading
import time
import tracemalloc
import zlib
from io import BytesIO

import pytest
import torch
from PIL import Image
from starlette.testclient import TestClient
from tiny_classifier import CLASSES, export_tiny, image_bytes

from coursekit.serve import uploads
from coursekit.serve.app import create_app
from coursekit.serve.images import decode, n_scans
from coursekit.serve.limits import Limits, Refused
from coursekit.serve.worker import Worker
from coursekit.vision.export import load_exported

LIMITS = Limits(max_bytes=300_000, max_pixels=1_000_000, seconds=60.0, slots=4)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """An exported classifier, loaded."""
    return load_exported(export_tiny(tmp_path_factory.mktemp("models") / "tiny.pt"))


@pytest.fixture(scope="module")
def client(classifier):
    """Asks the app; an error inside it raises here."""
    with TestClient(create_app(classifier, LIMITS)) as client:
        yield client


def refused(response, status, *words):
    """Check that a response is a refusal with one clear sentence."""
    assert response.status_code == status, response.text
    assert set(response.json()) == {"error"}
    for word in words:
        assert word in response.json()["error"]


def png(width, height, pixels=b"", chunks=()):
    """A PNG file by hand: the header may claim any size, `chunks` stand before the pixels."""
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    more = b"".join(chunk(name, content) for name, content in chunks)
    return b"\x89PNG\r\n\x1a\n" + header + more + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


# Right answers


def test_the_answer_is_the_models(client, classifier):
    content = image_bytes()
    response = client.post("/classify", content=content, headers={"Content-Type": "image/jpeg"})
    expected = classifier.predict(BytesIO(content))
    assert response.status_code == 200 and list(response.json()) == ["predictions"]
    predictions = response.json()["predictions"]
    assert [name for name, _ in predictions] == list(expected)
    assert [value for _, value in predictions] == pytest.approx(list(expected.values()), abs=1e-6)
    assert sum(value for _, value in predictions) == pytest.approx(1, abs=1e-5)
    assert [value for _, value in predictions] == sorted(expected.values(), reverse=True)
    assert sorted(expected) == sorted(CLASSES)
    assert response.headers["cache-control"] == "no-store"


def test_a_form_gives_the_same_as_a_body(client):
    content = image_bytes("PNG")
    by_body = client.post("/classify", content=content)
    by_form = client.post("/classify", files={"file": ("../../etc/passwd", content, "image/png")})
    assert by_form.status_code == 200 and by_form.json() == by_body.json()


@pytest.mark.parametrize("kind, options", [
    ("JPEG", {}), ("JPEG", {"progressive": True}), ("JPEG", {"mode": "L"}), ("JPEG", {"mode": "CMYK"}),
    ("PNG", {"mode": "RGBA"}), ("PNG", {"mode": "P"}), ("PNG", {"mode": "1"}), ("WEBP", {}), ("BMP", {}),
    ("GIF", {"mode": "P"}), ("GIF", {"save_all": True, "append_images": [Image.new("RGB", (90, 60))]}),
    ("WEBP", {"save_all": True, "append_images": [Image.new("RGB", (90, 60))]}), ("PNG", {"mode": "I;16"}),
    ("PNG", {"width": 1, "height": 1}), ("PNG", {"width": 3000, "height": 1}),
])
def test_formats_and_modes(client, kind, options):
    assert client.post("/classify", content=image_bytes(kind, **options)).status_code == 200


def test_an_image_is_turned_upright(client):
    exif = Image.Exif()
    exif[274] = 6  # Orientation: to be turned by a quarter
    lying = Image.open(BytesIO(image_bytes("PNG")))
    upright, file, turned = lying.rotate(-90, expand=True), BytesIO(), BytesIO()
    lying.save(file, "PNG", exif=exif)
    upright.save(turned, "PNG")
    assert (client.post("/classify", content=file.getvalue()).json()
            == client.post("/classify", content=turned.getvalue()).json())


def test_the_heatmap(client, classifier):
    found = client.post("/classify?heatmap=1", content=image_bytes()).json()
    values = torch.tensor(found["heatmap"])
    with torch.no_grad():
        assert values.shape == classifier.model.body(torch.zeros(1, 3, 48, 48)).shape[2:]
    assert values.min() >= 0 and values.max() <= 1
    assert found["image"].startswith("data:image/jpeg;base64,")
    assert all(parameter.grad is None for parameter in classifier.model.parameters())


def test_health_and_page(client):
    about = client.get("/healthz").json()
    assert about == {"status": "ok", "classes": 6, "size": 48, "max_bytes": 300_000, "by_url": False}
    page = client.get("/")
    assert page.status_code == 200 and "<h1>" in page.text and page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "<script>" not in page.text and "style=" not in page.text, "the page's own policy forbids both"
    for name, kind in [("/page.css", "text/css"), ("/page.js", "text/javascript")]:
        assert client.get(name).headers["content-type"].startswith(kind)
        assert client.get(name).headers["x-content-type-options"] == "nosniff"


# Refusals


def test_wrong_paths_and_methods(client):
    refused(client.get("/other"), 404)
    refused(client.get("/../pyproject.toml"), 404)
    refused(client.get("/classify"), 405)
    refused(client.get("/classify-url?url=http://example.com/cat.jpg"), 403, "fetches no URLs")


def test_types_that_are_no_images(client):
    for kind in ["text/html", "application/json", "application/x-www-form-urlencoded", "video/mp4", "multipart/mixed"]:
        refused(client.post("/classify", content=b"x", headers={"Content-Type": kind}), 415, kind)


def test_forms_that_are_no_images(client):
    refused(client.post("/classify", files={"other": ("cat.jpg", image_bytes())}), 400, "field called file")
    refused(client.post("/classify", files={"file": ("cat.jpg", b"")}), 400, "no bytes")
    refused(client.post("/classify", files=[("file", ("a", b"a")), ("file", ("b", b"b"))]), 400, "Too many files")
    refused(client.post("/classify", data={"file": "text"}, files={"x": ("a", b"a")}), 400, "Too many fields")
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
    headers = 1000 * b"a: b\r\n"
    refused(client.post("/classify", content=part + headers + b"\r\nx\r\n--x--",
                        headers={"Content-Type": "multipart/form-data; boundary=x"}), 400)
    named = "multipart/form-data; boundary=x"
    for body, kind in [(b"--x\r\n\r\nno name\r\n--x--", named), (b"garbage", named), (b"", named),
                       (b"", "multipart/form-data")]:
        refused(client.post("/classify", content=body, headers={"Content-Type": kind}), 400)


def test_too_many_bytes(client):
    refused(client.post("/classify", content=bytes(300_001)), 413, "300,000 bytes")
    refused(client.post("/classify", content=(bytes(50_000) for _ in range(7))), 413)  # of no announced length
    refused(client.post("/classify", files={"file": ("cat.jpg", bytes(300_001))}), 413)
    refused(client.post("/classify", files={"file": ("cat.jpg", bytes(400_000))}), 413)


def test_bombs_are_refused_before_they_unpack(client):
    gif = image_bytes("GIF", mode="P")
    bombs = [png(1000, 1001), png(60_000, 60_000), png(2**31 - 1, 2**31 - 1), png(9_000, 9_000, bytes(9_001 * 9_000)),
             gif[:6] + struct.pack("<HH", 65_535, 65_535) + gif[10:],
             b"BM" + struct.pack("<IHHIIiiHHIIiiII", 100, 0, 0, 54, 40, 50_000, 50_000, 1, 24, *[0] * 6)]
    tracemalloc.start()
    for bomb in bombs:
        refused(client.post("/classify", content=bomb), 413, "smaller")
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


def test_a_jpeg_of_very_many_layers_is_refused(client):
    content = image_bytes(progressive=True)
    last = content.rindex(b"\xff\xda")
    refused(client.post("/classify", content=content[:-2] + 60 * content[last:-2] + content[-2:]), 422, "layers")


def test_a_large_image_of_noise_is_no_jpeg_of_many_layers(classifier):
    content = random.Random(0).randbytes(3 * 1900 * 1700)
    Image.frombytes("RGB", (1900, 1700), content).save(file := BytesIO(), "PNG")
    assert file.getvalue().count(b"\xff\xda") > 60
    assert decode(file.getvalue(), 4_000_000).size == (1900, 1700)


def test_a_video_behind_a_photo_and_metadata_in_it_are_no_layers():
    """Phones put a film behind a JPEG; what looks like the start of a layer there, or within a segment, is none."""
    noise, photo = random.Random(0).randbytes(3_500_000), image_bytes()
    assert noise.count(b"\xff\xda") > 50
    inside = b"".join(b"\xff\xe2\xff\xff" + noise[start:start + 65_533] for start in range(0, 3_400_000, 65_533))
    for content in (photo + noise, photo[:2] + inside + photo[2:], photo + photo):
        assert decode(content, 4_000_000) == decode(photo, 4_000_000)
        assert n_scans(content) == n_scans(photo) == 1
    assert n_scans(image_bytes(progressive=True)) > 5


@pytest.mark.parametrize("hide", [
    lambda scan: b"\xff\x02\xff\xff" + 60 * scan, lambda scan: b"\xff\xd0" + 60 * scan,
    lambda scan: 60 * (b"\xff\xff" + scan), lambda scan: 60 * (b"\xff\xfe\0\4\xff\xd9" + scan)])
def test_layers_are_counted_where_a_decoder_would_find_them(hide):
    photo = image_bytes(progressive=True)
    scan = photo[photo.rindex(b"\xff\xda"):-2]
    assert n_scans(photo[:-2] + hide(scan) + photo[-2:]) == n_scans(photo) + 60


def test_the_pixels_of_a_png_may_come_in_small_parts():
    whole, pixels = png(1000, 1000), zlib.compress(1000 * (b"\0" + random.Random(0).randbytes(1000)), level=0)
    parts = [pixels[start:start + 200] for start in range(0, len(pixels), 200)]
    chunks = [struct.pack(">I", len(part)) + b"IDAT" + part + struct.pack(">I", zlib.crc32(b"IDAT" + part))
              for part in parts]
    assert len(parts) > 5000
    image = decode(whole[:33] + b"".join(chunks) + whole[-12:], 4_000_000)
    assert image.getchannel(0).tobytes() == 1000 * random.Random(0).randbytes(1000)


def test_a_bmp_in_runs():
    """A drawing as old programs store it: runs of one grey, each read by itself."""
    line = b"".join(bytes([200, grey]) for grey in (7, 8)) + b"\0\0"
    pixels, palette = 300 * line + b"\0\1", b"".join(bytes([grey, grey, grey, 0]) for grey in range(256))
    size = 54 + len(palette)
    content = (b"BM" + struct.pack("<IHHI", size + len(pixels), 0, 0, size)
               + struct.pack("<IiiHHIIiiII", 40, 400, 300, 1, 8, 1, len(pixels), 0, 0, 256, 0) + palette + pixels)
    image = decode(content, 1_000_000)
    assert image.size == (400, 300) and image.getpixel((199, 150)) == (7, 7, 7) and image.getpixel((200, 0))[0] == 8


def test_very_many_tiny_parts_are_refused_before_they_cost_minutes(client):
    jpeg, empty = image_bytes(), png(4, 4, bytes(20))
    segment, chunk = b"\xff\xe1\0\x09Exif\0\0a", b"\0\0\0\0teXt" + struct.pack(">I", zlib.crc32(b"teXt"))
    for content in (jpeg[:2] + 20_000 * segment + jpeg[2:], empty[:33] + 20_000 * chunk + empty[33:]):
        refused(client.post("/classify", content=content), 422, "damaged")
    for content in (jpeg[:2] + 50 * segment + jpeg[2:], empty[:33] + 50 * chunk + empty[33:]):
        assert client.post("/classify", content=content).status_code == 200


def test_text_that_unpacks_into_gigabytes(client):
    comment = b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9)
    bomb = png(4, 4, bytes(20), [(b"zTXt", comment)])
    response = client.post("/classify", content=bomb)
    assert len(bomb) < 300_000 and response.status_code == 422


def broken_images(n=120, seed=0):
    """`n` inputs that are no whole image: cut, bits turned over, other formats, noise behind a true beginning."""
    chance = random.Random(seed)
    whole = [image_bytes(kind, seed=i) for i, kind in enumerate(["JPEG", "PNG", "WEBP", "GIF", "BMP"])]
    other = [b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>",
             b"%PDF-1.7", b"PK\x03\x04", b"8BPS\0\1", b"II*\0\x08\0\0\0", b"P6 9 9 255 ", b"<!DOCTYPE html>", b"\0",
             b"\xff\xd8\xff",
             *(image_bytes(kind) for kind in ["TIFF", "PPM", "ICO", "TGA", "PCX", "EPS"])]
    yield from ((f"other {i}", content) for i, content in enumerate(other))
    for i in range(n - len(other)):
        content = bytearray(whole[i % 5])
        if i % 4 == 0:
            yield f"cut {i}", bytes(content[:chance.randrange(1, len(content) // 2)])
        elif i % 4 == 1:
            yield f"noise {i}", bytes(content[:16]) + chance.randbytes(500)
        else:
            start = 8 if i % 4 == 2 else 40
            for _ in range(60):
                content[chance.randrange(start, len(content))] = chance.randrange(256)
            yield f"turned {i}", bytes(content)


def test_more_than_a_hundred_malformed_inputs(client):
    statuses = {}
    for name, content in broken_images():
        response = client.post("/classify?heatmap=1", content=content)
        statuses[name] = response.status_code
        if response.status_code != 200:
            refused(response, response.status_code, "Expected")
    assert len(statuses) == 120 and set(statuses.values()) <= {200, 413, 422}
    passed = [name for name, status in statuses.items() if status == 200]
    assert all(name.startswith("turned") for name in passed), "only an image whose pixels changed is still one"
    assert len(passed) < 40
    assert client.post("/classify", content=image_bytes()).status_code == 200


# Time and slots


def test_a_slow_sender_is_cut_off(classifier):
    async def send():
        yield image_bytes()[:100]
        await asyncio.sleep(30)

    class Slow:
        """A request whose body never ends."""

        headers, stream = {}, staticmethod(send)

    start = time.monotonic()
    with pytest.raises(Refused, match="did not arrive within 0.2 seconds") as caught:
        asyncio.run(uploads.read_upload(Slow(), Limits(seconds=0.2)))
    assert caught.value.status == 408 and caught.value.headers == {"Connection": "close"}
    assert time.monotonic() - start < 5


def test_the_places_are_counted_and_given_back():
    async def three():
        worker, gate = Worker(slots=2, seconds=5), threading.Event()

        async def ask():
            with worker.slot():
                return await worker.run(gate.wait, 4)

        inside = [asyncio.create_task(ask()) for _ in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(Refused, match="ask again") as caught:
            await ask()
        assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "1"})
        gate.set()
        assert await asyncio.gather(*inside) == [True, True] and worker.free == 2

    asyncio.run(three())


def test_work_that_takes_too_long():
    async def slow():
        worker, gate = Worker(slots=2, seconds=0.1), threading.Event()
        with pytest.raises(Refused, match=r"within 0\.1 seconds") as caught, worker.slot():
            await worker.run(gate.wait, 4)
        assert caught.value.status == 503 and worker.free == 2 and not worker.is_stuck()
        await asyncio.sleep(0.4)
        assert worker.is_stuck()
        with pytest.raises(Refused, match="ask again"), worker.slot():
            pass  # nobody may wait for a thread that may never end
        gate.set()

    asyncio.run(slow())


def test_a_full_app_says_so(classifier):
    with TestClient(create_app(classifier, Limits(slots=0))) as client:
        response = client.post("/classify", content=image_bytes())
        refused(response, 503, "ask again")
        assert response.headers["retry-after"] == "1"
        assert client.get("/healthz").status_code == 200


def test_no_file_of_a_user_touches_the_disk(classifier, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.TemporaryFile", None)  # what a spooled file calls when it grows too large
    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", None)
    content = image_bytes("PNG", 1200, 800)  # noise: larger than the megabyte that forms usually keep in memory
    assert len(content) > 1.5e6
    with TestClient(create_app(classifier)) as client:
        assert client.post("/classify", files={"file": ("cat.png", content)}).status_code == 200
