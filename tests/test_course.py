"""What the lessons say about each other is made from the lessons, and up to date."""

import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import course  # noqa: E402

from coursekit.data.fetch import catalog, data_set  # noqa: E402


@pytest.fixture
def lessons(tmp_path):
    """Four lessons: 01 and 02 need 00, 03 needs all."""
    needs = {"00_a": [], "01_b": ["00_a"], "02_c": ["00_a"], "03_d": ["00_a", "01_b", "02_c"]}
    for name, required in needs.items():
        header = f"# Title {name}\n\nA promise.\n\n| | |\n|---|---|\n| **Lectures** | lesson 1 |"
        text = new_markdown_cell(f"### Heading\n\nSome words. A **thing {name}** is a thing.\nMore words.",
                                 metadata={"tags": ["definition"]})
        notebook = new_notebook(cells=[new_markdown_cell(header), text],
                                metadata={"coursekit": {"requires": required, "minutes": 1, "data": []}})
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    return [course.read(path) for path in sorted(tmp_path.glob("*.ipynb"))]


def test_a_lesson_is_read(lessons):
    last = lessons[-1]
    assert (last.number, last.title, last.promise, last.lectures) == ("03", "Title 03_d", "A promise.", "lesson 1")
    assert last.terms == {"thing 03_d": "A **thing 03_d** is a thing."}


def test_the_map_draws_direct_needs_only(lessons):
    assert course.direct(lessons, lessons[3]) == ["01_b", "02_c"]
    at = course.places(lessons)
    assert at["00_a"][1] < at["01_b"][1] == at["02_c"][1] < at["03_d"][1]
    assert at["00_a"][0] == at["01_b"][0] < at["02_c"][0] == at["03_d"][0] and len(set(at.values())) == 4
    assert course.draw(lessons).count('<path d="M') - 1 == 4


def test_the_glossary_is_sorted_and_names_each_word_once(lessons):
    lessons[1].terms = {"apple": "An **apple**.", "Things": "**Things**.", "thing": "No."}
    words = [line.split("**")[1] for line in course.glossary(lessons).splitlines() if line]
    assert words == ["Apple", "Thing 00_a", "Thing 02_c", "Thing 03_d", "Things"]


def test_each_lesson_says_which_of_its_data_are_real_by_default(lessons):
    lessons[1].data = ["mnist", "pets"]
    assert course.default_data(lessons[0]) == "made in the lesson"
    assert course.default_data(lessons[1]) == "MNIST: real; Oxford-IIIT Pets: **stand-in**"
    lessons[2].draws = True
    assert course.default_data(lessons[2]) == "images drawn for the lesson"
    assert "| MNIST: real; Oxford-IIIT Pets: **stand-in** | [00](../nbs/00_a.ipynb) |" in course.table(lessons)


def test_every_stand_in_of_the_catalog_is_explained():
    lines = course.stand_ins().splitlines()
    assert [line.split("**")[1] for line in lines] == [
        entry["title"] for name, entry in catalog().items() if not data_set(name).default()[1]]
    assert any("Moby Dick" in line and "data get nietzsche`, at most 0.6 MB." in line for line in lines)


def test_links_are_put_once_under_the_header(lessons):
    text = lessons[1].path.read_text(encoding="utf-8")
    line = course.links(lessons, 1)
    once = course.with_links(text, line)
    assert course.with_links(once, line) == once
    source = nbformat.reads(once, as_version=4).cells[0].source
    assert source.endswith("before: [00 Title 00_a](00_a.ipynb) · next: [02 Title 02_c](02_c.ipynb)")
    assert source.count("The course") == 1 and source.startswith("# Title 01_b")


def test_everything_is_up_to_date(capsys):
    stale = course.main(["--check"])
    assert stale == 0, capsys.readouterr().out
