"""Exercises of lesson 19: right answers and the usual wrong ones. Spoilers below."""

import math

import numpy as np

from coursekit.lesson import Exercise

bootstrap_share = Exercise(
    hint="What is the chance that a row is missed by one draw, and by all of them?",
    solution=1 - 1 / math.e,
    tolerance=0.005,
    mistakes={
        "That is the share that is left out; asked is the share that is drawn.": 1 / math.e,
        "Give it as a share between 0 and 1, not in per cent.": 100 - 100 / math.e,
        "All would be drawn if no row could come twice; here every draw is from all rows.": 1.0,
        "Not a coin for each row: a row has a million chances of one in a million.": 0.5,
    },
)


def _halfway(x):
    x = np.unique(x)
    return (x[:-1] + x[1:]) / 2


def _squares(y):
    return ((y - y.mean()) ** 2).sum()


def _best_split(x, y):
    return min(_halfway(x), key=lambda at: _squares(y[x <= at]) + _squares(y[x > at]))


def _means_of_squares(x, y):
    return min(_halfway(x), key=lambda at: y[x <= at].var() + y[x > at].var())


def _worst_split(x, y):
    return max(_halfway(x), key=lambda at: _squares(y[x <= at]) + _squares(y[x > at]))


def _at_a_point(x, y):
    return min(np.unique(x)[:-1], key=lambda at: _squares(y[x <= at]) + _squares(y[x > at]))


def _sizes(x, y):
    return min(_halfway(x), key=lambda at: sum(np.abs(side - side.mean()).sum() for side in (y[x <= at], y[x > at])))


def _left_only(x, y):
    return min(_halfway(x), key=lambda at: _squares(y[x <= at]))


def _right_only(x, y):
    return min(_halfway(x), key=lambda at: _squares(y[x > at]))


def _in_the_middle(x, _y):
    return _halfway(x)[len(_halfway(x)) // 2]


def _run_split(answer):
    stairs = np.array([0.0, 1, 2, 3, 4, 5, 6, 7]), np.array([5.0, 5, 8, 4, 7, 0, 5, 3])
    shuffled = np.array([6.0, 1, 5, 2, 4, 3]), np.array([8.0, 1, 7, 2, 1, 1])
    noisy = np.array([0.0, 1, 2, 3, 4, 5, 6, 7]), np.array([0.0, 12, 1, 11, 20, 22, 19, 21])
    uneven = np.array([0.0, 1, 2, 3, 4, 5, 6, 7]), np.array([9.0, 11, 0, 15, 6, 3, 1, 3])
    return [answer(*case) for case in (stairs, shuffled, noisy, uneven)]


best_split = Exercise(
    hint="Write the cost of one cut as a function, then try every cut with it.",
    run=_run_split,
    solution=_best_split,
    mistakes={
        "You compare the mean squared error of the two sides; a side with few points must count less: use the sums.":
            _means_of_squares,
        "That is the worst cut: look for the smallest sum.": _worst_split,
        "You add the sizes of the differences; square them.": _sizes,
        "Only the left side is judged; both sides count.": _left_only,
        "Only the right side is judged; both sides count.": _right_only,
        "The cut lies on a point; put it halfway to the next one.": _at_a_point,
        "You cut in the middle and never looked at y.": _in_the_middle,
    },
)


def _out_of_bag(said, drawn):
    return (said * ~drawn).sum(axis=0) / (~drawn).sum(axis=0)


def _all_trees(said, _drawn):
    return said.mean(axis=0)


def _in_bag(said, drawn):
    return (said * drawn).sum(axis=0) / drawn.sum(axis=0)


def _divided_by_all(said, drawn):
    return (said * ~drawn).mean(axis=0)


def _over_rows(said, drawn):
    return (said * ~drawn).sum(axis=1) / (~drawn).sum(axis=1)


def _five_trees(answer):
    chance = np.random.default_rng(0)
    return answer(chance.uniform(size=(5, 4)), np.arange(20).reshape(5, 4) % 3 > 0)


out_of_bag = Exercise(
    hint="Turn `drawn` round, and use it above and below the fraction.",
    run=_five_trees,
    solution=_out_of_bag,
    mistakes={
        "You let every tree speak, also those that learnt from the row.": _all_trees,
        "The other way round: those speak that did not draw the row.": _in_bag,
        "Divide by the number of trees that speak, not by the number of all.": _divided_by_all,
        "One number for each tree; asked is one for each row: average over the first axis.": _over_rows,
    },
)


def _reasons(asked, shares):
    moved = dict.fromkeys(asked, 0.0)
    for column, before, after in zip(asked, shares, shares[1:], strict=False):
        moved[column] += after - before
    return moved


def _overwritten(asked, shares):
    return {column: after - before for column, before, after in zip(asked, shares, shares[1:], strict=False)}


def _shares_themselves(asked, shares):
    moved = dict.fromkeys(asked, 0.0)
    for column, after in zip(asked, shares[1:], strict=False):
        moved[column] += after
    return moved


def _one_late(asked, shares):
    moved = dict.fromkeys(asked, 0.0)
    for column, before, after in zip(asked[1:], shares, shares[1:], strict=False):
        moved[column] += after - before
    return moved


def _backwards(asked, shares):
    return {column: -value for column, value in _reasons(asked, shares).items()}


def _in_order_of_columns(answer):
    return dict(answer(["age", "education", "age", "hours"], [0.25, 0.5, 0.4, 0.7, 0.9]))


reasons = Exercise(
    hint="Begin with zero for each column, and add the change that follows its question.",
    run=_in_order_of_columns,
    solution=_reasons,
    mistakes={
        "A column that is asked twice keeps only its last change: add them up.": _overwritten,
        "Those are the shares; a reason is how much the share changed.": _shares_themselves,
        "A change belongs to the question that came before it, not to the next one.": _one_late,
        "The sign is wrong: after minus before.": _backwards,
    },
)
