"""The joined table of Rossmann: the lecture's columns and values, computed once."""

import os
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from coursekit.data.fetch import OWN, Origin
from coursekit.data.rossmann import TABLES, Rossmann, as_published, read_table, rossmann
from coursekit.data.stand_ins.rossmann import WEATHER
from coursekit.tabular import rossmann_features as module
from coursekit.tabular.rossmann_features import add_competition_age, add_promo2_age, join_tables, rossmann_features

DAY = """Day Dayofweek Dayofyear Is_month_end Is_month_start Is_quarter_end Is_quarter_start Is_year_end Is_year_start
    Elapsed""".split()
COLUMNS = f"""
    index Store DayOfWeek Date Sales Customers Open Promo StateHoliday SchoolHoliday Year Month Week {" ".join(DAY)}
    StoreType Assortment CompetitionDistance CompetitionOpenSinceMonth CompetitionOpenSinceYear Promo2 Promo2SinceWeek
    Promo2SinceYear PromoInterval State file week trend file_DE week_DE trend_DE Date_DE State_DE Month_DE
    {" ".join(f"{part}_DE" for part in DAY)} {" ".join(WEATHER)} StateName
    CompetitionOpenSince CompetitionDaysOpen CompetitionMonthsOpen Promo2Since Promo2Days Promo2Weeks
    AfterSchoolHoliday BeforeSchoolHoliday AfterStateHoliday BeforeStateHoliday AfterPromo BeforePromo
    SchoolHoliday_bw StateHoliday_bw Promo_bw SchoolHoliday_fw StateHoliday_fw Promo_fw""".split()
FIRST_ROWS = {  # of the complete data, as the lecture shows them
    "Store": [1, 2, 3, 4, 5], "Sales": [5263, 6064, 8314, 13995, 4822], "Customers": [555, 625, 821, 1498, 559],
    "CompetitionDistance": [1270, 570, 14130, 620, 29910], "Promo2SinceWeek": [1, 13, 14, 1, 1],
    "Min_Sea_Level_PressurehPa": [1015, 1017, 1017, 1014, 1016], "CloudCover": [1, 4, 2, 6, 4],
    "WindDirDegrees": [13, 309, 354, 282, 290],
    "StateName": ["Hessen", "Thueringen", "NordrheinWestfalen", "Berlin", "Sachsen"],
    "CompetitionDaysOpen": [2510, 2815, 3150, 2145, 107], "CompetitionMonthsOpen": [24, 24, 24, 24, 3],
    "Promo2Days": [0, 1950, 1579, 0, 0], "Promo2Weeks": [0, 25, 25, 0, 0], "AfterSchoolHoliday": [0] * 5,
    "AfterStateHoliday": [57, 67, 57, 67, 57], "BeforeStateHoliday": [0] * 5, "AfterPromo": [0] * 5,
    "SchoolHoliday_bw": [5] * 5, "StateHoliday_bw": [0] * 5, "Promo_bw": [5] * 5,
    "SchoolHoliday_fw": [7, 1, 5, 1, 1], "StateHoliday_fw": [0] * 5, "Promo_fw": [5, 1, 5, 1, 1]}
ORIGIN = Origin("rossmann", "2015", "generated", "-", False)


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """The seven tables of stores that do not exist."""
    folder = as_published(tmp_path_factory.mktemp("generated"), "generated")
    return {name: read_table(folder / f"{name}.csv") for name in TABLES}


def test_the_columns_are_the_lectures(raw):
    train, test = join_tables(raw)
    assert list(train) == COLUMNS and len(COLUMNS) == 93
    assert set(COLUMNS) - set(test) == {"Sales", "Customers"} and set(test) - set(COLUMNS) == {"Id"}


def test_rows_are_those_with_sales_in_their_order(raw):
    train, test = join_tables(raw)
    sold = raw["train"][raw["train"]["Sales"] > 0]
    assert train["index"].tolist() == sold.index.tolist()
    assert train["Sales"].tolist() == sold["Sales"].tolist() and train["Store"].tolist() == sold["Store"].tolist()
    assert test["Id"].tolist() == raw["test"]["Id"].tolist()


