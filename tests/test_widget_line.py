"""The line under two sliders: what they show is what the functions compute."""

import numpy as np
import pytest
from test_widgets import find, page

from coursekit.widgets.line import draw_line, line_playground, squared_errors

X, Y = np.array([0.0, 1.0, 2.0]), np.array([1.0, 1.0, 4.0])


def test_squared_errors():
    assert squared_errors(X, Y, 1, 0).tolist() == [1, 0, 4]


def test_the_drawing_shows_line_bars_and_loss():
    fig, sentence = draw_line(X, Y, 1, 0)
    left, right = fig.axes
    assert left.lines[0].get_ydata().tolist() == [0, 2]
    bars = [bar[:, 1].tolist() for bar in left.collections[0].get_segments()]
    assert bars == [[1, 0], [1, 1], [4, 2]]
    assert [bar[1, 1] for bar in right.collections[0].get_segments()] == [1, 0, 4]
    assert right.lines[0].get_ydata()[0] == pytest.approx(5 / 3)
    assert sentence == "Slope 1.00, intercept 0.00: the mean of the squared errors is 1.667."


@pytest.mark.parametrize(("name", "told"), [("slope", "Slope 1.00, intercept 0.00"),
                                            ("intercept", "Slope 0.00, intercept 1.00")])
def test_a_slider_moves_the_line(name, told):
    box = line_playground(X, Y)
    before = page(box)
    assert "Slope 0.00, intercept 0.00" in before
    find(box, name).value = 1.0
    assert told in page(box) and 'role="status"' in page(box) and before != page(box)
