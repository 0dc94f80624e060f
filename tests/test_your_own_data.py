"""docs/your-own-data.md runs as it stands, on files that are made here."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

PAGE = (Path(__file__).parent.parent / "docs/your-own-data.md").read_text(encoding="utf-8")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The folder of work, with images of two classes, a table, ratings and a text."""
    random = np.random.default_rng(0)
    monkeypatch.chdir(tmp_path)
    for name, low in (("dark", 0), ("light", 150)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(10):
            pixels = random.integers(low, low + 100, (60, 80, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"IMG_{number:04}.jpg")
    (tmp_path / "photos/dark/note.txt").write_text("no image")
    rooms, area = random.integers(1, 6, 200), random.normal(80, 20, 200)
    pd.DataFrame({"rooms": rooms, "area": area, "town": random.choice(["Aa", "Bee"], 200),
                  "price": 100 * rooms + 3 * area}).to_csv("mine.csv", index=False)
    pd.DataFrame({"user": random.integers(0, 20, 300), "title": random.choice(["Alien", "Brazil", "Casablanca"], 300),
                  "stars": random.integers(1, 6, 300)}).to_csv("ratings.csv", index=False)
    Path("mine.txt").write_bytes(b"Call me Ishmael.\r\n" * 330)
    return tmp_path


def run(heading, names):
    """Run the code below `heading` with `names`, which it changes."""
    section = re.search(rf"^## {heading}.*?\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)[1]
    for code in re.findall(r"```python\n(.*?)```", section, re.S):
        exec(compile(code, heading, "exec"), names)
    return names


def test_images(here, capsys):
    names = run("Images", {})
    assert names["mine"].classes == ["dark", "light"]
    printed = capsys.readouterr().out
    assert "dark/note.txt" in printed
    assert "20 images of 2 classes: 16 to train on, 4 to validate; left out: 1 .txt" in printed
    assert names["load_exported"]("mine.pt").classes == ["dark", "light"]


def test_table_and_ratings(here, capsys):
    names = run("A table", {})
    assert names["continuous"] == ["area"] and names["categorical"] == ["rooms", "town"]
    assert names["learn"].predict(names["data"].inputs(names["table"][:3])).shape == (3,)
    learn = run("Ratings", names)["learn"]
    assert len(learn.items) == 4 and learn.recorder.history[-1]["valid_loss"] < 5


def test_text(here, capsys):
    names = run("A text", {})
    assert "\r" not in names["vocabulary"].characters
    assert "Call me" in capsys.readouterr().out


def test_each_lesson_that_the_page_names_is_one():
    lessons = {path.name.split("_")[0] for path in (Path(__file__).parent.parent / "nbs").glob("*.ipynb")}
    named = re.findall(r"\d\d[ab]?", " ".join(re.findall(r"^## .*", PAGE, re.M)))
    assert named and set(named) <= lessons
