"""Joins that keep rows, dates in their parts, and elapsed days and sums equal to slow plain references."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal

from coursekit.tabular.tables import PARTS, add_datepart, elapsed, left_join, null_counts, rolling_sums


def stores_and_days(n_stores=4, n_days=60, seed=3):
    """Rows of some stores, each with its own gaps, in no order; one event is never true in the first store."""
    random = np.random.default_rng(seed)
    days = pd.DataFrame({"Store": np.repeat(range(1, n_stores + 1), n_days),
                         "Date": np.tile(pd.date_range("2014-02-20", periods=n_days), n_stores)})
    days["Promo"] = (random.random(len(days)) < 0.2).astype(int)
    days["Holiday"] = (random.random(len(days)) < 0.05) & (days["Store"] > 1)
    days = days[random.random(len(days)) < 0.8]
    return days.sample(frac=1, random_state=seed)


def elapsed_by_walking(df, event):
    """The lecture's way: walk the rows of each store in the order of dates, and remember the last event."""
    after, before = pd.Series(0, df.index), pd.Series(0, df.index)
    for result, ascending in ((after, True), (before, False)):
        store, last = None, None
        for row in df.sort_values(["Store", "Date"], ascending=[True, ascending]).itertuples():
            if row.Store != store:
                store, last = row.Store, None
            last = row.Date if getattr(row, event) else last
            result[row.Index] = 0 if last is None else (row.Date - last).days
    return pd.DataFrame({f"After{event}": after, f"Before{event}": before})


def sums_by_walking(df, event, rows):
    """The sums of each row's neighbours in its store, one row after the other."""
    sums = {}
    for _, store in df.sort_values("Date").groupby("Store"):
        values = store[event].astype(int).tolist()
        for i, index in enumerate(store.index):
            sums[index] = sum(values[max(0, i - rows + 1):i + 1]), sum(values[i:i + rows])
    return pd.DataFrame.from_dict(sums, "index", columns=[f"{event}_bw", f"{event}_fw"]).reindex(df.index)


@pytest.mark.parametrize("event", ["Promo", "Holiday"])
def test_elapsed_is_what_walking_gives(event):
    days = stores_and_days()
    assert_frame_equal(elapsed(days, event), elapsed_by_walking(days, event))


def test_elapsed_counts_up_from_an_event_and_down_to_the_next():
    days = pd.DataFrame({"Store": 1, "Date": pd.to_datetime(["2015-01-01", "2015-01-02", "2015-01-05", "2015-01-06",
                                                             "2015-01-09", "2015-01-10"]),
                         "Promo": [0, 1, 0, 0, 1, 0]})
    counted = elapsed(days, "Promo")
    assert counted["AfterPromo"].tolist() == [0, 0, 3, 4, 0, 1]  # 0 before the first event
    assert counted["BeforePromo"].tolist() == [-1, 0, -4, -3, 0, 0]  # and after the last


def test_elapsed_keeps_index_and_frame():
    days = stores_and_days().set_axis([7] * len(stores_and_days()))
    before = days.copy()
    assert elapsed(days, "Promo").index.equals(days.index)
    assert_frame_equal(days, before)


@pytest.mark.parametrize("rows", [1, 7])
def test_rolling_sums_are_what_walking_gives(rows):
    days = stores_and_days()
    expected = pd.concat([sums_by_walking(days, event, rows) for event in ("Promo", "Holiday")], axis=1)
    found = rolling_sums(days, ["Promo", "Holiday"], rows=rows)
    assert list(found) == ["Promo_bw", "Holiday_bw", "Promo_fw", "Holiday_fw"]
    assert_frame_equal(found[expected.columns], expected)


def test_rolling_sums_count_rows_across_a_gap():
    days = pd.DataFrame({"Store": 1, "Date": pd.to_datetime(["2014-06-30", "2015-01-01"]), "Promo": [1, 1]})
    assert rolling_sums(days, ["Promo"])["Promo_bw"].tolist() == [1, 2]


def test_the_parts_of_a_date():
    df = pd.DataFrame({"Date": ["2015-07-31"], "Sales": [5263]})
    with_parts = add_datepart(df, "Date", drop=False)
    assert list(with_parts) == ["Date", "Sales", *PARTS, "Elapsed"] and len(PARTS) == 12
    assert with_parts.loc[0, [*PARTS, "Elapsed"]].tolist() == [
        2015, 7, 31, 31, 4, 212, True, False, False, False, False, False, 1438300800]
    assert with_parts["Date"].tolist() == [pd.Timestamp(2015, 7, 31)]
    assert df["Date"].tolist() == ["2015-07-31"]


@pytest.mark.parametrize(("text", "true"), [
    ("2015-01-01", ["Is_month_start", "Is_quarter_start", "Is_year_start"]),
    ("2012-12-31", ["Is_month_end", "Is_quarter_end", "Is_year_end"]),
    ("2016-02-29", ["Is_month_end"])])
