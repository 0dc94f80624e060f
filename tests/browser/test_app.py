"""The app's page in headless Chromium: upload an image, read the class, see where the net looked."""

import signal
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from conftest import ROOT

sys.path.append(str(ROOT / "tests"))
from tiny_classifier import CLASSES, export_tiny, image_bytes  # noqa: E402 - beside this folder

SOON = 30_000  # milliseconds


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The address of the app with a tiny classifier; fetching by URL is on."""
    model = export_tiny(tmp_path_factory.mktemp("models") / "tiny.pt")
    command = [sys.executable, "-m", "coursekit.serve", "--model", str(model), "--port", "0", "--by-url"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().split("Open ")[1].split()[0]
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)


@pytest.fixture
def image(tmp_path):
    """An image file, wider than high."""
    path = tmp_path / "cat.png"
    path.write_bytes(image_bytes("PNG", 240, 160))
    return path


@pytest.fixture
def opened(app, page):
    """The page, which must not report an error of its script or its policy."""
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
    page.goto(app)
    expect(page.locator("#about")).to_contain_text("6 classes")
    yield page
    assert errors == []


def shown(page):
    """The classes and probabilities in the table's visible lines."""
    lines = page.locator("#classes tr:visible")
    expect(lines.first).to_be_visible(timeout=SOON)
    return [(line.locator("th").inner_text(), line.locator("span").inner_text()) for line in lines.all()]


def heat(page):
    """How strongly the heatmap covers its image: the largest and the smallest opacity."""
    return page.locator("#heatmap").evaluate("""canvas => {
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        const opacities = pixels.filter((value, i) => i % 4 === 3);
        return [Math.max(...opacities), Math.min(...opacities)];
    }""")


def test_upload_an_image(opened, image):
    opened.get_by_label("Choose an image").set_input_files(image)
    lines = shown(opened)
    assert len(lines) == 5 and {name for name, _ in lines} <= {name.replace("_", " ") for name in CLASSES}
    values = [float(value.removesuffix(" %")) for _, value in lines]
    assert values == sorted(values, reverse=True) and 0 < sum(values) <= 100.3
    expect(opened.get_by_role("status")).to_have_text(f"{lines[0][0]}, {lines[0][1]}")
    opened.get_by_role("button", name="Show all 6 classes").click()
    assert len(shown(opened)) == 6


def test_the_heatmap_lies_over_what_the_net_saw(opened, image):
    opened.get_by_label("Choose an image").set_input_files(image)
    lines = shown(opened)
    largest, smallest = heat(opened)
    assert largest > 150 and smallest < largest - 50
    assert opened.locator("#image").evaluate("img => [img.naturalWidth, img.naturalHeight]") == [48, 48]
    over, under = (opened.locator(name).bounding_box() for name in ("#heatmap", "#image"))
    assert over == under
    label = opened.locator("#heatmap").get_attribute("aria-label")
    assert label.startswith(f"Where the net looked for {lines[0][0]}: most of all at the ")
    opened.get_by_label("show where the net looked").uncheck()
    expect(opened.locator("#heatmap")).to_be_hidden()
    assert opened.locator("#preview").evaluate("img => img.naturalWidth") == 240


def test_a_broken_file_is_named_so(opened, tmp_path):
    broken = tmp_path / "cat.jpg"
    broken.write_bytes(b"\xff\xd8\xff no image")
    opened.get_by_label("Choose an image").set_input_files(broken)
    expect(opened.get_by_role("status")).to_contain_text("Expected a JPEG", timeout=SOON)
    expect(opened.locator("#result")).to_be_hidden()


def test_an_image_dropped_on_the_page(opened, image):
    opened.evaluate("""bytes => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], "cat.png", {type: "image/png"}));
        document.querySelector("#drop").dispatchEvent(
            new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
    }""", list(image.read_bytes()))
    assert len(shown(opened)) == 5


def test_a_url_inside_the_network_is_refused(opened, app):
    opened.get_by_label("or give the URL of one").fill(f"{app}/cat.jpg")
    opened.get_by_role("button", name="Classify").click()
    expect(opened.get_by_role("status")).to_contain_text("only the usual ports", timeout=SOON)
    opened.get_by_label("or give the URL of one").fill("http://127.0.0.1/cat.jpg")
    opened.keyboard.press("Enter")
    expect(opened.get_by_role("status")).to_contain_text("inside a network", timeout=SOON)


def test_by_keyboard_alone(opened):
    reached = []
    for _ in range(3):
        opened.keyboard.press("Tab")
        reached.append(opened.evaluate("document.activeElement.id || document.activeElement.innerText"))
    assert reached == ["file", "url", "Classify"]
