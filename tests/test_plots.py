"""Every figure carries a sentence made from its data, and named axes."""

import base64
import io

import matplotlib
import numpy as np
import pytest
from PIL import Image

matplotlib.use("Agg")

from coursekit import plots  # noqa: E402


class Displayed(list):
    "Stands in for IPython's display and keeps what it is given."

    def __call__(self, content, metadata=None, raw=False):
        self.append((content, metadata))


@pytest.fixture
def displayed(monkeypatch):
    shown = Displayed()
    monkeypatch.setattr(plots, "display", shown)
    return shown


def test_a_figure_carries_its_sentence_and_the_names_of_its_axes(displayed):
    fig, ax = plots.figure()
    ax.plot([3, 1])
    ax.set(xlabel="step", ylabel="loss")
    plots.show(fig, "loss falls from 3 to 1")
    (bundle, metadata), (caption, _) = displayed
    assert metadata["image/png"] == {"alt": "loss falls from 3 to 1", "axes": [["step", "loss"]]}
    assert Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).size == (480, 288)
    assert "loss falls from 3 to 1" in caption.data


def test_what_a_machine_says_of_curves_is_alt_text_and_no_caption(displayed):
    plots.plot_curves({"loss": [3, 1]}, title="It falls")
    [(_, metadata)] = displayed
    assert metadata["image/png"]["alt"] == "It falls: loss falls from 3 to 1."


@pytest.mark.parametrize("low, high, off", [(90, 160, 8), (235, 256, 3)])
def test_a_figure_with_photographs_takes_fewer_bytes_and_looks_the_same(low, high, off, displayed, monkeypatch):
    noise = np.random.default_rng(0).integers(low, high, (160, 160, 3)).astype("uint8")
    stored = []
    for large in (0, plots.LARGE * 100):
        monkeypatch.setattr(plots, "LARGE", large)
        fig, ax = plots.figure(width=4, height=4)
        ax.imshow(noise)
        ax.axis("off")
        plots.show(fig, "noise")
        stored.append(base64.b64decode(displayed[-2][0]["image/png"]))
    few, all_colours = (np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), int) for data in stored)
    assert len(stored[0]) < len(stored[1]) / 2
    assert np.abs(few - all_colours).mean() < off
    paper = all_colours.min(axis=2) == 255
    assert paper.any() and (few[paper] == 255).all()
    assert Image.open(io.BytesIO(stored[0])).text["Description"] == "noise"


def test_a_nameless_axis_is_refused(displayed):
    fig, ax = plots.figure()
    ax.plot([3, 1])
    with pytest.raises(ValueError, match="Every axis needs a name"):
        plots.show(fig, "something")
    assert displayed == []


def test_an_animation_is_a_gif_with_all_its_frames(displayed):
    fig, ax = plots.figure(width=2, height=2)
    line, = ax.plot([0, 1], [0, 1])
    ax.set(xlabel="x", ylabel="y")
    drawn = []

    def update(i):
        drawn.append(i)
        line.set_ydata([0, i])

    plots.show_animation(fig, update, 4, alt='it "rises"', interval=100)
    bundle, metadata = displayed[0]
    gif = bundle["text/html"].split("base64,")[1].split('"')[0]
    image = Image.open(io.BytesIO(base64.b64decode(gif)))
    assert drawn == [0, 1, 2, 3] and image.n_frames == 4 and image.info["duration"] == 100
    assert "alt=\"it &quot;rises&quot;\"" in bundle["text/html"]


def test_the_confusion_matrix_names_the_worst_confusion(displayed):
    plots.plot_confusion([[5, 2], [0, 3]], ["cat", "dog"])
    assert "8 of 10 right; most often confused: true cat taken for dog, 2 times" in displayed[0][1]["image/png"]["alt"]


def test_image_grids_need_no_axes(displayed):
    plots.show_images([[[0, 1], [1, 0]]] * 3, titles=[7, 8, 9], columns=2)
    assert displayed[0][1]["image/png"] == {"alt": "3 images: 7, 8, 9.", "axes": []}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_an_image_in_place_of_an_address(kind):
    image = Image.new("RGB", (3, 2), "red")
    start, content = plots.data_url(image, kind).split(",")
    assert start == f"data:image/{kind.lower()};base64"
    assert Image.open(io.BytesIO(base64.b64decode(content))).size == (3, 2)
    assert plots.data_url(base64.b64decode(content), kind) == f"{start},{content}"
