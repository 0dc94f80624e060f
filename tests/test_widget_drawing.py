"""A drawing becomes an image like MNIST's, and the desk tells what a model reads in it."""

import numpy as np
import pytest
from test_widgets import everything, find, page

from coursekit.widgets.drawing import SEVEN, DrawingPad, as_digit, drawing_desk


def test_a_drawing_is_made_like_the_images_of_mnist():
    image = as_digit(SEVEN)
    rows, columns = image.nonzero()
    assert image.shape == (28, 28) and image.dtype == np.uint8 and image.max() == 255
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    center = [np.average(places, weights=image[rows, columns]) for places in (rows, columns)]
    assert center == pytest.approx([13.5, 13.5], abs=0.6)


def test_place_and_size_on_the_pad_do_not_matter():
    small = [[[x / 2 + 0.05, y / 2 + 0.4] for x, y in stroke] for stroke in SEVEN]
    assert np.abs(as_digit(small).astype(int) - as_digit(SEVEN)).mean() < 25
    assert as_digit([[[0.5, 0.5]]]).any()


@pytest.mark.parametrize("strokes", [[], [[]]])
def test_an_empty_pad_is_refused(strokes):
    with pytest.raises(ValueError, match="draw a digit first"):
        as_digit(strokes)


def test_the_desk_reads_what_is_drawn_and_clears():
    seen = []

    def read(image):
        seen.append(image)
        return [0.1] * 7 + [0.25, 0.05, 0.0]

    box = drawing_desk(read)
    [pad] = [widget for widget in everything(box) if isinstance(widget, DrawingPad)]
    pad.strokes = SEVEN
    assert (seen[0] == as_digit(SEVEN)).all()
    assert "I read a 7, with probability 0.25" in page(box) and "data:image" in page(box)
    find(box, "Clear").click()
    assert pad.strokes == [] and "The pad is empty." in page(box) and "<img" not in page(box)
