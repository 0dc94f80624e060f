"""Every exercise: its solution passes, each mistake is named, the stub waits, the folded solution holds."""

import contextlib
import importlib
import io
import json
import re
from pathlib import Path

import pytest
from notebook_form import calls
from notebook_numbers import join

from coursekit.lesson import Exercise

ROOT = Path(__file__).parent.parent
LESSONS = ROOT / "nbs"
FOLDER = ROOT / "coursekit/exercises"
FILES = sorted(FOLDER.glob("lesson_*.py"))
FOLDED = re.compile(r"<details>.*?```python\n(.*?)```.*?</details>", re.S)
CHECK = re.compile(r"^check\(exercises\.(\w+), (\w+)\)$", re.M)


@pytest.fixture(autouse=True)
def in_another_folder(monkeypatch, tmp_path):
    """A lesson runs from any folder."""
    monkeypatch.chdir(tmp_path)


def read_cells(path):
    "The cells of the notebook that belongs to the exercise file `path`."
    (notebook,) = LESSONS.glob(f"{path.stem.removeprefix('lesson_')}_*.ipynb")
    return read_notebook(notebook)


def read_notebook(path):
    "The cells of the notebook at `path`, their sources joined."
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell | {"source": join(cell["source"])} for cell in cells]


def find_names(path):
    "The names of the exercises in `path`, from its text: the tests are listed before anything is imported."
    return re.findall(r"^(\w+) = Exercise\(", path.read_text(encoding="utf-8"), re.M)


EXERCISES = [pytest.param(path, name, id=f"{path.stem}-{name}")
             for path in FILES for name in find_names(path)]


def load(path, name):
    "The exercise `name` of the file `path`."
    return getattr(importlib.import_module(f"coursekit.exercises.{path.stem}"), name)


def execute(*sources):
    "The names that `sources` define, one after the other, without what they print."
    names = {"__name__": "lesson"}
    with contextlib.redirect_stdout(io.StringIO()):
        for source in sources:
            exec(compile(source, "lesson", "exec"), names)  # noqa: S102 - the lesson's own cells
    return names


def find_check(cells, name):
    "(position of the cell that checks exercise `name`, name of the reader's answer)."
    found = [(i, match[2]) for i, cell in enumerate(cells) if cell["cell_type"] == "code"
             for match in CHECK.finditer(cell["source"]) if match[1] == name]
    assert len(found) == 1, f"Expected one line check(exercises.{name}, ...), found {len(found)}."
    return found[0]


def find_imports(cells):
    "The source of the lesson's imports."
    return next(cell["source"] for cell in cells
                if cell["cell_type"] == "code" and "import " in cell["source"])


@pytest.mark.parametrize(("path", "name"), EXERCISES)
def test_solution_passes(path, name):
    exercise = load(path, name)
    assert exercise.diagnose(exercise.solution) == "correct"


@pytest.mark.parametrize(("path", "name"), EXERCISES)
def test_each_usual_mistake_gets_its_own_message(path, name):
    exercise = load(path, name)
    assert len(exercise.mistakes) >= 2
    for sentence, wrong in exercise.mistakes.items():
        assert exercise.diagnose(wrong) == sentence


@pytest.mark.parametrize(("path", "name"), EXERCISES)
def test_hint_is_one_sentence_without_the_answer(path, name):
    exercise = load(path, name)
    if exercise.hint:
        assert re.fullmatch(r"[^\n]{20,110}[.?]", exercise.hint)
        assert not exercise.typed or str(exercise.solution) not in exercise.hint


@pytest.mark.parametrize(("path", "name"), EXERCISES)
def test_stub_is_not_attempted_yet(path, name):
    cells = read_cells(path)
    at, answer = find_check(cells, name)
    stub = next(cell["source"] for cell in reversed(cells[:at]) if cell["cell_type"] == "code")
    assert load(path, name).diagnose(execute(find_imports(cells), stub)[answer]) == "not attempted yet"


@pytest.mark.parametrize(("path", "name"), EXERCISES)
def test_folded_solution_passes_the_same_check(path, name):
    cells = read_cells(path)
    at, answer = find_check(cells, name)
    folded = FOLDED.search(cells[at + 1]["source"]) if at + 1 < len(cells) else None
    assert folded, "Expected <details> with a ```python block in the text cell right below the check."
    assert load(path, name).diagnose(execute(find_imports(cells), folded[1])[answer]) == "correct"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_lesson_and_file_hold_the_same_exercises(path):
    module = importlib.import_module(f"coursekit.exercises.{path.stem}")
    checked = [match[1] for cell in read_cells(path) for match in CHECK.finditer(cell["source"])]
    held = [name for name, value in vars(module).items() if isinstance(value, Exercise)]
    assert sorted(checked) == sorted(held) == sorted(find_names(path))


@pytest.mark.parametrize("path", sorted(LESSONS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_check_of_a_lesson_is_one_of_its_file(path):
    code = [cell for cell in read_notebook(path) if cell["cell_type"] == "code"]
    named = sum(len(re.findall(r"^check\(exercises\.\w+, ", cell["source"], re.M)) for cell in code)
    assert named == sum(calls(cell, "check") for cell in code), "Write check(exercises.NAME, ANSWER)."
    assert FOLDER / f"lesson_{path.stem.split('_')[0]}.py" in FILES
