"""Columns as people bring them: names that are no text, float32 beside float64, rows held out in any form."""

import numpy as np
import pandas as pd
import pytest
import torch

from coursekit.tabular.columns import as_category, codes, get, held_out_rows, sorted_levels


@pytest.mark.parametrize("frame, name, message", [
    (pd.DataFrame([[1, 2]]), 0, "Expected text as the name of a column, found 0: rename the columns"),
    (pd.DataFrame({("a", "b"): [1]}), ("a", "b"), r"Expected text as the name of a column, found \('a', 'b'\)"),
    (pd.DataFrame({("a", "b"): [1]}), "a", "Expected one column a, found several: rename or drop"),
    (pd.DataFrame([[1, 2]], columns=["a", "a"]), "a", "Expected one column a, found several: rename or drop"),
    (pd.DataFrame({"a": [1]}), "b", "Expected a column b, found a: add it"),
    ({"a": 1}, "a", r"Expected a data frame, found a dict: give .*, or pd.DataFrame\(\[row\]\)"),
    (pd.Series({"a": 1}), "a", r"Expected a data frame, found a Series: give frame.iloc\[\[i\]\]"),
])
def test_what_is_no_column_is_refused(frame, name, message):
    with pytest.raises(ValueError, match=message):
        get(frame, name)


def test_the_advice_for_names_works():
    for frame in (pd.DataFrame([[1, 2]]), pd.DataFrame({("a", "b"): [1]})):
        frame.columns = frame.columns.map(str)
        assert get(frame, frame.columns[0]).tolist() == [1]


@pytest.mark.parametrize("trained", ["float32", "Float32", "float64", "Float64"])
@pytest.mark.parametrize("asked", ["float32", "Float32", "float64", "Float64"])
def test_a_number_is_the_same_level_in_all_widths(trained, asked):
    levels = sorted_levels(pd.Series([0.3, 0.1, 0.2]).astype(trained))
    column = as_category(pd.Series([0.1, 0.3, 0.4, None]).astype(asked), levels)
    assert levels == [0.1, 0.2, 0.3] and codes(column).tolist() == [1, 3, 0, 0]


@pytest.mark.parametrize("valid", [
    [True, False, False], (True, False, False), np.array([True, False, False], dtype=object),
    pd.array([True, False, False], dtype="boolean"), pd.Series([True, False, False], index=[4, 5, 6]),
    pd.Series([False, True, False], index=[5, 4, 6]), torch.tensor([True, False, False])], ids=repr)
def test_rows_are_held_out_by_booleans_of_any_kind(valid):
    rows = held_out_rows(pd.DataFrame({"a": [1, 2, 3]}, index=[4, 5, 6]), valid)
    assert rows.dtype == bool and rows.tolist() == [True, False, False]


@pytest.mark.parametrize("valid", [
    None, 1, 0.2, "x", [], [True, False], [True] * 3, [False] * 3, [1, 0, 0], [2], ["a", "b", "c"], [True, None, False],
    pd.Series([True, False, False]), pd.array([True, None, False], dtype="boolean"), np.eye(3, dtype=bool)], ids=repr)
def test_what_holds_out_no_rows_is_refused(valid):
    with pytest.raises(ValueError, match="Expected `valid` to hold True or False for each of the 3 rows, and some of"):
        held_out_rows(pd.DataFrame({"a": [1, 2, 3]}, index=[4, 5, 6]), valid)
