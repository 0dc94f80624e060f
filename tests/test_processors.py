import json
import os

import numpy as np
import pandas as pd
import pytest
import torch

from coursekit.data.fetch import own_folder
from coursekit.tabular.columns import codes
from coursekit.tabular.processors import Categorify, FillMissing, Normalize, Processors

CATEGORICAL, CONTINUOUS = ["Store", "DayOfWeek", "PromoInterval"], ["CompetitionDistance", "Mean_Humidity"]
COLUMNS = [*CATEGORICAL, *CONTINUOUS, "Sales"]
FEBRUARY, JANUARY, MARCH = "Feb,May,Aug,Nov", "Jan,Apr,Jul,Oct", "Mar,Jun,Sept,Dec"
# The rows that lesson 6 prints (18:39), by their position in the complete data. Stores that its sample of
# 1,000 training rows did not hold are None here.
TRAIN = {280: (281, 5, None, 6970, 61, 8053), 584: (586, 5, None, 250, 61, 17879),
         588: (590, 5, JANUARY, 4520, 51, 7250), 847: (849, 5, None, 5000, 67, 10829),
         896: (899, 5, JANUARY, 2590, 55, 5952)}
GAPS = {78375: (622, 5, None, None, 71, 5390), 161185: (622, 6, None, None, 91, 2659),
        363369: (879, 4, FEBRUARY, None, 73, 4788)}
TEST = {428412: (None, 2, None, 840, 89, 8343), 428541: (1050, 2, MARCH, 13170, 78, 4945),
        428813: (None, 1, JANUARY, 11680, 85, 4946), 430157: (414, 6, JANUARY, 6210, 88, 6952),
        431137: (285, 5, None, 2410, 57, 5377)}
# Made up, so that the lecture's test rows meet the same stores and the median is its sample's, 2380.
MORE = {400001: (1050, 1, MARCH, 2380, 60, 5000), 400002: (414, 2, MARCH, 900, 60, 5000),
        400003: (285, 3, MARCH, 2000, 60, 5000), 400004: (285, 4, MARCH, 1000, 60, 5000)}


def table(rows):
    """Rows by position as a frame."""
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS)


@pytest.fixture
def train():
    """The lecture's printed training rows, and enough others to make its codes and its median."""
    return table(TRAIN | GAPS | MORE)


@pytest.fixture
def later():
    """The lecture's printed test rows, with stores that the training rows do not hold."""
    return table(TEST).fillna({"Store": 7})


def small(**columns):
    """A frame and a copy of it, to see that it stays as it is."""
    frame = pd.DataFrame(columns)
    return frame, frame.copy(deep=True)


def test_the_printed_rows_through_categorify(train, later):
    categorify = Categorify(CATEGORICAL, CONTINUOUS).fit(train)
    new, after = categorify.transform(train), categorify.transform(later)
    assert new["PromoInterval"].cat.categories.tolist() == [FEBRUARY, JANUARY, MARCH]
    assert new["PromoInterval"].cat.codes[:5].tolist() == [-1, -1, 1, -1, 1]
    assert new["PromoInterval"].cat.codes.dtype == np.int8
    assert codes(new["PromoInterval"])[:5].tolist() == [0, 0, 2, 0, 2]
    assert new["Store"].cat.categories.tolist() == sorted(train["Store"].unique())
    expected = table(TEST)
    assert after["Store"].astype("float64").equals(expected["Store"].astype("float64"))
    assert after["PromoInterval"].astype(object).fillna("-").tolist() == ["-", MARCH, JANUARY, JANUARY, "-"]
    assert after["DayOfWeek"].tolist() == expected["DayOfWeek"].tolist()
    assert after.index.equals(expected.index)
    assert after[CONTINUOUS].equals(later[CONTINUOUS])


def test_the_printed_rows_through_fill_missing(train, later):
    fill = FillMissing(CATEGORICAL, CONTINUOUS).fit(train)
    new, after = fill.transform(train), fill.transform(later)
    assert fill.medians == {"CompetitionDistance": 2380.0}
    assert fill.names() == ([*CATEGORICAL, "CompetitionDistance_na"], CONTINUOUS)
    missing = new[new["CompetitionDistance_na"]]
    assert missing.index.tolist() == list(GAPS) and (missing["CompetitionDistance"] == 2380.0).all()
    assert new["CompetitionDistance_na"].dtype == bool and not after["CompetitionDistance_na"].any()
    assert after["CompetitionDistance"].tolist() == [840, 13170, 11680, 6210, 2410]


