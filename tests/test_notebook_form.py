"""The form of every lesson, and each rule on a lesson that breaks it."""

from pathlib import Path

import pytest
from notebook_form import AND_SOON, RULES, problems
from tiny_lesson import code, error, number, save, shown, stream, text, tiny_cells, tiny_lesson

LESSONS = sorted((Path(__file__).parent.parent / "nbs").glob("*.ipynb"))
PENDING = {  # lessons whose checks come too late; take out one that is mended, put none in
    "02_broadcasting_and_matmul", "03_mnist_logistic_regression", "05_optimizers",
    "08_collab_movielens", "09_rossmann_prepare", "10_rossmann_train",
    "11_entity_embeddings", "12_image_dataset", "13a_pets_cnn", "13b_what_can_go_wrong", "14_convolutions",
    "15_augmentation", "16_heatmaps", "17_production", "18a_char_rnn", "18b_char_lstm", "19_forests",
    "20_label_images", "21_ethics", "22_more_devices"}


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson_keeps_the_form(path):
    faults = problems(path, RULES)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_checks_come_early_and_often(path):
    faults = problems(path, AND_SOON)
    if path.stem in PENDING:
        assert faults, f"{path.stem} keeps the rule now: take it out of PENDING."
    else:
        assert not faults, "\n".join(faults)


def test_only_lessons_are_pending():
    assert PENDING <= {path.stem for path in LESSONS}


def test_tiny_lesson_keeps_the_form(tmp_path):
    assert problems(save(tiny_lesson(), tmp_path)) == []


def faults_of(cells, folder):
    return problems(save(tiny_lesson(cells), folder))


def with_cell(cell, at=6):
    "The good lesson with one more cell."
    cells = tiny_cells()
    cells.insert(at, cell)
    return number(cells)


def only_fault(cells, folder):
    faults = faults_of(cells, folder)
    assert len(faults) == 1, faults
    return faults[0]


def spoilt_metadata(folder, **changes):
    notebook = tiny_lesson()
    notebook["metadata"]["coursekit"].update(changes)
    return problems(save(notebook, folder))


ADDED_CELLS = {
    "stores ValueError but is not tagged": code("1 / n", error()),
    "tagged raises-exception but stores no error": code("1 / n", tags=["raises-exception"]),
    "stores a warning": code("n", stream("UserWarning: old\n", "stderr")),
    "figure without alt text": code("n", shown("image/png", "AA==", alt=" ", axes=[])),
    "does not list its axes": code("n", shown("image/gif", "AA==", alt="It turns.")),
    "an axis without a name": code("n", shown("image/png", "AA==", alt="A line.", axes=[["x", ""]])),
    "holds a marker of nbval": code("# NBVAL_SKIP\nn"),
    "installs a package": code("%pip install torch"),
    "holds an absolute path: /home/ann": code("n", stream("stored at /home/ann/model.pt")),
    "holds an absolute path: /tmp": text("The model lies in `/tmp`, where it belongs."),
    "holds an absolute path: site-packages": code("n", stream("lib/site-packages/torch")),
    "imports *": code("from math import *"),
    "unknown tag 'defintion'": text("A **mode** is the commonest value.", "defintion"),
    "has no term in **bold**": text("A mode is the commonest value of a list.", "definition"),
    "is tagged question: it needs": text("Why? Because.", "question"),
    "has 31 lines; at most 30": code("n\n" * 31),
    "the 4th code cell in a row": None,
    "says 0.66, which no cell above": text("Some say that it is about 0.66 and not less."),
}


@pytest.mark.parametrize("message", ADDED_CELLS)
def test_a_bad_cell_is_named(message, tmp_path):
    cell = ADDED_CELLS[message]
    if cell is None:
        cells = tiny_cells()
        cells[5:5] = [code("n"), code("n"), code("n")]
        faults = faults_of(number(cells), tmp_path)
    else:
        faults = faults_of(with_cell(cell), tmp_path)
    assert any(message in fault for fault in faults), faults


def test_an_animation_needs_alt_text_too(tmp_path):
    animation = '<img src="data:image/gif;base64,AA==">'
    faults = faults_of(with_cell(code("n", shown("text/html", animation))), tmp_path)
    assert any("without alt text" in fault for fault in faults)
    cell = code("n", shown("text/html", animation, alt="A line moves.", axes=[["x", "y"]]))
    assert faults_of(with_cell(cell), tmp_path) == []


def test_a_pure_image_has_no_axes(tmp_path):
    assert faults_of(with_cell(code("n", shown("image/png", "AA==", alt="A cat.", axes=[]))), tmp_path) == []


