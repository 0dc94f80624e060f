"""The controls of the lessons, moved by mouse and keyboard: what they show is what the plain functions compute."""

import math
import re

import pytest
from playwright.sync_api import expect

from conftest import VIEW, Lesson, change_source

SOON = 20_000  # milliseconds until a control has answered


@pytest.fixture(scope="module")
def lesson_05(lab, browser):
    """The cell of lesson 05 with the controls of the gradient-descent sheet, run once for all tests."""
    page = browser.new_page(viewport=VIEW)
    yield Lesson(lab, page, "05_optimizers.ipynb").run_up_to("sheet_controls(sgd_sheet")
    page.close()


@pytest.fixture
def controls(lesson_05):
    """The controls, put back to their beginning."""
    lesson_05.get_by_role("button", name="Reset").click()
    expect(lesson_05.get_by_role("status")).to_have_text("After 0 epochs intercept is 1.", timeout=SOON)
    return lesson_05


def value_of(controls, place):
    """The text of the cell of the table at a place such as A2."""
    column, row = ord(place[0]) - ord("A"), int(place[1:])
    return controls.locator(".sheet tr").nth(row).locator("td, th").nth(column + 1)


def test_run_step_and_reset(controls):
    expect(value_of(controls, "A2")).to_have_text("1")
    figure = controls.locator("img")
    before = figure.get_attribute("src")
    controls.get_by_role("button", name="Run 5 epochs").click()
    expect(controls.get_by_role("status")).to_have_text("After 5 epochs intercept is 1.29822.", timeout=SOON)
    expect(value_of(controls, "A2")).to_have_text("1.298222")
    expect(figure).not_to_have_attribute("src", before)
    expect(figure).to_have_attribute("alt", re.compile("rises from 1 to 1.3"))
    controls.get_by_role("button", name="Step").click()
    expect(controls.get_by_role("status")).to_contain_text("After 6 epochs", timeout=SOON)
    controls.get_by_role("button", name="Reset").click()
    expect(value_of(controls, "A2")).to_have_text("1", timeout=SOON)


def test_a_cell_under_the_pointer_shows_its_formula(controls):
    cell = value_of(controls, "F4")
    cell.hover()
    shown = cell.evaluate("cell => getComputedStyle(cell, '::after').content")
    assert shown == '"F4 =(E4-B4)^2"' and cell.get_attribute("title") == shown.strip('"')


def test_the_sheet_by_keyboard_alone(controls):
    run = controls.get_by_role("button", name="Run 5 epochs")
    run.focus()
    controls.page.keyboard.press("Space")
    expect(controls.get_by_role("status")).to_contain_text("After 5 epochs", timeout=SOON)
    controls.page.keyboard.press("Tab")
    expect(controls.get_by_role("button", name="Step")).to_be_focused()
    controls.page.keyboard.press("Tab")
    expect(controls.get_by_role("button", name="Reset")).to_be_focused()
    controls.page.keyboard.press("Tab")
    rate = controls.get_by_role("slider")
    expect(rate).to_be_focused()
    for _ in range(3):
        controls.page.keyboard.press("ArrowRight")
    expect(value_of(controls, "C2")).to_have_text("0.0001995262", timeout=SOON)
    for _ in range(3):
        controls.page.keyboard.press("ArrowLeft")
    expect(value_of(controls, "C2")).to_have_text("0.0001", timeout=SOON)


def test_the_playground_of_lesson_03(open_lesson):
    box = open_lesson("03_mnist_logistic_regression.ipynb").run_up_to("softmax_playground(loss_sheet")
    expect(box.get_by_role("status")).to_have_text("Probability of fish: 0.899, loss 0.106.", timeout=SOON)
    figure, before = box.locator("img"), box.locator("img").get_attribute("src")
    box.get_by_role("slider").first.focus()
    box.page.keyboard.press("End")
    outputs = [6, -1.63, -2.75, 2.39, -0.16]
    fish = math.exp(2.39) / sum(map(math.exp, outputs))
    expect(box.get_by_role("status")).to_have_text(f"Probability of fish: {fish:.3f}, loss {-math.log(fish):.3f}.",
                                                   timeout=SOON)
    expect(value_of(box, "E7")).to_have_text(f"{fish:.7g}")
    expect(figure).not_to_have_attribute("src", before)
    box.get_by_role("combobox").select_option("cat")
    expect(box.get_by_role("status")).to_contain_text("Probability of cat", timeout=SOON)


