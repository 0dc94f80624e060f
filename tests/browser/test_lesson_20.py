"""The labelling desk of lesson 20 in a browser: a lasso, an odd one, a name, keys, undo."""

import re

import pytest
from playwright.sync_api import expect

from conftest import VIEW, Lesson, change_source

SOON = 20_000  # milliseconds until a control has answered


@pytest.fixture(scope="module")
def desk(lab, browser):
    """The desk of lesson 20 with few images."""
    change_source(lab, "20_label_images.ipynb", "n_each = 160 ", "n_each = 70 ")
    change_source(lab, "20_label_images.ipynb", "n_later = 50 ", "n_later = 4 ")
    change_source(lab, "20_label_images.ipynb", "epochs = 10 ", "epochs = 1 ")
    page = browser.new_page(viewport=VIEW)
    yield Lesson(lab, page, "20_label_images.ipynb").run_up_to("desk = LabellingDesk")
    page.close()


def chosen(status):
    """How many images the status line says are chosen."""
    return int(re.search(r"(\d+) chosen", status.inner_text())[1])


def test_lasso_exclude_label_and_undo(desk):
    status, canvas = desk.get_by_role("status"), desk.locator("canvas")
    expect(status).to_contain_text("0 chosen; labelled: nothing, of 210", timeout=SOON)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    corners = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0), (0.0, 0.0)]
    mouse = desk.page.mouse
    for n, (across, down) in enumerate(corners):
        mouse.move(box["x"] + 1 + across * (box["width"] - 2), box["y"] + 1 + down * (box["height"] - 2), steps=4)
        if n == 0:
            mouse.down()
    mouse.up()
    expect(status).to_contain_text("1 clicks", timeout=SOON)
    n = chosen(status)
    assert 20 < n < 190
    tiles = desk.get_by_role("button", name=re.compile("Leave out image"))
    expect(tiles).to_have_count(n)
    tiles.first.click()
    expect(status).to_contain_text(f"{n - 1} chosen", timeout=SOON)
    expect(tiles).to_have_count(n - 1)
    name = desk.get_by_placeholder("a name")
    name.fill("left")
    name.press("Tab")
    desk.get_by_role("button", name="Give label").click()
    expect(status).to_contain_text(f"{n - 1} left, of 210", timeout=SOON)
    expect(tiles).to_have_count(0)
    desk.get_by_role("button", name="Undo").click()
    expect(status).to_contain_text(f"{n - 1} chosen; labelled: nothing", timeout=SOON)


def test_arrow_keys_change_layer_and_projection(desk):
    canvas, layer, projection = desk.locator("canvas"), *desk.get_by_role("combobox").all()[:2]
    canvas.focus()
    before = layer.input_value()
    desk.page.keyboard.press("ArrowRight")
    expect(layer).not_to_have_value(before, timeout=SOON)
    before = projection.input_value()
    desk.page.keyboard.press("ArrowDown")
    expect(projection).not_to_have_value(before, timeout=SOON)
    expect(canvas).to_have_attribute("aria-label", re.compile("directions 3 and 4"), timeout=SOON)


def test_a_group_by_keyboard_and_what_cannot_be_done(desk):
    desk.get_by_role("combobox").nth(2).select_option(index=1)
    status = desk.get_by_role("status")
    expect(status).to_contain_text(re.compile(r"[1-9]\d* chosen"), timeout=SOON)
    desk.get_by_role("button", name="Train").click()
    expect(status).to_contain_text("label more", timeout=SOON)
