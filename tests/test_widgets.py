"""The controls without a browser: pressing and sliding does what the functions do."""

import math

import pytest

from coursekit.sheets.sheet import Sheet
from coursekit.widgets.sheets import sheet_controls, softmax_playground


def make_sheet():
    """Gradient descent on b of y = b."""
    return Sheet({"y": [10, 10], "b": "above.new_b", "new_b": "b - lr*2*(b - y)"}, cells={"guess": 1, "lr": 0.1},
                 start={"new_b": "guess"}, carry={"guess": "new_b"})


def make_softmax(outputs, true):
    return Sheet({"class": list(outputs), "output": list(outputs.values()), "exp": "EXP(output)",
                  "softmax": "exp/total", "cost": "-LN(softmax) if class_true == 1 else 0",
                  "class_true": [float(name == true) for name in outputs]},
                 totals={"total": "SUM(column.exp)", "loss": "SUM(column.cost)"})


def everything(box):
    """All widgets inside `box`."""
    yield box
    for child in getattr(box, "children", ()):
        yield from everything(child)


def find(box, description):
    """The control that carries `description`."""
    return next(widget for widget in everything(box) if getattr(widget, "description", None) == description)


def page(box):
    """All the HTML that the box shows."""
    return "".join(widget.value for widget in everything(box) if type(widget).__name__ == "HTML")


@pytest.mark.parametrize("name, work", [("Run 5 epochs", Sheet.run), ("Step", Sheet.step)])
def test_a_button_does_what_the_method_does(name, work):
    sheet, expected = make_sheet(), work(make_sheet())
    box = sheet_controls(sheet, "guess", goal=10)
    find(box, name).click()
    assert sheet.cells == expected.cells and sheet.history == expected.history
    assert f"After {len(sheet.history) - 1} epochs guess is {sheet.cells['guess']:.6g}." in page(box)
    assert expected.to_html(n_rows=10) in page(box)


def test_reset_and_slider():
    sheet = make_sheet()
    box = sheet_controls(sheet, "guess", sliders={"lr": (0.001, 1)})
    find(box, "Run 5 epochs").click()
    find(box, "lr").value = 0.01
    assert sheet.cells["lr"] == pytest.approx(0.01)
    find(box, "Reset").click()
    assert sheet.cells == {"guess": 1, "lr": pytest.approx(0.01)}
    assert sheet.to_html(n_rows=10) in page(box)


def test_the_chart_is_a_figure_with_a_sentence():
    box = sheet_controls(make_sheet(), "guess")
    find(box, "Step").click()
    assert "guess after 1 epochs rises from 1" in page(box) and 'src="data:image/png;base64,' in page(box)
    assert 'role="status"' in page(box)


def test_playground_shows_softmax_and_loss():
    box = softmax_playground(make_softmax, {"cat": 0.0, "dog": 0.0}, "cat")
    assert "Probability of cat: 0.500, loss 0.693." in page(box)
    find(box, "dog").value = round(math.log(3), 2)
    assert "Probability of cat: 0.250, loss 1.387." in page(box)
    find(box, "true class").value = "dog"
    assert "Probability of dog: 0.750, loss 0.287." in page(box)
    assert "cat 0.250, dog 0.750" in page(box)


@pytest.mark.parametrize("box", [sheet_controls(make_sheet(), "guess", sliders={"lr": (0.001, 1)}),
                                 softmax_playground(make_softmax, {"cat": 0.0, "dog": 0.0}, "cat")])
def test_every_control_has_a_name(box):
    controls = [widget for widget in everything(box) if hasattr(widget, "description")
                and type(widget).__name__ not in ("HTML", "HBox", "VBox")]
    assert len(controls) >= 3 and all(widget.description for widget in controls)
