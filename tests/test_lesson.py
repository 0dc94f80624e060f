"""Results tables hold a lesson to its word; checks tell right answers from the usual wrong ones."""

import json
import math

import numpy as np
import pytest
import torch

from coursekit import lesson
from coursekit.lesson import BoundBroken, Exercise, Results, check


def results(measured, used=1, **bounds):
    table = Results("some_lesson", data="drawn data", own={"epochs": 1}, used={"epochs": used})
    table.add("accuracy", measured, lecture="0.92", **bounds)
    return table


@pytest.fixture(autouse=True)
def a_readers_machine(monkeypatch):
    monkeypatch.delenv("COURSEKIT_TEST", raising=False)


@pytest.mark.parametrize("measured", [0.90, math.nan])
def test_a_broken_bound_fails_the_lesson_and_names_the_row(measured):
    with pytest.raises(BoundBroken, match="accuracy: measured .* must be at least 0.91"):
        results(measured, at_least=0.91).show()


def test_bounds_that_hold_are_said_to_hold(capsys):
    results(0.92, at_least=0.91, at_most=0.95).show()
    assert "Every bound holds." in capsys.readouterr().out


def test_a_reader_who_changed_parameters_is_told_and_not_stopped(capsys):
    results(0.5, used=7, at_least=0.91).show()
    assert "You changed epochs" in capsys.readouterr().out


def test_under_test_changed_parameters_are_no_excuse(monkeypatch):
    monkeypatch.setenv("COURSEKIT_TEST", "1")
    with pytest.raises(BoundBroken):
        results(0.5, used=7, at_least=0.91).show()


def test_a_bound_for_other_data_does_not_apply():
    assert results(0.5, at_least=0.91, only_for="real data").broken() == []
    assert results(0.5, at_least=0.91, only_for="drawn data").broken() != []


def test_stored_full_scale_figures_stand_beside_the_readers(tmp_path, monkeypatch):
    monkeypatch.setattr(lesson, "FULL_SCALE", tmp_path)
    assert "full scale" not in results(0.92).table()
    row = {"name": "accuracy", "value": "0.98", "data": "all images", "machine": "one GPU"}
    (tmp_path / "some_lesson.json").write_text(json.dumps({"rows": [row]}))
    assert results(0.92).table().loc["accuracy", "full scale"] == "0.98 (all images; one GPU)"


double = Exercise(
    run=lambda answer: [answer(torch.tensor([1.0, 2.0])), answer(torch.tensor(3.0))],
    solution=lambda x: 2 * x,
    mistakes={"You squared.": lambda x: x**2, "You returned nothing.": lambda x: None},
)


def stub(x):
    raise NotImplementedError("your turn")


def broken(x):
    raise KeyError("oops")


@pytest.mark.parametrize(("answer", "verdict"), [
    (lambda x: x + x, "correct"),
    (lambda x: x * x, "You squared."),
    (lambda x: None, "You returned nothing."),
    (stub, "not attempted yet"),
    (..., "not attempted yet"),
    (None, "not attempted yet"),
])
def test_verdicts(answer, verdict):
    assert double.diagnose(answer) == verdict


def test_an_unknown_mistake_shows_what_was_expected_and_found():
    assert double.diagnose(lambda x: 3 * x).startswith("Not yet. Expected [tensor([2., 4.]")


def test_an_error_in_the_answer_is_reported_and_not_raised(capsys):
    check(double, broken)
    assert "✘ Your code stopped with KeyError" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [lambda x: (2 * x)[None], lambda x: "2x", lambda x: (2 * x).tolist() + [1]])
def test_shapes_and_types_must_match_too(wrong):
    exercise = Exercise(run=lambda answer: answer(torch.tensor([1.0, 2.0])), solution=lambda x: 2 * x, mistakes={})
    assert exercise.diagnose(wrong) != "correct"


@pytest.mark.parametrize(("expected", "right", "wrong"), [
    ("cat", "cat", np.zeros(2)),  # an array compared with a text is an array
    (None, None, torch.ones(2)),
    (np.zeros(2), [0, 0.0], "no"),
    (torch.ones(2, dtype=torch.bfloat16), torch.ones(2), {1, 2}),
    ({"a": [1, "x"]}, {"a": (1.0, "x")}, {"a": [1, "y"]}),
])
def test_what_is_compared_may_be_of_any_kind(expected, right, wrong):
    exercise = Exercise(run=lambda answer: answer(), solution=lambda: expected, mistakes={})
    assert exercise.diagnose(lambda: right) == "correct"
    assert exercise.diagnose(lambda: wrong).startswith("Not yet.")


def test_plain_values_are_compared_without_a_run():
    shape = Exercise(solution=(3, 4), mistakes={"The other way round.": (4, 3)})
    assert [shape.diagnose(answer) for answer in [(3, 4), [4, 3]]] == ["correct", "The other way round."]
