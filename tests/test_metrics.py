import math
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from coursekit.metrics import (
    Average,
    MeanOf,
    RunningAverage,
    accuracy,
    by_name,
    error_rate,
    n_items,
    name_of,
    start,
    to_numbers,
    weigher,
)
from coursekit.text import sequence_loss

PREDS = torch.tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])


def test_accuracy_and_error_rate():
    target = torch.tensor([1, 0, 0])
    assert accuracy(PREDS, target).item() == pytest.approx(2 / 3)
    assert error_rate(PREDS, target).item() == pytest.approx(1 / 3)


def test_accuracy_of_sequences():
    preds, target = torch.zeros(2, 3, 4), torch.tensor([[0, 1, 2, 1], [2, 1, 0, 1]])
    preds[:, 1] = 1  # always class 1: right in two entries of each row
    assert accuracy(preds, target).item() == 0.5


@pytest.mark.parametrize("preds, target, mend", [
    ((8, 1), (8, 1), r"found \(8, 1\) and \(8, 1\): for one score an item write a metric such as \(\(preds > 0\)"),
    ((8, 1), (8,), "for one score an item"),
    ((8,), (8,), "for one score an item"),
    ((8, 2), (8, 1), r"target.squeeze\(1\)"),
    ((8, 2), (8, 2), "of one-hot targets take target.argmax"),
    ((2, 2), (2, 2), "of one-hot targets take target.argmax"),  # torch would compare these without a word
    ((8, 5, 3), (8, 5), "classes stand on the second axis"),
    ((8, 3), (7,), "found"),
])
@pytest.mark.parametrize("metric", [accuracy, error_rate])
def test_shapes_that_would_give_a_wrong_number_are_refused(metric, preds, target, mend):
    with pytest.raises(ValueError, match=mend):
        metric(torch.rand(preds), torch.zeros(target, dtype=torch.long))


def test_ignored_targets_do_not_count():
    target = torch.tensor([1, -100, 0])
    assert accuracy(PREDS, target).item() == error_rate(PREDS, target).item() == 0.5
    assert accuracy(PREDS, torch.tensor([1, 0, 0]), ignore_index=0).item() == 1.0
    assert accuracy(PREDS, torch.full((3,), -100)).isnan()


def test_the_weight_of_a_batch_is_its_number_of_items():
    target = torch.zeros(5, 2)
    assert n_items(target) == n_items((target, torch.zeros(3))) == n_items([target]) == 10
    assert n_items({"box": target, "class": torch.zeros(5)}) == n_items({"all": (target, target)}) == 10
    assert n_items(["a", "b", "c"]) == n_items([{"box": target}] * 3) == 3


def own_loss(preds, target, ignore_index=0):
    """A loss of one's own that says what it ignores."""
    return F.cross_entropy(preds, target, ignore_index=ignore_index)


WEIGHT = torch.tensor([1.0, 20.0, 0.5, 3.0])


@pytest.mark.parametrize("function, ignored", [
    (F.cross_entropy, -100), (nn.CrossEntropyLoss(), -100), (nn.CrossEntropyLoss(WEIGHT), -100),
    (nn.CrossEntropyLoss(ignore_index=2), 2), (nn.CrossEntropyLoss(WEIGHT, ignore_index=255, label_smoothing=0.1), 255),
    (partial(F.cross_entropy, weight=WEIGHT), -100), (partial(F.cross_entropy, ignore_index=3), 3), (own_loss, 0),
    (nn.NLLLoss(WEIGHT), -100), (F.nll_loss, -100), (sequence_loss, -100), (accuracy, -100), (error_rate, -100),
    (partial(accuracy, ignore_index=2), 2),
])
def test_the_mean_over_uneven_batches_is_that_over_all_items(function, ignored):
    generator = torch.Generator().manual_seed(0)
    preds, target = torch.randn(103, 4, generator=generator), torch.randint(4, (103,), generator=generator)
    target[:30][torch.rand(30, generator=generator) < 0.5] = ignored
    target[32:48] = ignored  # a whole batch
    metric = start(function)
    for xb, yb in zip(preds.split(16), target.split(16), strict=True):
        metric.update(xb, yb)
    assert metric.compute() == pytest.approx(function(preds, target).item(), rel=1e-5)


def test_a_batch_that_is_ignored_as_a_whole_changes_nothing():
    metric = start(F.cross_entropy)
    metric.update(PREDS, torch.tensor([1, 0, 0]))
    metric.update(PREDS, torch.full((3,), -100))  # nan
    assert metric.compute() == pytest.approx(F.cross_entropy(PREDS, torch.tensor([1, 0, 0])).item())
    assert math.isnan(start(F.cross_entropy).compute())


def test_probabilities_as_targets_and_other_losses_count_by_items():
    assert weigher(F.cross_entropy)(torch.rand(6, 2)) == weigher(F.mse_loss)(torch.rand(6, 2)) == 12
    assert weigher(nn.BCEWithLogitsLoss(weight=torch.ones(2)))(torch.rand(6, 2)) == 12
    assert weigher(lambda preds, target: 0)(torch.full((6,), -100)) == 6
    assert weigher(F.cross_entropy)((torch.ones(6, dtype=torch.long), torch.ones(6))) == 6