@pytest.mark.skipif(not os.environ.get("COURSEKIT_DATA"), reason="needs the complete Rossmann data")
def test_the_printed_rows_are_those_of_the_complete_data():
    folder = own_folder() / "rossmann"
    if not folder.is_dir():
        pytest.skip("COURSEKIT_DATA has no folder rossmann")
    read = {name: pd.read_csv(folder / f"{name}.csv", low_memory=False)
            for name in ("train", "store", "store_states", "state_names", "weather")}
    weather = read["weather"].rename(columns={"file": "StateName"}).merge(read["state_names"], on="StateName")
    frame = read["train"].merge(read["store"], on="Store").merge(read["store_states"], on="Store")
    frame = read["train"][["Store", "Date"]].merge(frame, on=["Store", "Date"], how="left")
    frame = frame.merge(weather[["State", "Date", "Mean_Humidity"]], on=["State", "Date"], how="left")
    frame = frame[frame["Sales"] > 0].reset_index(drop=True)
    assert len(frame) == 844_338
    for rows in (TRAIN, GAPS, TEST):
        found, printed = frame.loc[list(rows), COLUMNS], table(rows)
        known = printed.notna() | (printed.columns != "Store")  # a store that the sample did not hold
        pd.testing.assert_frame_equal(found.where(known).astype(object).fillna("-"),
                                      printed.astype(object).fillna("-"), check_dtype=False)
    months = Categorify(CATEGORICAL, CONTINUOUS).fit(frame).transform(frame.loc[list(TRAIN)])["PromoInterval"]
    assert months.cat.codes.tolist() == [-1, -1, 1, -1, 1]


def test_a_gap_where_there_was_none_is_refused_and_the_input_is_never_changed():
    frame, before = small(a=[1.0, None, 4.0], b=[1, 2, 3])
    fill = FillMissing([], ["a", "b"]).fit(frame)
    new = fill.transform(frame)
    assert frame.equals(before) and list(new) == ["a", "b", "a_na"] and new["a"].tolist() == [1, 2.5, 4]
    with pytest.raises(ValueError, match="Expected no gaps in b, as in the training rows, found 1"):
        fill.transform(pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, None]}))
    with pytest.raises(ValueError, match="without a_na, which is added here"):
        fill.transform(new)
    with pytest.raises(ValueError, match="training rows of c, found none"):
        FillMissing([], ["c"]).fit(pd.DataFrame({"c": [np.nan, np.nan]}))


def test_normalize_uses_the_training_rows_and_the_samples_standard_deviation():
    frame, before = small(a=[1, 2, 3, 4], b=[True, False, True, True])
    normalize = Normalize([], ["a", "b"]).fit(frame)
    assert normalize.means["a"] == 2.5 and normalize.stds["a"] == np.std([1, 2, 3, 4], ddof=1)
    new = normalize.transform(frame)
    assert frame.equals(before)
    assert new["a"].tolist() == [(x - 2.5) / (normalize.stds["a"] + 1e-7) for x in (1, 2, 3, 4)]
    assert new["b"].mean() == pytest.approx(0, abs=1e-12) and new["b"].std() == pytest.approx(1, abs=1e-6)
    assert normalize.transform(pd.DataFrame({"a": [2.5], "b": [0]}))["a"].tolist() == [0]


@pytest.mark.parametrize("constant", [[2015, 2015], [5.0, np.nan, 5.0], [1.0, np.nan], [0.0, 0.0], [100, 100 + 1e-9],
                                      [-1e12, -1e12 - 1e-4]])
def test_a_column_that_is_constant_in_training_is_refused(constant):
    frame = pd.DataFrame({"a": constant, "b": range(len(constant))})
    for processors in (Normalize([], ["a", "b"]), Processors([], ["a", "b"])):
        with pytest.raises(ValueError, match="numbers that differ in the training rows of a, found .*: leave it out"):
            processors.fit(frame)


@pytest.mark.parametrize("small_steps", [[1e-9, 2e-9], [1e8, 1e8 + 1], [1438300800, 1438387200], [0, 1e-12]])
def test_small_differences_are_no_constant(small_steps):
    frame = pd.DataFrame({"a": small_steps})
    assert Normalize([], ["a"]).fit(frame).transform(frame)["a"].diff().iloc[1] > 0


