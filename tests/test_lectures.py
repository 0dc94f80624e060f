"""Every section that docs/lectures.md names is a heading of that lesson."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PLACES = re.findall(r"(\d\d[ab]?) \*(.+?)\*(?:;| \|)", (ROOT / "docs/lectures.md").read_text(encoding="utf-8"))


def headings(number):
    """The headings of the lesson with this number."""
    [path] = (ROOT / "nbs").glob(f"{number}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return re.findall(r"^#{2,3} (.+)$", text, re.M)


def test_there_are_places():
    assert len(PLACES) > 100


@pytest.mark.parametrize(("number", "heading"), sorted(set(PLACES)))
def test_section_exists(number, heading):
    assert heading in headings(number)
