"""Labelling: every action, what it refuses, and that nothing which a person has labelled is ever lost."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from coursekit.vision.images import from_folder
from coursekit.vision.labelling import Labeller, export
from coursekit.vision.proposals import Guess


@pytest.fixture
def labeller():
    return Labeller([f"cars/{i:02d}.jpg" for i in range(60)], "cars")


@pytest.fixture
def twins(tmp_path):
    """Eight images of four colors in two folders, in which they have the same names."""
    files = [tmp_path / "images" / folder / f"{i}.png" for folder in ("monday", "tuesday") for i in range(4)]
    for i, file in enumerate(files):
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), (30 * i, 0, 0)).save(file)
    return files


def give(labeller, indices, name):
    labeller.choose(indices)
    labeller.label(name)


def colors(files):
    """The red of each image, sorted."""
    return sorted(Image.open(file).getpixel((0, 0))[0] for file in files)


def test_a_lasso_chooses_what_lies_inside(labeller):
    points = np.column_stack([np.arange(60.0), np.zeros(60)])
    labeller.choose_inside(points, [(4.5, -1), (4.5, 1), (7.5, 1), (7.5, -1)])
    assert labeller.chosen == [5, 6, 7]
    labeller.exclude(6)
    assert labeller.chosen == [5, 7] and labeller.clicks == 2
    with pytest.raises(ValueError, match="Expected one of the 2 chosen images, found 6"):
        labeller.exclude(6)


def test_labels_are_given_and_taken_away(labeller):
    give(labeller, [1, 2], " side ")
    assert labeller.labels[:4] == [None, "side", "side", None] and labeller.chosen == []
    give(labeller, [2], None)
    assert labeller.labels.count("side") == 1
    for wrong in ("", "  ", "a/b", "..", "a\\b"):
        with pytest.raises(ValueError, match="a name that can be a folder's"):
            labeller.label(wrong)
    with pytest.raises(ValueError, match="Expected indices from 0 to 59, found 60"):
        labeller.choose([3, 60])


def test_undo_goes_back_action_by_action(labeller):
    give(labeller, [1, 2], "side")
    give(labeller, [2, 3], "front")
    labeller.undo()
    assert labeller.chosen == [2, 3] and labeller.labels[1:4] == ["side", "side", None]
    for _ in range(5):  # more than there are actions
        labeller.undo()
    assert labeller.labels == [None] * 60 and labeller.chosen == [] and labeller.clicks == 4


@pytest.mark.parametrize(("files", "message"), [
    (["cars/a.jpg", "dogs/b.jpg"], "Expected images in cars, found dogs.b.jpg"),
    (["cars/a.jpg", "cars/a.jpg"], "Expected every image once"),
])
def test_an_image_lies_in_the_folder_and_is_there_once(files, message):
    with pytest.raises(ValueError, match=message):
        Labeller(files, "cars")


def test_saved_after_every_action_and_taken_up_again(twins, tmp_path):
    path, folder = tmp_path / "labels.json", tmp_path / "images"
    first = Labeller(twins, folder, path)
    give(first, [3, 4], "side")
    again = Labeller(twins, folder, path)
    assert again.labels == first.labels and again.clicks == 2
    again.undo()  # there is nothing to undo: the file stays
    first.undo()
    assert Labeller(twins, folder, path).labels == [None] * 8


def test_a_label_belongs_to_its_image_and_not_to_a_name_or_an_index(twins, tmp_path):
    path, folder = tmp_path / "labels.json", tmp_path / "images"
    give(Labeller(twins, folder, path), [0], "first monday")
    other = Labeller(twins[::-1], folder, path)
    assert other.labels == [None] * 7 + ["first monday"]
    give(other, [3], "first tuesday")
    assert Labeller(twins, folder, path).labels == ["first monday", *[None] * 3, "first tuesday", *[None] * 3]


def test_labels_stay_while_their_images_are_away_or_their_folder_has_moved(twins, tmp_path):
    path, folder = tmp_path / "labels.json", tmp_path / "images"
    give(Labeller(twins, folder, path), [0, 5], "red")
    give(Labeller(twins[:4], folder, path), [1], "blue")  # without those of tuesday
    assert Labeller(twins[6:], folder, path).labels == [None, None]
    moved = folder.rename(tmp_path / "elsewhere")
    again = Labeller([moved / file.relative_to(folder) for file in twins], moved, path)
    assert again.labels == ["red", "blue", None, None, None, "red", None, None]


@pytest.mark.parametrize("text", [
    "no json", "[1, 2]", '{"labels": ["a"], "clicks": 1}', '{"labels": {"monday/0.png": "../up"}, "clicks": 1}',
    '{"labels": {"monday/0.png": 3}, "clicks": 1}', '{"labels": {}}', '{"labels": {"0.png": "a"}, "clicks": 1}',
])
def test_a_file_of_something_else_is_refused_and_stays(text, twins, tmp_path):
    path = tmp_path / "labels.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"Expected .*labels.json.*choose another path"):
        Labeller(twins, tmp_path / "images", path)
    assert path.read_text() == text


def test_a_save_that_fails_keeps_the_labels_before_it(twins, tmp_path, monkeypatch):
    path, folder = tmp_path / "labels.json", tmp_path / "images"
    labeller = Labeller(twins, folder, path)
    give(labeller, [0], "red")
    before = json.loads(path.read_text())
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            give(labeller, [1], "blue")
    assert json.loads(path.read_text()) == before
    labeller.choose([])  # and the next save holds everything
    assert labeller.labels[0] == "red" and json.loads(path.read_text())["labels"] == {"monday/0.png": "red"}


def test_export_writes_a_table_and_folders(twins, tmp_path):
    labeller = Labeller(twins, tmp_path / "images")
    give(labeller, [0, 1], "a")
    give(labeller, [6], "b")
    assert export(labeller, tmp_path / "given") == 3
    guess = Guess(np.array(["b"] * 8), np.linspace(0.5, 0.9, 8), 1.0)
    assert export(labeller, tmp_path / "all", guess) == 8
    with open(tmp_path / "all/labels.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {"file": "monday/0.png", "label": "a", "by": "person", "confidence": "1.0000"}
    assert rows[7] == {"file": "tuesday/3.png", "label": "b", "by": "model", "confidence": "0.9000"}
    assert [row["by"] for row in rows].count("person") == 3
    assert len(list((tmp_path / "given/b").iterdir())) == 1


def test_of_two_images_with_one_name_none_is_lost(twins, tmp_path):
    labeller = Labeller(twins, tmp_path / "images")
    give(labeller, range(8), "red")
    assert export(labeller, tmp_path / "out") == 8
    written = list((tmp_path / "out/red").iterdir())
    assert len(written) == 8 and colors(written) == colors(twins)
    assert len(from_folder(tmp_path / "out")) == 8 and from_folder(tmp_path / "out").classes == ["red"]


def test_nothing_is_written_over(twins, tmp_path):
    labeller = Labeller(twins, tmp_path / "images")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="Expected a new folder, found .*out, which exists"):
        export(labeller, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_an_export_that_fails_leaves_nothing_and_can_be_done_again(twins, tmp_path):
    labeller = Labeller(twins, tmp_path / "images")
    give(labeller, range(8), "red")
    shutil.move(twins[5], tmp_path / "away.png")
    with pytest.raises(FileNotFoundError):
        export(labeller, tmp_path / "out")
    assert not list(tmp_path.glob("out*"))
    shutil.move(tmp_path / "away.png", twins[5])
    assert export(labeller, tmp_path / "out") == 8
