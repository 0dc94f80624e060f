"""Exercises of lesson 21: right answers and the usual wrong ones. Spoilers below."""

import warnings

import numpy as np

from coursekit.lesson import Exercise

HIGH = np.array([True, True, True, False, False, True, False, False, True, False])
AGAIN = np.array([True, False, True, False, True, False, False, False, False, False])


def _run_rates(answer):
    return answer(HIGH.copy(), AGAIN.copy())


three_rates = Exercise(
    hint="For each rate say first who is counted below the line.",
    run=_run_rates,
    solution=lambda high, again: (high[~again].mean(), (~high)[again].mean(), again[high].mean()),
    mistakes={
        "Each is divided by everybody; divide by the people to whom it could have happened.":
            lambda high, again: ((high & ~again).mean(), (~high & again).mean(), (high & again).mean()),
        "False alarms and misses are exchanged.":
            lambda high, again: ((~high)[again].mean(), high[~again].mean(), again[high].mean()),
        "The first two are divided by the people with that score; here by the people with that outcome.":
            lambda high, again: ((~again)[high].mean(), again[~high].mean(), again[high].mean()),
        "The second is the share of hits; a miss is a low score of somebody arrested again.":
            lambda high, again: (high[~again].mean(), high[again].mean(), again[high].mean()),
        "The third asks along the row: of those with a high score, how many were arrested again?":
            lambda high, again: (high[~again].mean(), (~high)[again].mean(), high[again].mean()),
        "These are numbers of people; divide them.":
            lambda high, again: ((high & ~again).sum(), (~high & again).sum(), (high & again).sum()),
    },
    praise="Correct: each rate divided by those it could have happened to.",
)


def _run_right(answer):
    return [float(answer(*case)) for case in ((0.5, 0.25, 0.4), (0.2, 0.25, 0.4), (0.8, 0.1, 0.5))]


right_among_high = Exercise(
    hint="Imagine a thousand people, and count those with a high score of either kind.",
    run=_run_right,
    solution=lambda base, false_alarms, misses:
        base * (1 - misses) / (base * (1 - misses) + (1 - base) * false_alarms),
    mistakes={
        "The base rate is left out: how many there are of each kind decides too.":
            lambda base, false_alarms, misses: (1 - misses) / (1 - misses + false_alarms),
        "Misses have a low score; those with a high one are 1 less the misses.":
            lambda base, false_alarms, misses: base * misses / (base * misses + (1 - base) * false_alarms),
        "That is the share of all people; divide by those with a high score.":
            lambda base, false_alarms, misses: base * (1 - misses),
        "That is the share of high scores that are wrong; 1 less it.":
            lambda base, false_alarms, misses:
                (1 - base) * false_alarms / (base * (1 - misses) + (1 - base) * false_alarms),
        "False alarms happen only to those who are not arrested again: multiply them by 1 less the base rate.":
            lambda base, false_alarms, misses: base * (1 - misses) / (base * (1 - misses) + false_alarms),
    },
    praise="Correct; with equal error rates a high score means less where the base rate is low.",
)

CLICKED = np.array([[30, 8, 0, 1], [3, 4, 0, 0]])
SHOWN = np.array([[300, 40, 10, 1], [10, 40, 0, 5]])


def _run_interest(answer):
    "The table and the number of warnings on the way."
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = np.asarray(answer(CLICKED.copy(), SHOWN.copy()), dtype=float)
    unknown = np.isnan(found)
    return [unknown.tolist(), np.where(unknown, 0.0, found).round(6).tolist(), bool(caught)]


