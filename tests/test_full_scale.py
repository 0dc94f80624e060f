"""Full-scale figures come from the lesson itself, run with other parameters."""

import json
import sys
from pathlib import Path

import pytest
from tiny_lesson import code, save, tiny_lesson

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))

import full_scale  # noqa: E402


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A lesson that measures its parameter, with n = 3 at full scale, and a folder for its figures."""
    notebook = tiny_lesson([
        code("from coursekit.lesson import Results"), code("n = 1", tags=["parameters"]),
        code("results = Results('91_tiny', data='Numbers (1, free): real data.', used=dict(seed=n))\n"
             "results.add('square', float(n * n), digits=1)"),
        code("results.show()")])
    notebook["metadata"]["coursekit"]["full"] = {"n": 3}
    save(notebook, tmp_path, "91_tiny")
    save(tiny_lesson(), tmp_path, "92_without")
    monkeypatch.setattr(full_scale, "LESSONS", tmp_path)
    monkeypatch.setattr(full_scale, "RESULTS", tmp_path / "results")
    return tmp_path


def test_a_lesson_runs_with_its_parameters_for_full_scale(folders):
    full_scale.main(["91"])
    stored = json.loads((folders / "results/91_tiny.json").read_text(encoding="utf-8"))
    assert stored["rows"][0]["name"] == "square" and stored["rows"][0]["value"] == "9.0"
    assert stored["rows"][0]["data"] == stored["column"] == "Numbers" and stored["seeds"] == 3
    assert "n = 3" not in (folders / "91_tiny.ipynb").read_text(encoding="utf-8")


def test_a_lesson_may_name_the_column_of_its_figures(folders):
    path = folders / "91_tiny.ipynb"
    named = path.read_text(encoding="utf-8").replace("used=dict(seed=n)", "used=dict(seed=n), column='3 of them'")
    path.write_text(named, encoding="utf-8")
    full_scale.main(["91"])
    assert json.loads((folders / "results/91_tiny.json").read_text(encoding="utf-8"))["column"] == "3 of them"


def test_a_lesson_without_full_scale_is_refused_with_the_names_of_those_that_have_one(folders, capsys):
    with pytest.raises(SystemExit):
        full_scale.main(["92"])
    assert "91_tiny" in capsys.readouterr().err
