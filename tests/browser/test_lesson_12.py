"""The cleaner of lesson 12 by mouse: after each click, the disk holds what the buttons say, and nothing is lost."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image, ImageOps
from playwright.sync_api import expect

from conftest import change_source
from coursekit.vision.images import open_picture

NAME, SOON = "12_image_dataset.ipynb", 20_000  # milliseconds until a button has answered


@pytest.fixture
def lesson_12(lab, open_lesson, tmp_path):
    """Lesson 12 with fewer pictures, which lie in a folder of `tmp_path`."""
    change_source(lab, NAME, "per_class = 60 ", "per_class = 20 ")
    change_source(lab, NAME, "TemporaryDirectory()", f"TemporaryDirectory(dir='{tmp_path.as_posix()}')")
    return open_lesson(NAME)


def files_in(folder):
    """Path from the bin or the photos on -> content of the file."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def file_shown(picture, files):
    """The path of the one file that `picture`, an image on the page, is a small copy of."""
    shown = Image.open(io.BytesIO(base64.b64decode(picture.get_attribute("src").partition(",")[2])))
    label = re.search("labelled (.+)", picture.get_attribute("alt"))[1]

    def difference(path):
        expected = ImageOps.pad(open_picture(io.BytesIO(files[path])), shown.size, color="white")
        return np.abs(np.asarray(shown, dtype=float) - np.asarray(expected)).mean()

    return min((path for path in files if path.startswith(f"photos/{label}/")), key=difference)


def test_delete_relabel_confirm_and_undo(lesson_12, tmp_path):
    box = lesson_12.run_up_to("cleaning_screens(cleaner)")
    status, pictures = box.get_by_role("status"), box.locator("img[alt^=Picture]")
    expect(status).to_have_text(re.compile(r"^Pictures 1 to 5 of \d+\.$"), timeout=SOON)
    expect(pictures).to_have_count(5)
    (photos,) = tmp_path.glob("*/photos")
    before = files_in(photos.parent)
    first, second = [file_shown(picture, before) for picture in pictures.all()[:2]]

    other = next(name for name in ("Bengal", "Abyssinian") if f"/{name}/" not in second)
    box.get_by_role("button", name="Delete 1").click()
    box.get_by_role("combobox", name="Class 2").select_option(other)
    expect(box.get_by_role("combobox", name="Class 1")).to_be_disabled(timeout=SOON)
    assert files_in(photos.parent) == before, "A mark moved something."

    box.get_by_role("button", name="Confirm").click()
    expect(status).to_contain_text("Confirmed: 1 deleted, 1 relabelled. Pictures 6 to 10", timeout=SOON)
    after = files_in(photos.parent)
    (relabelled,) = {path for path in set(after) - set(before) if path.startswith(f"photos/{other}/")}
    kept = {path: content for path, content in before.items() if path not in (first, second)}
    assert after == kept | {first.replace("photos/", "photos_bin/"): before[first], relabelled: before[second]}

    box.get_by_role("button", name="Undo").click()
    expect(status).to_contain_text("Undone: 2 put back. Pictures 1 to 5", timeout=SOON)
    assert files_in(photos.parent) == before
    expect(box.get_by_role("button", name="Undo")).to_be_disabled()

    box.get_by_role("button", name="Delete 1").click()
    third = box.get_by_role("button", name="Delete 3")
    third.click()
    expect(box.get_by_role("combobox", name="Class 3")).to_be_disabled(timeout=SOON)
    third.click()
    box.get_by_role("button", name="Confirm").click()
    expect(status).to_contain_text("Confirmed: 1 deleted, 0 relabelled. Pictures 6 to 10", timeout=SOON)
    assert set(before) - set(files_in(photos.parent)) == {first}
