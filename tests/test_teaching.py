"""The list of usual mistakes for teachers is made from the exercises, whole, and without an answer."""

import sys
from pathlib import Path
from types import SimpleNamespace

from nbformat.v4 import new_code_cell, new_markdown_cell

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import course  # noqa: E402
import teaching  # noqa: E402

from coursekit.lesson import Exercise  # noqa: E402

SHAPE = Exercise(solution=(31, 47), mistakes={"The axes are exchanged.": (47, 31), "An axis is missing.": (31,)})
STEP = Exercise(solution=lambda a: a - 1, mistakes={"You walk uphill.": lambda a: a + 1})
CELLS = [new_markdown_cell("## Shapes\n\n### 1. Predict (3 minutes, the lecture's homework)\n\nWhich shape?"),
         new_code_cell("shape = ..."), new_code_cell("check(exercises.shape, shape)"),
         new_markdown_cell("<details><summary>Solution</summary></details>\n\n## Down\n\nNo minutes here (none)."),
         new_code_cell("check(exercises.step, step)"), new_code_cell("print('check(exercises.no, no)')")]


def test_each_exercise_has_its_heading_its_minutes_and_its_sentences():
    found = teaching.asked(CELLS, {"shape": SHAPE, "step": STEP})
    assert found == {"shape": teaching.Asked("Predict", 3, ["The axes are exchanged.", "An axis is missing."]),
                     "step": teaching.Asked("Down", None, ["You walk uphill."])}


def test_only_what_lies_between_the_marks_is_written_anew():
    lesson = SimpleNamespace(number="00", title="Start here", path=None)
    text = f"Before.\n{teaching.BEGIN}\nold\n{teaching.END}\nAfter.\n"
    cells = [new_markdown_cell("### 1. Count (2 minutes)"), new_code_cell("check(exercises.n_weights, n_weights)")]
    once = teaching.with_mistakes(text, [lesson], lambda path: cells)
    assert once.startswith("Before.\n") and once.endswith("\nAfter.\n") and "old" not in once
    assert "### 00 Start here\n\n1 exercises, 2 minutes.\n\n**Count** (2 minutes)\n\n- You counted the weights" in once
    assert teaching.with_mistakes(once, [lesson], lambda path: cells) == once


def test_the_page_names_every_exercise_of_every_lesson():
    page = teaching.TEACHING.read_text(encoding="utf-8")
    for path in sorted((ROOT / "nbs").glob("*.ipynb")):
        found = teaching.asked(course.read_cells(path), AnyExercise())
        assert found and all(f"**{one.heading}**" in page for one in found.values()), path.name


class AnyExercise(dict):
    "A lesson in which every exercise is there."

    def __missing__(self, name):
        return STEP
