"""Tables made ready for a model: joined with care, dates in parts, how long ago and how often things happened.

Every function gives a new data frame (or series) with the rows of the first in their order. Source: lesson 6
(9:48 and 13:21) and its notebook `rossman_data_clean`.
"""

import re
from numbers import Number

import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_float_dtype

from coursekit.tabular.columns import as_continuous, distinct, get

PARTS = ["Year", "Month", "Week", "Day", "Dayofweek", "Dayofyear", "Is_month_end", "Is_month_start",
         "Is_quarter_end", "Is_quarter_start", "Is_year_end", "Is_year_start"]
TIMES = ["Hour", "Minute", "Second"]


def left_join(left, right, on, right_on=None, suffix=None):
    """The rows of `left`, each with the columns of its one match in `right`, or with nulls where there is none.

    `on` names the key, one column or a list; `right_on` its names in `right` if they differ. A column that
    both have and that is no key is taken from `left` alone, or, with a `suffix`, from both, the right one
    renamed. A missing key matches nothing. Raises ValueError if a key stands in several rows of `right`: the join
    would multiply rows.
    """
    right_on = on if right_on is None else right_on
    right = right.dropna(subset=right_on)
    repeated = right.duplicated(right_on, keep=False)
    if repeated.any():
        n = len(right[repeated].drop_duplicates(right_on))
        names = right_on if isinstance(right_on, str) else ", ".join(right_on)
        raise ValueError(f"Expected each {names} in one row of the right table, found {n} in several: remove "
                         "the repeated rows, or join on more columns.")
    joined = left.merge(right, how="left", left_on=on, right_on=right_on, suffixes=("", suffix or "_y"))
    if suffix is None:
        joined = joined.drop(columns=[f"{name}_y" for name in right if name in left and f"{name}_y" in joined])
    return joined.set_axis(left.index)


def null_counts(df):
    """The number of nulls of each column that has any, most first."""
    counts = df.isna().sum()
    return counts[counts > 0].sort_values(ascending=False)


def add_datepart(df, column, drop=True, time=False):
    """`df` with what a date says: year, ISO week, day of week (Monday is 0), whether a month ends, and so on.

    The 12 columns of `PARTS` and Elapsed, the seconds since 1970, named after `column` without its ending
    `Date`; with `time` also Hour, Minute, Second. `column` becomes a date, and with `drop` it goes. Dates with a
    time zone are taken apart in their own zone. Raises ValueError for an empty date, for numbers, and for what
    pandas cannot read as dates. Source: lesson 6 (13:21).
    """
    dates = _dates(df, column)
    prefix = re.sub("[Dd]ate$", "", column)
    parts = {prefix + name: _part(dates, name) for name in PARTS + TIMES * time + ["Elapsed"]}
    df = df.assign(**{column: dates}, **parts)
    return df.drop(columns=column) if drop else df


def _dates(df, name):
    "The column `name` as dates; a number is none, as pandas would take it for nanoseconds since 1970."
    column = get(df, name)
    if column.isna().any():
        raise ValueError(f"Expected a date in every row of {name}, found {column.isna().sum()} empty: fill or "
                         "drop these rows.")
    if any(isinstance(value, Number) for value in distinct(column)[1]):
        raise ValueError(f"Expected dates in {name}, found numbers: say what they mean, as in "
                         f'pd.to_datetime(df["{name}"].astype(str), format="%Y%m%d").')
    try:
        dates = pd.to_datetime(column)
        if not is_datetime64_any_dtype(dates):
            raise ValueError("several time zones")
        return dates
    except (TypeError, ValueError) as error:
        raise ValueError(f"Expected dates of one form in {name}, found others ({str(error).splitlines()[0]}): "
                         "convert the column with pd.to_datetime first.") from error


def _part(dates, name):
    "The part of `dates` that the column called `name` holds."
    if name == "Week":
        return dates.dt.isocalendar().week.astype("int32")
    if name == "Elapsed":
        return (dates - pd.Timestamp(0, tz=dates.dt.tz)) // pd.Timedelta(seconds=1)
    return getattr(dates.dt, name.lower().replace("dayof", "day_of_"))


def elapsed(df, event, group="Store", date="Date"):
    """Days since the last row of the group in which `event` was true, and to the next: After..., Before...

    Both are 0 on the day of an event. Before... counts down to it: -3, -2, -1, 0. Rows before a group's first
    event have 0 in After..., rows after its last have 0 in Before...: as in the lecture, 0 may mean "never".
    Raises ValueError for an event that is not True or False, or 1 or 0, and for gaps in any of the columns.
    """
    ordered = _in_order(df, group, date, [event])
    if others := set(distinct(ordered[event])[1]) - {False, True}:
        raise ValueError(f"Expected True or False, or 1 or 0, in {event}, found {sorted(others)[0]!r}: compare, as in "
                         f'df["{event}"] != "0".')
    happened = ordered[date].where(ordered[event].astype(bool)).groupby(ordered[group])
    days = pd.DataFrame({f"After{event}": (ordered[date] - happened.ffill()).dt.days,
                         f"Before{event}": (ordered[date] - happened.bfill()).dt.days})
    return days.fillna(0).astype("int64").sort_index().set_axis(df.index)


def rolling_sums(df, events, group="Store", date="Date", rows=7):
    """Sums of each of `events` over a row and the `rows` - 1 before it, ..._bw, and after it, ..._fw.

    Rows of other groups do not count, and at a group's ends there are fewer to add. As in the lecture, rows are
    counted and not days: where a group has a gap, the sum reaches across it.
    Raises ValueError for an event that is no number, and for gaps in any of the columns.
    """
    ordered = _in_order(df, group, date, events)
    backward = _sums(ordered, events, group, rows).add_suffix("_bw")
    forward = _sums(ordered[::-1], events, group, rows).add_suffix("_fw")
    return backward.join(forward).sort_index().set_axis(df.index)


def _sums(ordered, events, group, rows):
    "The sums over the last `rows` rows of each group, in the order given."
    values = pd.DataFrame({event: as_continuous(ordered, event) for event in events})
    sums = values.groupby(ordered[group]).rolling(rows, min_periods=1).sum().droplevel(0)
    return sums.astype({event: "int64" for event in events if not is_float_dtype(ordered[event])})


def _in_order(df, group, date, events):
    "These columns by group and date, the rows numbered as they stand in `df`; refuses gaps and what is no date."
    df = pd.DataFrame({name: get(df, name) for name in (group, date, *events)}).reset_index(drop=True)
    if gaps := null_counts(df).to_dict():
        raise ValueError(f"Expected no gaps in {', '.join(df)}, found {gaps}: fill or drop these rows.")
    dates = _dates(df, date).dt.tz_localize(None)  # a day of the clock, also where summer time makes it 23 hours
    return df.assign(**{date: dates}).sort_values([group, date])
