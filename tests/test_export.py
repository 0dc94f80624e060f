"""Export: one file, the same predictions, and no surprises."""

import json

import pytest
import torch
from PIL import Image

from coursekit.layers import head
from coursekit.vision.backbones import pretrained_body
from coursekit.vision.convnets import ConvNet
from coursekit.vision.export import export, load_exported
from coursekit.vision.images import as_bytes

CLASSES = ["pug", "beagle", "Bombay"]


@pytest.fixture(scope="module")
def model():
    """An untrained net, but with batch norms that have seen something."""
    torch.manual_seed(0)
    model = ConvNet(pretrained_body("resnet18", pretrained=False), head(512, 3))
    model(torch.rand(8, 3, 32, 32))
    return model.eval()


@pytest.fixture
def file(model, tmp_path):
    """The net as a file."""
    export(model, tmp_path / "models/pets.pt", CLASSES, size=48)
    return tmp_path / "models/pets.pt"


@pytest.fixture
def image(tmp_path):
    """An image file, wider than high."""
    path = tmp_path / "image.png"
    Image.effect_noise((90, 60), 80).save(path)
    return path


def rewrite(file, **changes):
    """Write other things into the description of an exported file."""
    content = torch.load(file, weights_only=True)
    content["description"] = json.dumps(json.loads(content["description"]) | changes)
    torch.save(content, file)


@torch.no_grad()
def test_predictions_before_are_predictions_after(model, file, image):
    loaded = load_exported(file)
    x = as_bytes(Image.open(image).convert("RGB"), 48)[None] / 255
    assert torch.equal(loaded.model(x), model(x)) and not loaded.model.training
    before = dict(zip(CLASSES, model(x)[0].softmax(0).tolist(), strict=True))
    after = loaded.predict(image)
    assert after == pytest.approx(before, abs=1e-7)
    assert list(after.values()) == sorted(after.values(), reverse=True)
    assert loaded.predict(open(image, "rb")) == after


def test_what_is_needed_comes_along(file):
    loaded = load_exported(file)
    assert (loaded.classes, loaded.size, loaded.how) == (CLASSES, 48, "crop")
    assert loaded.normalization == {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    assert [path.name for path in file.parent.iterdir()] == ["pets.pt"]


def test_no_file_is_left_of_a_failed_export(model, file, monkeypatch):
    def fail(content, path):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        export(model, file, CLASSES, size=64)
    assert [path.name for path in file.parent.iterdir()] == ["pets.pt"] and load_exported(file).size == 48


@pytest.mark.parametrize("classes", [CLASSES[:2], [*CLASSES, "Persian"], ["pug", "pug", "Bombay"]])
def test_wrong_classes_are_not_exported(model, tmp_path, classes):
    with pytest.raises(ValueError, match="Expected 3 different classes"):
        export(model, tmp_path / "pets.pt", classes, size=48)
    assert not (tmp_path / "pets.pt").exists()


def test_another_order_or_number_of_classes_is_refused(file):
    assert load_exported(file, CLASSES).classes == CLASSES
    with pytest.raises(ValueError, match=r"Expected the classes \['beagle', 'pug', 'Bombay'\], found \['pug'"):
        load_exported(file, ["beagle", "pug", "Bombay"])
    rewrite(file, classes=CLASSES[:2])
    with pytest.raises(ValueError, match="Expected 3 different classes, one for each output"):
        load_exported(file)


@pytest.mark.parametrize("changes, message", [
    ({"version": 2}, "Expected version 1, found 2 in .*update coursekit"),
    ({"format": "other"}, "found something else"),
    ({"size": "48"}, "Expected size in the description, found '48'"),
    ({"body": "resnet34"}, "Expected the weights of resnet34 with a head, found others"),
    ({"body": "efficientnet_lite0"}, "Expected the normalization of efficientnet_lite0, found another"),
    ({"body": "vgg"}, "found 'vgg'"),
    ({"normalization": {"mean": [0, 0, 0], "std": [1, 1, 1]}}, "found another"),
])
def test_a_changed_description_is_refused(file, changes, message):
    rewrite(file, **changes)
    with pytest.raises(ValueError, match=message):
        load_exported(file)


def test_foreign_and_damaged_files_are_refused(model, file, tmp_path):
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="found something unreadable"):
        load_exported(file)
    torch.save(model.state_dict(), file)
    with pytest.raises(ValueError, match="found something else"):
        load_exported(file)
    torch.save(model, file)  # a pickled module could run code
    with pytest.raises(ValueError, match="found something unreadable"):
        load_exported(file)
    with pytest.raises(FileNotFoundError):
        load_exported(tmp_path / "none.pt")
