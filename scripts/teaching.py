"""The list of usual mistakes in docs/teaching.md, made from the exercises; `python scripts/course.py` writes it.

For each lesson its exercises with their minutes, and for each the sentences that `check` has for the usual mistakes.
The answers, right and wrong, stay where they are.
"""

import re
import runpy
from dataclasses import dataclass

from run_lessons import ROOT

TEACHING = ROOT / "docs/teaching.md"
BEGIN, END = "<!-- mistakes: written by make course -->", "<!-- end of mistakes -->"
HEADING = re.compile(r"^#{2,4} (?:\d+\. )?(.+?)(?: \((\d+) minutes?\b.*\))?$", re.M)
CHECK = re.compile(r"^check\(exercises\.(\w+), ", re.M)


@dataclass
class Asked:
    """An exercise as a lesson asks it: the heading above it, the minutes if the heading has any, the sentences."""

    heading: str
    minutes: int | None
    mistakes: list


def asked(cells, exercises):
    """Name -> `Asked`, for each exercise that the notebook's `cells` check; `exercises` has them by name."""
    found, heading, minutes = {}, "", None
    for cell in cells:
        if cell.cell_type == "markdown":
            heading, minutes = (HEADING.findall(cell.source) or [(heading, minutes)])[-1]
        for name in CHECK.findall(cell.source) if cell.cell_type == "code" else []:
            found[name] = Asked(heading, int(minutes) if minutes else None, list(exercises[name].mistakes))
    return found


def section(lesson, cells):
    """The lines about one `lesson`."""
    exercises = asked(cells, runpy.run_path(str(ROOT / f"coursekit/exercises/lesson_{lesson.number}.py")))
    minutes = sum({one.heading: one.minutes or 0 for one in exercises.values()}.values())
    lines = [f"### {lesson.number} {lesson.title}", "", f"{len(exercises)} exercises, {minutes} minutes."]
    last = None
    for one in exercises.values():
        if one.heading != last:
            lines += ["", f"**{one.heading}**" + (f" ({one.minutes} minutes)" if one.minutes else ""), ""]
        last = one.heading
        lines += [f"- {sentence}" for sentence in one.mistakes]
    return "\n".join(lines)


def with_mistakes(text, lessons, read_cells):
    """`text` of docs/teaching.md with the list anew; `read_cells` gives the cells of a lesson's notebook."""
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    body = "\n\n".join(section(lesson, read_cells(lesson.path)) for lesson in lessons)
    return f"{before}{BEGIN}\n\n{body}\n\n{END}{after}"
