"""The lecture's training of the pets with all photographs on a GPU: `make pets-full`, into results/pets_full.json.

ResNet-34 from 224 to 352 pixels with the lecture's rates and augmentation, in bfloat16 and channels last. Prints
how many images a second it trains, beside the same model on one batch of random numbers that stays on the GPU.
Source: lesson 6 (the training of the pets, and get_transforms with larger values).
"""

import argparse
import copy
import platform
import time
from dataclasses import dataclass

import torch
from store_results import RESULTS, store
from torch import nn
from torch.nn import functional as F

from coursekit.data import pets
from coursekit.device import describe_machine, get_device, seed_everything
from coursekit.layers import head
from coursekit.learner import Learner
from coursekit.loaders import Loaders
from coursekit.metrics import error_rate
from coursekit.optimizers import adamw_short
from coursekit.vision.augment import Augment
from coursekit.vision.backbones import pretrained_body
from coursekit.vision.convnets import BATCH_NORMS, ConvNet
from coursekit.vision.images import from_files

AUGMENT = Augment(max_rotate=20, max_zoom=1.3, max_lighting=0.4, max_warp=0.4, p_geometry=1.0, p_lighting=1.0)


@dataclass(frozen=True)
class Stage:
    """One fit: `size` of the images, `epochs`, rates, whether the body is trained, and the cycle's `pct_start`."""

    size: int
    epochs: int
    lr: slice
    unfrozen: bool
    pct_start: float = 0.8

    @property
    def name(self):
        """How the results call it."""
        return f"{self.size} pixels, {'all layers' if self.unfrozen else 'head'}"


STAGES = [Stage(224, 3, slice(1e-2), False), Stage(224, 2, slice(1e-6, 1e-3), True),
          Stage(352, 2, slice(1e-6, 1e-4), True, pct_start=0.3)]


def new_model(backbone, n_classes, pretrained=True):
    """The lecture's net: a body, and a head that ends in a batch norm."""
    body = pretrained_body(backbone, pretrained)
    with_norm = nn.Sequential(head(body.n_features, n_classes), nn.BatchNorm1d(n_classes, momentum=0.01))
    return ConvNet(body, with_norm, train_bn=True).to(memory_format=torch.channels_last)


def freeze_but_norms(learn):
    """Freeze the body but for scale and shift of its batch norms, as the lectures' library does."""
    learn.freeze()
    for module in learn.model.body.modules():
        if isinstance(module, BATCH_NORMS):
            module.requires_grad_(True)


def images_per_second(model, loader):
    """How many images a copy of `model` trains on in a second: from `loader`, and from one random batch."""
    x, y = next(iter(loader))
    synthetic = [(torch.rand_like(x), y)] * len(loader)
    return [_rate(model, loader, loader.batches.n_items), _rate(model, synthetic, len(x) * len(synthetic))]


def _rate(model, batches, n_images):
    "The first pass warms up, the second is timed; the recorder waits for the device at the end of a pass."
    learn = Learner(copy.deepcopy(model), Loaders(batches), F.cross_entropy, optimizer=adamw_short, precision="bf16")
    learn.reporters = [learn.recorder]
    learn.fit(2, 1e-6)
    return n_images / learn.recorder.history[-1]["seconds"]


def train(images, model, stages=STAGES, batch_size=64, seed=2):
    """Rows of results: error, loss and speed after each stage of the training of `model` on `images`."""
    seed_everything(seed)
    learn, rows = None, {}
    for stage in stages:
        loaders = images.loaders(stage.size, batch_size, AUGMENT, seed=seed)
        learn = learn or Learner(model, loaders, F.cross_entropy, [error_rate], adamw_short, precision="bf16")
        learn.loaders = loaders
        learn.unfreeze() if stage.unfrozen else freeze_but_norms(learn)
        learn.fit_one_cycle(stage.epochs, stage.lr, wd=0.01, pct_start=stage.pct_start)
        row = learn.recorder.history[-1]
        ours, synthetic = images_per_second(learn.model, learn.loaders.train)
        rows |= {f"{stage.name}, error": f"{row['error_rate']:.4f}",
                 f"{stage.name}, validation loss": f"{row['valid_loss']:.4f}",
                 f"{stage.name}, images a second": f"{ours:.0f}, of random numbers {synthetic:.0f}"}
        print(f"{stage.name}: trains {ours:.0f} images a second; the same model on random numbers {synthetic:.0f}")
    return rows


def main(arguments=None):
    """Train on all photographs and store the rows; refuses drawn pets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="resnet34", help="or efficientnet_lite0")
    backbone = parser.parse_args(arguments).backbone
    data = pets()
    if not data.origin.real:
        parser.error("Expected the photographs, found drawn pets: python -m coursekit data get pets, or set "
                     "COURSEKIT_DATA.")
    if get_device().type == "cpu":
        print("There is no GPU here: with all photographs this takes hours.")
    start = time.perf_counter()
    images = from_files(data.files, data.breed_of, valid=0.2, seed=2, classes=data.classes, key=data.origin.key)
    rows = train(images, new_model(backbone, len(images.classes)))
    stored = {"data": f"{data.origin} {images}", "machine": describe_machine(), "backbone": backbone,
              "python": platform.python_version(), "torch": torch.__version__, "seeds": 2,
              "seconds": round(time.perf_counter() - start), "rows": rows}
    store(stored, RESULTS / "pets_full.json")


if __name__ == "__main__":
    main()
