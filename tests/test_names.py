"""The page of names tells no fairy tales: what it says is ours or PyTorch's can be imported, and its lessons exist."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")]
        for line in (ROOT / "docs/names.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith("| In the lectures")]
NAMES = sorted({name for row in ROWS for name in re.findall(r"`([^`]+)`", f"{row[1]} {row[2]}")})


def find(name):
    """The object that a dotted name such as torch.nn.Linear.weight means."""
    words = name.split(".")
    for n in range(len(words), 0, -1):
        try:
            found = importlib.import_module(".".join(words[:n]))
        except ModuleNotFoundError:
            continue
        for word in words[n:]:
            found = getattr(found, word)
        return found
    raise ModuleNotFoundError(f"no module begins the name {name}")


def test_a_missing_name_is_noticed():
    with pytest.raises(AttributeError):
        find("torch.nn.Module.no_such_method")
    with pytest.raises(ModuleNotFoundError):
        find("no_such_package.name")


def test_rows_have_five_cells():
    assert len(ROWS) > 60
    assert [row for row in ROWS if len(row) != 5] == []


@pytest.mark.parametrize("name", NAMES)
def test_name_exists(name):
    assert find(name) is not None


def test_ours_stand_in_the_first_column_and_others_in_the_second():
    for row in ROWS:
        assert all(name.startswith("coursekit.") for name in re.findall(r"`([^`]+)`", row[1])), row
        assert not any(name.startswith("coursekit.") for name in re.findall(r"`([^`]+)`", row[2])), row


def test_lessons_exist():
    numbers = {path.name.split("_")[0] for path in (ROOT / "nbs").glob("*.ipynb")}
    assert {number for row in ROWS for number in row[4].split(", ")} <= numbers