@pytest.mark.parametrize("huge", [np.inf, -np.inf, 1e300])
def test_numbers_that_are_not_finite_are_refused(huge):
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    with pytest.raises(ValueError, match="Expected finite numbers in the training rows of a, found inf"):
        Normalize([], ["a", "b"]).fit(frame.assign(a=[1, np.inf]))
    for kinds in ([Normalize], [FillMissing, Normalize], [FillMissing]):
        processors = Processors([], ["a", "b"], kinds).fit(frame)
        with pytest.raises(ValueError, match="Expected finite numbers in b, found gaps or inf"):
            processors.inputs(frame.assign(b=[3, huge]))


@pytest.mark.parametrize("continuous", [["b"], []])
def test_one_row_is_a_frame_of_one_row(continuous):
    frame = pd.DataFrame({"a": ["x", "y", "x"], "b": [1.0, 2.0, 4.0]})
    processors = Processors(["a"], continuous).fit(frame)
    for row in (frame.iloc[1].to_dict(), frame.iloc[1], frame.to_dict("list")):
        with pytest.raises(ValueError, match="Expected a data frame, found a (dict|Series): give"):
            processors.inputs(row)
    for row in (pd.DataFrame([frame.iloc[1].to_dict()]), frame.iloc[[1]]):  # what the sentence says
        for one, of_all in zip(processors.inputs(row), processors.inputs(frame), strict=True):
            assert torch.equal(one[0], of_all[1])


@pytest.mark.parametrize("gap", [3.0, None])
def test_names_of_columns_are_text(gap):
    with pytest.raises(ValueError, match="Expected text as the name of a column, found 0: rename the columns"):
        Processors([0], [1]).fit(pd.DataFrame([["x", 1.0], ["y", gap], ["x", 2.0]]))


@pytest.mark.parametrize("values, others, expected", [
    (["b", None, "a", "b"], ["a", "z", None], [1, 0, 0]),
    ([3, 1, 2], [1.0, np.nan, 7.0, 3.0], [1, 0, 0, 3]),  # one gap turns whole numbers into floats
    ([2.0, np.nan, 1.0], [1, 2, 3], [1, 2, 0]),
    ([True, False], [False, True, True], [1, 2, 2]),
    ([True, None, False], [0, 1, 2], [1, 2, 0]),  # True is 1
    (pd.array([10, None, 5], dtype="Int64"), [5, 10], [1, 2]),
    (pd.Categorical(["low", "high"], ["low", "middle", "high"]), ["low", "middle", "high"], [2, 0, 1]),
    ([None, None], ["x", "y"], [0, 0]),
])
def test_codes_are_sorted_levels_and_0_is_missing_or_unseen(values, others, expected):
    frame, before = small(x=values)
    categorify = Categorify(["x"], []).fit(frame)
    assert codes(categorify.transform(pd.DataFrame({"x": others}))["x"]).tolist() == expected
    assert frame.equals(before)


def test_levels_of_two_kinds_are_refused():
    with pytest.raises(ValueError, match="column x, found int and str"):
        Categorify(["x"], []).fit(pd.DataFrame({"x": ["0", 0, "a"]}))
    with pytest.raises(ValueError, match="column x, found Timestamp"):
        Categorify(["x"], []).fit(pd.DataFrame({"x": pd.to_datetime(["2015-07-31"])}))
    categorify = Categorify(["x"], []).fit(pd.DataFrame({"x": [1, 2]}))
    with pytest.raises(ValueError, match="Expected numbers in x, as in the training rows, found '2'"):
        categorify.transform(pd.DataFrame({"x": ["2", "1"]}))


@pytest.mark.parametrize("kind", [FillMissing, Normalize])
def test_continuous_columns_hold_numbers(kind):
    with pytest.raises(ValueError, match="Expected numbers in a, found .*: convert it"):
        kind([], ["a"]).fit(pd.DataFrame({"a": ["1", "2"]}))


def test_missing_columns_and_processors_not_fitted_are_refused(train):
    with pytest.raises(ValueError, match="Expected a column Weather, found Store, DayOfWeek"):
        Processors(["Weather"], CONTINUOUS).fit(train)
    for unfitted in (FillMissing([], ["a"]), Categorify([], []), Normalize([], []), Processors([], ["a"])):
        with pytest.raises(ValueError, match=r"Expected (a )?fitted .*: call fit\(training_rows\) first"):
            unfitted.transform(train)
    with pytest.raises(ValueError, match="in the order FillMissing, Categorify, Normalize"):
        Processors([], ["a"], [Categorify, FillMissing])


