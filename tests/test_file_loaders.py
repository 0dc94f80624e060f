"""Images read by worker processes give what images in memory give."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from coursekit.learner import Learner
from coursekit.vision.augment import Augment
from coursekit.vision.file_loaders import file_loaders
from coursekit.vision.images import ImageError, from_files


@pytest.fixture
def images(tmp_path):
    """Eleven images of two classes, three of them held out."""
    random = np.random.default_rng(0)
    files = [tmp_path / f"{'ab'[i % 2]}_{i}.png" for i in range(11)]
    for file in files:
        Image.fromarray(random.integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(file)
    return from_files(files, lambda path: path.name[0], valid=3 / 11)


@pytest.mark.parametrize("workers", [0, 2])
def test_validation_batches_are_those_of_memory(images, workers):
    kept, read = images.loaders(8, 4).valid, file_loaders(images, 8, 4, workers=workers).valid
    assert len(kept) == len(read)
    for (x, y), (x_read, y_read) in zip(kept, read, strict=True):
        assert torch.equal(x, x_read) and torch.equal(y, y_read)


def test_each_training_image_comes_once_in_a_new_order(images):
    loader = file_loaders(images, 8, 4).train
    passes = [torch.cat([x for x, _ in loader]) for _ in range(2)]
    plain = torch.cat([x for x, _ in loader.plain()])
    assert not torch.equal(*passes)
    for read in passes:
        assert torch.equal(read.flatten(1).sum(1).sort().values, plain.flatten(1).sum(1).sort().values)


def test_one_seed_gives_the_same_augmented_batches_twice(images):
    first, second = (torch.cat([x for x, _ in file_loaders(images, 8, 4, Augment(), seed=3).train]) for _ in range(2))
    assert torch.equal(first, second)


def test_no_validation_without_images_held_out(images):
    images.valid[:] = False
    assert file_loaders(images, 8).valid is None


def test_a_learner_trains_and_the_search_for_a_rate_changes_nothing(images):
    def trained(search):
        torch.manual_seed(0)
        loaders = file_loaders(images, 8, 4, Augment(), workers=0, device="cpu")
        model = nn.Sequential(nn.Flatten(), nn.Linear(192, 2))
        learn = Learner(model, loaders, nn.functional.cross_entropy, device="cpu")
        if search:
            learn.lr_find(steps=5)
        learn.fit(2)
        return learn.recorder.losses

    assert trained(search=True) == trained(search=False)


def test_a_damaged_file_is_named(images):
    images.files[3].write_bytes(b"no image")
    with pytest.raises(ImageError, match=images.files[3].name):
        for loader in (file_loaders(images, 8).train, file_loaders(images, 8).valid):
            list(loader)
