"""Exercises of lesson 11: right answers and the usual wrong ones. Spoilers below."""

import numpy as np
import pandas as pd

from coursekit.lesson import Exercise

TABLE = pd.DataFrame([[3.0, 4.0], [0.5, 0.6], [3.4, 2.2], [-6.0, -8.0], [4.0, 3.4]],
                     index=["home", "short", "turned", "opposite", "near"])


def _run_alike(answer):
    return [answer(TABLE.copy(), name) for name in ["home", "short", "opposite", "turned"]]


def _cosines(table, name):
    units = table.div(np.linalg.norm(table, axis=1), axis=0)
    return units @ units.loc[name]


most_alike = Exercise(
    hint="If all rows had the length 1, their dot products would be the cosines.",
    run=_run_alike,
    solution=lambda table, name: _cosines(table, name).drop(name).idxmax(),
    mistakes={
        "Everything is most like itself: leave the row of `name` out.":
            lambda table, name: _cosines(table, name).idxmax(),
        "That is the smallest cosine, the row that points away most; alike is the largest.":
            lambda table, name: _cosines(table, name).drop(name).idxmin(),
        "That is the largest dot product, which favours long rows: divide by both lengths.":
            lambda table, name: (table @ table.loc[name]).drop(name).idxmax(),
        "That is the nearest by Euclidean distance; the cosine looks at directions only.":
            lambda table, name: np.square(table - table.loc[name]).sum(axis=1).drop(name).idxmin(),
        "A row that points the opposite way is not alike: keep the sign of the cosine.":
            lambda table, name: _cosines(table, name).abs().drop(name).idxmax(),
        "Give the name of the row, not its cosine.": lambda table, name: _cosines(table, name).drop(name).max(),
    },
)

SHUFFLED = np.array([0.1, -0.2, 0.3, 0.3, -0.5, 0.05, 0.2, -0.1, 0.4])


def _run_p(answer):
    return [answer(0.3, SHUFFLED.copy()), answer(0.9, SHUFFLED.copy()), answer(-0.6, SHUFFLED.copy())]


p_value = Exercise(
    hint="Count the shuffles that reach the number, then think of the one order that is not in the list.",
    run=_run_p,
    solution=lambda observed, shuffled: (np.sum(shuffled >= observed) + 1) / (len(shuffled) + 1),
    mistakes={
        "The true order is one of the orders that chance could give: count it among the shuffles, above and below.":
            lambda observed, shuffled: np.mean(shuffled >= observed),
        "A shuffle that is exactly as large counts too: use >=.":
            lambda observed, shuffled: (np.sum(shuffled > observed) + 1) / (len(shuffled) + 1),
        "Those are the shuffles that stay below; count those that reach the true value.":
            lambda observed, shuffled: (np.sum(shuffled <= observed) + 1) / (len(shuffled) + 1),
        "That counts both signs; the claim is that the correlation is positive.":
            lambda observed, shuffled: (np.sum(np.abs(shuffled) >= abs(observed)) + 1) / (len(shuffled) + 1),
        "The true order was added above the line and not below it.":
            lambda observed, shuffled: (np.sum(shuffled >= observed) + 1) / len(shuffled),
        "A p-value is a share, not a count.":
            lambda observed, shuffled: np.sum(shuffled >= observed) + 1,
    },
)

CODES = np.array([[1, 2], [2, 0], [0, 1], [2, 2]])
CONTINUOUS = np.array([[0.5], [-1.0], [0.25], [2.0]])
TABLES = [np.array([[0.0, 0.0, 0.1], [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
          np.array([[0.2, 0.3], [7.0, 8.0], [9.0, 10.0]])]


def _run_matrix(answer):
    return [answer(CODES[:n].copy(), CONTINUOUS[:n].copy(), [table.copy() for table in TABLES]) for n in (4, 1, 3)]


feature_matrix = Exercise(
    hint="For each column take its own table and its own codes, and collect the pieces in a list.",
    run=_run_matrix,
    solution=lambda codes, continuous, tables: np.hstack(
        [*(table[codes[:, i]] for i, table in enumerate(tables)), continuous]),
    mistakes={
        "Code 0 has a row of its own, for the unknown: do not subtract 1.": lambda codes, continuous, tables: np.hstack(
            [*(table[codes[:, i] - 1] for i, table in enumerate(tables)), continuous]),
        "The continuous columns are missing at the end.": lambda codes, continuous, tables: np.hstack(
            [table[codes[:, i]] for i, table in enumerate(tables)]),
        "Both columns were looked up in the first table: each column has a table of its own.":
            lambda codes, continuous, tables: np.hstack([*(tables[0][codes[:, i]] for i in range(2)), continuous]),
        "Both tables were asked for the codes of the first column.": lambda codes, continuous, tables: np.hstack(
            [*(table[codes[:, 0]] for table in tables), continuous]),
        "The codes themselves are still in the matrix; the learned rows take their place.":
            lambda codes, continuous, tables: np.hstack(
                [codes, *(table[codes[:, i]] for i, table in enumerate(tables)), continuous]),
        "The continuous columns belong at the end.": lambda codes, continuous, tables: np.hstack(
            [continuous, *(table[codes[:, i]] for i, table in enumerate(tables))]),
    },
)

LOGS = np.log([100.0, 200.0, 400.0, 50.0])
LOGS_PREDICTED = np.log([110.0, 150.0, 400.0, 100.0])


mape_of_logs = Exercise(
    hint="Bring both back to sales before you compare.",
    run=lambda answer: [answer(LOGS_PREDICTED[:n].copy(), LOGS[:n].copy()) for n in (4, 1, 2)],
    solution=lambda predicted, logs: np.mean(np.abs(np.exp(predicted) - np.exp(logs)) / np.exp(logs)),
    mistakes={
        "Turn the logs into sales first; a log of 5 against one of 5.1 is a miss of ten per cent, not of two.":
            lambda predicted, logs: np.mean(np.abs(predicted - logs) / logs),
        "A difference of logs is near to the relative error only if it is small: take exp first.":
            lambda predicted, logs: np.mean(np.abs(predicted - logs)),
        "Divide by the true sales, not by the predicted ones.":
            lambda predicted, logs: np.mean(np.abs(np.exp(predicted) - np.exp(logs)) / np.exp(predicted)),
        "Misses above and below cancel out: take absolute values before the mean.":
            lambda predicted, logs: np.mean((np.exp(predicted) - np.exp(logs)) / np.exp(logs)),
        "That is the RMSPE; nothing is squared here.":
            lambda predicted, logs: np.sqrt(np.mean((np.exp(predicted - logs) - 1) ** 2)),
        "Divide each miss by its own day's sales; one division at the end gives large days more weight.":
            lambda predicted, logs: np.abs(np.exp(predicted) - np.exp(logs)).sum() / np.exp(logs).sum(),
    },
)
