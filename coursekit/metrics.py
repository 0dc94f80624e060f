"""How good predictions are: metrics of a batch, and averages over many batches that are exact."""

import copy
import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import torch

COLUMNS = ("epoch", "batches", "train_loss", "valid_loss", "seconds")  # of the history; metrics have other names


def accuracy(preds: torch.Tensor, target: torch.Tensor, ignore_index: int = -100) -> torch.Tensor:
    """The share of items whose largest output is the right class; `preds` (n, classes), `target` (n,).

    Both may have more axes: (n, classes, length) and (n, length). Targets of `ignore_index` do not count; nan if none
    does. Raises ValueError for other shapes, such as one score for an item, a column of classes or one-hot targets.
    """
    _check_classes(preds.shape, target.shape)
    counted = target != ignore_index
    right = (preds.argmax(dim=1) == target) & counted
    return right.count_nonzero() / counted.count_nonzero()


def error_rate(preds: torch.Tensor, target: torch.Tensor, ignore_index: int = -100) -> torch.Tensor:
    """The share of items whose largest output is a wrong class: 1 - accuracy, with the same arguments and errors."""
    return 1 - accuracy(preds, target, ignore_index)


def _check_classes(preds, target):
    "Refuse shapes that torch would compare in another way than meant, item with every item."
    if len(preds) > 1 and preds[1] > 1 and (preds[0], *preds[2:]) == target:
        return
    if len(preds) < 2 or preds[1] == 1:
        mend = "for one score an item write a metric such as ((preds > 0) == target).float().mean()"
    elif target == preds:
        mend = "of one-hot targets take target.argmax(dim=1)"
    elif target == (preds[0], 1):
        mend = "take target.squeeze(1)"
    else:
        mend = "classes stand on the second axis, as preds.movedim(-1, 1) puts them"
    raise ValueError(f"Expected scores (n, classes) for two classes or more and class numbers (n,), found "
                     f"{tuple(preds)} and {tuple(target)}: {mend}.")


# The weight of a batch in an average


def n_items(target: Any) -> int:
    """How many numbers are to be predicted in a batch; of several targets, by name or not, the first tells.

    A list of anything but tensors holds one item each.
    """
    if isinstance(target, torch.Tensor):
        return target.numel()
    if isinstance(target, Mapping):
        return n_items(next(iter(target.values())))
    return n_items(target[0]) if isinstance(target[0], torch.Tensor) else len(target)


def weigher(function: Callable, targets: torch.Tensor | None = None) -> Callable:
    """A function of a target that tells how much its batch weighs in the mean of `function`, a loss or a metric.

    That is its `n_items`, but for a function with an `ignore_index`, as cross entropy and `accuracy` have: there only
    the others count, each as much as the `weight` of its class, if there is one. Both are read from a module, a
    partial or the defaults of a function; inside a function of your own they are not seen. Where all `targets` of
    a pass are known, one look at them may save counting in each batch.
    """
    ignored, weight = setting(function, "ignore_index"), setting(function, "weight")
    if ignored is None or (targets is not None and weight is None and not (targets == ignored).any()):
        return n_items

    def weigh(target):
        if not isinstance(target, torch.Tensor) or target.is_floating_point():
            return n_items(target)  # probabilities for targets are never ignored
        counted = target.ne(ignored)
        if weight is None:
            return counted.count_nonzero()
        return (weight[target.where(counted, 0)] * counted).sum()

    return weigh


def setting(function: object, name: str) -> Any:
    """What a loss or metric uses as `name`: an attribute, a partial's argument, or a default; else None."""
    if hasattr(function, name):
        return getattr(function, name)
    try:
        default = inspect.signature(function).parameters[name].default
    except (KeyError, TypeError, ValueError):  # no such argument, or a function that does not tell
        return None
    return None if default is inspect.Parameter.empty else default


# Averages


def to_numbers(scalars: Sequence) -> list[float]:
    """A list of floats from scalar tensors, fetched from their device all at once."""
    if not scalars:
        return []
    if not isinstance(scalars[0], torch.Tensor):
        return [float(scalar) for scalar in scalars]
    return torch.stack(scalars).tolist()


class Average:
    """The mean over all items of values that are means of batches.

    The mean of batch means is wrong when the last batch is smaller; this weights each value by its number of
    items. Values and weights stay on their device until `compute()` is called, so no update waits for a GPU.
    """

    def __init__(self):
        self.values, self.weights = [], []

    def update(self, value: torch.Tensor | float, n: torch.Tensor | float) -> None:
        """Take in `value`, the mean of `n` items."""
        self.values.append(value)
        self.weights.append(n)

    def compute(self) -> float:
        """The mean of all items so far; nan if there were none."""
        return weighted_mean(to_numbers(self.values), to_numbers(self.weights))


