"""Labelling by group: every action, what it refuses, what is kept."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from coursekit.vision.labelling import PROJECTIONS, Labeller


@pytest.fixture
def features():
    """Three clouds of 20 points in ten dimensions, far apart."""
    random = np.random.default_rng(0)
    centers = 6 * random.normal(size=(3, 10))
    return np.repeat(centers, 20, axis=0) + random.normal(size=(60, 10))


@pytest.fixture
def labeller(features):
    return Labeller([f"{i:02d}.jpg" for i in range(60)], {"late": features, "early": features[:, 5:]})


def give(labeller, indices, name):
    labeller.choose(indices)
    labeller.label(name)


@pytest.mark.parametrize("projection", PROJECTIONS)
def test_maps_have_a_place_for_each_image(labeller, projection):
    positions = labeller.points("late", projection)
    assert positions.shape == (60, 2) and np.isfinite(positions).all()
    assert positions is labeller.points("late", projection)  # computed once


def test_projections_are_those_of_their_directions(labeller):
    spreads = [labeller.points("late", name).std(0) for name in PROJECTIONS[:3]]
    assert spreads[0].min() > spreads[1].max() and spreads[1].min() > spreads[2].max()
    with pytest.raises(ValueError, match="Expected one of directions 1 and 2"):
        labeller.points("late", "upwards")


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


def test_similar_ones_come_from_all_without_a_label(labeller):
    give(labeller, range(20, 30), "b")
    labeller.choose([30, 31])
    labeller.choose_similar("late", n=8)
    assert len(labeller.chosen) == 8 and set(labeller.chosen) <= set(range(30, 40))
    labeller.choose([])
    with pytest.raises(ValueError, match="choose some first"):
        labeller.choose_similar("late")


def test_two_labels_lie_apart_on_the_separating_map(labeller):
    with pytest.raises(ValueError, match="label some of each first"):
        labeller.separating_points("late", "a", "b")
    give(labeller, range(5), "a")
    give(labeller, range(40, 45), "b")
    across = labeller.separating_points("late", "a", "b")[:, 0]
    a, b = across[:20], across[40:]
    assert abs(a.mean() - b.mean()) > 3 * (a.std() + b.std()) / 2


def test_a_guess_is_right_where_it_was_not_trained(labeller):
    with pytest.raises(ValueError, match="label more"):
        labeller.guess("late")
    for first, name in ((0, "a"), (20, "b"), (40, "c")):
        give(labeller, range(first, first + 6), name)
    guess = labeller.guess("late")
    assert (guess.names == np.repeat(["a", "b", "c"], 20)).mean() > 0.95 and guess.accuracy > 0.9
    assert guess.confidence.shape == (60,) and guess.confidence.min() >= 1 / 3


def test_accuracy_is_measured_on_images_not_trained_on(features):
    "Labels by chance, learnt by heart, would give an accuracy of 1."
    random = np.random.default_rng(1)
    noise = Labeller([f"{i}.jpg" for i in range(60)], {"late": random.normal(size=(60, 50))})
    give(noise, range(0, 60, 2), "a")
    give(noise, range(1, 60, 2), "b")
    assert noise.guess("late").accuracy < 0.75


def test_a_wrong_label_is_doubtful(labeller):
    give(labeller, [*range(10), 45], "a")
    give(labeller, range(20, 30), "b")
    give(labeller, range(46, 56), "c")
    assert labeller.doubtful("late")[0] == 45


def test_saved_after_every_action_and_taken_up_again(features, tmp_path):
    path, files = tmp_path / "labels.json", [f"{i}.jpg" for i in range(60)]
    first = Labeller(files, {"late": features}, path)
    give(first, [3, 4], "side")
    again = Labeller(files, {"late": features}, path)
    assert again.labels == first.labels and again.clicks == 2
    assert json.loads(path.read_text())["labels"][3] == "side"
    with pytest.raises(ValueError, match="found 60 others"):
        Labeller(files[::-1], {"late": features}, path)


def test_features_of_other_images_are_refused(features):
    with pytest.raises(ValueError, match="Expected features of 3 images, found 60 in layer 'late'"):
        Labeller(["a", "b", "c"], {"late": features})


def test_export_writes_a_table_and_folders(labeller, tmp_path):
    files = [tmp_path / f"{i:02d}.jpg" for i in range(60)]
    for file in files:
        Image.new("RGB", (4, 4)).save(file)
    labeller.files = files
    for first, name in ((0, "a"), (20, "b"), (40, "c")):
        give(labeller, range(first, first + 6), name)
    assert labeller.export(tmp_path / "given") == 18
    assert labeller.export(tmp_path / "all", labeller.guess("late")) == 60
    with open(tmp_path / "all/labels.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["by"] for row in rows].count("person") == 18 and rows[0] == {
        "file": "00.jpg", "label": "a", "by": "person", "confidence": "1.0000"}
    assert len(list((tmp_path / "all").glob("*/*.jpg"))) == 60 and len(list((tmp_path / "given/b").iterdir())) == 6
    with pytest.raises(FileExistsError):
        labeller.export(tmp_path / "all")
