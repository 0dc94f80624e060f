"""Exercises of lesson 07: right answers and the usual wrong ones. Spoilers below."""

import re

import torch
from torch import tensor
from torch.nn.functional import one_hot

from coursekit.lesson import Exercise
from coursekit.sheets.sheet import Sheet

WEIGHT = torch.arange(12.0).reshape(4, 3)

prediction_by_hand = Exercise(
    hint="Three products, one for each pair of numbers at the same place; mind the sign of the last.",
    solution=3,
    mistakes={
        "The last product is negative: -1 times 1.": 5,
        "Multiply number by number first; you multiplied the two sums.": 8,
        "The products are right; now add them up.": [2, 2, -1],
    },
)


def _run_rmse(answer):
    stars = tensor([[5.0, 0.0, 3.0], [0.0, 1.0, 4.0]])
    predictions = tensor([[4.0, 2.0, 3.5], [3.0, 3.0, 4.0]])
    masks = stars > 0, tensor([[True, False, True], [False, False, False]]), torch.ones(2, 3, dtype=torch.bool)
    return [answer(predictions, stars, filled) for filled in masks]


rmse_of_filled = Exercise(
    hint="A tensor of True and False in square brackets picks what is True.",
    run=_run_rmse,
    solution=lambda predictions, stars, filled: ((predictions - stars)[filled] ** 2).mean().sqrt(),
    mistakes={
        "The blanks count as zero stars; take the filled cells only.":
            lambda predictions, stars, filled: ((predictions - stars) ** 2).mean().sqrt(),
        "The blanks add nothing now, but they still count in the mean: divide by the number of filled cells.":
            lambda predictions, stars, filled: (((predictions - stars) * filled) ** 2).mean().sqrt(),
        "That's the mean squared error: the root is missing.":
            lambda predictions, stars, filled: ((predictions - stars)[filled] ** 2).mean(),
        "That's the mean size of the errors; square them first.":
            lambda predictions, stars, filled: (predictions - stars)[filled].abs().mean(),
        "Square the errors: too high and too low cancel out now.":
            lambda predictions, stars, filled: (predictions - stars)[filled].sum() / filled.sum(),
    },
)


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
    # as a spreadsheet takes it: with a leading =, in small letters
    formula = re.sub(r"(?i)\bsum(product)?\(", lambda found: found[0].upper(), answer.strip().lstrip("="))
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


def _train(stars, filled, people, films, lr, steps, in_turn=False, scale=2.0):
    for _ in range(steps):
        error = torch.where(filled, people @ films.T - stars, 0) * scale / filled.sum()
        new_people = people - lr * error @ films
        films = films - lr * error.T @ (new_people if in_turn else people)
        people = new_people
    return people @ films.T


def _run_training(answer):
    random = torch.Generator().manual_seed(0)
    stars = tensor([[5.0, 0.0, 3.0, 1.0], [0.0, 1.0, 4.0, 0.0], [2.0, 2.0, 0.0, 5.0]])
    people, films = torch.rand(3, 2, generator=random), torch.rand(4, 2, generator=random)
    return [answer(stars, stars > 0, people, films, lr, steps) for lr, steps in ((0.1, 1), (0.3, 5), (0.2, 200))]


train_factors = Exercise(
    hint="Begin with the errors, zero in the blanks. Which matrix product gives each person the sum over films?",
    run=_run_training,
    solution=_train,
    mistakes={
        "The blanks pull the factors towards zero stars: set their errors to zero.":
            lambda stars, filled, people, films, lr, steps: _train(
                stars, torch.ones_like(filled), people, films, lr * filled.numel() / int(filled.sum()), steps),
        "The mean is over the filled cells, not over all of them.":
            lambda stars, filled, people, films, lr, steps: _train(
                stars, filled, people, films, lr * int(filled.sum()) / filled.numel(), steps),
        "You walk uphill: subtract the gradient.":
            lambda stars, filled, people, films, lr, steps: _train(stars, filled, people, films, -lr, steps),
        "The films' gradient has to see the people of before the step: compute both gradients first.":
            lambda stars, filled, people, films, lr, steps: _train(stars, filled, people, films, lr, steps, True),
        "The derivative of a square has a factor 2.":
            lambda stars, filled, people, films, lr, steps: _train(stars, filled, people, films, lr, steps, scale=1.0),
        "The loss is a mean: divide by the number of filled cells.":
            lambda stars, filled, people, films, lr, steps: _train(
                stars, filled, people, films, lr * int(filled.sum()), steps),
        "That is the table before training: nothing was learned.":
            lambda stars, filled, people, films, lr, steps: people @ films.T,
    },
    praise="Correct: a recommender, trained with two matrix products a step.",
)


def _repaired(people, films, person_bias, film_bias, who, what, stars):
    predicted = (people[who] * films[what]).sum(1) + person_bias[who, 0] + film_bias[what, 0]
    return (predicted - stars).square().mean().sqrt()


def _with_bug(people, films, person_bias, film_bias, who, what, stars):
    predicted = (people[who] * films[what]).sum(1, keepdim=True) + person_bias[who] + film_bias[what]
    return (predicted - stars).square().mean().sqrt()


def _half(people, films, person_bias, film_bias, who, what, stars):
    predicted = (people[who] * films[what]).sum(1) + person_bias[who] + film_bias[what]
    return (predicted - stars).square().mean().sqrt()


def _run_repaired(answer):
    seen = []
    for seed, n_people, n_films, n in ((0, 3, 4, 5), (1, 2, 6, 7), (2, 5, 5, 3)):
        random = torch.Generator().manual_seed(seed)
        people, films, person_bias, film_bias = (torch.rand(size, generator=random) for size in (
            (n_people, 2), (n_films, 2), (n_people, 1), (n_films, 1)))
        who, what = (torch.randint(most, (n,), generator=random) for most in (n_people, n_films))
        stars = torch.randint(1, 6, (n,), generator=random).float()
        seen.append(answer(people, films, person_bias, film_bias, who, what, stars))
    return seen


repaired_rmse = Exercise(
    hint="Print the shapes of predicted, of stars, and of their difference.",
    run=_run_repaired,
    solution=_repaired,
    mistakes={
        "It's still there: every prediction is compared with every rating, not with its own.": _with_bug,
        "Now the products are flat and the biases still are columns, so their sum is a square again.": _half,
        "The biases got lost.":
            lambda people, films, person_bias, film_bias, who, what, stars: _repaired(
                people, films, 0 * person_bias, 0 * film_bias, who, what, stars),
        "The shapes are right; take the root at the end.":
            lambda *everything: _repaired(*everything) ** 2,
    },
    praise="Correct. Before you believe a loss, print the shapes that went into it.",
)