def test_first_and_last_days(text, true):
    parts = add_datepart(pd.DataFrame({"Date": [text]}), "Date").loc[0]
    assert [name for name in PARTS if name.startswith("Is_") and parts[name]] == [
        name for name in PARTS if name in true]


def test_a_week_is_the_iso_week_of_the_calendar_year():
    parts = add_datepart(pd.DataFrame({"Date": ["2013-12-30", "2013-01-06", "2016-01-01"]}), "Date")
    assert parts["Week"].tolist() == [1, 1, 53] and parts["Year"].tolist() == [2013, 2013, 2016]


def test_a_prefix_from_the_column_and_times():
    df = pd.DataFrame({"saledate": pd.to_datetime(["1970-01-01 13:14:15"])})
    parts = add_datepart(df, "saledate", time=True)
    assert list(parts) == [f"sale{name}" for name in (*PARTS, "Hour", "Minute", "Second", "Elapsed")]
    assert parts.loc[0, ["saleHour", "saleMinute", "saleSecond", "saleElapsed"]].tolist() == [13, 14, 15, 47655]


def test_an_empty_date_is_refused():
    with pytest.raises(ValueError, match="Expected a date in every row of Date, found 1 empty"):
        add_datepart(pd.DataFrame({"Date": ["2015-07-31", None]}), "Date")


def test_a_join_keeps_rows_order_and_index():
    left = pd.DataFrame({"Store": [2, 9, 2, 1], "Open": [1, 1, 0, 1]}, index=[5, 5, 8, 0])
    right = pd.DataFrame({"Store": [1, 2, 3], "State": ["HE", "TH", "NW"]})
    joined = left_join(left, right, "Store")
    assert joined.index.tolist() == [5, 5, 8, 0] and joined["Open"].tolist() == [1, 1, 0, 1]
    assert joined["State"].fillna("none").tolist() == ["TH", "none", "TH", "HE"]
    assert_series_equal(null_counts(joined), pd.Series({"State": 1}))


def test_keys_of_other_names_and_columns_of_both():
    left = pd.DataFrame({"file": ["Hessen"], "trend": [80], "Date": ["2015-07-31"]})
    right = pd.DataFrame({"StateName": ["Hessen"], "trend": [70], "State": ["HE"]})
    dropped = left_join(left, right, "file", "StateName")
    assert list(dropped) == ["file", "trend", "Date", "StateName", "State"] and dropped["trend"].tolist() == [80]
    kept = left_join(left, right, "file", "StateName", suffix="_DE")
    assert list(kept) == ["file", "trend", "Date", "StateName", "trend_DE", "State"]
    assert kept["trend_DE"].tolist() == [70]


def test_a_column_of_the_left_that_ends_in_y_stays():
    left = pd.DataFrame({"Store": [1], "size_y": [3]})
    assert list(left_join(left, pd.DataFrame({"Store": [1], "size": [4]}), "Store")) == ["Store", "size_y", "size"]


def test_a_key_in_several_rows_is_refused():
    left = pd.DataFrame({"Year": [2015], "Week": [31]})
    right = pd.DataFrame({"Year": 2015, "Week": [30, 31, 31, 31], "trend": range(4)})
    with pytest.raises(ValueError, match=r"Expected each Year, Week in one row of the right table, found 1 in several"):
        left_join(left, right, ["Year", "Week"])


def test_null_counts_lists_columns_with_nulls_most_first():
    df = pd.DataFrame({"a": [1, 2, 3], "b": [None, 2, None], "c": [None, None, None], "d": ["x", None, "y"]})
    assert null_counts(df).to_dict() == {"c": 3, "b": 2, "d": 1}
    assert list(null_counts(df)) == [3, 2, 1]


def three_days(**columns):
    """Three days of one store, with other columns in place of these or beside them."""
    return pd.DataFrame({"Store": 1, "Date": pd.date_range("2015-01-01", periods=3), "Promo": [0, 1, 0]} | columns)


@pytest.mark.parametrize("events", [[0, 1, 0], [0.0, 1.0, 0.0], [False, True, False],
                                    pd.array([False, True, False], dtype="boolean"),
                                    pd.Series([False, True, False], dtype=object), pd.Categorical([0, 1, 0])])
def test_an_event_is_true_or_1_in_any_type(events):
    counted = elapsed(three_days(Promo=events), "Promo")
    assert counted["AfterPromo"].tolist() == [0, 0, 1] and counted["BeforePromo"].tolist() == [-1, 0, 0]


@pytest.mark.parametrize("events, found", [
    (["0", "1", "0"], "'0'"), (["a", "0", "0"], "'0'"), ([0, 2, 0], "2"), ([0, 0.5, 1], "0.5"),
    (["False", "True", "True"], "'False'")])