def test_all_together(train, later):
    before = train.copy(deep=True)
    processors = Processors(CATEGORICAL, CONTINUOUS).fit(train)
    assert train.equals(before) and processors.categorical == [*CATEGORICAL, "CompetitionDistance_na"]
    assert processors.levels["CompetitionDistance_na"] == [False, True]
    codes, continuous = processors.inputs(train)
    assert codes.dtype == torch.int64 and codes.shape == (12, 4)
    assert continuous.dtype == torch.float32 and continuous.shape == (12, 2)
    assert codes[:, 3].tolist() == [1] * 5 + [2] * 3 + [1] * 4
    assert torch.allclose(continuous.mean(0), torch.zeros(2), atol=1e-6)
    assert torch.allclose(continuous.std(0), torch.ones(2), atol=1e-6)
    codes, continuous = processors.inputs(later.drop(columns="Sales"))
    assert (codes[:, 0] == 0).tolist() == [True, False, True, False, False]
    filled = train["CompetitionDistance"].fillna(2380)
    assert continuous[0, 0].item() == pytest.approx((840 - filled.mean()) / filled.std(), abs=1e-6)


def test_only_some_processors_and_only_one_sort_of_column(train):
    codes, continuous = Processors(CATEGORICAL, []).fit(train).inputs(train)
    assert codes.shape == (12, 3) and continuous.shape == (12, 0)
    codes, continuous = Processors([], ["Mean_Humidity"], [Normalize]).fit(train).inputs(train)
    assert codes.shape == (12, 0) and continuous.shape == (12, 1)
    with pytest.raises(ValueError, match="numbers in CompetitionDistance, found gaps or inf: use FillMissing"):
        Processors(CATEGORICAL, CONTINUOUS, [Categorify, Normalize]).fit(train).inputs(train)


def test_what_is_saved_does_the_same(train, later, tmp_path):
    train["Open"] = [True, False] * 6
    later["Open"] = True
    processors = Processors([*CATEGORICAL, "Open"], CONTINUOUS).fit(train)
    processors.save(tmp_path / "new" / "rossmann.json")
    loaded = Processors.load(tmp_path / "new" / "rossmann.json")
    for frame in (train, later):
        for ours, theirs in zip(processors.inputs(frame), loaded.inputs(frame), strict=True):
            assert torch.equal(ours, theirs)
    assert loaded.categorical == processors.categorical and loaded.levels == processors.levels
    assert [step.state() for step in loaded.steps] == [step.state() for step in processors.steps]
    assert loaded.fit(later).levels["DayOfWeek"] == [1, 2, 5, 6]  # and can be fitted again


def test_an_older_file_stays_whole_when_saving_fails(train, tmp_path, monkeypatch):
    path = tmp_path / "processors.json"
    processors = Processors(CATEGORICAL, CONTINUOUS).fit(train)
    processors.save(path)
    before = path.read_bytes()

    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr("coursekit.files.os.replace", fail)
    with pytest.raises(OSError, match="the disk is full"):
        processors.save(path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("change, message", [
    (lambda state: [], 'Expected "format": "coursekit processors" and "version": 1, found \\[\\]'),
    (lambda state: state | {"version": 2}, '"version": 1, found .*2'),
    (lambda state: state | {"steps": []}, "steps of the kinds FillMissing, Categorify, Normalize, found"),
    (lambda state: state | {"steps": [{"kind": "PCA"}]}, "Expected steps of the kinds .*PCA"),
    (lambda state: state | {"steps": [{"kind": "FillMissing", "continuous": []}]},
     r"for FillMissing categorical \(list\), continuous \(list\), medians \(dict\), found continuous"),
    (lambda state: state | {"steps": [{"kind": "FillMissing", "categorical": [], "continuous": ["a"],
                                       "medians": {"a": "1"}}]}, "FillMissing.medians for a, found '1'"),
    (lambda state: state | {"steps": state["steps"][::-1]}, "Expected processors in the order FillMissing"),
])
def test_files_with_other_things_are_refused(train, tmp_path, change, message):
    path = tmp_path / "processors.json"
    Processors(CATEGORICAL, CONTINUOUS).fit(train).save(path)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(ValueError, match=message) as caught:
        Processors.load(path)
    assert str(caught.value).startswith(f"{path} cannot be read: ") and "save()" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\x80\x04\x95"])
def test_what_is_no_json_is_refused(tmp_path, content):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(ValueError, match="Expected JSON, found something else"):
        Processors.load(tmp_path / "x.json")