def test_the_pad_of_lesson_00_reads_what_is_drawn(open_lesson):
    box = open_lesson("00_start_here.ipynb").run_up_to("show_controls(drawing_desk(read))")
    pad, status = box.locator("canvas"), box.get_by_role("status")
    expect(status).to_contain_text("Draw a digit", timeout=SOON)
    pad.scroll_into_view_if_needed()
    at, mouse = pad.bounding_box(), box.page.mouse
    mouse.move(at["x"] + 110, at["y"] + 30)
    mouse.down()
    mouse.move(at["x"] + 110, at["y"] + 190, steps=10)
    mouse.up()
    expect(status).to_contain_text("I read a 1, with probability", timeout=SOON)
    box.get_by_role("button", name="Clear").click()
    expect(status).to_have_text("The pad is empty.", timeout=SOON)
    pad.focus()
    for key in [" ", *15 * ["ArrowDown"], " "]:
        box.page.keyboard.press(key)
    expect(status).to_contain_text("I read a ", timeout=SOON)


def test_the_line_of_lesson_01(open_lesson):
    box = open_lesson("01_sgd_from_scratch.ipynb").run_up_to("show_controls(line_playground")
    status = box.get_by_role("status")
    expect(status).to_contain_text("Slope 0.00, intercept 0.00", timeout=SOON)
    before = box.locator("img").get_attribute("src")
    box.get_by_role("slider").nth(1).focus()
    for _ in range(2):
        box.page.keyboard.press("ArrowRight")
    expect(status).to_contain_text("Slope 0.00, intercept 0.10", timeout=SOON)
    expect(box.locator("img")).not_to_have_attribute("src", before)


def test_the_learning_rate_of_lesson_01(open_lesson):
    box = open_lesson("01_sgd_from_scratch.ipynb").run_up_to("slider = widgets.FloatLogSlider")
    inside = box.locator(".jupyter-widgets-output-area, .widget-output").first
    expect(inside).to_contain_text("With learning rate 0.100 the loss ends at", timeout=SOON)
    before, figure = inside.inner_text(), inside.locator("img").get_attribute("src")
    box.get_by_role("slider").focus()
    for _ in range(6):
        box.page.keyboard.press("ArrowRight")
    expect(inside).to_contain_text("With learning rate 0.200 the loss ends at", timeout=SOON)
    assert inside.inner_text() != before and inside.locator("img").get_attribute("src") != figure


@pytest.fixture(scope="module")
def lesson_08(lab, browser):
    """Lesson 08 with one epoch for each training, run up to the sliders."""
    name, page = "08_collab_movielens.ipynb", browser.new_page(viewport=VIEW)
    change_source(lab, name, "epochs = 5 ", "epochs = 1 ")
    lesson = Lesson(lab, page, name)
    lesson.run_up_to("rating_sliders(five, recommend)")
    yield lesson
    page.close()


def test_stars_for_films_change_the_recommendations(lesson_08):
    box = lesson_08.cell("rating_sliders(five, recommend)")
    status = box.get_by_role("status")
    expect(status).to_contain_text("0 of 5 rated. First choice: ", timeout=SOON)
    before = box.locator("table").inner_text()
    box.get_by_role("slider").nth(1).focus()
    box.page.keyboard.press("End")
    expect(status).to_contain_text("1 of 5 rated.", timeout=SOON)
    first = box.locator("table tbody tr").first
    title, predicted = first.locator("th").inner_text(), first.locator("td").inner_text()
    expect(status).to_contain_text(f"First choice: {title}, {predicted} stars.")
    assert box.locator("table").inner_text() != before


def test_the_map_of_films_names_a_dot_under_the_pointer_and_by_tab(lesson_08):
    dot = lesson_08.cell("hover_map(").locator("svg g", has_text="Star Wars (1977)")
    name = dot.locator("text.name")
    expect(name).to_be_hidden()
    dot.focus()
    expect(name).to_be_visible()
    expect(dot).to_have_attribute("aria-label", re.compile(r"Star Wars \(1977\), 4.\d stars"))
    lesson_08.page.keyboard.press("Tab")
    expect(name).to_be_hidden()
    dot.locator("circle").hover(force=True)  # a neighbour may lie on top of it
    under_pointer = dot.locator("xpath=..").locator("g:hover text.name")
    expect(under_pointer).to_have_count(1)
    expect(under_pointer).to_be_visible()


def test_the_writing_desk_of_lesson_18b(lab, open_lesson):
    name = "18b_char_lstm.ipynb"
    change_source(lab, name, "n_characters = 600_893 ", "n_characters = 50_000 ")
    box = open_lesson(name).run_up_to("writing_desk(next_logits")
    start = box.locator(".widget-text input")
    start.fill("The sea")
    box.get_by_role("button", name="Write").click()
    expect(box.get_by_role("status")).to_have_text("300 characters written at temperature 0.7.", timeout=SOON)
    page = box.locator("div[style*=pre-wrap]")
    first = page.inner_text()
    assert first.startswith("The sea") and len(first) > 250
    box.get_by_role("button", name="Write").click()
    expect(page).not_to_have_text(first, timeout=SOON)
    start.fill("Ж")
    box.get_by_role("button", name="Write").click()
    expect(box.get_by_role("status")).to_contain_text("Expected characters of the vocabulary", timeout=SOON)