def test_nulls_are_only_where_the_tables_have_them(raw):
    for frame in join_tables(raw):
        nulls = set(frame.columns[frame.isna().any()])
        assert nulls <= {"State_DE", "Max_Gust_SpeedKm_h", "PromoInterval", "Events", "CloudCover", "Open",
                         "Max_VisibilityKm", "Mean_VisibilityKm", "Min_VisibilitykM", "CompetitionDistance"}


def test_what_is_joined_belongs_to_the_row(raw):
    train, _ = join_tables(raw)
    row = train.iloc[len(train) // 2]
    weather = raw["weather"]
    same_day = (weather["file"] == row["StateName"]) & (weather["Date"] == f"{row['Date']:%Y-%m-%d}")
    assert weather.loc[same_day, "WindDirDegrees"].tolist() == [row["WindDirDegrees"]]
    trend = raw["googletrend"].set_index(["file", "week"])["trend"]
    assert row["file"].startswith("Rossmann_DE_") and trend[row["file"], row["week"]] == row["trend"]
    assert trend["Rossmann_DE", row["week_DE"]] == row["trend_DE"]


def test_events_of_the_days_to_predict_count_for_the_last_days_of_training(raw):
    train, test = join_tables(raw)
    last = train[train["Date"] == train["Date"].max()].set_index("Store")
    plans = test[test["Date"] <= last["Date"].iloc[0] + pd.Timedelta(days=6)].groupby("Store")["Promo"].sum()
    assert (last["Promo_fw"] == last["Promo"] + plans.reindex(last.index)).all() and plans.max() > 0


def test_the_age_of_competition():
    df = pd.DataFrame({"Date": pd.to_datetime(["2015-07-31"] * 5),
                       "CompetitionOpenSinceYear": [2008, 2015, 2015, 1961, 1900],
                       "CompetitionOpenSinceMonth": [9, 4, 12, 5, 1]})
    aged = add_competition_age(df)
    assert aged["CompetitionOpenSince"].iloc[1] == pd.Timestamp(2015, 4, 15)
    assert aged["CompetitionDaysOpen"].tolist() == [2510, 107, 0, 0, 0]
    assert aged["CompetitionMonthsOpen"].tolist() == [24, 3, 0, 0, 0]


def test_the_age_of_promo2():
    df = pd.DataFrame({"Date": pd.to_datetime(["2015-07-31"] * 4), "Promo2SinceYear": [2010, 2015, 2015, 1900],
                       "Promo2SinceWeek": [13, 27, 40, 1]})
    aged = add_promo2_age(df)
    assert aged["Promo2Since"].dt.strftime("%Y-%m-%d").tolist() == ["2010-03-29", "2015-06-29", "2015-09-28",
                                                                    "1900-01-01"]
    assert aged["Promo2Days"].tolist() == [1950, 32, 0, 0] and aged["Promo2Weeks"].tolist() == [25, 4, 0, 0]


def test_features_are_computed_once_and_kept(raw, tmp_path, monkeypatch, capsys):
    calls = []

    def counted():
        calls.append(1)
        print("origin")
        return Rossmann(raw, {}, tmp_path, ORIGIN)

    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "locate", lambda name: (tmp_path, ORIGIN))
    monkeypatch.setattr(module, "rossmann", counted)
    first = rossmann_features()
    assert capsys.readouterr().out.strip() == "origin"
    second = rossmann_features()
    assert capsys.readouterr().out.strip() == str(ORIGIN)
    assert calls == [1] and first.origin is ORIGIN
    train, test = join_tables(raw)
    for features in (first, second):
        assert_frame_equal(features.train, train)
        assert_frame_equal(features.test, test)
    (folder,) = (tmp_path / "cache").iterdir()
    assert folder.name.startswith("rossmann-2015-generated-features-")


def test_the_complete_data_give_the_lectures_rows():
    own = os.environ.get(OWN)
    if not own or not (Path(own) / "rossmann" / "train.csv").is_file():
        pytest.skip("the complete data are not in the folder COURSEKIT_DATA")
    train, test = join_tables(rossmann().tables)
    assert (train.shape, len(test)) == ((844_338, 93), 41_088)
    assert train.loc[:4, list(FIRST_ROWS)].to_dict("list") == FIRST_ROWS
    assert train[["CompetitionDistance", "CloudCover"]].isna().sum().tolist() == [2186, 68_056]
