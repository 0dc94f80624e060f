"""What the lessons say about each other: `python scripts/course.py [--check]`.

Writes docs/course.md (table, map and glossary) and docs/course_map.svg, and the line of links under the table that
begins each lesson. Everything comes from the lessons' own first cells, metadata and cells tagged `definition`.
The list of usual mistakes in docs/teaching.md is written too (teaching.py).
With --check nothing is written, and the files that would change are named.
"""

import argparse
import re
import sys
import textwrap
from dataclasses import dataclass
from html import escape
from pathlib import Path

import nbformat
from run_lessons import LESSONS, ROOT, write
from teaching import TEACHING, with_mistakes

from coursekit.data.fetch import catalog, data_set

PAGE, MAP = ROOT / "docs/course.md", ROOT / "docs/course_map.svg"
LINKS = "[The course](../docs/course.md)"
COLUMN, ROW, BOX = 138, 84, (126, 52)  # pixels


@dataclass
class Lesson:
    """What the course knows of one lesson."""

    path: Path
    title: str
    promise: str
    lectures: str
    requires: list
    minutes: float
    data: list
    draws: bool
    terms: dict

    @property
    def number(self):
        """13a of 13a_pets_cnn."""
        return self.path.stem.split("_")[0]


def read(path):
    """The `Lesson` in the notebook at `path`."""
    notebook = nbformat.read(path, as_version=4)
    lines = notebook.cells[0].source.splitlines()
    rows = dict(re.findall(r"^\| \*\*(.+?)\*\* \| (.+) \|$", notebook.cells[0].source, re.M))
    about = notebook.metadata["coursekit"]
    terms = {}
    for cell in notebook.cells:
        if "definition" in cell.metadata.get("tags", []):
            terms |= definitions(cell.source)
    draws = any("coursekit.data.stand_ins" in cell.source for cell in notebook.cells if cell.cell_type == "code")
    promise = next(line for line in lines[1:] if line.strip())
    return Lesson(path, lines[0].removeprefix("# "), promise, rows.get("Lectures", rows.get("Lecture", "")),
                  about["requires"], about["minutes"], about["data"], draws, terms)


def read_cells(path):
    """The cells of the notebook at `path`."""
    return nbformat.read(path, as_version=4).cells


def definitions(text):
    """Term -> the sentence that says what it is, for each term in bold."""
    prose = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    sentences = re.split(r"(?<=\.)\s+(?=[A-Z`*$])|\n\n|\n(?=- |\d\. )", prose)
    return {term: " ".join(sentence.removeprefix("- ").split()) for sentence in sentences
            for term in re.findall(r"\*\*([A-Za-z].+?)\*\*", sentence)}


def table(lessons):
    """The lessons, a line each, in Markdown."""
    by_name = {lesson.path.stem: lesson for lesson in lessons}
    lines = ["| | Lesson | Data by default | Needs | Lectures |", "|---|---|---|---|---|"]
    for lesson in lessons:
        needs = ", ".join(link(by_name[name], by_name[name].number) for name in lesson.requires)
        lines.append(f"| {lesson.number} | {link(lesson, lesson.title)}: {lesson.promise} "
                     f"| {default_data(lesson)} | {needs or '-'} | {lesson.lectures} |")
    return "\n".join(lines)


def default_data(lesson):
    """The data sets of a lesson, each with what it is by default: real, or a stand-in; and whether it draws more."""
    sets = map(data_set, lesson.data)
    told = [f"{known.entry['title']}: {'real' if known.default()[1] else '**stand-in**'}" for known in sets]
    return "; ".join([*told, *["images drawn for the lesson"] * lesson.draws]) or "made in the lesson"


def stand_ins():
    """A line for each data set whose default is a stand-in: what stands there, and how to get the real data."""
    lines = []
    for known in map(data_set, catalog()):
        source, real = known.default()
        if not real:
            size = sum(file["size"] for file in known.entry["publisher"]["downloads"]) / 1e6
            lines.append(f"- **{known.entry['title']}**: {known.entry[source]['note']} The real data: "
                         f"`python -m coursekit data get {known.name}`, at most {size:.1f} MB.")
    return "\n".join(lines)


def link(lesson, text, folder="../nbs/"):
    """A link to the lesson."""
    return f"[{text}]({folder}{lesson.path.name})"


def glossary(lessons):
    """Every defined term in alphabetical order, with its sentence and its lesson."""
    found = {}
    for lesson in lessons:
        for term, sentence in lesson.terms.items():
            if term.lower().removesuffix("s") not in found and term.lower() + "s" not in found:
                found.setdefault(term.lower(), (term, sentence, lesson))
    return "\n\n".join(f"**{term[:1].upper() + term[1:]}** ({link(lesson, lesson.number)}): {sentence}"
                       for _, (term, sentence, lesson) in sorted(found.items()))


def page(lessons):
    """docs/course.md."""
    return f"""# The course

All lessons in order, what each needs, and the part of the lectures that it rebuilds.
How long each takes stands in the [README](../README.md); the lectures' names for things and ours in [names](names.md).

{table(lessons)}

## What is real

The course comes with little data, the same for everybody, so that it starts at once.
Where the table says real, these are the publisher's own data, complete.
Where it says stand-in, something smaller takes their place until you fetch them.
`make real` (`python -m coursekit data get --real`) fetches all of them; the line that a lesson prints then says so.

{stand_ins()}

What a lesson draws for itself stays drawn.

## Map

An arrow leads from a lesson to those that build on it.
Start at the top; below any lesson whose arrows you have followed, you are free to choose.
To go straight to one lesson, `python -m coursekit lessons 16` lists what to read on the way.

![{describe(lessons)}](course_map.svg)

## Glossary

The words that the lessons define, each in the sentence that defines it.

{glossary(lessons)}
"""