def test_what_is_no_event_is_refused(events, found):
    with pytest.raises(ValueError, match=f"Expected True or False, or 1 or 0, in Promo, found {found}: compare"):
        elapsed(three_days(Promo=events), "Promo")


@pytest.mark.parametrize("column, values", [
    ("Promo", [0, 1, None]), ("Promo", ["Rain", None, None]), ("Promo", pd.array([True, None, False], "boolean")),
    ("Store", [1, None, 1]), ("Date", [*pd.date_range("2015-01-01", periods=2), None])])
def test_gaps_are_refused(column, values):
    for count in (elapsed, rolling_sums):
        with pytest.raises(ValueError, match=f"Expected no gaps in Store, Date, Promo, found .*{column}.*: fill"):
            count(three_days(**{column: values}), *(["Promo"] if count is elapsed else [["Promo"]]))


def test_days_are_those_of_the_calendar_where_one_has_23_hours():
    days = three_days(Date=pd.date_range("2015-03-29", periods=3, tz="Europe/Berlin"), Promo=[1, 0, 1])
    counted = elapsed(days, "Promo")
    assert counted["AfterPromo"].tolist() == [0, 1, 0] and counted["BeforePromo"].tolist() == [0, -1, 0]


def test_days_may_be_text():
    days = three_days()
    assert_frame_equal(elapsed(days.assign(Date=days["Date"].astype(str)), "Promo"), elapsed(days, "Promo"))


def test_rolling_sums_keep_decimals_and_whole_numbers():
    days = three_days(Rain=[0.5, 0.25, 2.0])
    sums = rolling_sums(days, ["Rain", "Promo"], rows=2)
    assert sums["Rain_bw"].tolist() == [0.5, 0.75, 2.25] and sums["Rain_fw"].tolist() == [0.75, 2.25, 2.0]
    assert sums["Promo_bw"].tolist() == [0, 1, 1] and sums["Promo_bw"].dtype == "int64"
    with pytest.raises(ValueError, match="Expected numbers in Promo, found (str|object): convert it with"):
        rolling_sums(three_days(Promo=["a", "b", "c"]), ["Promo"])


@pytest.mark.parametrize("numbers", [
    [20150131, 20150201], [2015, 2016], [42035, 42036], [20150131.0, 20150201.0], [True, False],
    pd.Series([20150131, 20150201], dtype=object), pd.array([20150131, 20150201], dtype="Int64")])
def test_numbers_are_no_dates(numbers):
    df = pd.DataFrame({"Date": numbers})
    with pytest.raises(ValueError, match="Expected dates in Date, found numbers: say what they mean") as caught:
        add_datepart(df, "Date")
    if df["Date"].iloc[0] == 20150131 and df["Date"].dtype != float:  # the advice works
        advised = pd.to_datetime(df["Date"].astype(str), format="%Y%m%d")
        assert '(df["Date"].astype(str), format="%Y%m%d")' in str(caught.value)
        assert add_datepart(df.assign(Date=advised), "Date")["Day"].tolist() == [31, 1]


@pytest.mark.parametrize("dates", [pd.period_range("2015-01", periods=2, freq="M"), ["20150131", "2015-02-01"],
                                   ["2015-01-01T00:00+01:00", "2015-07-01T00:00+02:00"], ["2015-01-31", "never"]])
def test_dates_that_pandas_cannot_read_are_refused(dates):
    with pytest.raises(ValueError, match=r"Expected dates of one form in Date, found others \(.*\): convert"):
        add_datepart(pd.DataFrame({"Date": dates}), "Date")


def test_a_date_is_taken_apart_in_its_own_zone():
    dates = pd.to_datetime(["2015-06-30 23:30:00", "1969-12-31 23:59:59"]).tz_localize("Europe/Berlin")
    parts = add_datepart(pd.DataFrame({"Date": dates}), "Date", time=True)
    assert parts.loc[0, ["Month", "Day", "Hour", "Minute"]].tolist() == [6, 30, 23, 30]
    assert parts["Is_quarter_end"].all()
    assert parts["Elapsed"].tolist() == [1435699800, -3601] and parts["Elapsed"].dtype == "int64"


def test_names_of_columns_are_text():
    with pytest.raises(ValueError, match="Expected text as the name of a column, found 0"):
        add_datepart(pd.DataFrame({0: ["2015-07-31"]}), 0)


@pytest.mark.parametrize("missing", [None, np.nan])
def test_a_missing_key_matches_nothing(missing):
    left = pd.DataFrame({"k": ["a", missing, missing], "l": [1, 2, 3]})
    right = pd.DataFrame({"k": ["a", missing, missing, "c"], "b": ["x", "y", "z", "w"]})
    assert left_join(left, right, "k")["b"].fillna("none").tolist() == ["x", "none", "none"]
    with_two = left_join(left, right.assign(l=[1, 2, 3, 4]), ["k", "l"])
    assert with_two["b"].fillna("none").tolist() == ["x", "none", "none"]
