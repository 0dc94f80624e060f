"""What a machine proposes to a person who labels images: maps, groups, more of a kind, guesses, doubts.

All of it comes from features: what a trained net computes from the images. Source: lesson 6, labelling by group.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import TSNE
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

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


class Proposer:
    """Proposals from `features`, float (n, d): what one layer computes from each of n images.

    `labels` holds a name or None for each image in all methods, as that of a `Labeller` does.
    """

    def __init__(self, features):
        self.features = np.asarray(features)
        self.scaled = StandardScaler().fit_transform(self.features)
        self.maps = {}

    def points(self, projection=PROJECTIONS[0]):
        """The map: (n, 2) positions of the images; `projection`: one of PROJECTIONS. Each is computed once."""
        if projection not in PROJECTIONS:
            raise ValueError(f"Expected one of {', '.join(PROJECTIONS)}, found {projection!r}.")
        if projection not in self.maps:
            self.maps[projection] = _project(self.scaled, projection)
        return self.maps[projection]

    def separating_points(self, labels, first, second):
        """The map (n, 2) on which the labels `first` and `second` lie farthest apart: left and right.

        Across: Fisher's linear discriminant, fitted to the images that have one of the two labels. Upwards: the
        direction of largest spread that is left. Raises ValueError while either of them has no image.
        """
        indices = [i for i, name in enumerate(labels) if name in (first, second)]
        names = [labels[i] for i in indices]
        if len(set(names)) < 2:
            raise ValueError(f"Expected images labelled {first!r} and {second!r}, found {sorted(set(names))}: "
                             "label some of each first.")
        n_directions = min(30, len(indices) - 1, self.scaled.shape[1])
        rows = PCA(n_directions, random_state=0).fit_transform(self.scaled)
        fitted = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(rows[indices], names)
        across = fitted.coef_[0] / np.linalg.norm(fitted.coef_[0])
        rest = rows - np.outer(rows @ across, across)
        return np.column_stack([rows @ across, PCA(1, random_state=0).fit_transform(rest)[:, 0]])

    def similar(self, chosen, labels, n=20):
        """The indices of at most `n` images without a label that are nearest to the mean of those at `chosen`.

        The nearest comes first. Raises ValueError if none are chosen.
        """
        if not len(chosen):
            raise ValueError("Expected chosen images to compare with, found none: choose some first.")
        distances = np.linalg.norm(self.scaled - self.scaled[chosen].mean(0), axis=1)
        return [int(i) for i in np.argsort(distances) if labels[i] is None][:n]

    def guess(self, labels):
        """A `Guess` for all images, by logistic regression.

        Its accuracy is cross-validated. Raises ValueError while a label has fewer than five images.
        """
        indices, names = _enough(labels)
        model = _classifier()
        accuracy = float((cross_val_predict(model, self.features[indices], names, cv=FOLDS) == names).mean())
        probabilities = model.fit(self.features[indices], names).predict_proba(self.features)
        return Guess(model.classes_[probabilities.argmax(1)], probabilities.max(1), accuracy)

    def doubtful(self, labels, n=20):
        """The indices of at most `n` labelled images that a model trained on the others would call something else.

        The most doubtful comes first. Raises ValueError as `guess` does.
        """
        indices, names = _enough(labels)
        probabilities = cross_val_predict(_classifier(), self.features[indices], names, cv=FOLDS,
                                          method="predict_proba")
        own = probabilities[np.arange(len(names)), np.searchsorted(np.unique(names), names)]
        return [indices[i] for i in np.argsort(own) if own[i] < probabilities[i].max()][:n]


def groups_on(points, n=12):
    """The indices of the images in each of `n` groups on a map (k-means), the largest group first."""
    found = KMeans(min(n, len(points)), n_init=4, random_state=0).fit_predict(points)
    return sorted((np.flatnonzero(found == group).tolist() for group in np.unique(found)), key=len, reverse=True)


def _enough(labels):
    "The indices and the names of the images that have a label; refuses too few of a name to learn from."
    indices = [i for i, name in enumerate(labels) if name is not None]
    names = np.array([labels[i] for i in indices])
    kinds, counts = np.unique(names, return_counts=True)
    if len(kinds) < 2 or counts.min() < FOLDS:
        raise ValueError(f"Expected two labels or more with {FOLDS} images each, found "
                         f"{dict(zip(kinds.tolist(), counts.tolist(), strict=True))}: label more.")
    return indices, names


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
