"""A desk for `vision.labelling`: a map of images to draw a lasso on, the chosen ones, names, undo, export."""

from pathlib import Path

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets
from PIL import Image, ImageOps
from sklearn.cluster import KMeans

from coursekit.plots import data_url
from coursekit.vision.images import open_image
from coursekit.vision.labelling import PROJECTIONS
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


def groups_on(points, n=12):
    """The indices of the images in each of `n` groups on a map (k-means), the largest group first."""
    names = KMeans(min(n, len(points)), n_init=4, random_state=0).fit_predict(points)
    return sorted((np.flatnonzero(names == name).tolist() for name in np.unique(names)), key=len, reverse=True)


class LabellingDesk(widgets.VBox):
    """Controls for a `Labeller`; each calls the method of the same name, so that all of it works without a browser.

    `export_to`: the folder that the button Export writes.
    """

    def __init__(self, labeller, export_to="labelled"):
        self.labeller, self.guess, self.export_to = labeller, None, Path(export_to)
        atlas = make_atlas(labeller.files)
        self.map, self.grid = ImageMap(atlas=atlas), ImageGrid(atlas=atlas)
        self.layer = widgets.Dropdown(options=list(labeller.features), description="Layer")
        self.projection = widgets.Dropdown(options=list(PROJECTIONS), description="Projection")
        self.group = widgets.Dropdown(options=[("-", None)], description="Group")
        self.name = widgets.Text(description="Label", placeholder="a name")
        self.fade = widgets.Checkbox(description="Fade what the model is sure of")
        self.status = widgets.HTML()
        self.buttons = {text: widgets.Button(description=text) for text in
                        ("Give label", "Find similar", "Separate", "Train", "Doubtful", "Undo", "Export")}
        super().__init__([widgets.HBox([self.layer, self.projection, self.group]), self.map, self.grid,
                          widgets.HBox([self.name, *self.buttons.values()], layout={"flex_flow": "row wrap"}),
                          self.fade, self.status])
        self._connect()
        self.show_map()
        self.refresh()

    def _connect(self):
        actions = {"Give label": self._label, "Find similar": self._similar, "Separate": self._separate,
                   "Train": self._train, "Doubtful": self._doubtful, "Undo": self._undo, "Export": self._export}
        for text, action in actions.items():
            self.buttons[text].on_click(lambda _, action=action: self._do(action))
        for control in (self.layer, self.projection):
            control.observe(lambda _: self._do(self.show_map), "value")
        self.group.observe(lambda change: change.new and self._do(lambda: self._choose(change.new)), "value")
        self.fade.observe(lambda _: self.refresh(), "value")
        self.map.on_msg(lambda _, message, __: self._do(lambda: self._from_map(message)))
        self.grid.on_msg(lambda _, message, __: self._do(lambda: self.labeller.exclude(message["leave_out"])))

    def _do(self, action):
        "Act, show what is new, and say what happened or why nothing did."
        try:
            told = action()
        except (ValueError, FileExistsError) as error:
            self.status.value = say(str(error))
        else:
            self.refresh(told or "")

    def show_map(self):
        """Show the map of the chosen layer and projection, and offer its groups."""
        self._place(self.labeller.points(self.layer.value, self.projection.value))

    def _place(self, points):
        low, high = points.min(0), points.max(0)
        self.points = (points - low) / np.where(high > low, high - low, 1)
        self.map.points = self.points.round(4).tolist()
        groups = groups_on(self.points)
        self.group.options = [("-", None), *((f"{i}: {len(group)} images", tuple(group))
                                             for i, group in enumerate(groups, 1))]

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

    def _from_map(self, message):
        if "outline" in message:
            self.labeller.choose_inside(self.points, message["outline"])
        else:
            control, by = getattr(self, message["step"][0]), message["step"][1]
            control.index = (control.index + by) % len(control.options)

    def _choose(self, indices):
        self.labeller.choose(indices)

    def _label(self):
        n = len(self.labeller.chosen)
        self.labeller.label(self.name.value)
        return f"{n} images labelled {self.name.value}."

    def _similar(self):
        self.labeller.choose_similar(self.layer.value)
        return "Chosen: images without a label that are like those."

    def _separate(self):
        names = sorted({name for name in self.labeller.labels if name}, key=self.labeller.labels.count)[-2:]
        if len(names) < 2:
            raise ValueError(f"Expected two labels to separate, found {len(names)}: label some images first.")
        self._place(self.labeller.separating_points(self.layer.value, *names))
        return f"The map that separates {names[0]} from {names[1]}."

    def _train(self):
        self.guess = self.labeller.guess(self.layer.value)
        return f"Trained. Estimated accuracy {self.guess.accuracy:.3f}, from labelled images only."

    def _doubtful(self):
        self.labeller.choose(self.labeller.doubtful(self.layer.value))
        return "Chosen: labelled images that a model would call something else."

    def _undo(self):
        self.labeller.undo()
        return "Undone."

    def _export(self):
        return f"{self.labeller.export(self.export_to, self.guess)} images written to {self.export_to.name}."