def weighted_mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """The mean of the numbers `values`, each counted `weights` times; nan if there are none.

    A value that counts 0 times may be nan, as the mean of a batch whose targets are all ignored.
    """
    total = sum(weights)
    if not total:
        return math.nan
    return sum(value * weight for value, weight in zip(values, weights, strict=True) if weight) / total


class RunningAverage:
    """An average that forgets: each new number counts 1 - `beta`, and the early ones are not pulled to zero.

    average = beta * average + (1 - beta) * value, divided by 1 - beta**n for the start at zero.
    """

    def __init__(self, beta: float = 0.98):
        self.beta, self.average, self.n = beta, 0.0, 0

    def add(self, value: float) -> float:
        """Take in `value` and give the running average."""
        self.n += 1
        self.average = self.beta * self.average + (1 - self.beta) * value
        return self.average / (1 - self.beta**self.n)


# Metrics over many batches


class Measure(Protocol):
    """A metric that is no mean of items: it takes in batch after batch, as those of torchmetrics and torcheval do."""

    def update(self, preds: Any, target: Any, /) -> object:
        """Take in one batch."""

    def compute(self) -> Any:
        """The value over all items so far, one number."""


Metric = Callable | Measure  # a function of (preds, target), or a class or an object with `update` and `compute`


class MeanOf:
    """A metric made from a function of (preds, target) that gives the mean of a batch."""

    def __init__(self, function: Callable):
        self.function, self.weigh, self.average = function, weigher(function), Average()

    def update(self, preds: Any, target: Any) -> None:
        """Take in one batch; raises TypeError if the function gives anything but one number."""
        value = self.function(preds, target)
        if isinstance(value, torch.Tensor):
            value = value.reshape(()) if value.numel() == 1 else one_number(value, name_of(self.function))
        else:
            value = one_number(value, name_of(self.function))
        self.average.update(value, self.weigh(target))

    def compute(self) -> float:
        """The mean over all items."""
        return self.average.compute()


def one_number(value: Any, name: str) -> float:
    """`value` as a float; raises TypeError, in words, for what the metric `name` may give instead of one number."""
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        shape = f" {tuple(value.shape)}" if hasattr(value, "shape") else ""
        raise TypeError(f"Expected one number from the metric {name}, found {type(value).__name__}{shape}: "
                        "average it, or write a metric for each number.") from None


def start(metric: Metric, device: torch.device | None = None) -> Measure:
    """A fresh object with `update(preds, target)` and `compute()` for one pass over the data, on `device`.

    `metric` is a function of (preds, target), whose values are averaged, or, for what is no mean of items, a class
    with these two methods or an object of one, such as those of torchmetrics and torcheval. An object is copied and
    `reset`, if it can, and so stays as it is.
    """
    if not _is_measure(metric):
        return MeanOf(metric)
    measure = metric() if isinstance(metric, type) else copy.deepcopy(metric)
    if hasattr(measure, "reset"):
        measure.reset()
    return measure.to(device) if device is not None and hasattr(measure, "to") else measure


def _is_measure(metric):
    "Whether it is made for many batches, as a class or an object."
    return hasattr(metric, "update") and hasattr(metric, "compute")


def name_of(metric: Metric) -> str:
    """The name of `metric` in tables: its own `__name__`, that of a partial's function, or that of its class."""
    named = metric if hasattr(metric, "__name__") else getattr(metric, "func", metric)
    return getattr(named, "__name__", type(named).__name__)


def by_name(metrics: Iterable[Metric]) -> dict[str, Metric]:
    """A dict of `metrics` by their names.

    Raises TypeError for what is no metric, ValueError for two of one name and for names of the history's columns.
    """
    named = {}
    for i, metric in enumerate(metrics):
        name = name_of(metric)
        if not _is_measure(metric) and (isinstance(metric, type) or not callable(metric)):
            raise TypeError(f"Expected as metrics[{i}] a function of (preds, target), or what has update(preds, "
                            f"target) and compute(), found {name}.")
        if name in named or name in COLUMNS:
            other = f"metrics[{list(named).index(name)}]" if name in named else "a column of the history"
            raise ValueError(f"Expected metrics of different names, found {other} and metrics[{i}] both called {name}: "
                             'give one another name, such as metric.__name__ = "top 5".')
        named[name] = metric
    return named