def describe(lessons):
    """The map in words, for those who cannot see it."""
    by_name = {lesson.path.stem: lesson.number for lesson in lessons}
    return "; ".join(f"{lesson.number} needs {', '.join(by_name[name] for name in direct(lessons, lesson))}"
                     for lesson in lessons if lesson.requires) + "."


def direct(lessons, lesson):
    """Names of the lessons that `lesson` needs and that no other of its needs leads to."""
    by_name = {lesson.path.stem: lesson for lesson in lessons}

    def all_needs(name):
        return {name} | {far for near in by_name[name].requires for far in all_needs(near)}

    implied = {far for name in lesson.requires for far in all_needs(name) - {name}}
    return [name for name in lesson.requires if name not in implied]


def places(lessons):
    """Name -> (x, y) of a lesson's box: below all that it needs, in the column of the latest of these if it is free."""
    column, row, ends = {}, {}, {}
    for lesson in lessons:
        name, needs = lesson.path.stem, direct(lessons, lesson)
        open_ones = [need for need in needs if ends[column[need]] == need]
        column[name] = column[open_ones[-1]] if open_ones else len(ends)
        row[name] = 1 + max((row[need] for need in needs), default=-1)
        ends[column[name]] = name
    return {name: (COLUMN * (column[name] + 0.5), ROW * (row[name] + 0.5)) for name in column}


def draw(lessons):
    """The map as SVG, in the reader's light or dark colours."""
    at = places(lessons)
    width, height = max(x for x, _ in at.values()) + COLUMN / 2, max(y for _, y in at.values()) + ROW / 2
    arrows = "\n".join(arrow(at[name], at[lesson.path.stem]) for lesson in lessons for name in direct(lessons, lesson))
    boxes = "\n".join(box(lesson, at[lesson.path.stem]) for lesson in lessons)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img">
<title>{escape(describe(lessons))}</title>
<style>
text {{ font: 12px sans-serif; fill: #1a1a1a; text-anchor: middle }} .number {{ font-weight: bold }}
rect {{ fill: #eef3fb; stroke: #4472b0 }} path {{ fill: none; stroke: #8a97a8; marker-end: url(#tip) }}
@media (prefers-color-scheme: dark) {{ text {{ fill: #eee }} rect {{ fill: #22304a }} }}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0L8 4L0 8z" style="fill:#8a97a8;stroke:none;marker-end:none"/></marker></defs>
{arrows}
{boxes}
</svg>"""


def arrow(start, end):
    """A curve from the lower edge of one box to the upper edge of another."""
    (x0, y0), (x1, y1) = start, end
    y0, y1 = y0 + BOX[1] / 2, y1 - BOX[1] / 2
    return f'<path d="M{x0:.0f} {y0:.0f}C{x0:.0f} {y0 + 24:.0f} {x1:.0f} {y1 - 24:.0f} {x1:.0f} {y1:.0f}"/>'


def box(lesson, place):
    """A lesson's box with its number and the words of its file name."""
    (x, y), (width, height) = place, BOX
    lines = textwrap.wrap(" ".join(lesson.path.stem.split("_")[1:]), 19)
    words = "".join(f'<text x="{x:.0f}" y="{y + 6 + 13 * i:.0f}">{escape(line)}</text>' for i, line in enumerate(lines))
    return (f'<rect x="{x - width / 2:.0f}" y="{y - height / 2:.0f}" width="{width}" height="{height}" rx="6"/>'
            f'<text class="number" x="{x:.0f}" y="{y - 9:.0f}">{lesson.number}</text>{words}')


def links(lessons, i):
    """The line of links under a lesson's first table."""
    parts = [LINKS, "[Names in the lectures and today](../docs/names.md)"]
    if i > 0:
        parts.append("before: " + link(lessons[i - 1], f"{lessons[i - 1].number} {lessons[i - 1].title}", ""))
    if i + 1 < len(lessons):
        parts.append("next: " + link(lessons[i + 1], f"{lessons[i + 1].number} {lessons[i + 1].title}", ""))
    return " · ".join(parts)


def with_links(text, line):
    """A notebook's file, its first cell ending in `line`."""
    notebook = nbformat.reads(text, as_version=4)
    header = notebook.cells[0].source.split("\n\n" + LINKS)[0].rstrip()
    notebook.cells[0].source = f"{header}\n\n{line}"
    return nbformat.writes(notebook)


def main(arguments=None):
    """Write what has changed, or with --check name it and fail."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file would change")
    check = parser.parse_args(arguments).check
    lessons = [read(path) for path in sorted(LESSONS.glob("*.ipynb"))]
    wanted = {PAGE: page(lessons).rstrip(), MAP: draw(lessons),
              TEACHING: with_mistakes(TEACHING.read_text(encoding="utf-8"), lessons, read_cells)}
    for i, lesson in enumerate(lessons):
        wanted[lesson.path] = with_links(lesson.path.read_text(encoding="utf-8"), links(lessons, i))
    stale = [path for path, text in wanted.items()
             if not path.exists() or path.read_text(encoding="utf-8").rstrip("\n") != text.rstrip("\n")]
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is out of date: run make course' if check else 'written'}")
        if not check:
            write(wanted[path], path)
    return len(stale) if check else 0


if __name__ == "__main__":
    sys.exit(main())
