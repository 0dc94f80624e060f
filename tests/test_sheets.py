import math

import numpy as np
import pytest
from openpyxl import load_workbook

from coursekit.sheets.formulas import FormulaError, compute, parse, spell
from coursekit.sheets.sheet import Sheet


def make_sum(**changes):
    """A running sum of x that carries its last value on."""
    parts = dict(columns={"x": [1, 2, 3], "running": "above.running + rate*x"}, cells={"begin": 0, "rate": 1},
                 start={"running": "begin"}, carry={"begin": "running"}, totals={"largest": "MAX(column.running)"})
    return Sheet(**parts | changes)


def make_softmax():
    return Sheet({"name": ["cat", "dog"], "output": [0, math.log(3)], "exp": "EXP(output)", "softmax": "exp/total"},
                 totals={"total": "SUM(column.exp)"})


@pytest.mark.parametrize("text, value, spelled", [
    ("1 + 2*3", 7, "1+(2*3)"),
    ("(1 + 2)*3", 9, "(1+2)*3"),
    ("8 - (4 - 2)", 6, "8-(4-2)"),
    ("-2**2", -4, "-(2^2)"),
    ("(-2)**2", 4, "(-2)^2"),
    ("2**3**2", 512, "2^(3^2)"),
    ("5 if 1 <= 2 else 6", 5, "IF(1<=2,5,6)"),
    ("5 if 1 == 2 else 6", 6, "IF(1=2,5,6)"),
    ("SUM(1, 2, 3) + MAX(4, 5) - COUNT(7, 7)", 9, "(SUM(1,2,3)+MAX(4,5))-COUNT(7,7)"),
    ("EXP(0) + SQRT(16)/LOG10(100)", 3, "EXP(0)+(SQRT(16)/LOG10(100))"),
    ("3 if 'cat' == 'cat' else 4", 3, 'IF("cat"="cat",3,4)'),
])
def test_a_formula_is_computed_and_spelled(text, value, spelled):
    tree = parse(text)
    assert compute(tree, None) == value
    assert spell(tree, None) == spelled


@pytest.mark.parametrize("text", ["x +", "open('file')", "x.y", "x[0]", "[x for x in y]", "1 < x < 2", "lambda: 1",
                                  "__import__", "exp(1)", "x and y", "SUM(x=1)", "None"])
def test_what_no_spreadsheet_understands_is_refused(text):
    with pytest.raises(FormulaError, match=r"Expected|asks for"):
        Sheet({"x": [1], "y": text})


def test_rows_feed_the_next():
    assert list(make_sum().frame["running"]) == [1, 3, 6]


def test_step_carries_the_last_values_on():
    sheet = make_sum().step()
    assert sheet.cells["begin"] == 6 and sheet.total("largest") == 12


def test_run_makes_five_epochs_and_notes_each():
    sheet = make_sum().run()
    assert [entry["largest"] for entry in sheet.history] == [6, 12, 18, 24, 30, 36]


def test_reset_returns_the_carried_cells_only():
    sheet = make_sum().run()
    sheet.cells["rate"] = 2
    sheet.reset()
    assert sheet.cells == {"begin": 0, "rate": 2}
    assert [entry["largest"] for entry in sheet.history] == [12]


def test_a_changed_cell_changes_the_columns():
    sheet = make_sum()
    sheet.cells["rate"] = 10
    assert list(sheet.frame["running"]) == [10, 30, 60]


def test_totals_and_whole_columns():
    sheet = make_softmax()
    assert np.allclose(sheet.frame["softmax"], [0.25, 0.75])
    assert sheet.total("total") == pytest.approx(4)


def test_formulas_stand_at_their_addresses():
    sheet = make_sum()
    assert sheet.formula("running") == "=$A$2+($B$2*A4)"
    assert sheet.formula("running", row=2) == "=B5+($B$2*A6)"
    assert sheet.formula("largest") == "=MAX(B$4:B$6)"
    with pytest.raises(FormulaError, match="found `x`"):
        sheet.formula("x")


def test_division_by_zero_does_not_stop_the_sheet():
    sheet = Sheet({"x": [0, 1], "y": "1/x", "z": "0*y", "w": "0 if x == 0 else 1/x"})
    assert list(sheet.frame["y"]) == [np.inf, 1] and np.isnan(sheet.frame["z"][0]) and sheet.frame["w"][0] == 0


def test_a_thousand_rows_do_not_recurse():
    sheet = make_sum(columns={"x": [1] * 1000, "running": "above.running + rate*x"})
    assert sheet.total("largest") == 1000


@pytest.mark.parametrize("changes, message", [
    (dict(columns={"x": [1], "running": "z"}), "asks for `z`"),
    (dict(start={}), "give it a start"),
    (dict(columns={"x": [1, 2], "z": [1], "running": "x"}), "one length"),
    (dict(cells={"begin": 0, "rate": 1, "x": 2}), "one meaning"),
    (dict(carry={"begin": "nothing"}), "start and carry"),
    (dict(totals={"largest": "MAX(running)"}), "write column.running"),
    (dict(columns={"x": [1], "running": "other", "other": "running"}), "running -> other -> running"),
])
def test_mistakes_are_named(changes, message):
    with pytest.raises(FormulaError, match=message):
        make_sum(**changes)


def test_workbook_holds_live_formulas(tmp_path):
    page = load_workbook(make_softmax().save_xlsx(tmp_path / "softmax.xlsx")).active
    assert page["A1"].value == "total" and page["A2"].value == "=SUM(C$4:C$5)"
    assert [cell.value for cell in page[3]] == ["name", "output", "exp", "softmax"]
    assert [cell.value for cell in page[4]] == ["cat", 0, "=EXP(B4)", "=C4/$A$2"]
    assert [path.name for path in tmp_path.iterdir()] == ["softmax.xlsx"]


def test_a_word_is_never_a_formula_in_the_workbook(tmp_path):
    sheet = Sheet({"name": ["=1+1"], "x": [1]}, cells={"lr": float("inf")})
    page = load_workbook(sheet.save_xlsx(tmp_path / "words.xlsx")).active
    assert page["A4"].data_type == "s" and page["A2"].value == "#NUM!"


def test_html_shows_values_and_formulas_and_escapes_words():
    page = Sheet({"name": ["<b>"], "x": [2], "y": "x/3"}).to_html()
    assert "&lt;b&gt;" in page and "<b>" not in page
    assert '<td title="C4 =B4/3">0.6666667</td>' in page


def test_a_long_sheet_shows_its_first_rows_and_the_last():
    sheet = Sheet({"x": list(range(100, 160)), "y": "x"})
    page = sheet.to_html(n_rows=10)
    assert "<td>108</td>" in page and "<td>109</td>" not in page and "<td>159</td>" in page and page.count("⋮") == 1
    assert "<td>130</td>" in sheet.to_html() and "⋮" not in sheet.to_html()


def test_plot_tells_the_chart_in_words(capsys):
    make_sum().run(2).plot("largest", "It grows", goal=10)
    assert "largest after 2 epochs rises from 6 to 18" in capsys.readouterr().out
