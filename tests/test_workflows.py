"""What .github asks for is there: commands, scripts and lessons; and it may read, not write."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from coursekit import __main__ as command_line

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import shards  # noqa: E402

PATHS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted(path for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
LESSONS = sorted(path.stem for path in (ROOT / "nbs").glob("*.ipynb"))
each_workflow = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
each_form = pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)


def read(path):
    """The content of a YAML file; the key `on` is True there, as YAML 1.1 has it."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(path):
    """Every step of every job in a workflow."""
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def commands(path):
    """Every line that a workflow gives to a shell."""
    return [line.strip() for step in steps(path) for line in step.get("run", "").splitlines() if line.strip()]


def lessons_of(part, capsys):
    """The lessons that scripts/shards.py prints for a part such as 1/4."""
    shards.main([part])
    return [Path(name).stem for name in capsys.readouterr().out.split()]


def test_every_lesson_is_in_exactly_one_shard(capsys):
    parts = read(ROOT / ".github/workflows/tests.yml")["jobs"]["lessons"]["strategy"]["matrix"]["shard"]
    assert parts == [f"{number}/{len(parts)}" for number in range(1, len(parts) + 1)]
    assert sorted(lesson for part in parts for lesson in lessons_of(part, capsys)) == LESSONS


def test_shards_take_about_as_long_as_each_other(capsys):
    seconds = shards.read_seconds((ROOT / "README.md").read_text(encoding="utf-8"))
    assert set(seconds) <= set(LESSONS) and len(seconds) > 20
    loads = [sum(seconds.get(lesson, 0) for lesson in lessons_of(f"{number}/4", capsys)) for number in range(1, 5)]
    assert max(loads) - min(loads) <= max(seconds.values()) / 2


def test_a_lesson_without_a_time_counts_as_the_mean():
    assert shards.divide(["a", "b", "new"], {"a": 30, "b": 10}, 2) == [["a"], ["b", "new"]]
    assert shards.divide(["a", "b"], {}, 3) == [["a"], ["b"], []]


@pytest.mark.parametrize("part", ["0/4", "5/4", "4", "a/b", "1/0", "-1/4"])
def test_a_part_that_is_none_is_refused(part, capsys):
    with pytest.raises(SystemExit):
        shards.main([f" {part}"])
    assert "Expected a part such as 2/4" in capsys.readouterr().err


def test_shards_need_no_installation():
    result = subprocess.run([sys.executable, "-I", "-S", str(ROOT / "scripts/shards.py"), "1/4"], text=True,
                            capture_output=True, check=True)
    assert all((ROOT / name).is_file() for name in result.stdout.split())


@each_workflow
def test_what_a_workflow_calls_is_there(path):
    text = "\n".join(commands(path))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    called = [word for words in re.findall(r"\bmake ((?:[\w.=\"-]+ ?)+)", text) for word in words.split()
              if "=" not in word and not word.startswith("-")]
    assert set(called) <= targets
    for name in re.findall(r"\b(?:scripts|nbs|tests)/[\w./-]+", text):
        assert (ROOT / name).exists(), f"{path.name} names {name}, which is not there."


@each_workflow
def test_the_command_line_knows_what_a_workflow_asks_of_it(path, capsys):
    for words in re.findall(r"-m coursekit ([^\n|&;]+)", "\n".join(commands(path))):
        with pytest.raises(SystemExit) as ended:
            command_line.main([*words.split(), "--help"])
        assert ended.value.code == 0, f"python -m coursekit {words}: {capsys.readouterr().err}"


@each_workflow
def test_a_workflow_may_only_read(path):
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert [name for name, job in workflow["jobs"].items() if "permissions" in job] == []
    assert "secrets." not in path.read_text(encoding="utf-8")
    assert "pull_request_target" not in workflow[True]


@each_workflow
def test_a_workflow_names_no_address_and_only_githubs_own_actions(path):
    text = path.read_text(encoding="utf-8")
    assert "://" not in text and "index-url" not in text
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert used and [action for action in used if not re.fullmatch(r"actions/[\w-]+@v\d+", action)] == []


@each_workflow
def test_a_workflow_comes_to_an_end(path):
    workflow = read(path)
    assert [name for name, job in workflow["jobs"].items() if not 0 < job.get("timeout-minutes", 0) <= 120] == []
    assert workflow["concurrency"]["cancel-in-progress"] is True
    assert all(step.keys() >= {"uses"} or step.keys() >= {"run", "name"} for step in steps(path))


def test_pushes_are_tested_on_the_oldest_python_and_a_newer_one():
    workflow = read(ROOT / ".github/workflows/tests.yml")
    oldest = re.search(r'^requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    assert set(workflow[True]) == {"push", "pull_request"}
    for job in workflow["jobs"].values():
        pythons = job["strategy"]["matrix"]["python"]
        assert pythons[0] == oldest[1] and len(pythons) == 2
        assert tuple(map(int, pythons[0].split("."))) < tuple(map(int, pythons[1].split(".")))


def test_the_weekly_run_has_its_day_and_can_be_asked_for():
    workflow = read(ROOT / ".github/workflows/weekly.yml")
    assert set(workflow[True]) == {"schedule", "workflow_dispatch"}
    assert workflow["jobs"]["systems"]["strategy"]["matrix"]["system"] == ["macos-latest", "windows-latest"]


@each_form
def test_a_form_is_one(path):
    form = read(path)
    assert form["name"] and form["description"] and set(form["labels"]) <= {"bug", "documentation"}
    fields = [item for item in form["body"] if item["type"] != "markdown"]
    identifiers = [field["id"] for field in fields]
    assert len(identifiers) == len(set(identifiers)) and "lesson" in identifiers
    assert {item["type"] for item in form["body"]} <= {"markdown", "input", "textarea"}
    assert all(field["attributes"]["label"] and "required" in field["validations"] for field in fields)
    labels = [field["attributes"]["label"] for field in fields]
    assert len(labels) == len(set(labels))


def test_the_forms_ask_what_we_promise():
    assert {read(path)["name"] for path in FORMS} == {"A number differs", "An exercise refuses my answer",
                                                      "A sentence is wrong"}
    assert set(read(ROOT / ".github/ISSUE_TEMPLATE/config.yml")) <= {"blank_issues_enabled", "contact_links"}
    for path in FORMS:
        for words in re.findall(r"python -m coursekit ([a-z]+)", path.read_text(encoding="utf-8")):
            assert words == "doctor"
