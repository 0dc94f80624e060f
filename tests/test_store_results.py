"""A result file holds the commit that made it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import store_results  # noqa: E402


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository of one commit with a file, and a folder results."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):  # set where a hook of git runs the tests
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "results").mkdir()
    (tmp_path / "results/figures.json").write_text("{}")
    (tmp_path / "code.py").write_text("1")
    for arguments in (["init", "-q"], ["add", "."], ["-c", "user.name=A", "-c", "user.email=a@example.org",
                                                     "commit", "-qm", "one"]):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    return tmp_path


def test_the_commit_and_whether_anything_was_changed(checkout):
    clean = store_results.commit(checkout)
    assert re.fullmatch("[0-9a-f]{40}", clean)
    (checkout / "results/figures.json").write_text('{"changed": 1}')
    (checkout / "unknown").write_text("")
    assert store_results.commit(checkout) == clean
    (checkout / "code.py").write_text("2")
    assert store_results.commit(checkout) == f"{clean}-dirty"


def test_outside_of_a_checkout_there_is_none(tmp_path, checkout, monkeypatch):
    (checkout / "inner").mkdir()
    assert store_results.commit(checkout / "inner") is None  # a copy of the course within somebody's repository
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert store_results.commit(checkout) is None


def test_figures_are_stored_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr(store_results, "commit", lambda: "0123")
    store_results.store({"rows": [1]}, tmp_path / "new/figures.json")
    assert json.loads((tmp_path / "new/figures.json").read_text(encoding="utf-8")) == {"rows": [1], "commit": "0123"}


@pytest.mark.parametrize("path", sorted((ROOT / "results").glob("*.json")), ids=lambda path: path.stem)
def test_every_result_file_has_one(path):
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert "commit" in stored and re.fullmatch("[0-9a-f]{40}(-dirty)?", stored["commit"] or "0" * 40)
