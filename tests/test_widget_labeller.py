"""The labelling desk, pressed without a browser: what it shows is what the labeller holds."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from coursekit.vision.labelling import Labeller
from coursekit.vision.proposals import PROJECTIONS
from coursekit.widgets.labeller import COLUMNS, TILE, LabellingDesk, make_atlas


@pytest.fixture
def desk(tmp_path):
    random = np.random.default_rng(0)
    centers = np.repeat([[0.0] * 6, [9.0] * 6], 30, axis=0)
    files = [tmp_path / f"{i:02d}.png" for i in range(60)]
    for i, file in enumerate(files):
        Image.new("RGB", (20, 10), (4 * i, 0, 0)).save(file)
    features = centers + random.normal(size=(60, 6))
    layers = {"middle": features, "late": features[:, ::-1].copy()}
    return LabellingDesk(Labeller(files, tmp_path), layers, tmp_path / "out")


def send(widget, message):
    """What the browser would send."""
    widget._handle_custom_msg(message, [])


def test_the_atlas_holds_each_image_at_its_place(desk):
    data = make_atlas(desk.labeller.files).partition(",")[2]
    atlas = Image.open(io.BytesIO(base64.b64decode(data)))
    assert atlas.size == (TILE * COLUMNS, TILE * 3)
    assert atlas.getpixel((7 * TILE + 30, TILE + 30))[0] == pytest.approx(4 * (COLUMNS + 7), abs=6)


def test_at_first_nothing_is_chosen_and_it_says_so(desk):
    assert "0 chosen; labelled: nothing, of 60; 0 clicks." in desk.status.value
    assert desk.map.opacity == [1] * 60 and len(desk.map.points) == len(desk.map.colors) == 60


def test_a_lasso_excluding_and_naming(desk):
    send(desk.map, {"outline": [[-0.1, -0.1], [-0.1, 1.1], [0.5, 1.1], [0.5, -0.1]]})
    chosen = list(desk.labeller.chosen)
    assert len(chosen) == 30 and desk.grid.chosen == desk.map.chosen == chosen
    send(desk.grid, {"leave_out": chosen[0]})
    assert chosen[0] not in desk.labeller.chosen
    desk.name.value = "left"
    desk.buttons["Give label"].click()
    assert desk.labeller.labels.count("left") == 29 and "29 left, of 60" in desk.status.value
    assert desk.map.colors[chosen[1]] and desk.map.colors[chosen[0]] == ""
    desk.buttons["Undo"].click()
    assert desk.labeller.labels.count("left") == 0


def test_arrow_keys_step_through_layers_and_projections(desk):
    before = desk.map.points
    send(desk.map, {"step": ["layer", 1]})
    assert desk.layer.value == "late"
    send(desk.map, {"step": ["projection", -1]})
    assert desk.projection.value == PROJECTIONS[-1] and desk.map.points != before
    send(desk.map, {"step": ["layer", 1]})
    assert desk.layer.value == "middle"


def test_what_cannot_be_done_is_said(desk):
    desk.buttons["Train"].click()
    assert "label more" in desk.status.value
    desk.buttons["Separate"].click()
    assert "Expected two labels to separate, found 0" in desk.status.value
    desk.buttons["Give label"].click()
    assert "a name that can be a folder" in desk.status.value
    desk.buttons["Find similar"].click()
    assert "choose some first" in desk.status.value


def test_train_fade_separate_doubt_and_export(desk):
    for group, name in ((range(30), "a"), (range(30, 60), "b")):
        desk.labeller.choose(list(group)[:8])
        desk.labeller.label(name)
    desk.buttons["Train"].click()
    assert "Estimated accuracy 1.000" in desk.status.value
    desk.fade.value = True
    assert max(desk.map.opacity) < 0.5
    desk.fade.value = False
    assert set(desk.map.opacity) == {1}
    desk.buttons["Separate"].click()
    across = np.array(desk.map.points)[:, 0]
    assert abs(across[:30].mean() - across[30:].mean()) > 0.5
    desk.buttons["Doubtful"].click()
    assert desk.labeller.chosen == []
    desk.buttons["Export"].click()
    assert "60 images written to out" in desk.status.value and (desk.export_to / "labels.csv").is_file()
    desk.buttons["Export"].click()
    assert "exists" in desk.status.value and "60 images written" not in desk.status.value


def test_features_of_other_images_are_refused(desk):
    with pytest.raises(ValueError, match="Expected features of 60 images, found 3 in layer 'late'"):
        LabellingDesk(desk.labeller, {"middle": np.zeros((60, 2)), "late": np.zeros((3, 2))})


def test_an_image_that_is_gone_keeps_nothing_from_being_labelled(desk):
    desk.group.index = 1
    gone = desk.labeller.files[desk.labeller.chosen[0]]
    gone.unlink()
    desk.name.value = "left"
    desk.buttons["Give label"].click()
    desk.buttons["Export"].click()
    assert gone.name in desk.status.value and desk.labeller.labels.count("left") > 2 and not desk.export_to.exists()


def test_groups_can_be_chosen_without_a_pointer(desk):
    desk.group.index = 1
    assert desk.labeller.chosen == list(desk.group.value) and len(desk.labeller.chosen) > 2