def test_a_meant_error_and_progress_on_stderr_are_fine(tmp_path):
    assert faults_of(with_cell(code("1 / 0", error(), tags=["raises-exception"])), tmp_path) == []
    assert faults_of(with_cell(code("n", stream("100% 3/3", "stderr"))), tmp_path) == []


def test_a_web_address_is_no_absolute_path(tmp_path):
    assert faults_of(with_cell(text("See <https://example.org/home/page> for more of it.")), tmp_path) == []


def test_runs_out_of_order_are_refused(tmp_path):
    cells = tiny_cells()
    cells[2]["execution_count"] = 7
    assert "Expected execution counts 1 to" in only_fault(cells, tmp_path)


def test_unrun_cells_are_refused(tmp_path):
    cells = tiny_cells()
    cells[-1]["execution_count"] = None
    assert "in order" in only_fault(cells, tmp_path)


def test_a_second_cell_of_imports_is_refused(tmp_path):
    assert "found 2" in only_fault(with_cell(code("import os")), tmp_path)


def test_parameters_are_needed_right_after_the_imports(tmp_path):
    cells = tiny_cells()
    cells[2]["metadata"] = {}
    assert "tagged parameters, found 0" in only_fault(cells, tmp_path)
    cells = tiny_cells()
    cells[2]["metadata"], cells[4]["metadata"] = {}, {"tags": ["parameters"]}
    assert "right after the imports" in only_fault(cells, tmp_path)


@pytest.mark.parametrize("row", ["You will learn", "Before this", "Time", "Data", "Lecture"])
def test_each_row_of_the_header_is_needed(row, tmp_path):
    cells = tiny_cells()
    cells[0]["source"] = cells[0]["source"].replace(f"**{row}**", "**Else**")
    assert f"no row '{row}'" in only_fault(cells, tmp_path)


def test_a_title_is_needed(tmp_path):
    cells = tiny_cells()
    cells[0]["source"] = cells[0]["source"].replace("# A tiny", "A tiny")
    assert "begins with '# '" in only_fault(cells, tmp_path)


def test_results_are_needed_as_a_call_and_not_as_a_comment(tmp_path):
    cells = tiny_cells()
    next(cell for cell in cells if cell["source"] == "results.show()")["source"] = "n  # results.show()"
    assert "results.show(), found 0" in only_fault(cells, tmp_path)


def test_three_checks_are_needed(tmp_path):
    cells = tiny_cells()
    cells[-1]["source"] = "n  # check(exercises.third, third)"
    assert "found 2" in only_fault(cells, tmp_path)


def test_the_first_check_comes_within_twelve_code_cells(tmp_path):
    assert faults_of(with_padding(5, before=6), tmp_path) == []  # the tiny lesson's first check is its 7th code cell
    assert "within the first 12 code cells, found the first at 13" in only_fault(with_padding(6, before=6), tmp_path)


def test_the_next_check_and_the_end_are_at_most_fifteen_code_cells_away(tmp_path):
    for before, most in ((-2, 13), (None, 15)):  # between the last two checks, and behind the last
        assert faults_of(with_padding(most, before), tmp_path) == []
        assert "found none between code cells" in only_fault(with_padding(most + 1, before), tmp_path)


def with_padding(n, before):
    "The good lesson with `n` more cells of code, and text between them, in front of the cell `before`."
    cells = tiny_cells()
    at = len(cells) if before is None else before
    cells[at:at] = [cell for _ in range(n) for cell in (text("Some words about it, a few more of them."), code("n"))]
    return number(cells)


@pytest.mark.parametrize("changes", [{"requires": ["91_later"]}, {"requires": None},
                                     {"requires": ["no number"]}, {"data": "mnist"},
                                     {"minutes": 0}, {"minutes": None}], ids=str)
def test_metadata_are_needed(changes, tmp_path):
    (fault,) = spoilt_metadata(tmp_path, **changes)
    assert f"coursekit.{next(iter(changes))}" in fault


def test_another_kernel_is_refused(tmp_path):
    notebook = tiny_lesson()
    notebook["metadata"]["kernelspec"]["name"] = "python3"
    (fault,) = problems(save(notebook, tmp_path))
    assert "Expected the kernel" in fault


def test_balance_of_prose_and_code(tmp_path):
    assert "words to" in only_fault(with_cell(text("word " * 500)), tmp_path)
    assert "words to" in only_fault(with_cell(code("n\n" * 29 + "\n")), tmp_path)


def test_a_large_file_is_refused(tmp_path):
    assert "at most 1,000,000" in only_fault(with_cell(code("n", stream("x" * 1_040_000))), tmp_path)
