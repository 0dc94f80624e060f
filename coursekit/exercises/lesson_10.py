"""Exercises of lesson 10: right answers and the usual wrong ones. Spoilers below."""

import numpy as np
import pandas as pd
import torch

from coursekit.lesson import Exercise

TRAINING = pd.Series(["Rain", "Fog", None, "Snow", "Drizzle", "Fog", "Snow", "Fog"])
LATER = pd.Series(["Snow", "Hail", None, "Fog", "Rain", "Rain"])


def _position(column, levels, first=1):
    "Where each value stands in `levels`, counted from `first`; one less than `first` for all others."
    return [levels.index(value) + first if value in levels else first - 1 for value in column]


def _sorted(column):
    return sorted(column.dropna().unique())


def _by_appearance(column):
    return list(column.dropna().unique())


def _missing_is_a_level(training, later):
    levels = [*_sorted(training), None]
    return [levels.index(None if pd.isna(value) else value) + 1 if pd.isna(value) or value in levels else 0
            for value in later]


categorify = Exercise(
    hint="Make a dict from level to code out of the training rows, and look everything up in it.",
    run=lambda answer: [np.asarray(answer(TRAINING.copy(), LATER.copy())).tolist(),
                        np.asarray(answer(TRAINING.copy(), TRAINING.copy())).tolist()],
    solution=lambda training, later: _position(later, _sorted(training)),
    mistakes={
        "The levels come from the later rows: what the network has learned of code 2 would belong to another level.":
            lambda training, later: _position(later, _sorted(later)),
        "The codes begin at 0, and what is missing has -1, which is no row of an embedding: add 1.":
            lambda training, later: _position(later, _sorted(training), first=0),
        "The levels stand in order of appearance; sort them, so that the codes do not depend on the order of the rows.":
            lambda training, later: _position(later, _by_appearance(training)),
        "The most frequent level has code 1 here; sort the levels themselves.": lambda training, later: _position(
            later, list(training.value_counts().index)),
        "A missing value got a code of its own; here it shares code 0 with what was never seen.": _missing_is_a_level,
        "The levels of the later rows were added to those of training; an unseen value must get code 0.":
            lambda training, later: _position(later, _sorted(pd.concat([training, later]))),
    },
)

LOGS = torch.tensor([8.5, 9.0, 9.2, 8.0])
MISSES = torch.tensor([0.1, -0.4, 0.3, 0.05])


rmspe_of_logs = Exercise(
    hint="What is the exponential of a difference of two logs?",
    run=lambda answer: [float(answer(LOGS[:n] + MISSES[:n], LOGS[:n])) for n in (4, 1, 2)],
    solution=lambda preds, target: (1 - (preds - target).exp()).square().mean().sqrt(),
    mistakes={
        "That is the RMSE of the logs: close, but RMSPE is measured in euros, so take exp of both first.":
            lambda preds, target: (preds - target).square().mean().sqrt(),
        "You divide by the prediction; the miss is to be a share of the true value.":
            lambda preds, target: (1 - (target - preds).exp()).square().mean().sqrt(),
        "The root is missing.": lambda preds, target: (1 - (preds - target).exp()).square().mean(),
        "That is the mean of the misses' sizes, MAPE; RMSPE squares each before the mean.":
            lambda preds, target: (1 - (preds - target).exp()).abs().mean(),
        "The logs themselves are compared: a log of 9.1 is not one per cent more than one of 9.0.":
            lambda preds, target: ((target - preds) / target).square().mean().sqrt(),
    },
)

inputs_of_model = Exercise(
    hint="Look up the rule for the size of an embedding, and what it is a function of.",
    solution=[4, 17, 50, 74],
    mistakes={
        "The rule counts codes, and there is one more of them than levels: code 0 for what is missing.":
            [3, 16, 50, 72],
        "No embedding is larger than 50.": [4, 17, 61, 85],
        "The continuous columns go in as well, each as one number.": [4, 17, 50, 71],
        "Each embedding gives its size, not its number of codes, to the first layer.": [6, 32, 121, 162],
        "The sizes are right; their sum and the three numbers give another total.": [4, 17, 50, 77],
    },
)

DAYS = pd.DataFrame({"Id": [1, 2, 3, 4, 5], "Store": [9, 622, 3, 622, 5], "Open": [1.0, np.nan, 0.0, 0.0, 1.0]})
PREDICTED = np.log([4000.0, 5000.0, 6000.0, 7000.0, 8000.5])


def _table(days, sales):
    return pd.DataFrame({"Id": days["Id"], "Sales": sales})


def _run_submission(answer):
    given = answer(DAYS.copy(), PREDICTED.copy())
    return [list(given.columns), len(given), np.asarray(given["Id"]).tolist(), np.asarray(given["Sales"]).tolist()]


submission = Exercise(
    hint="There are three cases of `Open`: which of them is the only one that gets a 0?",
    run=_run_submission,
    solution=lambda days, logs: _table(days, np.where(days["Open"] == 0, 0, np.exp(logs))),
    mistakes={
        "The sales are still logs.": lambda days, logs: _table(days, np.where(days["Open"] == 0, 0, logs)),
        "A closed store sells nothing: write 0 where Open is 0.": lambda days, logs: _table(days, np.exp(logs)),
        "Where Open is missing you wrote 0; if the store was open, each of these days is missed by 100 per cent.":
            lambda days, logs: _table(days, np.where(days["Open"] == 1, np.exp(logs), 0)),
        "Where Open is missing, Sales is missing too: a missing factor makes the product missing.":
            lambda days, logs: _table(days, np.exp(logs) * days["Open"]),
        "Closed days were left out; each Id needs a row.":
            lambda days, logs: _table(days, np.exp(logs))[days["Open"] != 0],
        "The rows are no longer in the order of Id.":
            lambda days, logs: _table(days, np.where(days["Open"] == 0, 0, np.exp(logs))).sort_values("Sales"),
    },
)
