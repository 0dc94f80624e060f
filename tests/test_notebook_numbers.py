"""Every branch of the rule that numbers in a lesson's text must come from somewhere."""

import pytest
from notebook_numbers import constants, find_numbers, strip, unsupported_numbers
from tiny_lesson import code, error, shown, stream, text


def unsupported(prose, *cells_above, below=()):
    "The numbers of `prose` without a source, when it stands after a title and `cells_above`."
    cells = [text("# Title"), *cells_above, text(prose), *below]
    return [number for i, number in unsupported_numbers(cells)]


@pytest.mark.parametrize(("prose", "found"), [
    ("0.96 is much", ["0.96"]), ("loss of .136", [".136"]), ("falls by -0.3", ["0.3"]), ("92 % of", ["92 %"]),
    ("92% of", ["92%"]), ("5 percent", ["5 percent"]), ("1.5 per cent", ["1.5 per cent"]),
    ("1000 rows", ["1000"]),
    ("10,000 rows", ["10,000"]), ("60k rows", ["60k"]), ("2 million", ["2 million"]), ("1e-3 is", ["1e-3"]),
    ("3.5x faster", ["3.5"]), ("from 0.5-0.9 s", ["0.5", "0.9"]), ("It is 0.25.", ["0.25"]),
    ("(0.25)", ["0.25"]),
    ("| row | 0.25 |", ["0.25"]), ("- item 0.25", ["0.25"]), ("9999", ["9999"]), ("2048 pixels", ["2048"]),
    ("2,000 years", ["2,000"]), ("about **0.25**", ["0.25"]), ("1990.5", ["1990.5"]), ("1990 %", ["1990 %"]),
    ("<details><summary>Why?</summary>0.25</details>", ["0.25"]),
    ("costs \\$0.25 and \\$0.35", ["0.25", "0.35"])])
def test_numbers_that_are_checked(prose, found):
    assert unsupported(prose) == found


@pytest.mark.parametrize("prose", [
    "three of 999 rows", "in 1998 and in 2019.", "version 2.14.0", "1:02:05 into it", "`0.25` is code",
    "```python\nx = 0.25\n```", "$x = 0.25$", "$$\nx = 0.25\n$$", "[paper 0.25](https://example.org/0.25)",
    "https://example.org/0.25", "![a 0.25](x.png)", '<img width="0.25">', "section 2.1", "lesson 1.2 and 1.3",
    "### 3.1 Title", "1. item\n2. item", "<!-- 0.25 -->", "784x1000", "x1000",
    '<span class="lecture">0.25</span>',
    '<span class="lecture">0.25, 92 % and 10,000</span>', "Python 3.11", "``a ` 0.25``"])
def test_numbers_that_are_not_checked(prose):
    assert unsupported(prose) == []


def test_a_marked_number_does_not_excuse_its_neighbour():
    assert unsupported('<span class="lecture">0.25</span> but 0.26') == ["0.26"]
    assert unsupported('<span class="lecture">first\n\n0.25</span>') == ["0.25"]
    assert unsupported('<span class="lecture">' + "long " * 80 + "0.25</span>") == ["0.25"]
    assert unsupported('<span class="ours">0.25</span>') == ["0.25"]


@pytest.mark.parametrize(("prose", "printed"), [
    ("0.96", "0.9642"), ("0.964", "0.9642"), ("0.9642", "0.9642"), ("96 %", "0.9642"), ("96.4 %", "0.9642"),
    ("96.4 %", "96.42%"), ("10,000", "10000"), ("10000", "10,000"), ("60k", "59,900"), ("0.3", "-0.3012"),
    ("0.0012", "1.2e-03"), ("1e-3", "0.00104"), ("1.5 million", "1,460,000"), ("0.5", "0.45")])
def test_a_measured_number_is_found_at_its_precision(prose, printed):
    assert unsupported(prose, code("show", stream(f"it is {printed}\n"))) == []


@pytest.mark.parametrize(("prose", "printed"), [
    ("0.97", "0.9642"), ("0.9643", "0.9642"), ("97 %", "0.9642"), ("0.96", "96.42"), ("10,001", "10000"),
    ("61k", "59,900"), ("0.9642", "0.96"), ("1.96", "0.96"), ("0.5", "0.4499")])
def test_another_number_is_no_source(prose, printed):
    assert unsupported(prose, code("show", stream(f"it is {printed}\n"))) == [prose]


@pytest.mark.parametrize("output", [
    stream("0.25"), stream(["0.2", "5\n"]), shown("text/plain", "tensor([0.2500, 1.0])"), error("0.25"),
    shown("text/html", "<table><td>0.25</td></table>"),
    shown("text/markdown", "<small>rises to 0.25</small>")])
def test_all_readable_outputs_count(output):
    assert unsupported("0.25", code("show", output)) == []


@pytest.mark.parametrize("output", [
    shown("text/html", "<style>td {width: 0.25em}</style>"), shown("text/html", '<td width="0.25">'),
    shown("image/png", "0.25")])
def test_what_nobody_reads_does_not_count(output):
    assert unsupported("0.25", code("show", output)) == ["0.25"]


def test_an_output_below_is_no_source():
    assert unsupported("0.25", below=[code("show", stream("0.25"))]) == ["0.25"]


def test_the_code_above_and_right_below_counts():
    assert unsupported("0.25 and 10,000", code("lr = 0.25\nn = 10_000")) == []
    assert unsupported("25 %", code("dropout = 0.25")) == []
    assert unsupported("1e-3", below=[code("a"), code("lr = 0.001")]) == []
    assert unsupported("1e-3", below=[text("More."), code("lr = 0.001")]) == ["1e-3"]


def test_constants_must_be_equal_and_used():
    assert unsupported("0.25", code("lr = 0.251")) == ["0.25"]
    assert unsupported("0.25", code("lr = x  # 0.25")) == ["0.25"]
    assert unsupported("0.25", code("lecture = '0.25'")) == ["0.25"]


def test_constants_of_cells_that_do_not_parse():
    assert constants("x = 0.5\n%timeit f(0.25)\n") == [0.5, 0.25]
    assert constants("x = (0.5") == [0.5]
    assert constants("0x10 + 1_000 + 2j") == [16, 1000]


def test_the_header_table_is_left_out_only_in_the_first_cell():
    table = "| **Time** | 0.25 s |"
    assert unsupported_numbers([text(table)]) == []
    assert unsupported(table) == ["0.25"]


def test_a_sentence_may_begin_with_a_number():
    assert [n.text for n in find_numbers(strip("First.\n92 % of it\n0.5 more"))] == ["92 %", "0.5"]