interest = Exercise(
    hint="What may stand below the line where nothing was shown, so that no warning comes?",
    run=_run_interest,
    solution=lambda clicked, shown: np.where(shown > 0, clicked / np.maximum(shown, 1), np.nan),
    mistakes={
        "The values are right, but numpy warns of a division by zero: keep the divisor above zero.":
            lambda clicked, shown: clicked / shown,
        "What was never shown has interest 0 here, and would never be shown again: make it nan.":
            lambda clicked, shown: clicked / np.maximum(shown, 1),
        "That is nan wherever nothing was clicked; shown and not clicked is 0.":
            lambda clicked, shown: np.where(clicked > 0, clicked / np.maximum(shown, 1), np.nan),
        "That is each kind's share of the group's clicks, which grows with how often it was shown.":
            lambda clicked, shown: clicked / clicked.sum(axis=1, keepdims=True),
        "Each group has its own showings; these are divided by those of both groups together.":
            lambda clicked, shown: clicked / shown.sum(axis=0),
        "One more than the showings is in the divisor; take np.maximum(shown, 1).":
            lambda clicked, shown: np.where(shown > 0, clicked / (shown + 1), np.nan),
    },
    praise="Correct. The women's kind was shown to them ten times and clicked three: more than the men's.",
)


def _run_alarms(answer):
    return [answer(*case) for case in ((10_000, 10, 0.9, 0.01), (500, 20, 0.5, 0.2))]


alarms_of = Exercise(
    hint="Split the people into two groups, and count the alarms of each.",
    run=_run_alarms,
    solution=lambda people, wanted, hit_rate, false_rate: (
        wanted * hit_rate + (people - wanted) * false_rate,
        wanted * hit_rate / (wanted * hit_rate + (people - wanted) * false_rate)),
    mistakes={
        "The people searched for cannot raise a false alarm: take them off the others.":
            lambda people, wanted, hit_rate, false_rate: (
                wanted * hit_rate + people * false_rate,
                wanted * hit_rate / (wanted * hit_rate + people * false_rate)),
        "These are the false alarms alone; those that are right are alarms too.":
            lambda people, wanted, hit_rate, false_rate: (
                (people - wanted) * false_rate, wanted * hit_rate / ((people - wanted) * false_rate)),
        "The share is that of the wanted people who are found; divide by the alarms.":
            lambda people, wanted, hit_rate, false_rate: (
                wanted * hit_rate + (people - wanted) * false_rate, hit_rate),
        "The share is that of false alarms; 1 less it.":
            lambda people, wanted, hit_rate, false_rate: (
                wanted * hit_rate + (people - wanted) * false_rate,
                (people - wanted) * false_rate / (wanted * hit_rate + (people - wanted) * false_rate)),
        "Not everybody who is searched for is noticed: multiply them by the hit rate.":
            lambda people, wanted, hit_rate, false_rate: (
                wanted + (people - wanted) * false_rate, wanted / (wanted + (people - wanted) * false_rate)),
    },
    praise="Correct: with few people searched for, nearly all alarms are false.",
)


def _run_needed(answer):
    return [float(answer(rate)) for rate in (0.5, 0.1, 0.02, 0.005)]


images_needed = Exercise(
    hint="What is the chance that n images are all answered rightly?",
    run=_run_needed,
    solution=lambda error_rate: int(np.ceil(np.log(0.05) / np.log(1 - error_rate))),
    mistakes={
        "With one image in the mean wrong, none is wrong in more than a third of all tests.":
            lambda error_rate: int(np.ceil(1 / error_rate)),
        "That many leave it to chance with 95 %: the chance that all are right must be 5 %, not 95 %.":
            lambda error_rate: int(np.ceil(np.log(0.95) / np.log(1 - error_rate))),
        "That is the chance that all are wrong; here that all are right: 1 less the error rate.":
            lambda error_rate: int(np.ceil(np.log(0.05) / np.log(error_rate))),
        "Rounded down, the chance is a little below 95 %: round up.":
            lambda error_rate: int(np.log(0.05) / np.log(1 - error_rate)),
        "Images come whole: round up.": lambda error_rate: float(np.log(0.05) / np.log(1 - error_rate)),
        "Three divided by the rate is close for small rates; the exact number is asked for.":
            lambda error_rate: int(np.ceil(3 / error_rate)),
    },
    praise="Correct. A rare group needs a test set of its own.",
)
