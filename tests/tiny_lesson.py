"""A lesson of a few cells that keeps every rule of form, to be spoilt by tests."""

import json


def text(source, *tags):
    """A markdown cell."""
    return {"cell_type": "markdown", "metadata": {"tags": list(tags)} if tags else {}, "source": source}


def code(source, *outputs, tags=(), count=None):
    """A code cell with stored outputs."""
    return {"cell_type": "code", "metadata": {"tags": list(tags)} if tags else {}, "source": source,
            "outputs": list(outputs), "execution_count": count}


def stream(content, name="stdout"):
    """Printed text."""
    return {"output_type": "stream", "name": name, "text": content}


def shown(kind, content, **metadata):
    """A displayed output of the MIME type `kind` with `metadata` for it."""
    about = {kind: metadata} if metadata else {}
    return {"output_type": "display_data", "data": {kind: content}, "metadata": about}


def error(name="ValueError"):
    """A stored error."""
    return {"output_type": "error", "ename": name, "evalue": "no", "traceback": [name]}


HEADER = """# A tiny lesson

What a lesson needs at the least, in a few cells.

| | |
|---|---|
| **You will learn** | next to nothing |
| **Before this** | nothing |
| **Time** | 0.1 seconds |
| **Data** | none, 2,000 bytes |
| **Lecture** | none |
"""
EXERCISE = "Replace the dots by an answer, run the cell, and then run the check that stands below it."


def tiny_cells():
    """The cells of the lesson, numbered as executed."""
    cells = [
        text(HEADER),
        code("from coursekit.exercises import lesson_90 as exercises\nfrom coursekit.lesson import Results, check"),
        code("n = 10", tags=["parameters"]),
        text("A **mean** is a sum divided by a count, and it is what the next cell computes.", "definition"),
        code("print(sum(range(n)) / n / 7)", stream("0.6428571428571429\n")),
        text("It is 0.64; the lecture says <span class=\"lecture\">0.65</span>.\n"),
        code("figure", shown("image/png", "iVBORw0KGgo=", alt="A line rises.", axes=[["x", "y"]])),
        text("**Why divide by 10?** Because there are ten numbers in the range.", "question"),
        code("results.show()", stream("Every bound holds.\n")),
    ]
    for name in ("first", "second", "third"):
        cells += [text(EXERCISE), code(f"{name} = ..."), code(f"check(exercises.{name}, {name})")]
    return number(cells)


def number(cells):
    """Set the execution counts as one run does."""
    for count, cell in enumerate((cell for cell in cells if cell["cell_type"] == "code"), start=1):
        cell["execution_count"] = count
    return cells


def tiny_lesson(cells=None):
    """The whole notebook, as json holds it."""
    about = {"requires": ["00_start_here"], "data": [], "minutes": 0.1}
    return {"cells": tiny_cells() if cells is None else cells, "nbformat": 4, "nbformat_minor": 4,
            "metadata": {"coursekit": about, "language_info": {"name": "python"}, "kernelspec": {
                "name": "coursekit", "display_name": "Python (coursekit)", "language": "python"}}}


def save(notebook, folder, name="90_tiny"):
    """Write `notebook` into `folder` and give its path."""
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path
