"""Exercises of lesson 08: right answers and the usual wrong ones. Spoilers below."""

import numpy as np
import torch
from torch import tensor

from coursekit.lesson import Exercise

film_bias_of = Exercise(
    hint="In the derivative collect what contains b on one side: how often does b occur?",
    run=lambda answer: [float(answer(tensor([5.0, 4.0, 5.0]), mean, ridge))
                        for mean, ridge in ((3.5, 0.0), (3.5, 3.0), (2.75, 1.0))],
    solution=lambda ratings, mean, ridge: (ratings - mean).sum() / (len(ratings) + ridge),
    mistakes={
        "That is the pulled mean rating; subtract the mean of all ratings from each first.":
            lambda ratings, mean, ridge: ratings.sum() / (len(ratings) + ridge),
        "The ridge is missing: without it a film with one rating gets that rating as its quality.":
            lambda ratings, mean, ridge: (ratings - mean).mean(),
        "The ridge is added to the mean deviation's divisor 1; it belongs beside the number of ratings.":
            lambda ratings, mean, ridge: (ratings - mean).mean() / (1 + ridge),
        "The sign is wrong: a film above the mean has a positive bias.":
            lambda ratings, mean, ridge: (mean - ratings).sum() / (len(ratings) + ridge),
    },
    praise="Correct: it looks as if a few more people had said \"average\".",
)


def _newcomer(factors, stars, average, ridge):
    products = factors.T @ factors + ridge * torch.eye(factors.shape[1])
    return average + torch.linalg.solve(products, factors.T @ (stars - factors @ average))


def _towards_zero(factors, stars, average, ridge):
    return _newcomer(factors, stars, torch.zeros_like(average), ridge)


def _run_newcomer(answer):
    factors = tensor([[1.0, 0.2], [0.5, -1.0], [0.3, 0.8]])
    return [answer(factors, tensor([4.0, 2.0, 3.0]), tensor([1.0, 0.5]), ridge) for ridge in (0.5, 5.0)]


newcomer = Exercise(
    hint="Write the unknown as the average person plus a deviation, and solve for the deviation.",
    run=_run_newcomer,
    solution=_newcomer,
    mistakes={
        "That pulls the newcomer towards zero, not towards the average person: solve for the deviation.": _towards_zero,
        "That is the deviation alone; add the average person to it.":
            lambda factors, stars, average, ridge: _newcomer(factors, stars, average, ridge) - average,
        "The average was added, but what it already explains was not subtracted from the stars.":
            lambda factors, stars, average, ridge: average + _towards_zero(factors, stars, average, ridge),
        "The ridge is missing.": lambda factors, stars, average, ridge: _newcomer(factors, stars, average, 0.0),
    },
    praise="Correct: least squares, seen from the average person.",
)

as_vector = Exercise(
    hint="Look up the argument of `squeeze`.",
    run=lambda answer: [answer(torch.ones(n, 1)) for n in (3, 1)],
    solution=lambda lookup: lookup.squeeze(1),
    mistakes={
        "For a batch of one this gives a number without an axis, shape (); name the axis to drop.":
            lambda lookup: lookup.squeeze(),
        "That still has shape (n, 1).": lambda lookup: lookup,
        "That drops the first axis, which a batch of one needs.": lambda lookup: lookup.squeeze(0),
        "That keeps only the first row of the batch.": lambda lookup: lookup[0],
    },
    praise="Correct: name the axis you want to lose.",
)


def _choose(errors, limit_of):
    means = {size: np.mean(values) for size, values in errors.items()}
    best = min(means, key=means.get)
    return min(size for size in errors if means[size] <= means[best] + limit_of(errors[best]))


def _run_choose(answer):
    close = {5: [0.86, 0.862, 0.864], 10: [0.8195, 0.8205, 0.8215], 20: [0.815, 0.82, 0.822], 40: [0.813, 0.822, 0.82]}
    apart = {9: [0.82, 0.821, 0.822], 20: [0.8125, 0.8125, 0.8135], 30: [0.81, 0.812, 0.8135], 80: [0.805, 0.825, 0.82]}
    narrow = {8: [0.8115, 0.8125, 0.8135], 16: [0.809, 0.811, 0.813]}
    wide = {5: [0.842, 0.838, 0.829, 0.839], 10: [0.82, 0.831, 0.823, 0.826], 20: [0.813, 0.815, 0.818, 0.809],
            40: [0.817, 0.814, 0.808, 0.801]}  # the mean, the median and n - 1 under the root choose differently
    many = {4: [0.9] * 9, 10: [0.8075] * 9, 20: [0.8 + 0.01 * step for step in range(-4, 5)]}
    return [answer(errors) for errors in (close, apart, narrow, wide, many, {4: [0.9, 0.9], 8: [0.75, 0.75]})]


choose_size = Exercise(
    hint="Make three things in turn: the means, the best one's standard error, and the limit.",
    run=_run_choose,
    solution=lambda errors: _choose(errors, lambda values: np.std(values, ddof=1) / len(values) ** 0.5),
    mistakes={
        "That is the size with the best mean; a smaller one may be as good within the error.":
            lambda errors: _choose(errors, lambda values: 0.0),
        "That takes the size with the single best run, which is mostly luck: compare means.":
            lambda errors: min(errors, key=lambda size: min(errors[size])),
        "That allows a whole standard deviation; the standard error is smaller by the root of the number of runs.":
            lambda errors: _choose(errors, lambda values: np.std(values, ddof=1)),
        "That is the smallest size of all, however bad.": lambda errors: min(errors),
    },
    praise="Correct: the smallest size that cannot be told from the best.",
)
