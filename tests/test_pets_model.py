"""The classifier that lessons hand to each other: made once, kept by the data it comes from."""

import numpy as np
import pytest
import torch
from PIL import Image

from coursekit.data.fetch import Origin
from coursekit.data.pets import Pets, breed_of
from coursekit.vision import pets as module
from coursekit.vision.backbones import pretrained_body
from coursekit.vision.export import export, load_exported
from coursekit.vision.images import from_files
from coursekit.vision.pets import held_out, model_path, pets_model, train_head

ORIGIN = Origin("pets", "2012", "generated", "CC0", False, fingerprint="drawn-1")
COLOURS = {"pug": (200, 40, 40), "Bombay": (40, 200, 40), "Persian": (40, 40, 200)}


@pytest.fixture
def few(tmp_path, monkeypatch):
    """Thirty images of three breeds that differ in colour, and an untrained body instead of a fetched one."""
    files = []
    for i in range(30):
        breed, colour = list(COLOURS.items())[i % 3]
        files.append(tmp_path / f"{breed}_{i}.jpg")
        noise = Image.fromarray(np.random.default_rng(i).integers(0, 85, (64, 64, 3), dtype=np.uint8))
        Image.blend(noise, Image.new("RGB", noise.size, colour), 0.7).save(files[-1])
    monkeypatch.setattr(module, "pets", lambda: Pets(tmp_path, files, sorted(COLOURS), ORIGIN))
    monkeypatch.setattr(module, "pretrained_body", lambda: pretrained_body("resnet18", pretrained=False))
    return files


def test_it_is_made_once_and_then_found(few, tmp_path, monkeypatch):
    path = pets_model(size=32, epochs=1, store=tmp_path / "models")
    assert path == model_path(ORIGIN, tmp_path / "models") and path.name == "pets-2012-generated-drawn-1-classifier.pt"
    made = load_exported(path)
    assert (made.classes, made.size) == (sorted(COLOURS), 32)
    monkeypatch.setattr(module, "train_head", None)  # which would be called if it were made again
    assert pets_model(store=tmp_path / "models") == path


def test_what_a_lesson_has_stored_is_taken(few, tmp_path):
    path = model_path(ORIGIN, tmp_path / "models")
    learn = train_head(from_files(few, breed_of), 48, 1, 0)
    export(learn.model, path, sorted(COLOURS), 48)
    before = path.read_bytes()
    assert load_exported(pets_model(size=32, store=tmp_path / "models")).size == 48
    assert path.read_bytes() == before


def test_what_is_held_out_is_not_trained_on(few, tmp_path, monkeypatch):
    found, trained = module.pets(), []
    monkeypatch.setattr(module, "image_learner", lambda loaders, *_: trained.append(loaders) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pets_model(size=32, n_images=16, store=tmp_path)
    held = held_out(found)
    assert len(held) == 6 and held == held_out(found)
    images = module.from_files(found.files, breed_of, valid=0)
    file_of = {tuple(pixels.flatten().tolist()): file
               for file, pixels in zip(images.files, images.pixels(32), strict=True)}
    seen = {file_of[tuple(pixels.flatten().tolist())] for pixels in trained[0].train.batches.tensors[0]}
    assert len(file_of) == 30 and len(seen) == 14 and not seen & set(held)


def test_the_head_learns(few):
    torch.manual_seed(0)
    learn = train_head(from_files(few, breed_of), 32, 12, 0)
    assert learn.validate()["error_rate"] <= 0.34
