"""The kernel explorer of lesson 14, by pointer and keyboard: the nine products and output of the plain function."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from conftest import VIEW, Lesson
from coursekit.data import chelsea
from coursekit.widgets.kernels import KERNELS, convolve, window_at

SOON = 20_000  # milliseconds until a control has answered


@pytest.fixture(scope="module")
def grey():
    """The image of the lesson, computed here once more: (62, 90), from 0 to 1."""
    face = chelsea().image.convert("L").crop((40, 10, 400, 260)).resize((90, 62))
    return np.asarray(face, dtype=np.float32) / 255


@pytest.fixture(scope="module")
def lesson_14(lab, browser):
    """Lesson 14, run up to the explorer."""
    page = browser.new_page(viewport=VIEW)
    lesson = Lesson(lab, page, "14_convolutions.ipynb")
    lesson.run_up_to("kernel_explorer(grey")
    yield lesson
    page.close()


def numbers_in(text):
    """All numbers of a text, in order."""
    return [float(number) for number in re.findall(r"-?\d+\.\d+", text)]


def test_the_window_under_the_pointer_shows_its_nine_products(lesson_14, grey):
    box, eye = lesson_14.cell("show_windows(eye"), grey[16:42, 19:49]
    output = convolve(eye, KERNELS["top edge"])
    places = box.locator(".windows i")
    expect(places).to_have_count(output.size)
    for row, column in [(0, 0), (5, 12), (23, 27)]:
        place = places.nth(row * output.shape[1] + column)
        shown = place.locator("span")
        expect(shown).to_be_hidden()
        place.hover()
        expect(shown).to_be_visible()
        window = window_at(eye, KERNELS["top edge"], row, column)
        expected = [*window.pixels.flat, *window.products.flat, output[row, column]]
        assert numbers_in(shown.inner_text()) == pytest.approx(expected, abs=0.0051)


def test_the_frames_under_the_pointer_lie_on_window_and_pixel(lesson_14):
    box, (row, column), n_columns = lesson_14.cell("show_windows(eye"), (5, 12), 28
    place = box.locator(".windows i").nth(row * n_columns + column)
    place.hover()
    middle, (left, right) = place.bounding_box(), [image.bounding_box() for image in box.locator("img").all()]
    assert middle["x"] - left["x"] == pytest.approx(10 * (column + 1), abs=1)
    assert middle["y"] - left["y"] == pytest.approx(10 * (row + 1), abs=1)
    margin = place.evaluate("place => parseFloat(getComputedStyle(place, '::after').marginLeft)")
    assert middle["x"] + margin - right["x"] == pytest.approx(10 * column, abs=1)
    assert middle["y"] - right["y"] == pytest.approx(10 * row, abs=1)


def test_the_explorer_by_keyboard(lesson_14, grey):
    box = lesson_14.cell("kernel_explorer(grey")
    status, figure = box.get_by_role("status"), box.locator("img")
    output = convolve(grey, KERNELS["top edge"])
    row, column = np.unravel_index(output.argmax(), output.shape)
    expect(status).to_contain_text(f"Kernel top edge. Window at row {row}, column {column}: the nine products sum to "
                                   f"{output[row, column]:.2f}", timeout=SOON)
    before = figure.get_attribute("src")
    down, right = box.get_by_role("slider").all()
    down.focus()
    box.page.keyboard.press("ArrowUp")
    right.focus()
    for _ in range(2):
        box.page.keyboard.press("ArrowRight")
    row, column = row + 1, column + 2
    expect(status).to_contain_text(f"row {row}, column {column}: the nine products sum to "
                                   f"{window_at(grey, KERNELS['top edge'], row, column).total:.2f}", timeout=SOON)
    expect(figure).not_to_have_attribute("src", before)
    box.get_by_role("combobox").select_option("outline")
    total = window_at(grey, KERNELS["outline"], row, column).total
    expect(status).to_contain_text(f"Kernel outline. Window at row {row}, column {column}: the nine products sum to "
                                   f"{total:.2f}", timeout=SOON)
    numbers = [float(field.input_value()) for field in box.locator("input[type=number]").all()]
    assert numbers == list(np.ravel(KERNELS["outline"]))
    middle = box.locator("input[type=number]").nth(4)
    middle.fill("9")
    middle.press("Enter")
    own = np.array(KERNELS["outline"])
    own[1, 1] = 9
    total = window_at(grey, own, row, column).total
    expect(status).to_contain_text(f"Kernel own numbers. Window at row {row}, column {column}: the nine products "
                                   f"sum to {total:.2f}", timeout=SOON)
