"""Augmentation of a batch: every image gets a flip, turn, zoom, warp and light of its own.

All geometry of an image is one 3 x 3 matrix, so it is sampled once, however many changes there are.
torchvision's transforms v2 draw one value for the whole batch, or work image by image; these functions
take one value for each image, and run on the whole batch wherever it lies. Coordinates go from -1 (left,
top) to 1 (right, bottom); a matrix says where each point of the new image comes from.
Source: lesson 6 (get_transforms and the gallery of transforms).
"""

from dataclasses import dataclass

import torch
from torch.nn import functional as F

PADDINGS = ("reflection", "border", "zeros")


@dataclass(frozen=True)
class Augment:
    """Random changes of a batch, with the defaults of the lectures' get_transforms.

    `max_rotate` in degrees, `max_zoom` a factor, `max_lighting` and `max_warp` shares below 1. Rotation, zoom
    and warp each happen with probability `p_geometry`, brightness and contrast with `p_lighting`. `dihedral`
    also turns by quarters, for images without an up and down. `padding` fills what comes in from outside.
    """

    flip: bool = True
    dihedral: bool = False
    max_rotate: float = 10.0
    max_zoom: float = 1.1
    max_lighting: float = 0.2
    max_warp: float = 0.2
    p_geometry: float = 0.75
    p_lighting: float = 0.75
    padding: str = "reflection"

    def __call__(self, x, generator=None):
        """Images (n, channels, height, width), 0 to 1, changed at random; `generator` gives the numbers.

        They are drawn on the CPU, so they are the same on every device.
        """
        matrices = self.matrices(len(x), x.shape[2] / x.shape[3], generator)
        return geometry(self.light(x, generator), matrices, self.padding)

    def light(self, x, generator=None):
        """Brightness and contrast of every image changed."""
        brighter, stronger = (_draw(len(x), self.p_lighting, generator) for _ in range(2))
        x = brightness(x, 0.5 + 0.5 * self.max_lighting * brighter)
        return contrast(x, (1 - self.max_lighting) ** stronger)

    def matrices(self, n, aspect=1.0, generator=None):
        """All geometric changes of `n` images, (n, 3, 3); `aspect` is height / width."""
        turned, bigger, across, down, sideways, up = (_draw(n, self.p_geometry, generator) for _ in range(6))
        matrices = (rotation(self.max_rotate * turned, aspect)
                    @ zoom(1 + (self.max_zoom - 1) * bigger.abs(), across, down)
                    @ warp(self.max_warp * sideways, self.max_warp * up))
        if self.flip or self.dihedral:
            matrices = matrices @ mirror(torch.rand(n, generator=generator) < 0.5)
        if self.dihedral:
            matrices = matrices @ rotation(90 * torch.randint(4, (n,), generator=generator), aspect)
        return matrices


def geometry(x, matrices, padding="reflection"):
    """Images `x` (n, channels, height, width) sampled where `matrices` (n or 1, 3, 3) say.

    `padding` for points outside of the image: zeros, border (its nearest pixel) or reflection.
    """
    if padding not in PADDINGS:
        raise ValueError(f"Expected the padding to be one of {', '.join(PADDINGS)}, found {padding!r}.")
    n, _, height, width = x.shape
    x_, y_ = _centers(width), _centers(height)
    points = torch.stack([x_.expand(height, width), y_[:, None].expand(height, width),
                          torch.ones(height, width)], dim=2).reshape(-1, 3)  # (height * width, 3)
    moved = points.to(x.device) @ matrices.to(x.device, torch.float32).mT  # (n, height * width, 3)
    grid = (moved[..., :2] / moved[..., 2:]).reshape(-1, height, width, 2).expand(n, -1, -1, -1)
    return F.grid_sample(x, grid.to(x.dtype), mode="bilinear", padding_mode=padding, align_corners=False)


def rotation(degrees, aspect=1.0):
    """Matrices that turn the image by `degrees`, a number or (n,), against the clock."""
    angle = torch.deg2rad(torch.as_tensor(degrees, dtype=torch.float32))
    cos, sin = angle.cos(), angle.sin()
    return _matrices(cos, -sin * aspect, 0, sin / aspect, cos, 0, 0, 0, 1)


def zoom(factor, across=0.0, down=0.0):
    """Matrices that enlarge by `factor`; `across` and `down`, -1 to 1, say which part stays in view."""
    share = 1 / torch.as_tensor(factor, dtype=torch.float32)
    return _matrices(share, 0, across * (1 - share), 0, share, down * (1 - share), 0, 0, 1)


def warp(sideways, up=0.0):
    """Matrices of a perspective, as if the camera stood to one side or higher; both -1 to 1, 0 for none."""
    return _matrices(1, 0, sideways, 0, 1, up, sideways, up, 1)


def mirror(on=True):
    """Matrices that exchange left and right where `on` is true."""
    return _matrices(1 - 2 * torch.as_tensor(on).float(), 0, 0, 0, 1, 0, 0, 0, 1)


def brightness(x, change):
    """Images with more or less light: 0 is black, 0.5 unchanged, 1 white; a number or (n,).

    It is added to the logits of the pixels, log(x / (1 - x)), so none leaves the range from 0 to 1.
    """
    return torch.sigmoid(_logits(x) + torch.logit(_each(change, x), eps=1e-6))


def contrast(x, scale):
    """Images with more contrast (`scale` above 1) or less, a number or (n,): the logits times `scale`."""
    return torch.sigmoid(_logits(x) * _each(scale, x))


def _draw(n, p, generator):
    "Numbers from -1 to 1, each with probability `p`, otherwise 0."
    happens = torch.rand(n, generator=generator) < p
    return (2 * torch.rand(n, generator=generator) - 1) * happens


def _matrices(*entries):
    "Nine entries, numbers or (n,), as matrices (n, 3, 3)."
    entries = [torch.as_tensor(entry, dtype=torch.float32) for entry in entries]
    return torch.stack(torch.broadcast_tensors(*entries), dim=-1).reshape(-1, 3, 3)


def _centers(n):
    "Where the middles of `n` pixels lie between -1 and 1."
    return (2 * torch.arange(n) + 1) / n - 1


def _logits(x):
    "Of pixels from 0 to 1; black and white, which have none, count as a quarter of a step of 255 inside."
    return torch.logit(x, eps=1e-3)


def _each(value, x):
    "One value for each image, or one for all, on the device of `x`."
    return torch.as_tensor(value, dtype=x.dtype).to(x.device).reshape(-1, 1, 1, 1)
