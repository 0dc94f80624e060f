"""What is solved is kept in a small file, shown by lesson, and asked again."""

import json
import random

import pytest

from coursekit import solved
from coursekit.__main__ import main
from coursekit.checking import check
from coursekit.exercises import lesson_02 as exercises


@pytest.fixture(autouse=True)
def a_learners_machine(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSEKIT_TEST", raising=False)
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "cache"))


def test_check_keeps_what_is_solved_once_and_nothing_else(tmp_path):
    for answer in (..., [1, 2, 3, 4], exercises.sum_shapes.solution, exercises.sum_shapes.solution):
        check(exercises.sum_shapes, answer)
    assert solved.read() == {"02": ["sum_shapes"]}
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["solved.json"]


def test_nothing_is_kept_under_test(monkeypatch):
    monkeypatch.setenv("COURSEKIT_TEST", "1")
    check(exercises.sum_shapes, exercises.sum_shapes.solution)
    assert solved.read() == {}


@pytest.mark.parametrize("damaged", ["", "{", "[]", '"02"', '{"02": 3}', "\ud800", '{"02": [1]}'])
def test_a_damaged_file_is_no_error(tmp_path, damaged):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/solved.json").write_bytes(damaged.encode("utf-8", "surrogatepass"))
    assert not any(solved.read().values())
    solved.keep("02", "outer")
    assert solved.read()["02"] == ["outer"]


def test_a_file_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/solved.json").mkdir()
    solved.keep("02", "outer")
    assert solved.read() == {}


def test_progress_counts_by_lesson_and_names_what_is_open(capsys):
    solved.keep("02", "outer")
    solved.keep("99", "gone")
    assert main(["progress"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if line.startswith("02_")]
    assert "1 of 5" in line and "sum_shapes" in line and "outer" not in line
    assert lines[-1].startswith("1 of ") and "solved.json" in lines[-1]


def test_review_asks_of_begun_lessons_and_answers_after_enter(monkeypatch, capsys):
    for lesson in ("02", "03", "05"):
        solved.keep(lesson, "any")
    prompts = []
    monkeypatch.setattr("builtins.input", prompts.append)
    assert main(["review"]) == 0
    assert len(prompts) == 10
    assert {prompt.split("lesson ")[1][:2] for prompt in prompts} == {"02", "03", "05"}
    assert len(capsys.readouterr().out.strip().split("\n\n")) == 10


def test_review_of_all_lessons_takes_one_of_each_first(tmp_path, monkeypatch):
    cell = "**Questions.**\n" + "".join(f"<details><summary>q{i}</summary>a{i}</details>\n" for i in range(3))
    for number in ("01", "02", "03"):
        notebook = {"cells": [{"cell_type": "markdown", "source": [cell]}]}
        (tmp_path / f"{number}_x.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    prompts = []
    monkeypatch.setattr("builtins.input", prompts.append)
    assert solved.review(tmp_path, 3, random.Random(0)) == 0
    assert [prompt.split("lesson ")[1][:2] for prompt in prompts] == ["01", "02", "03"]
    prompts.clear()
    assert solved.review(tmp_path, 99, random.Random(0)) == 0 and len(set(prompts)) == 9


def test_review_may_be_left(monkeypatch):
    def leave(prompt):
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", leave)
    assert main(["review"]) == 130
