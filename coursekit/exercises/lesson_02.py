"""Exercises of lesson 02: right answers and the usual wrong ones. Spoilers below."""

import torch
from torch import tensor

from coursekit.checking import without
from coursekit.lesson import Exercise

PRODUCTS = {"matmul", "__matmul__", "__rmatmul__", "mm", "bmm", "mv", "dot", "inner", "einsum", "tensordot", "linear"}


def _says_no(answer):
    "None and False say \"no\" as well."
    if not isinstance(answer, (list, tuple)):
        return answer
    return ["no" if shape is None or shape is False else shape for shape in answer]


sum_shapes = Exercise(
    hint="Write the two shapes below each other, flush right, and fill the shorter one with ones.",
    run=_says_no,
    solution=[(64, 10), "no", (64, 10), (5, 3, 4)],
    mistakes={
        "Look at the second: shapes are aligned at the right, so 10 meets 64.":
            [(64, 10), (64, 10), (64, 10), (5, 3, 4)],
        "Look at the third: the missing axis counts as 1, and a 1 meets 10, so both shapes are stretched.":
            [(64, 10), "no", "no", (5, 3, 4)],
        "Look at the fourth: 4 meets 1, then 1 meets 3; each 1 is stretched.":
            [(64, 10), "no", (64, 10), "no"],
        "Look at the fourth: fill the shorter shape with 1 in front, not behind, to (1, 3, 1).":
            [(64, 10), "no", (64, 10), (5, 1, 4)],
    },
)


def _run_outer(answer):
    a = tensor([1.0, 2.0, 3.0])
    return [answer(a, tensor([10.0, 20.0, 40.0])), answer(a, tensor([5.0, 7.0])), answer(a[:1], -a)]


outer = Exercise(
    hint="Which shape must `a` have so that each of its elements meets all of `b`?",
    run=_run_outer,
    solution=lambda a, b: a[:, None] * b[None],
    mistakes={
        "Rows and columns are exchanged: a belongs to the rows, so a becomes the column.":
            lambda a, b: a[None] * b[:, None],
        "That is elementwise: make a column of a first, with a[:, None].": lambda a, b: a * b,
        "That is the outer sum; the exercise asks for products.": lambda a, b: a[:, None] + b[None],
        "A dot product would give one number; here every pair keeps its own.":
            lambda a, b: (a[:, None] * b[None]).sum(),
    },
)


def _normalize(images):
    return (images - images.mean(dim=(0, 2, 3), keepdim=True)) / images.std(dim=(0, 2, 3), keepdim=True)


def _centre_only(images):
    return images - images.mean(dim=(0, 2, 3), keepdim=True)


def _normalize_together(images):
    return (images - images.mean()) / images.std()


def _normalize_each_image(images):
    return (images - images.mean(dim=(2, 3), keepdim=True)) / images.std(dim=(2, 3), keepdim=True)


def _normalize_without_keepdim(images):
    return (images - images.mean(dim=(0, 2, 3))) / images.std(dim=(0, 2, 3))


def _normalize_last_axis(images):
    return (images - images.mean(dim=(0, 1, 2))) / images.std(dim=(0, 1, 2))


def _normalize_by_n(images):
    means = images.mean(dim=(0, 2, 3), keepdim=True)
    return (images - means) / images.std(dim=(0, 2, 3), keepdim=True, correction=0)


def _normalize_by_variance(images):
    return _centre_only(images) / images.var(dim=(0, 2, 3), keepdim=True)


def _run_normalize(answer):
    images = torch.linspace(0, 40, 4 * 3 * 5 * 3).sin().reshape(4, 3, 5, 3)  # width 3 too: no error
    return answer(images * tensor([1.0, 2.0, 5.0])[:, None, None] + tensor([0.0, 3.0, -1.0])[:, None, None])


normalize_channels = Exercise(
    hint="Which axes must disappear from the means, and which must stay so that they line up?",
    run=_run_normalize,
    solution=_normalize,
    mistakes={
        "Centred, but not divided by the standard deviation of each channel.": _centre_only,
        "You used one mean for all channels together: average over images, rows and columns only.":
            _normalize_together,
        "Each image was normalized by itself: average over the batch, axis 0, too.":
            _normalize_each_image,
        "Right means, wrong place: shape (3,) lines up with the width. Keep the axes with keepdim=True.":
            _normalize_without_keepdim,
        "The channels are axis 1 here, not the last axis: average over 0, 2 and 3.": _normalize_last_axis,
        "You divided by the variance; the standard deviation is its root.": _normalize_by_variance,
        "Nearly: PyTorch's std divides by n - 1, yours by n.": _normalize_by_n,
    },
)


def _run_matmul(answer):
    a = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    b = tensor([[1.0, 0.0, 2.0, 1.0], [3.0, 1.0, 0.0, 2.0], [0.0, 5.0, 1.0, 1.0]])
    a, b = without(PRODUCTS, a, b)
    return [answer(a, b), answer(b, -b.T), answer(a[:, :1], b[:1])]


matmul = Exercise(
    hint="Give each matrix an axis of length one where the other has its own, and see which axis they share.",
    run=_run_matmul,
    solution=lambda a, b: (a[:, :, None] * b[None]).sum(1),
    mistakes={
        "The result is transposed: rows belong to a, columns to b.":
            lambda a, b: (a[:, :, None] * b[None]).sum(1).T,
        "You summed over the columns of b; sum over the axis that both matrices share.":
            lambda a, b: (a[:, :, None] * b[None]).sum(2),
        "You summed over the rows of a; sum over the axis that both matrices share.":
            lambda a, b: (a[:, :, None] * b[None]).sum(0),
        "The terms are right; now sum over the shared axis.": lambda a, b: a[:, :, None] * b[None],
        "That is torch's own product, in one of its spellings; make it from `*`, broadcasting and a sum.":
            lambda a, b: a @ b,
        "`*` is elementwise: give each matrix the axis it lacks, a[:, :, None] and b[None].":
            lambda a, b: a * b,
    },
)


def _run_distances(answer):
    a, b = tensor([[0.0, 0.0], [1.0, 2.0], [-3.0, 1.0]]), tensor([[3.0, 4.0], [1.0, 1.0]])
    return [answer(a, b), answer(b, a), answer(a[1:2, :1], b[:, 1:])]


pairwise_distances = Exercise(
    hint="First make the differences of all pairs, with three axes: which of them is summed away?",
    run=_run_distances,
    solution=lambda a, b: ((a[:, None] - b[None]) ** 2).sum(-1).sqrt(),
    mistakes={
        "These are squared distances: take the root.": lambda a, b: ((a[:, None] - b[None]) ** 2).sum(-1),
        "Rows and columns are exchanged: rows are the points of a.":
            lambda a, b: ((a[None] - b[:, None]) ** 2).sum(-1).sqrt(),
        "That adds absolute differences, as in a city of blocks; square, sum, then take the root.":
            lambda a, b: (a[:, None] - b[None]).abs().sum(-1),
        "The shapes do not meet yet: a needs a unit axis in the middle, a[:, None], and b one in front.":
            lambda a, b: ((a - b) ** 2).sum(-1).sqrt(),
        "You have one number for each coordinate; square, sum over the last axis, then take the root.":
            lambda a, b: ((a[:, None] - b[None]) ** 2).sqrt(),
    },
)
