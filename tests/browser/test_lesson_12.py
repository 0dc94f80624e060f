"""The cleaner of lesson 12 by mouse: after each click, the disk holds what the buttons say, and nothing is lost."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image, ImageOps
from playwright.sync_api import expect

from conftest import change_source
from coursekit.vision.images import open_image

NAME, SOON = "12_image_dataset.ipynb", 20_000  # milliseconds until a button has answered


@pytest.fixture
def lesson_12(lab, open_lesson, tmp_path):
    """Lesson 12 with fewer images, which lie in a folder of `tmp_path`."""
    change_source(lab, NAME, "per_class = 60 ", "per_class = 20 ")
    change_source(lab, NAME, "TemporaryDirectory()", f"TemporaryDirectory(dir='{tmp_path.as_posix()}')")
    return open_lesson(NAME)


def files_in(folder):
    """Path from the bin or the images on -> content of the file."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def file_shown(image, files):
    """The path of the one file that `image`, an image on the page, is a small copy of."""
    shown = Image.open(io.BytesIO(base64.b64decode(image.get_attribute("src").partition(",")[2])))
    label = re.search("labelled (.+)", image.get_attribute("alt"))[1]

    def difference(path):
        expected = ImageOps.pad(open_image(io.BytesIO(files[path])), shown.size, color="white")
        return np.abs(np.asarray(shown, dtype=float) - np.asarray(expected)).mean()

    return min((path for path in files if path.startswith(f"images/{label}/")), key=difference)


def test_delete_relabel_confirm_and_undo(lesson_12, tmp_path):
    box = lesson_12.run_up_to("cleaning_screens(cleaner)")
    status, images = box.get_by_role("status"), box.locator("img[alt^=Image]")
    expect(status).to_have_text(re.compile(r"^Images 1 to 5 of \d+\.$"), timeout=SOON)
    expect(images).to_have_count(5)
    (root,) = tmp_path.glob("*/images")
    before = files_in(root.parent)
    first, second = [file_shown(image, before) for image in images.all()[:2]]

    other = next(name for name in ("Bengal", "Abyssinian") if f"/{name}/" not in second)
    box.get_by_role("button", name="Delete 1").click()
    box.get_by_role("combobox", name="Class 2").select_option(other)
    expect(box.get_by_role("combobox", name="Class 1")).to_be_disabled(timeout=SOON)
    assert files_in(root.parent) == before, "A mark moved something."

    box.get_by_role("button", name="Confirm").click()
    expect(status).to_contain_text("Confirmed: 1 deleted, 1 relabelled. Images 6 to 10", timeout=SOON)
    after = files_in(root.parent)
    (relabelled,) = {path for path in set(after) - set(before) if path.startswith(f"images/{other}/")}
    kept = {path: content for path, content in before.items() if path not in (first, second)}
    assert after == kept | {first.replace("images/", "images_bin/"): before[first], relabelled: before[second]}

    box.get_by_role("button", name="Undo").click()
    expect(status).to_contain_text("Undone: 2 put back. Images 1 to 5", timeout=SOON)
    assert files_in(root.parent) == before
    expect(box.get_by_role("button", name="Undo")).to_be_disabled()

    box.get_by_role("button", name="Delete 1").click()
    third = box.get_by_role("button", name="Delete 3")
    third.click()
    expect(box.get_by_role("combobox", name="Class 3")).to_be_disabled(timeout=SOON)
    third.click()
    box.get_by_role("button", name="Confirm").click()
    expect(status).to_contain_text("Confirmed: 1 deleted, 0 relabelled. Images 6 to 10", timeout=SOON)
    assert set(before) - set(files_in(root.parent)) == {first}
