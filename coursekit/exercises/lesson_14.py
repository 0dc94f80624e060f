"""Exercises of lesson 14: right answers and the usual wrong ones. Spoilers below."""

import numpy as np
import torch
from torch import tensor
from torch.nn import functional as F

from coursekit.lesson import Exercise

IMAGE = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype=np.uint8)


def _batch(image, device):
    return ((torch.tensor(image).permute(2, 0, 1).float() / 255 - 0.5) / 0.5).unsqueeze(0).to(device)


batch_of_one = Exercise(
    hint="Print shape, smallest and largest value after each step.",
    run=lambda answer: [answer(image, "cpu") for image in (IMAGE, IMAGE[:2], IMAGE[::-1].copy())]
        + [str(answer(IMAGE, "meta").device)],  # a device that every machine has
    solution=_batch,
    mistakes={
        "The axis of the batch is missing: x.unsqueeze(0) or x[None].":
            lambda image, device: _batch(image, device)[0],
        "The channels still come last: x.permute(2, 0, 1) puts them in front.":
            lambda image, device: ((torch.tensor(image).float() / 255 - 0.5) / 0.5).unsqueeze(0),
        "`reshape` keeps the order of the numbers and mixes the colours; `permute` moves the axes.":
            lambda image, device: ((torch.tensor(image)
                                    .reshape(3, *image.shape[:2]).float() / 255 - 0.5) / 0.5).unsqueeze(0),
        "The numbers still go from 0 to 1: take off 0.5 and divide by 0.5.":
            lambda image, device: torch.tensor(image).permute(2, 0, 1)[None].float() / 255,
        "The bytes go up to 255: divide by it before you take off 0.5.":
            lambda image, device: (torch.tensor(image).permute(2, 0, 1)[None].float() - 0.5) / 0.5,
        "`permute(2, 1, 0)` also swaps height and width: the image lies on its side.":
            lambda image, device: _batch(image.transpose(1, 0, 2), device),
    },
    praise="Correct: this is what a net takes.",
)

ROWS, COLUMNS = torch.meshgrid(torch.arange(9), torch.arange(9), indexing="ij")
SCENES = {"even": torch.ones(9, 9), "own": (ROWS + COLUMNS < 8).float(), "other": (COLUMNS > ROWS).float(),
          "top": (ROWS < 4).float(), "left": (COLUMNS < 4).float()}


def _run_diagonal(kernel):
    kernel = torch.as_tensor(kernel, dtype=torch.float32)
    if kernel.shape != (3, 3):
        return "a kernel of another shape"
    sums = {name: F.conv2d(scene[None, None], kernel[None, None]) for name, scene in SCENES.items()}
    own, strongest = sums["own"].max().item(), kernel.abs().max().item()
    return {"even areas": bool(sums["even"].abs().max() <= 0.01 * strongest),
            "own edge": own > strongest,
            "one sign": bool(sums["own"].min() >= -0.01 * strongest),
            "other edge": bool(sums["other"].abs().max() <= 0.25 * max(own, strongest)),
            "straight edges": bool(max(sums["top"].abs().max(), sums["left"].abs().max()) < own)}


diagonal = Exercise(
    hint="Where the edge runs through the kernel the numbers are zero: which sign has either side?",
    run=_run_diagonal,
    solution=tensor([[2.0, 1, 0], [1, 0, -1], [0, -1, -2]]),
    mistakes={
        "A kernel of 3 x 3 is a tensor of shape (3, 3).": torch.ones(5, 5),
        "That finds the edge that runs the other way: mirror it.": tensor([[0.0, 1, 2], [-1, 0, 1], [-2, -1, 0]]),
        "That finds the edge with its bright side at the lower right: change the sign.":
            tensor([[-2.0, -1, 0], [-1, 0, 1], [0, 1, 2]]),
        "It also answers to even areas: its nine numbers must add up to zero.":
            tensor([[2.0, 1, 0], [1, 0, 0], [0, 0, 0]]),
        "That finds straight edges, and both slanted ones alike.": tensor([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]]),
        "That outlines everything, whatever its direction.": tensor([[-1.0, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    },
    praise="Correct: even areas, straight edges and the other slant count for less than your edge.",
)

shapes = Exercise(
    hint="Use the formula of the lesson for one axis, and carry its result to the next layer.",
    solution=[(16, 64, 112, 112), (16, 64, 56, 56), (16, 512, 7, 7)],
    mistakes={
        "The batch is missing: 16 images come out of each layer.": [(64, 112, 112), (64, 56, 56), (512, 7, 7)],
        "You forgot the padding.": [(16, 64, 109, 109), (16, 64, 54, 54), (16, 512, 7, 7)],
        "PyTorch writes channels before height and width.": [(16, 112, 112, 64), (16, 56, 56, 64), (16, 7, 7, 512)],
        "The max pooling has a stride of 2 as well.": [(16, 64, 112, 112), (16, 64, 112, 112), (16, 512, 7, 7)],
        "Between pooling and the end the size is halved three times, not four.":
            [(16, 64, 112, 112), (16, 64, 56, 56), (16, 512, 3, 3)],
    },
)

count_parameters = Exercise(
    hint="How many numbers has one kernel, and how many kernels are there?",
    run=lambda answer: [answer(3, 64, 7, bias=False), answer(64, 128, 3), answer(1, 1, 1)],
    solution=lambda channels_in, channels_out, kernel_size, bias=True:
        channels_out * (channels_in * kernel_size**2 + bias),
    mistakes={
        "Each kernel has one bias, so there are `channels_out` of them.":
            lambda channels_in, channels_out, kernel_size, bias=True:
                channels_out * channels_in * kernel_size**2 + bias,
        "Count the biases only if there are any.":
            lambda channels_in, channels_out, kernel_size, bias=True: channels_out * (channels_in * kernel_size**2 + 1),
        "The biases are missing.":
            lambda channels_in, channels_out, kernel_size, bias=True: channels_out * channels_in * kernel_size**2,
        "A kernel spans all channels that come in.":
            lambda channels_in, channels_out, kernel_size, bias=True: channels_out * (kernel_size**2 + bias),
        "A kernel is a square: kernel_size**2.":
            lambda channels_in, channels_out, kernel_size, bias=True: channels_out * (channels_in * kernel_size + bias),
    },
    praise="Correct, and the size of the image does not matter.",
)
