"""How good predictions are: metrics of a batch, and averages over many batches that are exact."""

import copy
import math

import torch


def accuracy(preds, target):
    """The share of rows whose largest output is the right class; `preds` (n, classes), `target` (n,)."""
    return (preds.argmax(dim=1) == target).float().mean()


def error_rate(preds, target):
    """The share of rows whose largest output is a wrong class: 1 - accuracy."""
    return 1 - accuracy(preds, target)


def n_items(target):
    """How many numbers are to be predicted in a batch: the weight of the batch in an average."""
    return target.numel() if isinstance(target, torch.Tensor) else len(target)


def to_numbers(scalars):
    """A list of floats from scalar tensors, fetched from their device all at once."""
    if not scalars:
        return []
    if not isinstance(scalars[0], torch.Tensor):
        return [float(scalar) for scalar in scalars]
    return torch.stack(scalars).tolist()


class Average:
    """The mean over all items of values that are means of batches.

    The mean of batch means is wrong when the last batch is smaller; this weights each value by its number of
    items. Values stay on their device until `value()` is called, so adding one never waits for a GPU.
    """

    def __init__(self):
        self.values, self.weights = [], []

    def add(self, value, n):
        """Take in `value`, the mean of `n` items."""
        self.values.append(value)
        self.weights.append(n)

    def value(self):
        """The mean of all items so far; nan if there were none."""
        return weighted_mean(to_numbers(self.values), self.weights)


def weighted_mean(values, weights):
    """The mean of the numbers `values`, each counted `weights` times; nan if there are none."""
    total = sum(weights)
    if not total:
        return math.nan
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / total


class MeanOf:
    """A metric made from a function of (preds, target) that gives the mean of a batch."""

    def __init__(self, function):
        self.function, self.average = function, Average()

    def add(self, preds, target):
        """Take in one batch."""
        self.average.add(self.function(preds, target), n_items(target))

    def value(self):
        """The mean over all items."""
        return self.average.value()


def start(metric):
    """A fresh object with `add(preds, target)` and `value()` for one pass over the data.

    `metric` is a function of (preds, target), or, for what is not a mean of items, a class (or an object of
    one) with these two methods.
    """
    if isinstance(metric, type):
        return metric()
    return copy.deepcopy(metric) if hasattr(metric, "add") else MeanOf(metric)


def name_of(metric):
    """The name of `metric` in tables: that of its function or class."""
    named = getattr(metric, "func", metric)  # `func`: what a partial is made from
    return getattr(named, "__name__", type(named).__name__)


class RunningAverage:
    """An average that forgets: each new number counts 1 - `beta`, and the early ones are not pulled to zero.

    average = beta * average + (1 - beta) * value, divided by 1 - beta**n for the start at zero.
    """

    def __init__(self, beta=0.98):
        self.beta, self.average, self.n = beta, 0.0, 0

    def add(self, value):
        """Take in `value` and give the running average."""
        self.n += 1
        self.average = self.beta * self.average + (1 - self.beta) * value
        return self.average / (1 - self.beta**self.n)
