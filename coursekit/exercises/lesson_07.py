"""Exercises of lesson 07: right answers and the usual wrong ones. Spoilers below."""

import re

import torch
from torch import tensor
from torch.nn.functional import one_hot

from coursekit.lesson import Exercise
from coursekit.sheets.sheet import Sheet

WEIGHT = torch.arange(12.0).reshape(4, 3)


def _run_lookup(answer):
    return [answer(WEIGHT, tensor([2, 0])), answer(WEIGHT, tensor([[1, 1], [3, 2]]))]


lookup_embedding = Exercise(
    hint="A tensor of whole numbers may stand in the square brackets of another tensor.",
    run=_run_lookup,
    solution=lambda weight, ids: weight[ids],
    mistakes={
        "That fetches columns; an id names a row, the first axis.": lambda weight, ids: weight[:, ids % 3],
        "Codes begin at 0, so no 1 is to be subtracted.": lambda weight, ids: weight[ids - 1],
        "That returns the one-hot vectors; their product with `weight` is still to come.":
            lambda weight, ids: one_hot(ids, len(weight)).float(),
    },
    praise="Correct: one pair of square brackets.",
)


def _run_gradient(answer):
    gradient = tensor([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0], [0.5, 0.5, 0.5]])
    return [answer(WEIGHT.clone(), tensor(ids), gradient[:len(ids)]) for ids in ([2, 2, 0], [3], [1, 0, 1])]


def _overwrite(weight, ids, gradient):
    result = torch.zeros_like(weight)
    for i, row in zip(ids, gradient, strict=True):
        result[i] = row
    return result


def _average(weight, ids, gradient):
    total = torch.zeros_like(weight).index_add_(0, ids, gradient)
    return total / torch.bincount(ids, minlength=len(weight)).clamp(min=1)[:, None]


lookup_gradient = Exercise(
    hint="Begin with zeros in the shape of `weight`; what must happen where an id comes twice?",
    run=_run_gradient,
    solution=lambda weight, ids, gradient: torch.zeros_like(weight).index_add_(0, ids, gradient),
    mistakes={
        "Row 2 was looked up twice, and the second gradient has overwritten the first; they must be added.": _overwrite,
        "Row 2 was looked up twice: its gradients are added, not averaged.": _average,
        "That adds the gradient to the weights; return the gradient alone.":
            lambda weight, ids, gradient: weight.index_add(0, ids, gradient),
        "That is the gradient of the looked-up rows; spread it over the rows of `weight`, with zeros elsewhere.":
            lambda weight, ids, gradient: gradient,
    },
    praise="Correct: only rows that were looked up have a gradient.",
)

squeeze_into = Exercise(
    hint="Begin with a sigmoid from 0 to 1: what stretches it, and what moves it?",
    run=lambda answer: [answer(tensor([-50.0, -1.0, 0.0, 2.0, 50.0]), *ends) for ends in
                        ((1.0, 6.0), (-2.0, 3.0), (0.0, 5.5))],
    solution=lambda x, low, high: low + (high - low) * torch.sigmoid(x),
    mistakes={
        "The result starts at 0: add `low`.": lambda x, low, high: (high - low) * torch.sigmoid(x),
        "The result goes past `high`: the width of the range is high - low.":
            lambda x, low, high: low + high * torch.sigmoid(x),
        "That cuts numbers off, and where it cuts there is no gradient; use a sigmoid.":
            lambda x, low, high: x.clamp(low, high),
    },
)

sizes = Exercise(
    hint="Count for a single purchase first, then for a batch; the weights do not know of batches.",
    solution=[64 * 58_000, 128, 580_000],
    mistakes={
        "One-hot vectors of people and of articles stand side by side: their lengths are added, not multiplied.":
            [64 * 50_000 * 8_000, 128, 580_000],
        "Every purchase of the batch has its own two one-hot vectors; you counted those of one purchase.":
            [58_000, 128, 580_000],
        "The look-up needs two integers for each purchase, one for the customer and one for the article.":
            [64 * 58_000, 64, 580_000],
        "The weights do not depend on the batch: a row of 10 for each customer and each article.":
            [64 * 58_000, 128, 640],
    },
)


def _run_formula(answer):
    formula = re.sub(r"(?i)\bsum\(", "SUM(", answer.strip().lstrip("="))  # as a spreadsheet takes it
    sheet = Sheet({"person": [0.2, 0.6, 0.3], "film": [0.7, 0.8, 0.5], "product": "person*film"},
                  cells={"person_bias": 0.4, "film_bias": -1.5}, totals={"prediction": formula})
    first = sheet.total("prediction")
    sheet.cells["film_bias"] = 0.5
    return [first, sheet.total("prediction")]


prediction_formula = Exercise(
    hint="The named cells may stand beside a SUM in a formula.",
    run=_run_formula,
    solution="SUM(column.product) + person_bias + film_bias",
    mistakes={
        "The total is still the bare dot product.": "SUM(column.product)",
        "Only one bias counts: add the film's too.": "SUM(column.product) + person_bias",
        "Only one bias counts: add the person's too.": "SUM(column.product) + film_bias",
        "Inside the sum a bias counts once for each factor; add it outside.":
            "SUM(column.product) + 3*(person_bias + film_bias)",
        "That is right until somebody changes a bias: use the names of the cells instead of their numbers.":
            "SUM(column.product) - 1.1",
    },
)
