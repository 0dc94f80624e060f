"""Figures that can be read alone: named axes, a title that states the finding, and a sentence for those who
cannot see it."""

import base64
import html
import io

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from coursekit.style import FOURTH, THIRD, TRAIN, VALID, describe

LARGE = 60_000  # bytes of a figure that is stored in fewer colours

STYLE = {"figure.dpi": 80, "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 12,
         "axes.titlelocation": "left", "axes.grid": True, "grid.alpha": 0.3, "font.size": 10.5,
         "axes.prop_cycle": plt.cycler(color=[TRAIN, VALID, THIRD, FOURTH, "#E69F00", "#56B4E9"])}
plt.rcParams.update(STYLE)


def figure(*args, width=6.0, height=3.6, **kwargs):
    """`plt.subplots` with the course's size; `width` and `height` in inches for the whole figure."""
    return plt.subplots(*args, figsize=(width, height), layout="constrained", **kwargs)


def show(fig, alt, caption=True):
    """Display `fig` as an image that carries the sentence `alt`, and close it; `caption`: the sentence under it, too.

    Raises ValueError for an axis without a name: say what it measures with `ax.set(xlabel=..., ylabel=...)`.
    """
    axes = [_names(ax) for ax in fig.axes if ax.axison and ax.get_label() != "<colorbar>"]
    png = _png(fig, alt)
    show_as("image/png", png if len(png) < LARGE else _in_fewer_colours(png, alt), alt, axes, caption)


def _png(fig, alt):
    "The bytes of `fig` as a PNG that carries the sentence `alt`; closes the figure."
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", metadata={"Description": alt})
    plt.close(fig)
    return buffer.getvalue()


