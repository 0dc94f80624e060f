"""A classifier with random weights for tests of the app: what it says is meaningless, how it says it is not."""

from io import BytesIO

import torch
from PIL import Image

from coursekit.layers import head
from coursekit.vision.backbones import pretrained_body
from coursekit.vision.convnets import ConvNet
from coursekit.vision.export import export

CLASSES = ["pug", "beagle", "Bombay", "Persian", "Egyptian_Mau", "boxer"]


def export_tiny(path, size=48):
    """Write a random ResNet-18 for `CLASSES` to `path`."""
    torch.manual_seed(0)
    model = ConvNet(pretrained_body("resnet18", pretrained=False), head(512, len(CLASSES)))
    model.train()(torch.rand(16, 3, size, size))  # batch norms that have seen something
    export(model.eval(), path, CLASSES, size)
    return path


def image_bytes(kind="JPEG", width=90, height=60, seed=0, mode="RGB", **options):
    """The bytes of an image of noise over a gradient, in Pillow's format `kind`."""
    generator = torch.Generator().manual_seed(seed)
    down = torch.linspace(0, 200, height)[:, None, None]
    pixels = (down + 55 * torch.rand(height, width, 3, generator=generator)).to(torch.uint8).numpy()
    file = BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, kind, **options)
    return file.getvalue()
