"""Results tables hold a lesson to its word."""

import json
import math

import pytest

from coursekit import lesson
from coursekit.lesson import BoundBroken, Results


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


def test_stored_figures_stand_beside_the_readers_in_a_column_named_by_their_data(tmp_path, monkeypatch):
    monkeypatch.setattr(lesson, "FULL_SCALE", tmp_path)
    assert list(results(0.92).table()) == ["lecture", "measured here", "must be"]
    row = {"name": "accuracy", "value": "0.98", "data": "all images", "machine": "one GPU"}
    (tmp_path / "some_lesson.json").write_text(json.dumps({"column": "981 photographs", "rows": [row]}))
    assert results(0.92).table().loc["accuracy", "981 photographs"] == "0.98 (all images; one GPU)"


def test_a_figure_of_other_data_gets_a_row_of_its_own():
    table = results(0.92)
    table.apart = True
    assert table.table()["lecture"].to_dict() == {"accuracy": "-", "the lecture's accuracy": "0.92"}
    assert table.table()["measured here"].to_dict() == {"accuracy": "0.9200", "the lecture's accuracy": "-"}


def test_every_stored_file_names_its_column():
    for path in lesson.FULL_SCALE.glob("*.json"):
        stored = json.loads(path.read_text(encoding="utf-8"))
        if "rows" in stored and isinstance(stored["rows"], list):
            assert stored["column"] and "full scale" not in stored["column"], path.name
