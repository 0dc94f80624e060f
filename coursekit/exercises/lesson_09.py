"""Exercises of lesson 09: right answers and the usual wrong ones. Spoilers below."""

import numpy as np
import pandas as pd

from coursekit.lesson import Exercise

n_rows = Exercise(
    hint="Take a single day and count the rows of the other table that fit its key.",
    solution=[14_000, 1000],
    mistakes={
        "A join keeps every pair that fits: a day meets all 14 rows of its week, not one of them.": [1000, 1000],
        "The 14 rows of a week are not added to the days; each day is paired with each of them.": [1014, 1000],
        "The row of Germany has the right year and week too: 14 partners for each day.": [13_000, 1000],
        "With the state in the key a day finds one partner: its own state in its own week.": [14_000, 14_000],
        "A day has a single date; only the places multiply it, not all the weeks.": [14_000 * 52, 1000],
    },
)

after_promo = Exercise(
    hint="Go down store by store, and note the date of the last promotion as you go.",
    solution=[0, 0, 2, 0, 4, 0, 0, 1],
    mistakes={
        "Where no promotion came before, the lecture writes 0, not nan.": [np.nan, 0, 2, 0, 4, np.nan, 0, 1],
        "You counted rows; between 3 and 5 January lie two days, though no row.": [0, 0, 1, 0, 1, 0, 0, 1],
        "The counter must forget the last promotion when a new store begins.": [0, 0, 2, 0, 4, -5, 0, 1],
        "That counts until the next promotion; this one counts since the last.": [-1, 0, -1, 0, 0, -3, 0, 0],
        "The day of a promotion itself counts 0, and the day after it 1.": [0, 1, 3, 1, 5, 0, 1, 2],
        "A row after the last promotion still counts on: 10 January is four days after the 6th.":
            [0, 0, 2, 0, 0, 0, 0, 1],
    },
)

before_promo = Exercise(
    hint="Go up store by store, from the last row, and note the date of the next promotion.",
    solution=[-1, 0, -1, 0, 0, -3, 0, 0],
    mistakes={
        "Where no promotion comes any more, the lecture writes 0, not nan.": [-1, 0, -1, 0, np.nan, -3, 0, np.nan],
        "The lecture counts down to an event: these numbers are negative.": [1, 0, 1, 0, 0, 3, 0, 0],
        "You counted rows; from 1 to 4 January are three days.": [-1, 0, -1, 0, 0, -1, 0, 0],
        "The last row of store 1 must not see the promotion of store 2; without a next one it is 0.":
            [-1, 0, -1, 0, 6, -3, 0, 0],
        "That counts since the last promotion; this one counts until the next.": [0, 0, 2, 0, 4, 0, 0, 1],
    },
)

DAYS = pd.DataFrame({"Store": [3, 1, 2, 3, 9, 1], "Sales": [50, 10, 20, 51, 90, 11]})
DISTANCES = pd.DataFrame({"Store": [1, 3, 1, 2, 1, 3, 1], "Year": [2012, 2012, 2010, 2011, 2014, 2009, 2011],
                          "Distance": [120.0, 330.0, 110.0, 220.0, 105.0, 340.0, 115.0]})


def _run_join(answer):
    days, distances = DAYS.copy(), DISTANCES.copy()
    joined = answer(days, distances)
    return [len(joined), joined["Store"].tolist(), joined["Sales"].tolist(), joined["Distance"].tolist()]


def _newest(distances):
    return distances.sort_values("Year").drop_duplicates("Store", keep="last")[["Store", "Distance"]]


def _in_order_of_stores(days, distances):
    return days.merge(_newest(distances), on="Store", how="outer").sort_values("Store", kind="stable")


join_newest = Exercise(
    hint="First make a list with one row for each store, then join.",
    run=_run_join,
    solution=lambda days, distances: days.merge(_newest(distances), on="Store", how="left"),
    mistakes={
        "There are more rows than days: a store with several distances met each of its days several times.":
            lambda days, distances: days.merge(distances, on="Store", how="left"),
        "The day of store 9 is lost; a left join keeps it.":
            lambda days, distances: days.merge(_newest(distances), on="Store"),
        "Rows are right in number, but the distance is the one that is listed first, not the newest.":
            lambda days, distances: days.merge(distances.drop_duplicates("Store"), on="Store", how="left"),
        "Rows are right in number, but the distance is the oldest: keep the last after sorting by Year.":
            lambda days, distances: days.merge(distances.sort_values("Year").drop_duplicates("Store"), on="Store",
                                               how="left"),
        "Rows are right in number, but the distance is the one that is listed last; sort by Year first.":
            lambda days, distances: days.merge(distances.drop_duplicates("Store", keep="last"), on="Store", how="left"),
        "Stores with several distances were dropped altogether, so that they have none: keep one row of each.":
            lambda days, distances: days.merge(distances.drop_duplicates("Store", keep=False), on="Store", how="left"),
        "The days are no longer in their order.": _in_order_of_stores,
    },
)


def _made_up(first="2013-01-01", last="2015-07-31"):
    "Daily sales with a level for each weekday, and more of them within two days of the turn of a month."
    dates = pd.Series(pd.date_range(first, last))
    before_the_end = dates.dt.days_in_month - dates.dt.day
    turn = (before_the_end <= 1) | (dates.dt.day <= 2)
    noise = np.random.default_rng(9).normal(0, 0.02, len(dates))
    level = 1 + 0.03 * (dates.dt.day_of_week - 3)
    return dates, 100 * level * (1 + 0.3 * turn) * np.exp(noise)


def _errors(dates, sales, feature, n_days=181):
    "RMSPE on the last days by the mean of the weekday, and by it times a factor for each value of `feature`."
    table = pd.DataFrame({"sales": sales, "weekday": dates.dt.day_of_week, "feature": np.asarray(feature)})
    past, future = table[:-n_days], table[-n_days:]
    means = past.groupby("weekday")["sales"].mean()
    factors = (past["sales"] / past["weekday"].map(means)).groupby(past["feature"]).mean()
    plain = future["weekday"].map(means)
    guesses = plain, plain * future["feature"].map(factors).fillna(1)
    known = future["feature"].isin(factors.index).mean()
    return known, *(((guess / future["sales"] - 1) ** 2).mean() ** 0.5 for guess in guesses)


def _run_feature(answer):
    "In words, so that every good feature is as right as ours."
    dates, sales = _made_up()
    feature = answer(dates)
    if np.ndim(feature) != 1 or len(feature) != len(dates):
        return "another number of values than dates"
    known, plain, corrected = _errors(dates, sales, feature)
    if known < 0.5:
        return "values that never come again"
    return "much lower" if corrected < 0.4 * plain else "a little lower" if corrected < 0.9 * plain else "not lower"


def _days_from_the_turn(dates):
    before_the_end = dates.dt.days_in_month - dates.dt.day
    return np.where(dates.dt.day <= 15, dates.dt.day, -before_the_end).clip(-5, 5)


date_feature = Exercise(
    hint="How could a value tell that a day is two days before the end of a month, whichever its length?",
    run=_run_feature,
    solution=_days_from_the_turn,
    mistakes={
        "The error stays where it was: the values of your feature do not tell busy days from quiet ones.":
            lambda dates: dates.dt.day_of_week,
        "The error falls, but not enough: months end on different days, so count from their turn, on both sides.":
            lambda dates: dates.dt.day,
        "Most values of the last days never occurred before, so nothing could be learned for them.":
            lambda dates: dates.astype("int64"),
        "Expected one value for each date.": lambda dates: dates.dt.day.unique(),
    },
    praise="Correct: the error on the last days becomes much lower.",
)
