"""A line under the mouse: sliders for slope and intercept, an error for each point, and the loss that they make."""

import ipywidgets as widgets
import numpy as np

from coursekit.plots import figure, to_html
from coursekit.style import TRAIN, VALID
from coursekit.widgets.status import say


def squared_errors(x, y, slope, intercept):
    """The squared error of the line at each point, (n,), for `x` and `y` of shape (n,); their mean is the loss."""
    return (slope * np.asarray(x) + intercept - np.asarray(y)) ** 2


def draw_line(x, y, slope, intercept):
    """The line with a bar from each point to it, and beside it the squared bars; a figure and its sentence."""
    x, y = np.asarray(x), np.asarray(y)
    squares, ends = squared_errors(x, y, slope, intercept), np.array([x.min(), x.max()])
    loss = squares.mean()
    fig, (left, right) = figure(1, 2, width=8, height=2.9)
    left.vlines(x, y, slope * x + intercept, color="lightgrey", linewidth=1)
    left.scatter(x, y, s=8, color=TRAIN)
    left.plot(ends, slope * ends + intercept, color=VALID)
    left.set(xlabel="x", ylabel="y", title=f"slope {slope:.2f}, intercept {intercept:.2f}")
    right.vlines(x, 0, squares, color="darkgrey", linewidth=1.5)
    right.axhline(loss, color=VALID)
    right.set(xlabel="x", ylabel="squared error", title=f"their mean: {loss:.2f}",
              ylim=(0, max(5, 1.05 * squares.max())))
    return fig, _sentence(slope, intercept, loss)


def _sentence(slope, intercept, loss):
    "What the drawing shows, in words."
    return f"Slope {slope:.2f}, intercept {intercept:.2f}: the mean of the squared errors is {loss:.3f}."


def line_playground(x, y, slope=0.0, intercept=0.0, furthest=6.0):
    """Two sliders from -`furthest` to `furthest` for a line through the points `x`, `y`, both (n,).

    The same without a browser: `draw_line(x, y, slope, intercept)`.
    """
    sliders = [widgets.FloatSlider(value=value, min=-furthest, max=furthest, step=0.05, description=name,
                                   layout={"width": "32em"})
               for name, value in [("slope", slope), ("intercept", intercept)]]
    drawing, status = widgets.HTML(), widgets.HTML()

    def refresh(_=None):
        fig, sentence = draw_line(x, y, *(slider.value for slider in sliders))
        drawing.value, status.value = to_html(fig, sentence), say(sentence)

    for slider in sliders:
        slider.observe(refresh, "value")
    refresh()
    return widgets.VBox([*sliders, status, drawing])
