"""The recipe for a GPU, on a few small images without one."""

import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from coursekit.data.fetch import Origin
from coursekit.data.pets import Pets, breed_of
from coursekit.vision.images import from_files

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))

import pets_full  # noqa: E402

STAGES = [pets_full.Stage(32, 1, slice(1e-2), False), pets_full.Stage(48, 1, slice(1e-6, 1e-4), True, pct_start=0.3)]


@pytest.fixture
def images(tmp_path):
    """Twenty images of two breeds."""
    files = [tmp_path / f"{breed}_{i}.jpg" for breed in ("pug", "Bombay") for i in range(10)]
    for file in files:
        Image.effect_noise((64, 64), 60).convert("RGB").save(file)
    return from_files(files, breed_of)


def test_all_stages_run_and_only_the_last_moves_the_body(images):
    model = pets_full.new_model("resnet18", 2, pretrained=False)
    convolution = model.body.early[0].weight
    before = convolution.detach().clone()
    rows = pets_full.train(images, model, STAGES[:1], batch_size=8)
    assert torch.equal(convolution, before)
    rows |= pets_full.train(images, model, STAGES[1:], batch_size=8)
    assert not torch.equal(convolution, before)
    assert convolution.dtype == torch.float32 and convolution.is_contiguous(memory_format=torch.channels_last)
    assert list(rows) == [f"{size}, {what}" for size in ("32 pixels, head", "48 pixels, all layers")
                          for what in ("error", "validation loss", "images a second")]
    assert 0 <= float(rows["48 pixels, all layers, error"]) <= 1


def test_the_head_stage_trains_head_and_batch_norms(images):
    model = pets_full.new_model("resnet18", 2, pretrained=False)
    pets_full.freeze_but_norms(pets_full.Learner(model, images.loaders(32), torch.nn.functional.cross_entropy))
    trained = {type(module).__name__ for module in model.body.modules()
               if any(parameter.requires_grad for parameter in module.parameters(recurse=False))}
    assert trained == {"BatchNorm2d"}
    assert all(parameter.requires_grad for parameter in model.head.parameters())


def test_drawn_pets_are_refused(tmp_path, monkeypatch, capsys):
    drawn = Pets(tmp_path, [], [], Origin("pets", "2012", "generated", "CC0", False))
    monkeypatch.setattr(pets_full, "pets", lambda: drawn)
    with pytest.raises(SystemExit):
        pets_full.main([])
    assert "drawn pets" in capsys.readouterr().err
