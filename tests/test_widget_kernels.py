"""The kernel explorer without a browser: choosing, editing and sliding does what the functions do."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from coursekit.plots import to_html
from coursekit.widgets.kernels import (
    KERNELS,
    OWN,
    PLACES,
    convolve,
    draw_window,
    hover_windows,
    kernel_explorer,
    name_of,
    show_windows,
    window_at,
)

IMAGE = np.random.default_rng(0).random((8, 11))


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


def numbers(box):
    """The nine numbers that the box shows."""
    return [find(box, place).value for place in PLACES]


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_output_is_that_of_pytorch(kernel):
    expected = F.conv2d(torch.tensor(IMAGE)[None, None], torch.tensor(kernel, dtype=torch.float64)[None, None])[0, 0]
    np.testing.assert_allclose(convolve(IMAGE, kernel), expected, atol=1e-12)


def test_a_window_is_one_pixel_of_the_output():
    window = window_at(IMAGE, KERNELS["sharpen"], 5, 8)
    np.testing.assert_array_equal(window.pixels, IMAGE[5:8, 8:11])
    assert window.total == pytest.approx(convolve(IMAGE, KERNELS["sharpen"])[5, 8])
    assert window.products[1, 1] == pytest.approx(5 * IMAGE[6, 9]) and window.products[0, 0] == 0


@pytest.mark.parametrize("row, column", [(6, 0), (0, 9), (-1, 0), (0, -1)])
def test_a_window_stays_inside(row, column):
    with pytest.raises(ValueError, match="row from 0 to 5 and a column from 0 to 8"):
        window_at(IMAGE, KERNELS["blur"], row, column)


def test_edges_are_white_where_their_name_says():
    bright_above = np.repeat([[1.0], [1.0], [0.0], [0.0]], 5, axis=1)
    assert (convolve(bright_above, KERNELS["top edge"]) == 4).all()
    assert (convolve(bright_above, KERNELS["bottom edge"]) == -4).all()
    assert (convolve(bright_above, KERNELS["left edge"]) == 0).all()
    assert (convolve(bright_above.T, KERNELS["left edge"]) == 4).all()
    assert (convolve(bright_above.T, KERNELS["right edge"]) == -4).all()


@pytest.mark.parametrize("name, total", [("top edge", 0), ("outline", 0), ("blur", 1), ("sharpen", 1), ("nothing", 1)])
def test_kernels_keep_or_remove_brightness(name, total):
    assert np.sum(KERNELS[name]) == pytest.approx(total)


def test_the_drawing_marks_window_and_pixel():
    fig, sentence = draw_window(IMAGE, KERNELS["top edge"], 2, 4)
    first, last = fig.axes[0].patches[-1], fig.axes[-1].patches[-1]
    assert (first.get_x(), first.get_y(), first.get_width()) == (3.5, 1.5, 3)  # pixels 4 to 6, rows 2 to 4
    assert (last.get_x(), last.get_y(), last.get_width()) == (4.5, 2.5, 1)  # below the window's middle
    texts = [text.get_text() for text in fig.axes[2].texts]
    assert texts == ["1", "2", "1", "0", "0", "0", "-1", "-2", "-1"]
    total = window_at(IMAGE, KERNELS["top edge"], 2, 4).total
    assert f"sum to {total:.2f}" in sentence and "row 2, column 4 of an output of 6 x 9" in sentence
    plt.close(fig)


def test_the_explorer_begins_as_the_drawing():
    box = kernel_explorer(IMAGE, "blur", 1, 2)
    drawn, sentence = draw_window(IMAGE, KERNELS["blur"], 1, 2)
    assert to_html(drawn, sentence) in page(box) and f"Kernel blur. {sentence}" in page(box)
    assert 'role="status"' in page(box)


def test_choosing_a_kernel_sets_the_numbers():
    box = kernel_explorer(IMAGE)
    find(box, "kernel").value = "outline"
    assert numbers(box) == list(np.ravel(KERNELS["outline"]))
    assert f"sum to {window_at(IMAGE, KERNELS['outline'], 0, 0).total:.2f}" in page(box)


def test_editing_a_number_makes_it_your_own_and_back():
    box = kernel_explorer(IMAGE, "nothing", 3, 3)
    find(box, "middle").value = 2
    assert find(box, "kernel").value == OWN and numbers(box)[4] == 2
    assert f"Kernel {OWN}." in page(box) and f"sum to {2 * IMAGE[4, 4]:.2f}" in page(box)
    find(box, "left").value = -1
    assert f"sum to {2 * IMAGE[4, 4] - IMAGE[4, 3]:.2f}" in page(box)
    find(box, "left").value = 0
    find(box, "middle").value = 1
    assert find(box, "kernel").value == "nothing" and "Kernel nothing." in page(box)


def test_sliding_moves_the_window():
    box = kernel_explorer(IMAGE)
    find(box, "row").value, find(box, "column").value = 5, 8
    assert f"sum to {window_at(IMAGE, KERNELS['top edge'], 5, 8).total:.2f}" in page(box)
    assert (find(box, "row").max, find(box, "column").max) == (5, 8)


def test_one_choice_draws_once(monkeypatch):
    drawn = []
    monkeypatch.setattr("coursekit.widgets.kernels.to_html", lambda fig, alt: drawn.append(plt.close(fig)) or alt)
    box = kernel_explorer(IMAGE)
    find(box, "kernel").value = "outline"
    find(box, "middle").value = 3
    find(box, "middle").value = 4
    assert len(drawn) == 4


def test_names():
    assert name_of(np.array(KERNELS["blur"])) == "blur" and name_of(np.ones((3, 3))) == OWN
    box = kernel_explorer(IMAGE)
    controls = [widget for widget in everything(box) if hasattr(widget, "description")
                and type(widget).__name__ not in ("HTML", "HBox", "VBox")]
    assert len(controls) == 12 and all(widget.description for widget in controls)


def test_the_numbers_under_the_pointer_are_those_of_each_window():
    html = hover_windows(IMAGE, KERNELS["top edge"])
    places = re.findall(r"<i><span>(.*?)</span></i>", html, flags=re.DOTALL)
    assert len(places) == 6 * 9 and html.count("<img") == html.count('alt="The') == 2
    for place, (row, column) in zip(places, np.ndindex(6, 9), strict=True):
        window = window_at(IMAGE, KERNELS["top edge"], row, column)
        expected = [*window.pixels.flat, *window.products.flat, window.total]
        assert place.split() == [f"{number:.2f}" for number in expected]


def test_the_windows_are_shown_with_a_sentence(monkeypatch):
    shown = []
    monkeypatch.setattr("coursekit.plots.display", lambda thing, **options: shown.append((thing, options)))
    show_windows(IMAGE, KERNELS["blur"])
    (data, options), (below, _) = shown
    told = data["text/plain"]
    assert data["text/html"] == hover_windows(IMAGE, KERNELS["blur"])
    assert options["metadata"] == {"text/html": {"alt": told, "axes": []}} and told in below.data
    assert "8 x 11 pixels" in told and "6 x 9 pixels" in told
