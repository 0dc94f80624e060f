from functools import partial

import pytest
import torch

from coursekit.metrics import (
    Average,
    MeanOf,
    RunningAverage,
    accuracy,
    error_rate,
    name_of,
    start,
    to_numbers,
)

PREDS = torch.tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])


def test_accuracy_and_error_rate():
    target = torch.tensor([1, 0, 0])
    assert accuracy(PREDS, target).item() == pytest.approx(2 / 3)
    assert error_rate(PREDS, target).item() == pytest.approx(1 / 3)


def test_average_weights_by_items():
    average = Average()
    average.add(torch.tensor(1.0), 3)
    average.add(torch.tensor(5.0), 1)
    assert average.value() == 2.0  # the mean of the two means would be 3
    assert Average().value() != Average().value()  # nan


def test_a_function_becomes_an_exact_metric():
    generator = torch.Generator().manual_seed(0)
    preds, target = torch.randn(103, 5, generator=generator), torch.randint(5, (103,), generator=generator)
    metric = start(accuracy)
    for xb, yb in zip(preds.split(20), target.split(20), strict=True):
        metric.add(xb, yb)
    assert metric.value() == pytest.approx(accuracy(preds, target).item(), abs=1e-7)


class Largest:
    """A metric that is no mean of items."""

    largest = 0.0

    def add(self, preds, target):
        self.largest = max(self.largest, preds.max().item())

    def value(self):
        return self.largest


@pytest.mark.parametrize("metric", [Largest, Largest()])
def test_each_pass_starts_a_class_metric_afresh(metric):
    first = start(metric)
    first.add(PREDS, None)
    assert first.value() == pytest.approx(0.9) and start(metric).value() == 0


def test_names():
    assert name_of(accuracy) == "accuracy"
    assert name_of(partial(accuracy)) == "accuracy"
    assert name_of(Largest) == name_of(Largest()) == "Largest"
    assert isinstance(start(partial(accuracy)), MeanOf)


def test_numbers_of_any_kind():
    assert to_numbers([]) == [] and to_numbers([1, 2.5]) == [1.0, 2.5]
    assert to_numbers([torch.tensor(1.0), torch.tensor(2.0)]) == [1.0, 2.0]


def test_running_average_begins_at_the_first_value():
    running = RunningAverage(beta=0.98)
    assert running.add(4.0) == pytest.approx(4.0)
    assert running.add(2.0) == pytest.approx((0.98 * 0.02 * 4 + 0.02 * 2) / (1 - 0.98**2))
