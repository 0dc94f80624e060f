"""A desk to label images at: a map to draw a lasso on, the chosen images, names, undo, export."""

from pathlib import Path

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets
from PIL import Image, ImageOps

from coursekit.plots import data_url
from coursekit.vision.images import open_image
from coursekit.vision.labelling import export
from coursekit.vision.proposals import PROJECTIONS, Proposer, groups_on
from coursekit.widgets.status import say

TILE, COLUMNS = 64, 25  # pixels of a small image; images in a row of the atlas
COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")  # Okabe and Ito
HERE = Path(__file__).parent


class _Images(anywidget.AnyWidget):
    """Small images, all in one: `atlas` is a data URL, `chosen` are indices."""

    atlas = traitlets.Unicode().tag(sync=True)
    tile = traitlets.Int(TILE).tag(sync=True)
    columns = traitlets.Int(COLUMNS).tag(sync=True)
    chosen = traitlets.List().tag(sync=True)


class ImageMap(_Images):
    """Images at `points` (from 0 to 1); sends the corners of a lasso, or a step that an arrow key asks for."""

    _esm = HERE / "labeller_map.js"
    size = traitlets.Int(30).tag(sync=True)
    points = traitlets.List().tag(sync=True)
    opacity = traitlets.List().tag(sync=True)
    colors = traitlets.List().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)


class ImageGrid(_Images):
    """The chosen images as buttons; sends the index of one that shall be left out."""

    _esm = HERE / "labeller_grid.js"


