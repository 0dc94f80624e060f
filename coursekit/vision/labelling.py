"""Label many images with few clicks: choose a group, leave out what is wrong, give it a name. Nothing is lost.

Source: lesson 6, labelling by group. What a machine can propose meanwhile is in `coursekit.vision.proposals`.
"""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
from matplotlib.path import Path as Outline

from coursekit.files import building, unused, writing


class Labeller:
    """What a person says of `files`, images in `folder`: `labels` holds a name or None for each of them.

    `chosen` are the indices in hand. Every action is a method and counts as one of `clicks`; `undo` takes the last one
    back. With `path`, a JSON file, every action is saved there, and a `Labeller` made with the same path goes on where
    the last one ended: a label belongs to its image's path in `folder`, one of `keys`, so it matters neither where the
    folder lies nor which other images there are, and it stays in the file while its image is away.
    Raises ValueError for an image outside of `folder` or given twice, and for a path that holds something else.
    """

    def __init__(self, files, folder, path=None):
        self.files = [Path(file) for file in files]
        if outside := [file for file in self.files if not file.is_relative_to(folder)]:
            raise ValueError(f"Expected images in {folder}, found {outside[0]}: name the folder that holds them all.")
        self.keys = [file.relative_to(folder).as_posix() for file in self.files]
        if len(set(self.keys)) < len(self.keys):
            raise ValueError("Expected every image once, found one that is there twice: list it once.")
        self.labels, self.chosen, self.clicks = [None] * len(self.files), [], 0
        self.history, self.path, self.away = [], path and Path(path), {}
        if self.path and self.path.exists():
            self._load(Path(folder))

    def choose(self, indices):
        """Choose the images at `indices`, instead of those chosen before."""
        indices = [int(i) for i in indices]
        if any(not 0 <= i < len(self.files) for i in indices):
            raise ValueError(f"Expected indices from 0 to {len(self.files) - 1}, found {max(indices, key=abs)}.")
        self._act(chosen=indices)

    def choose_inside(self, points, outline):
        """Choose the images whose `points` (n, 2) lie inside `outline`, the corners (m, 2) of a lasso."""
        self.choose(np.flatnonzero(Outline(outline).contains_points(points)))

    def exclude(self, index):
        """Leave one image out of those chosen: the odd one."""
        if index not in self.chosen:
            raise ValueError(f"Expected one of the {len(self.chosen)} chosen images, found {index}.")
        self._act(chosen=[i for i in self.chosen if i != index])

    def label(self, name):
        """Give the chosen images the label `name`, or take theirs away with None; nothing is chosen then."""
        name = name if name is None else check_name(str(name).strip())
        labels = list(self.labels)
        for i in self.chosen:
            labels[i] = name
        self._act(labels=labels, chosen=[])

    def undo(self):
        """Go back to before the last action; clicks stay counted."""
        if self.history:
            self.labels, self.chosen = self.history.pop()
            self._save()

    def _act(self, labels=None, chosen=None):
        "Take one step: remember the state before it, count a click, save."
        self.history.append((self.labels, self.chosen))
        self.labels = self.labels if labels is None else labels
        self.chosen = self.chosen if chosen is None else chosen
        self.clicks += 1
        self._save()

    def _save(self):
        if self.path:
            given = {key: label for key, label in zip(self.keys, self.labels, strict=True) if label is not None}
            with writing(self.path) as partial:
                partial.write_text(json.dumps({"labels": self.away | given, "clicks": self.clicks}), encoding="utf-8")

    def _load(self, folder):
        try:
            state = json.loads(self.path.read_text(encoding="utf-8"))
            saved = {key: check_name(label) for key, label in state["labels"].items()}
            self.clicks = int(state["clicks"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"Expected labels saved by a Labeller in {self.path}, found something else ({error}): "
                             "choose another path.") from error
        self.labels = [saved.pop(key, None) for key in self.keys]
        self.away = saved
        if saved and not any(self.labels) and not any((folder / key).exists() for key in saved):
            raise ValueError(f"Expected {self.path} to be about images in {folder}, found labels of {len(saved)} "
                             f"others, such as {next(iter(saved))}: choose another path, or the folder they are in.")


def check_name(name):
    """`name` itself; ValueError for a label that cannot be the name of a folder."""
    if not name or "/" in name or "\\" in name or name.startswith("."):
        raise ValueError(f"Expected a name that can be a folder's, found {name!r}: use letters and spaces.")
    return name


def export(labeller, folder, guess=None):
    """Write `folder`/labels.csv and a copy of each labelled image into `folder`/NAME; the number of images.

    With a `Guess` of `coursekit.vision.proposals`, images without a label get the guessed one; the column `by` tells
    them apart. Of two images with one name the second gets a number. Raises FileExistsError if the folder exists;
    after any other error there is none, and it can be done again.
    """
    folder, lines = Path(folder), []
    if folder.exists():
        raise FileExistsError(f"Expected a new folder, found {folder}, which exists: move it away or choose another.")
    with building(folder) as unfinished:
        for i, (file, key, label) in enumerate(zip(labeller.files, labeller.keys, labeller.labels, strict=True)):
            if label is None and guess is None:
                continue
            by, sure = ("model", guess.confidence[i]) if label is None else ("person", 1)
            place = unfinished / (label or check_name(guess.names[i]))
            place.mkdir(exist_ok=True)
            shutil.copy(file, unused(place / file.name))
            lines.append([key, place.name, by, f"{sure:.4f}"])
        with open(unfinished / "labels.csv", "w", newline="", encoding="utf-8") as table:
            csv.writer(table).writerows([["file", "label", "by", "confidence"], *lines])
    return len(lines)
