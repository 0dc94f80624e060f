"""The controls of the lessons, moved by mouse and keyboard: what they show is what the plain functions compute."""

import math
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

SOON = 20_000  # milliseconds until a control has answered
SHEET = """from coursekit.sheets import Sheet
from coursekit.widgets.sheets import sheet_controls
x = [14, 86, 28, 51, 28, 29, 72, 62, 84, 15, 42, 62, 47, 35, 9, 38, 44, 99, 13, 21, 28, 20, 8, 64, 99, 70, 27, 17, 8]
sheet = Sheet({"x": x, "y": "2*x + 30", "b": "above.new_b", "a": "above.new_a", "error": "a*x + b - y",
               "new_b": "b - lr*2*error", "new_a": "a - lr*2*x*error"}, cells={"intercept": 1, "slope": 1, "lr": 1e-4},
              start={"new_b": "intercept", "new_a": "slope"}, carry={"intercept": "new_b", "slope": "new_a"})
sheet_controls(sheet, "intercept", goal=30, sliders={"lr": (1e-6, 1e-3)})"""


@pytest.fixture
def controls(lab, open_lesson):
    """The output of a cell with the controls of the lecture's sheet."""
    notebook = new_notebook(cells=[new_code_cell("1 + 1"), new_code_cell(SHEET)],
                            metadata={"kernelspec": {"name": "coursekit", "display_name": "Python (coursekit)"}})
    nbformat.write(notebook, lab.folder / "nbs/sheet.ipynb")
    return open_lesson("sheet.ipynb").run_up_to("sheet_controls")


def value_of(controls, formula_or_place):
    """The text of the cell of the table at a place such as A2."""
    column, row = ord(formula_or_place[0]) - ord("A"), int(formula_or_place[1:])
    return controls.locator(".sheet tr").nth(row).locator("td, th").nth(column + 1)


def test_run_step_and_reset(controls):
    expect(value_of(controls, "A2")).to_have_text("1")
    picture = controls.locator("img")
    before = picture.get_attribute("src")
    controls.get_by_role("button", name="Run 5 epochs").click()
    expect(controls.get_by_role("status")).to_have_text("After 5 epochs intercept is 1.29822.", timeout=SOON)
    expect(value_of(controls, "A2")).to_have_text("1.298222")
    expect(picture).not_to_have_attribute("src", before)
    expect(picture).to_have_attribute("alt", re.compile("rises from 1 to 1.3"))
    controls.get_by_role("button", name="Step").click()
    expect(controls.get_by_role("status")).to_contain_text("After 6 epochs", timeout=SOON)
    controls.get_by_role("button", name="Reset").click()
    expect(value_of(controls, "A2")).to_have_text("1", timeout=SOON)


def test_a_cell_under_the_pointer_shows_its_formula(controls):
    cell = value_of(controls, "F4")
    cell.hover()
    shown = cell.evaluate("cell => getComputedStyle(cell, '::after').content")
    assert shown == '"F4 =C4-(($C$2*2)*E4)"' and cell.get_attribute("title") == shown.strip('"')


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


def test_the_playground_of_lesson_03(open_lesson):
    box = open_lesson("03_mnist_logistic_regression.ipynb").run_up_to("softmax_playground(loss_sheet")
    expect(box.get_by_role("status")).to_have_text("Probability of fish: 0.899, loss 0.106.", timeout=SOON)
    picture, before = box.locator("img"), box.locator("img").get_attribute("src")
    box.get_by_role("slider").first.focus()
    box.page.keyboard.press("End")
    outputs = [6, -1.63, -2.75, 2.39, -0.16]
    fish = math.exp(2.39) / sum(map(math.exp, outputs))
    expect(box.get_by_role("status")).to_have_text(f"Probability of fish: {fish:.3f}, loss {-math.log(fish):.3f}.",
                                                   timeout=SOON)
    expect(value_of(box, "E7")).to_have_text(f"{fish:.7g}")
    expect(picture).not_to_have_attribute("src", before)
    box.get_by_role("combobox").select_option("cat")
    expect(box.get_by_role("status")).to_contain_text("Probability of cat", timeout=SOON)


def test_the_learning_rate_of_lesson_01(open_lesson):
    box = open_lesson("01_sgd_from_scratch.ipynb").run_up_to("slider = widgets.FloatLogSlider")
    inside = box.locator(".jupyter-widgets-output-area, .widget-output").first
    expect(inside).to_contain_text("With learning rate 0.100 the loss ends at", timeout=SOON)
    before, picture = inside.inner_text(), inside.locator("img").get_attribute("src")
    box.get_by_role("slider").focus()
    for _ in range(6):
        box.page.keyboard.press("ArrowRight")
    expect(inside).to_contain_text("With learning rate 0.200 the loss ends at", timeout=SOON)
    assert inside.inner_text() != before and inside.locator("img").get_attribute("src") != picture