def make_atlas(files):
    """All images, TILE pixels wide and high, COLUMNS in a row, as one JPEG: a data URL."""
    atlas = Image.new("RGB", (TILE * COLUMNS, TILE * -(-len(files) // COLUMNS)), "white")
    for i, file in enumerate(files):
        atlas.paste(ImageOps.fit(open_image(file), (TILE, TILE)), (i % COLUMNS * TILE, i // COLUMNS * TILE))
    return data_url(atlas, quality=80)


class LabellingDesk(widgets.VBox):
    """Controls for a `Labeller`, and a `Proposer` for each layer of `features`: name -> float (n, d), n images.

    Each control calls a method of theirs, so that all of it works without a browser. `export_to`: the folder that the
    button Export writes. Raises ValueError if a layer has features of more or fewer images.
    """

    def __init__(self, labeller, features, export_to="labelled"):
        for layer, rows in features.items():
            if len(rows) != len(labeller.files):
                raise ValueError(f"Expected features of {len(labeller.files)} images, found {len(rows)} in layer "
                                 f"{layer!r}: compute them for the same list of files.")
        self.proposers = {layer: Proposer(rows) for layer, rows in features.items()}
        self.labeller, self.guess, self.export_to = labeller, None, Path(export_to)
        atlas = make_atlas(labeller.files)
        self.map, self.grid = ImageMap(atlas=atlas), ImageGrid(atlas=atlas)
        self.layer = widgets.Dropdown(options=list(features), description="Layer")
        self.projection = widgets.Dropdown(options=list(PROJECTIONS), description="Projection")
        self.group = widgets.Dropdown(options=[("-", None)], description="Group")
        self.name = widgets.Text(description="Label", placeholder="a name")
        self.fade = widgets.Checkbox(description="Fade what the model is sure of")
        self.status = widgets.HTML()
        actions = {"Give label": self._label, "Find similar": self._similar, "Separate": self._separate,
                   "Train": self._train, "Doubtful": self._doubtful, "Undo": self._undo, "Export": self._export}
        self.buttons = {text: self._button(text, action) for text, action in actions.items()}
        super().__init__([widgets.HBox([self.layer, self.projection, self.group]), self.map, self.grid,
                          widgets.HBox([self.name, *self.buttons.values()], layout={"flex_flow": "row wrap"}),
                          self.fade, self.status])
        self._listen()
        self._do(self._show_map)

    def _button(self, text, action):
        button = widgets.Button(description=text)
        button.on_click(lambda _: self._do(action))
        return button

    def _listen(self):
        for control in (self.layer, self.projection):
            control.observe(lambda _: self._do(self._show_map), "value")
        self.group.observe(lambda change: change.new and self._do(lambda: self.labeller.choose(change.new)), "value")
        self.fade.observe(lambda _: self.refresh(), "value")
        self.map.on_msg(lambda _, message, __: self._do(lambda: self._from_map(message)))
        self.grid.on_msg(lambda _, message, __: self._do(lambda: self.labeller.exclude(message["leave_out"])))

    def _do(self, action):
        "Act, show what is new, and say what happened or why nothing did."
        try:
            told = action()
        except (ValueError, OSError) as error:  # nobody would see what a button raises
            told = str(error)
        self.refresh(told or "")

    def refresh(self, told=""):
        """Show the labeller's state, after the sentence `told`."""
        labels = self.labeller.labels
        names = sorted({name for name in labels if name})
        color = {name: COLORS[i % len(COLORS)] for i, name in enumerate(names)}
        faded = self.guess.confidence if self.fade.value and self.guess else np.zeros(len(labels))
        self.map.colors = [color.get(name, "") for name in labels]
        self.map.opacity = (1 - 0.9 * faded).round(3).tolist()
        self.map.chosen = self.grid.chosen = list(self.labeller.chosen)
        counts = ", ".join(f"{labels.count(name)} {name}" for name in names) or "nothing"
        text = (f"{len(self.labeller.chosen)} chosen; labelled: {counts}, of {len(labels)}; "
                f"{self.labeller.clicks} clicks.")
        self.map.alt = f"Map of {len(labels)} images, {self.layer.value}, {self.projection.value}. {text}"
        self.status.value = say(f"{told} {text}".strip())

    @property
    def proposer(self):
        """The `Proposer` of the layer that is shown."""
        return self.proposers[self.layer.value]

    def _show_map(self):
        "Show the map of the chosen layer and projection."
        self._place(self.proposer.points(self.projection.value))

    def _place(self, points):
        "Put the images at `points`, and offer the groups there."
        low, high = points.min(0), points.max(0)
        self.points = (points - low) / np.where(high > low, high - low, 1)
        self.map.points = self.points.round(4).tolist()
        self.group.options = [("-", None), *((f"{i}: {len(group)} images", tuple(group))
                                             for i, group in enumerate(groups_on(self.points), 1))]

    def _from_map(self, message):
        if "outline" in message:
            self.labeller.choose_inside(self.points, message["outline"])
        else:
            control, by = getattr(self, message["step"][0]), message["step"][1]
            control.index = (control.index + by) % len(control.options)

    def _label(self):
        n = len(self.labeller.chosen)
        self.labeller.label(self.name.value)
        return f"{n} images labelled {self.name.value}."

    def _similar(self):
        self.labeller.choose(self.proposer.similar(self.labeller.chosen, self.labeller.labels))
        return "Chosen: images without a label that are like those."

    def _separate(self):
        labels = self.labeller.labels
        names = sorted({name for name in labels if name}, key=labels.count)[-2:]
        if len(names) < 2:
            raise ValueError(f"Expected two labels to separate, found {len(names)}: label some images first.")
        self._place(self.proposer.separating_points(labels, *names))
        return f"The map that separates {names[0]} from {names[1]}."

    def _train(self):
        self.guess = self.proposer.guess(self.labeller.labels)
        return f"Trained. Estimated accuracy {self.guess.accuracy:.3f}, from labelled images only."

    def _doubtful(self):
        self.labeller.choose(self.proposer.doubtful(self.labeller.labels))
        return "Chosen: labelled images that a model would call something else."

    def _undo(self):
        self.labeller.undo()
        return "Undone."

    def _export(self):
        return f"{export(self.labeller, self.export_to, self.guess)} images written to {self.export_to.name}."