def _in_fewer_colours(png, alt):
    "The bytes of a PNG with photographs in it, which is large, in 256 colours: a quarter of the bytes."
    image, smaller, about = Image.open(io.BytesIO(png)).convert("RGB"), io.BytesIO(), PngInfo()
    about.add_text("Description", alt)
    every_third = image.resize((image.width // 3, image.height // 3), Image.Resampling.NEAREST)
    colours = every_third.quantize(255, method=Image.Quantize.MAXCOVERAGE, kmeans=1)  # keeps rare colours, too
    colours.putpalette(colours.getpalette()[:3 * 255] + [255, 255, 255])
    fewer = image.quantize(palette=colours, dither=Image.Dither.NONE)
    fewer.paste(255, mask=Image.fromarray(np.asarray(image).min(axis=2) == 255))  # paper stays white
    fewer.save(smaller, "PNG", optimize=True, pnginfo=about)
    return smaller.getvalue()


def show_as(mime, content, alt, axes=(), caption=True):
    """Display an image or a page, bytes or text of the type `mime`, with its sentence `alt`.

    The sentence and the names of the `axes` stand in the metadata for machines; with `caption` the sentence also
    stands below for eyes.
    """
    if isinstance(content, bytes):
        content = base64.b64encode(content).decode()
    display({mime: content, "text/plain": alt}, metadata={mime: {"alt": alt, "axes": list(axes)}}, raw=True)
    if caption:
        display(Markdown(f"<small>{alt}</small>"))


def to_html(fig, alt):
    """`fig` as an HTML image that carries the sentence `alt`, for a widget to show; closes the figure."""
    return _img("PNG", _png(fig, alt), alt)


def show_animation(fig, update, n_frames, alt, interval=60):
    """Display `fig` as an endless GIF whose frame `i` is drawn by `update(i)`; `interval` in milliseconds a frame."""
    axes, frames = [_names(ax) for ax in fig.axes if ax.axison], []
    for i in range(n_frames):
        update(i)
        fig.canvas.draw()
        if i == 0:
            fig.set_layout_engine("none")  # laid out once, or every frame would move the axes a little
        frames.append(Image.fromarray(np.asarray(fig.canvas.buffer_rgba())[..., :3]).quantize(
            48, method=Image.Quantize.MAXCOVERAGE))  # keeps the colours of thin lines
    plt.close(fig)
    buffer = io.BytesIO()
    frames[0].save(buffer, format="GIF", save_all=True, append_images=frames[1:], duration=interval, loop=0)
    show_as("text/html", _img("GIF", buffer.getvalue(), alt), alt, axes)


def plot_curves(curves, x=None, xlabel="step", ylabel="loss", title="", xscale="linear", yscale="linear"):
    """Draw a line for each name and sequence in the dict `curves`, over `x` or 0, 1, 2 ...; alt text tells them."""
    fig, ax = figure()
    for name, values in curves.items():
        ax.plot(range(len(values)) if x is None else x, values, label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, xscale=xscale, yscale=yscale)
    if len(curves) > 1:
        ax.legend()
    told = "; ".join(f"{name} {describe(values)}" for name, values in curves.items())
    show(fig, f"{title}: {told}." if title else f"{told}.", caption=False)


def plot_losses(recorder, title="Loss while training"):
    """The loss of every batch, its running average, and the validation loss at the end of each epoch."""
    fig, ax = figure()
    ax.plot(recorder.losses, color=TRAIN, alpha=0.3, linewidth=0.8, label="each batch")
    ax.plot(recorder.smoothed, color=TRAIN, label="running average")
    valid = [(row["batches"], row["valid_loss"]) for row in recorder.history if "valid_loss" in row]
    if valid:
        ax.plot(*zip(*valid, strict=True), "o-", color=VALID, label="validation")
    ax.set(xlabel="batch", ylabel="loss", title=title, ylim=(0, None))
    ax.legend()
    ending = f", validation ends at {valid[-1][1]:.3g}" if valid else ""
    show(fig, f"{title}: the running average {describe(recorder.smoothed)}{ending}.", caption=False)


def plot_schedule(recorder, title="Learning rate and momentum of each batch"):
    """Learning rate and momentum of every batch, side by side."""
    fig, (left, right) = figure(1, 2, width=8, height=3)
    left.plot(recorder.lrs)
    left.set(xlabel="batch", ylabel="learning rate")
    right.plot(recorder.momentums, color=VALID)
    right.set(xlabel="batch", ylabel="momentum")
    fig.suptitle(title)
    show(fig, f"{title}: the learning rate {describe(recorder.lrs)}; momentum {describe(recorder.momentums)}.",
         caption=False)


def show_images(images, titles=None, alt=None, columns=8, size=1.1, cmap="gray"):
    """A grid of images: (n, height, width) in grey or (n, height, width, 3) in colour, each with its title."""
    n = len(images)
    rows = -(-n // columns)
    fig, axs = figure(rows, min(columns, n), width=size * min(columns, n), height=(size + 0.25) * rows,
                      squeeze=False)
    for ax in axs.flat:
        ax.axis("off")
    for ax, image, title in zip(axs.flat, images, titles if titles is not None else [""] * n, strict=False):
        ax.imshow(image, cmap=cmap)
        ax.set_title(str(title), fontsize=10, loc="center")
    show(fig, alt or f"{n} images" + (f": {', '.join(map(str, titles))}" if titles is not None else "") + ".")


def plot_confusion(matrix, classes, title="Confusion matrix", size=5.0):
    """Counts of true class (rows) against predicted class (columns); the diagonal is right. `size` in inches.

    With many classes their names stand upright, and a zero is left blank.
    """
    matrix = np.asarray(matrix)
    wrong = matrix - np.diag(np.diag(matrix))
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    fig, ax = figure(width=size, height=0.92 * size)
    ax.imshow(wrong, cmap="Oranges")
    many = len(classes) > 12
    for row, column in zip(*(matrix > 0 if many else matrix >= 0).nonzero(), strict=True):
        colour = "white" if wrong[row, column] > 0.6 * wrong.max() else "black"
        ax.text(column, row, matrix[row, column], ha="center", va="center", fontsize=8, color=colour)
    ax.set(xlabel="predicted", ylabel="true", title=title, xticks=range(len(classes)), yticks=range(len(classes)),
           xticklabels=classes, yticklabels=classes)
    if many:
        ax.tick_params(axis="x", labelrotation=90)
    ax.grid(False)
    show(fig, f"{title}: {np.trace(matrix)} of {matrix.sum()} right; most often confused: true {classes[true]} "
              f"taken for {classes[predicted]}, {wrong.max()} times.")


def data_url(image, kind="JPEG", **options):
    """`image`, a PIL image or the bytes of a file, as text that a page can show in place of an address.

    `kind` is JPEG, PNG or GIF; `options` go to PIL's `save`.
    """
    if not isinstance(image, bytes):
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        image = buffer.getvalue()
    return f"data:image/{kind.lower()};base64,{base64.b64encode(image).decode()}"


def _img(kind, content, alt):
    "The HTML of an image of `kind`, PNG or GIF, from its bytes."
    return f'<img src="{data_url(content, kind)}" alt="{html.escape(alt)}">'


def _names(ax):
    "The names of an axis' two (or three) directions; refuses nameless ones."
    names = [ax.get_xlabel(), ax.get_ylabel()] + ([ax.get_zlabel()] if hasattr(ax, "get_zlabel") else [])
    if not all(names):
        raise ValueError(f"Every axis needs a name, but these are {names}: call ax.set(xlabel=..., ylabel=...), "
                         "or ax.axis('off') for a pure image.")
    return names