def test_all_targets_of_a_pass_are_looked_at_once():
    targets = torch.tensor([0, 1, 2])
    assert weigher(F.cross_entropy, targets) is weigher(F.mse_loss) is n_items
    assert weigher(partial(F.cross_entropy, ignore_index=1), targets)(targets) == 2
    assert weigher(nn.CrossEntropyLoss(WEIGHT), targets)(targets) == 21.5


def test_average_weights_by_items():
    average = Average()
    average.update(torch.tensor(1.0), 3)
    average.update(torch.tensor(5.0), 1)
    assert average.compute() == 2.0  # the mean of the two means would be 3
    assert Average().compute() != Average().compute()  # nan


def test_a_function_becomes_an_exact_metric():
    generator = torch.Generator().manual_seed(0)
    preds, target = torch.randn(103, 5, generator=generator), torch.randint(5, (103,), generator=generator)
    metric = start(accuracy)
    for xb, yb in zip(preds.split(20), target.split(20), strict=True):
        metric.update(xb, yb)
    assert metric.compute() == pytest.approx(accuracy(preds, target).item(), abs=1e-7)


class Largest:
    """A metric that is no mean of items, with the methods that torchmetrics and torcheval give theirs."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.largest, self.device = 0.0, "cpu"

    def to(self, device):
        self.device = device
        return self

    def update(self, preds, target):
        self.largest = max(self.largest, preds.max().item())

    def compute(self):
        return torch.tensor([self.largest])


@pytest.mark.parametrize("metric", [Largest, Largest()])
def test_each_pass_starts_a_metric_of_many_batches_afresh(metric):
    first = start(metric, "meta")
    first.update(PREDS, None)
    assert first.compute() == pytest.approx(0.9) and first.device == "meta"
    assert start(metric).compute() == 0 and start(metric).device == "cpu"


def test_an_object_that_was_used_before_stays_as_it_is_and_counts_from_nothing():
    metric = Largest()
    metric.update(PREDS + 5, None)
    assert start(metric).compute() == 0 and metric.compute() == pytest.approx(5.9)


def top(preds, target, k):
    """The share of targets among the k largest outputs."""
    return (preds.topk(k).indices == target[:, None]).any(dim=1).float().mean()


def test_names():
    assert name_of(accuracy) == "accuracy"
    assert name_of(partial(accuracy)) == "accuracy"
    assert name_of(Largest) == name_of(Largest()) == "Largest"
    assert name_of(nn.L1Loss()) == "L1Loss"
    assert isinstance(start(partial(accuracy)), MeanOf)
    second = partial(top, k=2)
    second.__name__ = "top 2"
    assert list(by_name([partial(top, k=1), second])) == ["top", "top 2"]


def seconds(preds, target):
    """A metric called as a column of the history."""
    return preds.mean()


@pytest.mark.parametrize("metrics, found", [
    ([partial(top, k=1), accuracy, partial(top, k=5)], r"metrics\[0\] and metrics\[2\] both called top: give one"),
    ([lambda preds, target: 0, lambda preds, target: 1], "both called <lambda>"),
    ([Largest, Largest()], "both called Largest"),
    ([seconds], r"a column of the history and metrics\[0\] both called seconds"),
])
def test_two_metrics_of_one_name_are_refused(metrics, found):
    with pytest.raises(ValueError, match=found):
        by_name(metrics)


@pytest.mark.parametrize("metric, found", [("accuracy", "str"), (nn.MSELoss, "MSELoss"), (3, "int")])
def test_what_is_no_metric_is_refused(metric, found):
    with pytest.raises(TypeError, match=rf"Expected as metrics\[1\] a function of \(preds, target\), .*found {found}"):
        by_name([accuracy, metric])


@pytest.mark.parametrize("value, found", [(None, "NoneType"), (torch.rand(3), r"Tensor \(3,\)"), ({}, "dict")])
def test_a_metric_that_gives_no_number_is_refused(value, found):
    with pytest.raises(TypeError, match=f"Expected one number from the metric own, found {found}"):
        def own(preds, target):
            return value
        start(own).update(PREDS, PREDS)


@pytest.mark.parametrize("value", [2, 2.0, torch.tensor([[2.0]]), torch.tensor(2.0).numpy()])
def test_a_number_of_any_kind_will_do(value):
    metric = start(lambda preds, target: value)
    metric.update(PREDS, PREDS)
    metric.update(PREDS, PREDS)
    assert metric.compute() == 2.0


def test_numbers_of_any_kind():
    assert to_numbers([]) == [] and to_numbers([1, 2.5]) == [1.0, 2.5]
    assert to_numbers([torch.tensor(1.0), torch.tensor(2.0)]) == [1.0, 2.0]


def test_running_average_begins_at_the_first_value():
    running = RunningAverage(beta=0.98)
    assert running.add(4.0) == pytest.approx(4.0)
    assert running.add(2.0) == pytest.approx((0.98 * 0.02 * 4 + 0.02 * 2) / (1 - 0.98**2))
