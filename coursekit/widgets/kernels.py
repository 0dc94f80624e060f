"""A 3 x 3 kernel to play with: move its window over an image, see nine products, their sum, the output pixel."""

from dataclasses import dataclass

import ipywidgets as widgets
import numpy as np
from matplotlib.patches import Rectangle
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from coursekit.plots import data_url, figure, show_as, to_html
from coursekit.style import VALID
from coursekit.widgets.status import say

KERNELS = {
    "top edge": [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
    "bottom edge": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "left edge": [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
    "right edge": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "blur": [[0.11, 0.11, 0.11], [0.11, 0.12, 0.11], [0.11, 0.11, 0.11]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "nothing": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
}
OWN = "own numbers"
PLACES = ["top left", "top", "top right", "left", "middle", "right", "bottom left", "bottom", "bottom right"]
NEW_LINE = "\n"
CELL, MIDDLE = 10, 190  # pixels of the screen: side of a pixel of the image, width of the numbers beside it
STYLE = f"""<style>
.windows {{ position: relative; color: black; background: white; }}
.windows > * {{ position: absolute; }}
.windows img {{ image-rendering: pixelated; }}
.windows .numbers, .windows span {{ left: var(--width); top: 0; width: {MIDDLE}px; text-align: center;
  white-space: pre; font: 13px/15px monospace; }}
.windows .places {{ left: {CELL}px; top: {CELL}px; display: grid; }}
.windows i {{ width: {CELL}px; height: {CELL}px; cursor: crosshair; font-style: normal; }}
.windows span {{ position: absolute; margin: {-CELL}px; visibility: hidden; pointer-events: none; }}
.windows i:hover span {{ visibility: visible; }}
.windows i:hover::before, .windows i:hover::after {{ content: ""; position: absolute; box-sizing: border-box;
  width: {3 * CELL}px; height: {3 * CELL}px; margin: {-CELL}px; border: 2px solid {VALID}; pointer-events: none; }}
.windows i:hover::after {{ width: {CELL}px; height: {CELL}px;
  margin: 0 calc(var(--width) + {MIDDLE - CELL}px); }}
</style>"""


@dataclass(frozen=True)
class Window:
    """Nine `pixels` of an image, their `products` with a kernel, both (3, 3), and the sum of these, `total`."""

    pixels: np.ndarray
    products: np.ndarray
    total: float


def window_at(image, kernel, row, column):
    """The `Window` whose upper left pixel is at `row` and `column`, both from 0, of a grey `image` (h, w)."""
    pixels = np.asarray(image)[row:row + 3, column:column + 3]
    if row < 0 or column < 0 or pixels.shape != (3, 3):
        height, width = np.shape(image)
        raise ValueError(f"Expected a row from 0 to {height - 3} and a column from 0 to {width - 3}, found "
                         f"{row} and {column}: there the window leaves the image.")
    products = pixels * np.asarray(kernel)
    return Window(pixels, products, float(products.sum()))


def convolve(image, kernel):
    """The sum of the products for every place of the window: (h - 2, w - 2) for an image (h, w)."""
    return np.einsum("rcij,ij->rc", sliding_window_view(np.asarray(image), (3, 3)), np.asarray(kernel, float))


def draw_window(image, kernel, row, column):
    """The image with its window, pixels, kernel, products, and the output with its pixel; a figure, a sentence.

    White in the output is high, black low; zero is mid-grey if the kernel has a negative number.
    """
    image, kernel = np.asarray(image), np.asarray(kernel, float)
    window, output = window_at(image, kernel, row, column), convolve(image, kernel)
    fig, axs = figure(1, 5, width=11, height=2.6, width_ratios=[2.1, 1, 1, 1, 2.1])
    for ax in axs:
        ax.axis("off")
    _draw_image(axs[0], image, (column - 0.5, row - 0.5), 3, image.shape, 0, 1)
    axs[0].set_title("image and window")
    _draw_numbers(axs[1], window.pixels, "9 pixels", 0, 1, "gray")
    for ax, numbers, title in [(axs[2], kernel, "times kernel"),
                               (axs[3], window.products, "9 products")]:
        high = 1.6 * np.abs(numbers).max() + 1e-9
        _draw_numbers(ax, numbers, title, -high, high, "RdBu_r")
    low, high = _greys(kernel, output)
    _draw_image(axs[4], output, (column + 0.5, row + 0.5), 1, image.shape, low, high)
    axs[4].set_title(f"their sum, {window.total:.2f}, is one pixel")
    return fig, _sentence(window, row, column, output.shape)


def _greys(kernel, output):
    "The numbers that are black and white in a kernel's output."
    high = max(np.abs(output).max(), 1e-9)
    return -high if kernel.min() < 0 else 0, high


def _sentence(window, row, column, shape):
    return (f"Window at row {row}, column {column}: the nine products sum to {window.total:.2f}, the pixel at row "
            f"{row}, column {column} of an output of {shape[0]} x {shape[1]}.")


def _draw_image(ax, numbers, corner, size, shape, low, high):
    "`numbers` in the middle of a frame as large as the image, and a square marked; `corner` in pixels of that."
    rim = (shape[0] - numbers.shape[0]) / 2
    ends = rim - 0.5, shape[1] - rim - 0.5, shape[0] - rim - 0.5, rim - 0.5
    ax.imshow(numbers, cmap="gray", vmin=low, vmax=high, extent=ends, interpolation="nearest")
    ax.add_patch(Rectangle((-0.5, -0.5), shape[1], shape[0], fill=False, edgecolor="black", linewidth=2))
    ax.add_patch(Rectangle(corner, size, size, fill=False, edgecolor=VALID, linewidth=2))
    ax.set(xlim=(-1, shape[1]), ylim=(shape[0], -1))


def _draw_numbers(ax, numbers, title, low, high, colors):
    "A square of nine numbers on the colours they stand for."
    ax.imshow(numbers, cmap=colors, vmin=low, vmax=high)
    for (i, j), number in np.ndenumerate(numbers):
        dark = colors == "gray" and number < 0.5
        ax.text(j, i, f"{number:.2f}".removesuffix(".00"), ha="center", va="center", fontsize=9,
                color="white" if dark else "black")
    ax.set_title(title)


def hover_windows(image, kernel):
    """HTML: a grey `image` (h, w), its output, and between them the numbers of the window under the pointer.

    For small images, since it holds all numbers of all windows; it needs no script, so it works where it is
    stored. Without a pointer use `draw_window`.
    """
    image, kernel = np.asarray(image), np.asarray(kernel, float)
    output, (height, width) = convolve(image, kernel), image.shape
    low, high = _greys(kernel, output)
    places = "".join(_place(window_at(image, kernel, row, column)) for row, column in np.ndindex(output.shape))
    labels = (f"9 pixels{5 * NEW_LINE}times kernel\n{_lines(kernel, '4g')}\n\n9 products{5 * NEW_LINE}"
              "their sum")
    right = width * CELL + MIDDLE
    return (f'{STYLE}<div class="windows" style="--width: {width * CELL}px; height: {max(height * CELL, 270)}px; '
            f'width: {right + output.shape[1] * CELL}px">{_scaled(image, 0, 1, 0, 0, "The image.")}'
            f'{_scaled(output, low, high, right, CELL, "The output of the kernel.")}'
            f'<div class="numbers">{labels}</div><div class="places" style="grid-template-columns: '
            f'repeat({output.shape[1]}, {CELL}px)">{places}</div></div>')


def show_windows(image, kernel):
    """Display `hover_windows`, with a sentence that says what is to be seen."""
    output = convolve(image, kernel)
    told = (f"An image of {len(image)} x {len(image[0])} pixels, and what the kernel makes of it: {len(output)} x "
            f"{len(output[0])} pixels, from {output.min():.2f} to {output.max():.2f}. Point at a place of the image.")
    show_as("text/html", hover_windows(image, kernel), told)


def _place(window):
    "The place of a window, and its numbers, which appear under the pointer."
    pixels, products = _lines(window.pixels), _lines(window.products)
    return f"<i><span>\n{pixels}{8 * NEW_LINE}{products}{3 * NEW_LINE}{window.total:.2f}</span></i>"


def _lines(numbers, form="5.2f"):
    "Nine numbers in three lines."
    return "\n".join(" ".join(f"{number:{form}}" for number in row) for row in numbers)


def _scaled(numbers, low, high, left, top, alt):
    "Grey `numbers` as an HTML image at a place of its parent, `CELL` pixels of the screen for each."
    grey = 255 * (np.clip(numbers, low, high) - low) / (high - low)
    source = data_url(Image.fromarray(grey.round().astype(np.uint8)), "PNG")
    height, width = numbers.shape
    return (f'<img alt="{alt}" style="left: {left}px; top: {top}px" width="{width * CELL}" height="{height * CELL}" '
            f'src="{source}">')


def name_of(kernel):
    """The name of nine numbers in `KERNELS`, or "own numbers"."""
    return next((name for name, known in KERNELS.items() if np.array_equal(known, kernel)), OWN)


def _kernel_controls(kernel):
    "A choice of kernels, and a box for each of its nine numbers."
    numbers = [widgets.FloatText(value=value, step=1, description=place, layout=widgets.Layout(width="170px"))
               for place, value in zip(PLACES, np.ravel(KERNELS[kernel]), strict=True)]
    return widgets.Dropdown(options=[*KERNELS, OWN], value=kernel, description="kernel"), numbers


def _set_quietly(boxes, values, edit):
    "Nine numbers change, and `edit` hears of none, so that one figure is drawn."
    for box, value in zip(boxes, np.ravel(values), strict=True):
        box.unobserve(edit, "value")
        box.value = value
        box.observe(edit, "value")


def _kernel_in(boxes):
    "The nine numbers, (3, 3)."
    return np.reshape([box.value for box in boxes], (3, 3))


def _in_rows(boxes):
    "Nine boxes in three rows."
    return widgets.VBox([widgets.HBox(boxes[start:start + 3]) for start in (0, 3, 6)])


def kernel_explorer(image, kernel="top edge", row=0, column=0):
    """A choice of kernels, its nine numbers, and two sliders for the window; the same as `draw_window`.

    `image` is grey, (h, w), from 0 to 1.
    """
    choice, numbers = _kernel_controls(kernel)
    down, right = (widgets.IntSlider(value=value, max=length - 3, description=name, continuous_update=False)
                   for name, value, length in zip(("row", "column"), (row, column), np.shape(image), strict=True))
    view, status = widgets.HTML(), widgets.HTML()

    def refresh(_=None):
        drawn, sentence = draw_window(image, _kernel_in(numbers), down.value, right.value)
        view.value, status.value = to_html(drawn, sentence), say(f"Kernel {choice.value}. {sentence}")

    def choose(_):
        _set_quietly(numbers, KERNELS.get(choice.value, _kernel_in(numbers)), edit)
        refresh()

    def edit(_):
        name = name_of(_kernel_in(numbers))
        if name == choice.value:
            refresh()
        choice.value = name

    choice.observe(choose, "value")
    for control, work in [*((box, edit) for box in numbers), (down, refresh), (right, refresh)]:
        control.observe(work, "value")
    refresh()
    return widgets.VBox([widgets.HBox([widgets.VBox([choice, down, right]), _in_rows(numbers)]), status, view])
