"""Clean a folder of images by hand: five at a time, mark what is wrong, confirm, undo."""

import html
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import ipywidgets as widgets
from PIL import ImageOps

from coursekit.files import unused
from coursekit.plots import data_url
from coursekit.vision.images import ImageError, open_image
from coursekit.widgets.status import say

DELETE = object()  # the mark of an image that shall go to the bin
SIZE = 150  # pixels of a shown image


@dataclass(frozen=True)
class Move:
    """A file that went from `source` to `target`."""

    source: Path
    target: Path


def to_bin(file, root):
    """Move a file from `root`/CLASS to the same place in the bin, the folder ROOT_bin beside `root`; the `Move`."""
    file, root = Path(file), Path(root)
    return _move(file, root.with_name(f"{root.name}_bin") / file.relative_to(root).parent)


def relabel(file, root, name):
    """Move a file to `root`/`name`, the folder of another class; the `Move`."""
    return _move(Path(file), Path(root) / name)


def put_back(move):
    """Undo a `Move`; raises FileExistsError if something else has taken the file's place."""
    if move.source.exists():
        raise FileExistsError(f"Expected nothing at {move.source.name}, found another file: move that away first.")
    move.source.parent.mkdir(parents=True, exist_ok=True)
    os.rename(move.target, move.source)


def _move(file, folder):
    "Move `file` into `folder` under a name that is free there."
    if not file.is_file():
        raise FileNotFoundError(f"Expected the image {file.name}, found none: somebody has moved or deleted it.")
    folder.mkdir(parents=True, exist_ok=True)
    target = unused(folder / file.name)
    os.rename(file, target)
    return Move(file, target)


@dataclass
class Cleaner:
    """`files` of `root`/CLASS in the order in which they shall be looked at, `size` at a time.

    `delete`, `relabel` and `keep` only mark; `confirm` moves what is marked and goes on; `undo` goes back one
    screen and puts its files back. Both tell `on_change` what they did. Files that are gone are passed over.
    """

    files: list
    root: Path
    classes: list
    size: int = 5
    marks: dict = field(default_factory=dict)
    history: list = field(default_factory=list)  # one (start, moves) for each confirmed screen
    start: int = 0
    on_change: Callable = lambda said: None

    def __post_init__(self):
        self.files, self.root = [Path(file) for file in self.files if Path(file).is_file()], Path(self.root)

    def screen(self):
        """The images to look at now; an empty list when all have been seen."""
        return self.files[self.start:self.start + self.size]

    def label(self, file):
        """The class that `file` belongs to: the folder that it lies in."""
        return Path(file).parent.name

    def delete(self, file):
        """Mark an image of this screen: it belongs to no class."""
        self._mark(file, DELETE)

    def relabel(self, file, name):
        """Mark an image of this screen: it belongs to the class `name`."""
        if name not in self.classes:
            raise ValueError(f"Expected one of {', '.join(self.classes)}, found {name!r}: choose one of these.")
        self._mark(file, name if name != self.label(file) else None)

    def keep(self, file):
        """Take the mark of an image of this screen away."""
        self._mark(file, None)

    def _mark(self, file, mark):
        if file not in self.screen():
            raise ValueError(f"Expected an image of this screen, found {Path(file).name}: confirm or undo first.")
        self.marks.pop(file, None)
        if mark is not None:
            self.marks[file] = mark

    def confirm(self):
        """Move what is marked and go on to the next screen; the list of `Move`s."""
        for file in self.marks:
            if not file.is_file():
                raise FileNotFoundError(f"Expected the image {file.name}, found none: nothing was moved. "
                                        "Keep it, then confirm again.")
        moves = []
        self.history.append((self.start, moves))  # before the first move, so that undo knows of each one
        for file, mark in self.marks.items():
            moves.append(to_bin(file, self.root) if mark is DELETE else relabel(file, self.root, mark))
        n_deleted = sum(mark is DELETE for mark in self.marks.values())
        self.marks, self.start = {}, self.start + len(self.screen())
        self.on_change(f"Confirmed: {n_deleted} deleted, {len(moves) - n_deleted} relabelled.")
        return moves

    def undo(self):
        """Put back what the latest confirmed screen moved, and show that screen again; the `Move`s undone."""
        if not self.history:
            return []
        self.start, moves = self.history[-1]
        self.marks, undone = {}, []
        while moves:
            put_back(moves[-1])
            undone.append(moves.pop())
        self.history.pop()
        self.on_change(f"Undone: {len(undone)} put back.")
        return undone

    def moved(self):
        """All `Move`s that were confirmed and not undone."""
        return [move for _, moves in self.history for move in moves]


def cleaning_screens(cleaner):
    """Buttons for a `Cleaner`: images with Delete and a choice of class under each, Confirm, Undo, a status line.

    The same without a browser: `cleaner.delete(file)`, `cleaner.relabel(file, name)`, `cleaner.keep(file)`,
    `cleaner.confirm()`, `cleaner.undo()`; the buttons follow.
    """
    images, status = widgets.HBox(layout={"flex_flow": "row wrap"}), widgets.HTML()
    confirm, undo = widgets.Button(description="Confirm"), widgets.Button(description="Undo")

    def refresh(said=""):
        shown, first = cleaner.screen(), cleaner.start + 1
        images.children = [_card(cleaner, number, file) for number, file in enumerate(shown, 1)]
        confirm.disabled, undo.disabled = not shown, not cleaner.history
        where = f"Images {first} to {first + len(shown) - 1} of" if shown else "You have seen all"
        status.value = say(f"{said} {where} {len(cleaner.files)}.".strip())

    def press(work):
        try:
            work()
        except OSError as error:  # nobody would see what a button raises
            refresh(str(error))

    confirm.on_click(lambda _: press(cleaner.confirm))
    undo.on_click(lambda _: press(cleaner.undo))
    cleaner.on_change = refresh
    refresh()
    return widgets.VBox([images, widgets.HBox([confirm, undo]), status])


def _card(cleaner, number, file):
    "One image with its two controls, which show and change its mark."
    marked, layout = cleaner.marks.get(file), {"width": f"{SIZE}px"}
    delete = widgets.ToggleButton(description=f"Delete {number}", value=marked is DELETE, layout=layout)
    choice = widgets.Dropdown(description=f"Class {number}", options=cleaner.classes, disabled=marked is DELETE,
                              value=marked if marked in cleaner.classes else cleaner.label(file), layout=layout,
                              style={"description_width": "50px"})

    def mark(_):
        if delete.value:
            cleaner.delete(file)
        else:
            cleaner.relabel(file, choice.value)
        choice.disabled = delete.value

    for control in (delete, choice):
        control.observe(mark, "value")
    return widgets.VBox([widgets.HTML(_image(file, number, cleaner.label(file))), delete, choice])


def _image(file, number, label):
    "A small copy of the image as HTML."
    if not file.is_file():
        return f"Image {number} is gone."
    try:
        image = open_image(file)
    except ImageError:
        return f"Image {number} cannot be decoded: delete it."
    source = data_url(ImageOps.pad(image, (SIZE, SIZE), color="white"), quality=80)
    alt = html.escape(f"Image {number}, labelled {label}")
    return f'<img src="{source}" alt="{alt}" width="{SIZE}" height="{SIZE}">'
