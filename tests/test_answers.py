"""Values of any kind are compared, and what differs is told in words."""

import numpy as np
import pandas as pd
import pytest
import torch

from coursekit.answers import difference, shown


@pytest.mark.parametrize(("expected", "right", "wrong", "said"), [
    ("cat", "cat", np.zeros(2), "it should be a text in quotes, and it is an array of shape (2,), [0, 0]"),
    (None, None, torch.ones(2), "it is an array of shape (2,), [1, 1]"),
    (np.zeros(2), [0, 0.0], "no", "it should be numbers, and it is 'no'"),
    (torch.ones(2, dtype=torch.bfloat16), torch.ones(2), {1, 2}, "cannot be read as numbers of shape (2,)"),
    ({"a": [1, "x"]}, {"a": (1.0, "x")}, {"a": [1, "y"]}, "part 2 of 2: it is another text"),
    ({"a": 1}, {"a": 1}, {"b": 1}, "'a' is missing"),
    ([1, 2], np.array([1, 2]), [1, 2, 3], "it has 3 parts, and it should have 2"),
    (torch.zeros(2, 3), np.zeros((2, 3)), torch.zeros(3, 2), "its shape is (3, 2), and it should be (2, 3)"),
    (1.0, torch.ones(1, requires_grad=True), -1.0, "it has the wrong sign"),
    (np.array([1.0, 2.0, 4.0]), [1, 2, 4], [1, 4, 2], "not their places; the first wrong one stands at [1]"),
    (np.array([1.0, 2.0]), [1, 2.00001], [1, np.nan], "1 of 2 values are wrong, the first at [1], which is nan"),
    ({"a", "b"}, ["b", "a"], {"a"}, "1 missing, 0 too much"),
    (pd.Series([1.0, 2.0]), [1, 2], [[1], [2]], "its shape is (2, 1), and it should be (2,)"),
    (ValueError("no"), ValueError("no"), KeyError("no"), "it stopped with KeyError: 'no'"),
])
def test_what_is_compared_may_be_of_any_kind(expected, right, wrong, said):
    assert difference(right, expected, tolerance=1e-4) is None
    assert said in difference(wrong, expected, tolerance=1e-4)


def test_whole_numbers_are_compared_exactly_and_others_within_the_tolerance():
    assert difference(167_550, 167_560, tolerance=1e-3) and difference(782.05, 782, tolerance=1e-3)
    assert difference(782.0, 782, tolerance=0) is None and difference(7.403, 7.4, tolerance=1e-3) is None
    assert difference(torch.tensor([1.0, 0.001]), torch.tensor([1.0, 0.0]), tolerance=1e-4)


@pytest.mark.parametrize(("value", "text"), [
    ((torch.tensor([1.0, 2.0]), 3), "(a tensor of shape (2,), [1, 2], 3)"),
    ({"w": torch.zeros(0, 2)}, "{'w': a tensor of shape (0, 2)}"),
    (torch.arange(100) / 7, "a tensor of shape (100,) that starts 0, 0.142857, 0.285714, 0.428571"),
    (list(range(20)), "[0, 1, 2, 3, 4, 5, 6, 7, and 12 more]"),
    ((64,), "(64,)"),
    (pd.DataFrame({"a": [1], "b": [2]}), "a table of 1 rows with the columns a, b"),
    (abs, "a function"),
    (torch.nn.ReLU(), "a model"),
    (torch.tensor(2.5, requires_grad=True), "2.5"),
])
def test_what_is_shown_is_short_and_whole(value, text):
    assert shown(value) == text
