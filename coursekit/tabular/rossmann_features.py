"""Rossmann's seven tables joined into one: a row for each store and day, with all that may explain its sales.

Lesson 09 builds the same table step by step. Source: lesson 6 (9:48, 13:21), its notebook `rossman_data_clean`.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from coursekit.data.fetch import Origin, locate
from coursekit.data.rossmann import rossmann
from coursekit.data.stand_ins import rossmann as stand_in
from coursekit.files import building, cache_folder, fingerprint, to_read
from coursekit.tabular import tables
from coursekit.tabular.tables import add_datepart, elapsed, left_join, rolling_sums

EVENTS = ["SchoolHoliday", "StateHoliday", "Promo"]
UNKNOWN = {"CompetitionOpenSinceYear": 1900, "CompetitionOpenSinceMonth": 1, "Promo2SinceYear": 1900,
           "Promo2SinceWeek": 1}
MOST_MONTHS, MOST_WEEKS = 24, 25  # an older competitor or Promo2 counts as this old


@dataclass(frozen=True)
class RossmannFeatures:
    """Frames of 93 and 92 columns: `train`, each store's days with sales, and `test`, the days to predict.

    The latest days come first; `index` is a row's number in the publisher's table. `test` lacks Sales and
    Customers and has Id.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    origin: Origin


def rossmann_features():
    """The joined tables for training and test, computed once for each source of the data and then kept."""
    _, origin = locate("rossmann")
    folder = to_read(cache_folder() / f"{origin.key}-features-{_code()}")
    if not folder.is_dir():
        with building(folder) as new:
            for name, frame in zip(("train", "test"), join_tables(rossmann().tables), strict=True):
                frame.to_parquet(new / f"{name}.parquet")
    else:
        print(origin)
    train, test = (pd.read_parquet(folder / f"{name}.parquet") for name in ("train", "test"))
    return RossmannFeatures(train, test, origin)


def join_tables(raw):
    """The frames for training and test, from the seven tables by name.

    Days without sales count for the events before and after them, and are then left out of training.
    """
    store, trend, trend_de, weather = clean_tables(raw)
    days = [frame.assign(StateHoliday=frame["StateHoliday"] != "0") for frame in (raw["train"], raw["test"])]
    days = [add_datepart(frame, "Date", drop=False) for frame in days]
    events = pd.concat([frame[["Date", "Store", *EVENTS]] for frame in days], ignore_index=True)
    events = events.join([*(elapsed(events, event) for event in EVENTS), rolling_sums(events, EVENTS)])
    train, test = days
    return [join_one(frame.reset_index(), store, trend, trend_de, weather, events)
            for frame in (train[train["Sales"] > 0], test)]


def clean_tables(raw):
    """What the days are joined with: stores, the search trend of the states and of Germany, the weather."""
    store = left_join(raw["store"], raw["store_states"], "Store")
    trend = raw["googletrend"]
    state = trend["file"].str.extract("Rossmann_DE_(.+)", expand=False).replace({"NI": "HB,NI"})
    trend = add_datepart(trend.assign(Date=trend["week"].str[:10], State=state), "Date", drop=False)
    germany = trend["file"] == "Rossmann_DE"
    weather = left_join(raw["weather"], raw["state_names"], "file", "StateName")
    return store, trend[~germany], trend[germany], weather.assign(Date=pd.to_datetime(weather["Date"]))


def join_one(days, store, trend, trend_de, weather, events):
    """`days`, of training or test, with the columns of all other tables."""
    days = left_join(days, store, "Store")
    days = left_join(days, trend, ["State", "Year", "Week"])
    days = left_join(days, trend_de, ["Year", "Week"], suffix="_DE")
    days = left_join(days, weather, ["State", "Date"])
    days = add_promo2_age(add_competition_age(days.fillna(UNKNOWN).astype(dict.fromkeys(UNKNOWN, "int64"))))
    return left_join(days, events, ["Store", "Date"])


def add_competition_age(df):
    """`df` with the date at which the nearest competitor opened, and its age in days and in months, at most 24.

    The day is taken to be the 15th. 0 if it is yet to open, or opened before 1990 or at an unknown time.
    """
    year, month = df["CompetitionOpenSinceYear"], df["CompetitionOpenSinceMonth"]
    since = pd.to_datetime(pd.DataFrame({"year": year, "month": month, "day": 15}))
    days = (df["Date"] - since).dt.days.clip(lower=0).where(year >= 1990, 0)
    return df.assign(CompetitionOpenSince=since, CompetitionDaysOpen=days,
                     CompetitionMonthsOpen=(days // 30).clip(upper=MOST_MONTHS))


def add_promo2_age(df):
    """`df` with the Monday of the ISO week in which Promo2 began, and its age in days and weeks, at most 25."""
    year, week = df["Promo2SinceYear"], df["Promo2SinceWeek"]
    since = pd.to_datetime((year * 1000 + week * 10 + 1).astype(str), format="%G%V%u")
    days = (df["Date"] - since).dt.days.clip(lower=0).where(year >= 1990, 0)
    return df.assign(Promo2Since=since, Promo2Days=days, Promo2Weeks=(days // 7).clip(upper=MOST_WEEKS))


def _code():
    "Changes with the code that computes the features, so that nothing outdated is read."
    files = [__file__, tables.__file__, stand_in.__file__]
    return fingerprint(b"".join(Path(file).read_bytes() for file in files))
