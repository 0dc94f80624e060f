"""Draw a digit with the mouse, and see how a model reads it."""

from pathlib import Path

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets
from PIL import Image, ImageDraw

from coursekit.plots import data_url
from coursekit.widgets.status import say

SEVEN = [[[0.25, 0.2], [0.75, 0.2], [0.45, 0.85]]]  # a drawing for those who have no pad: one line of three points
SIDE, BOX, LARGE = 28, 20, 280  # pixels of an image, of the digit in it, and of the drawing before it is made small


class DrawingPad(anywidget.AnyWidget):
    """A pad; `strokes` is a list of lines, each a list of points [x, y] from 0 to 1, y downwards."""

    _esm = Path(__file__).parent / "drawing.js"
    strokes = traitlets.List().tag(sync=True)


def as_digit(strokes):
    """A drawing made like the images of MNIST: (28, 28) bytes, white on black, 20 pixels long, its weight centred.

    `strokes` as in `DrawingPad`; raises ValueError if nothing is drawn.
    """
    if not any(strokes):
        raise ValueError("Expected a drawing, found an empty pad: draw a digit first.")
    drawing = Image.new("L", (LARGE, LARGE))
    pen, radius = ImageDraw.Draw(drawing), LARGE // 28
    for stroke in strokes:
        points = [(float(x) * LARGE, float(y) * LARGE) for x, y in stroke]
        pen.line(points, fill=255, width=2 * radius)
        for x, y in points:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    drawing = drawing.crop(drawing.getbbox() or (0, 0, 1, 1))
    drawing.thumbnail((BOX, BOX), Image.Resampling.BOX)
    return _centered(np.asarray(drawing))


def _centered(small):
    "`small` on black, (28, 28), its centre of mass as near to the middle as it fits."
    weights, corner = small.astype(float) + 1e-9, []
    for axis, size in enumerate(small.shape):
        middle = np.average(np.arange(size), weights=weights.sum(1 - axis))
        corner.append(int(np.clip(round(SIDE / 2 - 0.5 - middle), 0, SIDE - size)))
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[corner[0]:corner[0] + small.shape[0], corner[1]:corner[1] + small.shape[1]] = small
    return image


def drawing_desk(read):
    """A pad, a button that empties it, what the model sees, and what it reads.

    `read(image)` takes (28, 28) bytes and gives the probabilities of the classes, in order. The same without
    a browser: `read(as_digit(SEVEN))`.
    """
    pad, clear = DrawingPad(), widgets.Button(description="Clear")
    seen, status = widgets.HTML(), widgets.HTML(say("Draw a digit, large, in the middle."))

    def refresh(_=None):
        if not any(pad.strokes):
            seen.value, status.value = "", say("The pad is empty.")
            return
        image = as_digit(pad.strokes)
        probabilities = np.asarray(read(image), float)
        best = probabilities.argsort()[::-1][:2]
        seen.value = f'<img src="{data_url(Image.fromarray(image))}" alt="What the model sees" width="112">'
        status.value = say(f"I read a {best[0]}, with probability {probabilities[best[0]]:.2f}; "
                           f"next comes a {best[1]} with {probabilities[best[1]]:.2f}.")

    pad.observe(refresh, "strokes")
    clear.on_click(lambda _: setattr(pad, "strokes", []))
    return widgets.VBox([widgets.HBox([pad, seen]), clear, status])
