"""Exercises of lesson 15: right answers and the usual wrong ones. Spoilers below."""

import torch
from torch import nn, tensor

from coursekit.lesson import Exercise
from coursekit.vision.augment import geometry

IMAGES = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
ROWS, COLUMNS = [0, 2, 5], [4, 1, 0]


def _matrix(across, down):
    return tensor([[[1.0, 0, across], [0, 1, down], [0, 0, 1]]])


def _run_shift(answer):
    moves = [(0.25, 0.0), (0.0, -0.5), (0.25, 0.5)]
    return [geometry(IMAGES, torch.as_tensor(answer(across, down)).float(), "zeros") for across, down in moves]


shift = Exercise(
    hint="For a pixel of the new image: where in the old one, from -1 to 1, does it come from?",
    run=_run_shift,
    solution=lambda across, down: _matrix(-2 * across, -2 * down),
    mistakes={
        "It moves the wrong way: the matrix says where a pixel comes from, not where it goes.":
            lambda across, down: _matrix(2 * across, 2 * down),
        "It moves half as far as it should: an image is 2 wide, from -1 to 1.":
            lambda across, down: _matrix(-across, -down),
        "It moves half as far, and the wrong way: a pixel comes from further left, and an image is 2 wide.":
            lambda across, down: _matrix(across, down),
        "Across and down are exchanged: the first row belongs to across.":
            lambda across, down: _matrix(-2 * down, -2 * across),
        "The numbers stand in the last row, which is a perspective; what moves stands in the last column.":
            lambda across, down: _matrix(-2 * across, -2 * down).mT.contiguous(),
    },
    praise="Correct. As a random transform: shift(*(0.2 * torch.rand(2) - 0.1).tolist()) @ rotation(10).",
)

RIGHT = {
    "fields seen from a satellite": "all eight",
    "pets": "mirror",
    "handwritten digits": "neither",
    "cells under a microscope": "all eight",
    "signs that say turn left or turn right": "neither",
}


suits = Exercise(
    hint="Imagine each changed image without its label: would you give it the same one?",
    solution=RIGHT,
    mistakes={
        "The mirror of a 2 is no digit, so digits bear neither.": RIGHT | {"handwritten digits": "mirror"},
        "A 6 upside down is a 9, so digits bear neither.": RIGHT | {"handwritten digits": "all eight"},
        "In a mirror, turn left says turn right: the image stays a sign, but its label is wrong.":
            RIGHT | {"signs that say turn left or turn right": "mirror"},
        "Seen from above there is no up and down: a satellite's image may be turned as well.":
            RIGHT | {"fields seen from a satellite": "mirror"},
        "A microscope has no up and down: all eight forms occur.": RIGHT | {"cells under a microscope": "mirror"},
        "Pets are photographed the right way up: quarter turns make images that will not come.":
            RIGHT | {"pets": "all eight"},
        "A pet in a mirror is as good a pet: use the flip.": RIGHT | {"pets": "neither"},
    },
)


def _net():
    "A tiny net with fixed weights, in training mode, so that a missing eval() shows."
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))
    numbers = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=numbers))
    return net.train()


def _run_twice(answer):
    return answer(_net(), IMAGES).detach()


def _predict(model, images, axis=3, evaluate=True):
    "The two probabilities, for the images and for their mirrors."
    model.train(not evaluate)
    with torch.no_grad():
        return [model(images).softmax(dim=1), model(images.flip(axis)).softmax(dim=1)]


def _mean_of_numbers(model, images):
    model.eval()
    with torch.no_grad():
        return ((model(images) + model(images.flip(3))) / 2).softmax(dim=1)


predict_twice = Exercise(
    hint="There are three steps, and only one order of them averages probabilities.",
    run=_run_twice,
    solution=lambda model, images: sum(_predict(model, images)) / 2,
    mistakes={
        "Those are images upside down: left and right are axis 3.":
            lambda model, images: sum(_predict(model, images, axis=2)) / 2,
        "The model is still in training mode: call model.eval() first.":
            lambda model, images: sum(_predict(model, images, evaluate=False)) / 2,
        "The numbers before softmax were averaged; average the probabilities.": _mean_of_numbers,
        "The two are added; divide by 2, so that the probabilities of an image sum to 1.":
            lambda model, images: sum(_predict(model, images)),
        "The mirrors are not looked at.": lambda model, images: _predict(model, images)[0],
    },
    praise="Correct: twice the time, and usually a little better.",
)


def _cut(x, rows, columns, side, value=0.5):
    x = x.clone()
    for image, row, column in zip(x, rows, columns, strict=True):
        image[:, row:row + side, column:column + side] = value
    return x


def _run_cutout(answer):
    x = IMAGES.clone()
    cut = [answer(x, ROWS, COLUMNS, 3), answer(x[:2], COLUMNS[1:], ROWS[:2], 2), answer(x[:1], [7], [0], 1)]
    return [cut, "the images that were given are changed" if not torch.equal(x, IMAGES) else "a copy"]


def _cut_in_place(x, rows, columns, side):
    x.copy_(_cut(x, rows, columns, side))
    return x


cutout = Exercise(
    hint="On what must the squares be drawn so that the caller's images stay as they are?",
    run=_run_cutout,
    solution=_cut,
    mistakes={
        "It changes the images that it is given: begin with x.clone().": _cut_in_place,
        "Rows and columns are exchanged: the axes are (n, 3, height, width).":
            lambda x, rows, columns, side: _cut(x, columns, rows, side),
        "All images have their square at the place of the first: use a place of its own for each.":
            lambda x, rows, columns, side: _cut(x, rows[:1] * len(x), columns[:1] * len(x), side),
        "The square is black; grey is 0.5.": lambda x, rows, columns, side: _cut(x, rows, columns, side, value=0.0),
        "The square is too large by one row and column: row:row + side already has `side` rows.":
            lambda x, rows, columns, side: _cut(x, rows, columns, side + 1),
    },
)
