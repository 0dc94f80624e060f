"""What a classifier gets wrong: the largest losses, and which classes it takes for which."""

from dataclasses import dataclass

import torch
from torch.nn import functional as F

from coursekit.device import to_device
from coursekit.loaders import in_order
from coursekit.plots import plot_confusion, show_images
from coursekit.states import evaluating, same_chance
from coursekit.vision.images import to_show


@dataclass(frozen=True)
class Interpretation:
    """For each of n items, in the order of the loader, on the CPU.

    `probabilities` (n, n_classes), `labels` (n,) and `losses` (n,): minus the logarithm of the probability
    of the right class.
    """

    probabilities: torch.Tensor
    labels: torch.Tensor
    losses: torch.Tensor
    classes: list

    @property
    def predicted(self):
        """The class that is most probable, (n,)."""
        return self.probabilities.argmax(dim=1)

    @property
    def error_rate(self):
        """The share of wrong predictions."""
        return (self.predicted != self.labels).double().mean().item()

    @property
    def balanced_error(self):
        """The mean of the error rates of all classes that occur, so that each class counts the same."""
        counts = self.confusion()
        occurs = counts.sum(axis=1) > 0
        return 1 - float((counts.diagonal()[occurs] / counts.sum(axis=1)[occurs]).mean())

    def top_losses(self, n=None):
        """The `n` largest losses (all, if None) and the indices of their items, largest first."""
        return self.losses.topk(len(self.losses) if n is None else min(n, len(self.losses)))

    def confusion(self):
        """Counts (n_classes, n_classes): rows are true classes, columns predicted ones."""
        n = len(self.classes)
        return torch.bincount(n * self.labels + self.predicted, minlength=n * n).reshape(n, n).numpy()

    def most_confused(self, at_least=2):
        """(true class, predicted class, how often), most often first, down to `at_least` times."""
        counts = self.confusion()
        found = [(self.classes[i], self.classes[j], int(counts[i, j])) for i in range(len(counts))
                 for j in range(len(counts)) if i != j and counts[i, j] >= at_least]
        return sorted(found, key=lambda row: (-row[2], row[0], row[1]))


@torch.no_grad()
def interpret(learn, classes, loader=None):
    """The `Interpretation` of `loader`, by default the validation data.

    A loader that shuffles is read in the order of its data, without augmentation; model and loader stay as they are.
    """
    loader = learn.loaders.valid if loader is None else loader
    if loader is None:
        raise ValueError("Expected validation data, found none: give a loader.")
    scores, labels = [], []
    with evaluating(learn.model), same_chance(loader, learn.device):
        for *inputs, target in in_order(loader):
            scores.append(learn.model(*to_device(inputs, learn.device)).cpu())
            labels.append(target.cpu())
    scores, labels = torch.cat(scores), torch.cat(labels)
    if scores.shape[1] != len(classes):
        raise ValueError(f"Expected {scores.shape[1]} classes, as the model has, found {len(classes)}: give "
                         "those that the model was trained on.")
    return Interpretation(scores.softmax(dim=1), labels, F.cross_entropy(scores, labels, reduction="none"),
                          list(classes))


def plot_top_losses(interpretation, loader, n=9):
    """Show the images of `loader`, an `ImageLoader`, with the `n` largest losses."""
    losses, indices = interpretation.top_losses(n)
    classes, titles = interpretation.classes, []
    for loss, i in zip(losses.tolist(), indices.tolist(), strict=True):
        label, guess = interpretation.labels[i], interpretation.predicted[i]
        titles.append(f"{classes[guess]}\nis {classes[label]}\nloss {loss:.2f}, right at "
                      f"{interpretation.probabilities[i, label]:.0%}")
    told = "; ".join(title.replace("\n", ", ") for title in titles)
    show_images(to_show(loader.take(indices)), titles, f"The largest losses, predicted class first: {told}.",
                columns=3, size=2.3)


def plot_confusion_matrix(interpretation, title="Confusion matrix"):
    """Counts of true class (rows) against predicted class (columns); larger for many classes."""
    n = len(interpretation.classes)
    plot_confusion(interpretation.confusion(), interpretation.classes, title, size=max(5, 0.28 * n + 1.5))
