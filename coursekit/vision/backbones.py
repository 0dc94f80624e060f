"""Nets trained on ImageNet, and the part of them that a new classifier keeps: the body.

All bodies take pixels from 0 to 1; each shifts and scales them itself, as it was trained.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import timm
import torch
import torchvision
from torch import nn

from coursekit.data.fetch import locate

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALF = (0.5, 0.5, 0.5)


class Body(nn.Module):
    """A net without its classifier, in two layer groups: `early` and `late`.

    `n_features` is the number of channels that come out; `mean` and `std`, one number for each colour, are
    what is taken from the pixels (from 0 to 1) and what they are divided by.
    """

    def __init__(self, name: str, early: nn.Module, late: nn.Module, n_features: int, mean: Sequence[float],
                 std: Sequence[float]):
        super().__init__()
        self.name, self.n_features, self.mean, self.std = name, n_features, tuple(mean), tuple(std)
        self.early, self.late = early, late
        self.register_buffer("_mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("_std", torch.tensor(std)[:, None, None], persistent=False)

    def groups(self) -> list[nn.Module]:
        """The two layer groups, the one next to the image first."""
        return [self.early, self.late]

    def normalize(self, x: torch.Tensor) -> torch.Tensor:
        """Pixels from 0 to 1 as the net was trained on them; (n, 3, height, width)."""
        return (x - self._mean) / self._std

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features (n, n_features, height / 32, width / 32) of images (n, 3, height, width), 0 to 1."""
        return self.late(self.early(self.normalize(x)))


def pretrained_body(name: str = "efficientnet_lite0", pretrained: bool = True) -> Body:
    """The body called `name`: efficientnet_lite0, resnet18 or resnet34.

    Without `pretrained` its weights are random and nothing is fetched. A package carries those of the first; those
    of the others are fetched from PyTorch's site at first use. Raises `FetchError` if they cannot be had, ValueError
    for another name.
    """
    known = _known(name)
    net = classifier(name, pretrained)
    return Body(name, *known.cut(net), known.n_features, known.mean, known.std)


def classifier(name: str = "efficientnet_lite0", pretrained: bool = True) -> nn.Module:
    """The whole net called `name` with ImageNet's 1,000 classes, in evaluation mode.

    It takes what `normalize` of its body gives, and returns (n, 1000) numbers before softmax.
    """
    known = _known(name)
    net = known.build()
    if pretrained:
        folder, origin = locate(name)
        print(origin)
        known.load(net, read_weights(folder / known.file))
    return net.eval()


@dataclass(frozen=True)
class Backbone:
    """How one net is made, filled with the weights of `file`, and cut into two parts."""

    build: Callable[[], nn.Module]
    file: str
    load: Callable[[nn.Module, dict[str, torch.Tensor]], object]
    cut: Callable[[nn.Module], tuple[nn.Module, nn.Module]]
    n_features: int
    mean: Sequence[float]
    std: Sequence[float]


def _known(name):
    if name not in BACKBONES:
        raise ValueError(f"Expected one of {', '.join(BACKBONES)}, found {name!r}: choose one of these.")
    return BACKBONES[name]


def read_weights(path: str | Path) -> dict[str, torch.Tensor]:
    """The tensors in the file at `path` by name; nothing else is read, so a file cannot run code."""
    return torch.load(path, map_location="cpu", weights_only=True)


def _load_lite(net, weights):
    "Both state dicts name the same tensors in the same order; only the names differ."
    own = net.state_dict()
    if [value.shape for value in weights.values()] != [value.shape for value in own.values()]:
        raise ValueError(f"Expected {len(own)} tensors in the order of timm's tf_efficientnet_lite0, found "
                         "others: install the version of timm that requirements.lock names.")
    net.load_state_dict(dict(zip(own, weights.values(), strict=True)))


def _cut_lite(net):
    "Group one ends at an image of an eighth of its size, as in the ResNets."
    return (nn.Sequential(net.conv_stem, net.bn1, *net.blocks[:3]),
            nn.Sequential(*net.blocks[3:], net.conv_head, net.bn2))


def _cut_resnet(net):
    "The cut of the lectures' library: before the third of the four stages."
    return (nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool, net.layer1, net.layer2),
            nn.Sequential(net.layer3, net.layer4))


def _resnet(name, file):
    "ResNet of torchvision: its body gives 512 channels."
    return Backbone(functools.partial(torchvision.models.get_model, name), file, nn.Module.load_state_dict,
                    _cut_resnet, 512, IMAGENET_MEAN, IMAGENET_STD)


BACKBONES = {
    "efficientnet_lite0": Backbone(functools.partial(timm.create_model, "tf_efficientnet_lite0"),
                                   "efficientnet-lite0-57934424.pth", _load_lite, _cut_lite, 1280, HALF, HALF),
    "resnet18": _resnet("resnet18", "resnet18-f37072fd.pth"),
    "resnet34": _resnet("resnet34", "resnet34-b627a593.pth"),
}
