"""Label many images with few clicks: choose a group on a map, leave out what is wrong, give it a name.

The map is a projection of what a trained net computes from the images. Source: lesson 6, labelling by group.
"""

import csv
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.path import Path as Outline
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import TSNE
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from coursekit.files import writing

PROJECTIONS = ("directions 1 and 2", "directions 3 and 4", "directions 5 and 6", "t-SNE")
FOLDS = 5


@dataclass(frozen=True)
class Guess:
    """What a classifier that learned from the labels says of all n images.

    `names`: (n,) its label for each; `confidence`: (n,) its probability; `accuracy`: its share of right answers
    on labelled images that it was not trained on.
    """

    names: np.ndarray
    confidence: np.ndarray
    accuracy: float


class Labeller:
    """`files` and their `features` (name of a layer -> float (n, d)); `labels` holds a name or None for each.

    Every action is a method and counts as one of `clicks`; `undo` takes the last one back. With `path`, a JSON
    file, every action is saved there, and a `Labeller` made with the same path goes on where the last one ended.
    Raises ValueError if files and features differ in number, or if the saved file is about other images.
    """

    def __init__(self, files, features, path=None):
        self.files, self.features = [Path(file) for file in files], dict(features)
        for layer, rows in self.features.items():
            if len(rows) != len(self.files):
                raise ValueError(f"Expected features of {len(self.files)} images, found {len(rows)} in layer "
                                 f"{layer!r}: compute them for the same list of files.")
        self.labels, self.chosen, self.clicks = [None] * len(self.files), [], 0
        self.history, self.path, self._maps = [], path and Path(path), {}
        if self.path and self.path.exists():
            self._load()

    def points(self, layer, projection=PROJECTIONS[0]):
        """The map: (n, 2) positions of the images, by what `layer` computes; `projection`: one of PROJECTIONS."""
        if projection not in PROJECTIONS:
            raise ValueError(f"Expected one of {', '.join(PROJECTIONS)}, found {projection!r}.")
        if (layer, projection) not in self._maps:
            self._maps[layer, projection] = _project(self._scaled(layer), projection)
        return self._maps[layer, projection]

    def separating_points(self, layer, first, second):
        """The map (n, 2) on which two labels lie farthest apart: left and right.

        Across: Fisher's linear discriminant, fitted to the images that have one of the two labels. Upwards: the
        direction of largest spread that is left.
        """
        indices = [i for i, name in enumerate(self.labels) if name in (first, second)]
        names = [self.labels[i] for i in indices]
        if len(set(names)) < 2:
            raise ValueError(f"Expected images labelled {first!r} and {second!r}, found {sorted(set(names))}: "
                             "label some of each first.")
        rows = PCA(min(30, len(indices) - 1, self.features[layer].shape[1]), random_state=0) \
            .fit_transform(self._scaled(layer))
        fitted = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(rows[indices], names)
        across = fitted.coef_[0] / np.linalg.norm(fitted.coef_[0])
        rest = rows - np.outer(rows @ across, across)
        return np.column_stack([rows @ across, PCA(1, random_state=0).fit_transform(rest)[:, 0]])

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

    def choose_similar(self, layer, n=20):
        """Choose the `n` images without a label, out of all, that are nearest to the mean of those chosen."""
        if not self.chosen:
            raise ValueError("Expected chosen images to compare with, found none: choose some first.")
        rows = self._scaled(layer)
        distances = np.linalg.norm(rows - rows[self.chosen].mean(0), axis=1)
        self._act(chosen=[int(i) for i in np.argsort(distances) if self.labels[i] is None][:n])

    def label(self, name):
        """Give the chosen images the label `name`, or take theirs away with None; nothing is chosen then."""
        name = name and str(name).strip()
        if name == "" or name is not None and ("/" in name or "\\" in name or name.startswith(".")):
            raise ValueError(f"Expected a name that can be a folder's, found {name!r}: use letters and spaces.")
        labels = list(self.labels)
        for i in self.chosen:
            labels[i] = name
        self._act(labels=labels, chosen=[])

    def undo(self):
        """Go back to before the last action; clicks stay counted."""
        if self.history:
            self.labels, self.chosen = self.history.pop()
            self._save()

    def guess(self, layer):
        """A `Guess` for all images, by logistic regression on what `layer` computes.

        Its accuracy is cross-validated. Raises ValueError while a label has fewer than five images.
        """
        indices, names = self._labelled()
        model, rows = _classifier(), np.asarray(self.features[layer])
        accuracy = float((cross_val_predict(model, rows[indices], names, cv=FOLDS) == names).mean())
        probabilities = model.fit(rows[indices], names).predict_proba(rows)
        return Guess(model.classes_[probabilities.argmax(1)], probabilities.max(1), accuracy)

    def doubtful(self, layer, n=20):
        """Indices of at most `n` labelled images that a model trained on the others would call something else.

        Raises ValueError as `guess` does.
        """
        indices, names = self._labelled()
        chances = cross_val_predict(_classifier(), np.asarray(self.features[layer])[indices], names, cv=FOLDS,
                                    method="predict_proba")
        own = chances[np.arange(len(indices)), np.searchsorted(np.unique(names), names)]
        return [indices[i] for i in np.argsort(own) if own[i] < chances[i].max()][:n]

    def export(self, folder, guess=None):
        """Write `folder`/labels.csv and a copy of each image into `folder`/NAME; the number of images.

        With a `guess`, images without a label get the guessed one; the column `by` tells them apart.
        Raises FileExistsError if the folder exists.
        """
        folder = Path(folder)
        folder.mkdir(parents=True)
        lines = []
        for i, (file, name) in enumerate(zip(self.files, self.labels, strict=True)):
            if name is not None or guess is not None:
                sure = 1.0 if name is not None else float(guess.confidence[i])
                lines.append([file.name, name or guess.names[i], "person" if name else "model", f"{sure:.4f}"])
                (folder / lines[-1][1]).mkdir(exist_ok=True)
                shutil.copy(file, folder / lines[-1][1] / file.name)
        with open(folder / "labels.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["file", "label", "by", "confidence"], *lines])
        return len(lines)

    def _labelled(self):
        "Indices and names of the images that have a label; enough of each to learn from."
        indices = [i for i, name in enumerate(self.labels) if name is not None]
        names = np.array([self.labels[i] for i in indices])
        kinds, counts = np.unique(names, return_counts=True)
        if len(kinds) < 2 or counts.min() < FOLDS:
            raise ValueError(f"Expected two labels or more with {FOLDS} images each, found "
                             f"{dict(zip(kinds.tolist(), counts.tolist(), strict=True))}: label more.")
        return indices, names

    def _act(self, labels=None, chosen=None):
        "Take one step: remember the state before it, count a click, save."
        self.history.append((self.labels, self.chosen))
        self.labels = self.labels if labels is None else labels
        self.chosen = self.chosen if chosen is None else chosen
        self.clicks += 1
        self._save()

    def _scaled(self, layer):
        "Features of `layer`, each with mean 0 and standard deviation 1."
        return StandardScaler().fit_transform(self.features[layer])

    def _save(self):
        if self.path:
            state = {"files": [file.name for file in self.files], "labels": self.labels, "clicks": self.clicks}
            with writing(self.path) as partial:
                partial.write_text(json.dumps(state), encoding="utf-8")

    def _load(self):
        state = json.loads(self.path.read_text(encoding="utf-8"))
        if state["files"] != [file.name for file in self.files]:
            raise ValueError(f"Expected {self.path.name} to be about these {len(self.files)} images, found "
                             f"{len(state['files'])} others: choose another path.")
        self.labels, self.clicks = state["labels"], int(state["clicks"])


def _classifier():
    "Logistic regression on features of mean 0 and standard deviation 1."
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))


def _project(rows, projection):
    "Two numbers for each of the rows."
    if projection == "t-SNE":
        return TSNE(init="pca", perplexity=min(30, len(rows) / 4), max_iter=500, random_state=0).fit_transform(rows)
    first = 2 * PROJECTIONS.index(projection)
    n = min(first + 2, *rows.shape)
    return PCA(n, random_state=0).fit_transform(rows)[:, n - 2:n]
