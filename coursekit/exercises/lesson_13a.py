"""Exercises of lesson 13a: right answers and the usual wrong ones. Spoilers below."""

from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from torch import nn

from coursekit.lesson import Exercise


def _head(pool, n_pooled=2, hidden=512, dropouts=(0.25, 0.5), second_norm=True, relu=True, softmax=False):
    "A class like the learner's, whose parts can be left out."
    class Head(nn.Module):
        def __init__(self, n_channels, n_classes):
            super().__init__()
            parts = [nn.BatchNorm1d(n_pooled * n_channels), nn.Dropout(dropouts[0]),
                     nn.Linear(n_pooled * n_channels, hidden), relu and nn.ReLU(),
                     second_norm and nn.BatchNorm1d(hidden), nn.Dropout(dropouts[1]),
                     nn.Linear(hidden, n_classes), softmax and nn.Softmax(dim=1)]
            self.layers = nn.Sequential(*filter(None, parts))

        def forward(self, x):
            return self.layers(pool(x))

    return Head


def _mean_and_max(x):
    return torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)


def _numbers_for(module, name, parameter):
    "Numbers that depend on what a parameter is for, not on the order in which parts were made."
    random = torch.Generator().manual_seed(crc32(f"{type(module).__name__} {name} {list(parameter.shape)}".encode()))
    return torch.randn(parameter.shape, generator=random)


def _run_head(answer):
    "Shapes of the parameters, then the output in both modes, with parameters of our own."
    head = answer(6, 5).eval()
    shapes = sorted(str(tuple(parameter.shape)) for parameter in head.parameters())
    x = torch.arange(8 * 6 * 12.0).cos().reshape(8, 6, 4, 3)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        for module in head.modules():
            for name, parameter in module.named_parameters(recurse=False):
                parameter.copy_(_numbers_for(module, name, parameter))
        in_evaluation = head(x)
        torch.manual_seed(0)
        in_training = head.train()(x)
    return {"shapes of the parameters": "; ".join(shapes), "output in evaluation": in_evaluation / 1000,
            "output in training": in_training / 1000}


own_head = Exercise(
    hint="Follow the shape through the head: after pooling and after each of the two matrices.",
    run=_run_head,
    solution=_head(_mean_and_max),
    mistakes={
        "The two halves are the wrong way round: the mean first, then the maximum.":
            _head(lambda x: torch.cat([x.amax(dim=(2, 3)), x.mean(dim=(2, 3))], dim=1)),
        "Only the mean is pooled; put the maximum beside it, which doubles the channels.":
            _head(lambda x: x.mean(dim=(2, 3)), n_pooled=1),
        "There is no ReLU between the matrices, so the two could be one.": _head(_mean_and_max, relu=False),
        "The second batch norm, before the last matrix, is missing.": _head(_mean_and_max, second_norm=False),
        "The dropouts are the wrong way round: a quarter first, a half before the last matrix.":
            _head(_mean_and_max, dropouts=(0.5, 0.25)),
        "In training no dropout is applied: call both in forward.": _head(_mean_and_max, dropouts=(0.0, 0.0)),
        "That ends in a softmax; cross-entropy contains one, so give it the numbers before.":
            _head(_mean_and_max, softmax=True),
    },
    praise="Correct: this is the head that the lesson has trained.",
)


def _recalls(confusion):
    counts = np.asarray(confusion, dtype=float)
    occurs = counts.sum(axis=1) > 0
    return counts.diagonal()[occurs] / counts[occurs].sum(axis=1)


def _precisions(confusion):
    counts = np.asarray(confusion, dtype=float)
    return counts.diagonal() / np.maximum(counts.sum(axis=0), 1)


def _with_absent(confusion):
    counts = np.asarray(confusion, dtype=float)
    return 1 - (counts.diagonal() / np.maximum(counts.sum(axis=1), 1)).mean()


UNEVEN = np.array([[90, 6, 0, 4], [3, 5, 0, 2], [0, 0, 0, 0], [1, 1, 1, 17]])  # class 2 does not occur
EVEN = np.array([[8, 2, 0], [1, 9, 0], [2, 3, 5]])

balanced_error = Exercise(
    hint="Which entries of a row are right, and how many images has the row?",
    run=lambda answer: [float(answer(counts)) for counts in (UNEVEN, EVEN, np.array([[0, 1], [2, 6]]))],
    solution=lambda confusion: 1 - _recalls(confusion).mean(),
    mistakes={
        "That is the ordinary error rate: divide each row by its own sum first, then take the mean.":
            lambda confusion: 1 - np.trace(confusion) / np.sum(confusion),
        "That is the mean accuracy of the classes; the error is one minus it.":
            lambda confusion: _recalls(confusion).mean(),
        "You divided by the sums of the columns, which are predictions; the classes are the rows.":
            lambda confusion: 1 - _precisions(confusion)[np.sum(confusion, axis=1) > 0].mean(),
        "A class that does not occur was counted as all wrong; leave it out of the mean.": _with_absent,
    },
    praise="Correct: every class counts the same, however rare it is.",
)


def _share(total, part):
    return part / total if total else 0.0


precision = Exercise(
    hint="Are the images that the model calls k in a row of the matrix, or in a column?",
    run=lambda answer: [float(answer(UNEVEN, k)) for k in range(4)] + [float(answer(np.eye(3)[[0, 0, 1]], 2))],
    solution=lambda confusion, k: _share(confusion[:, k].sum(), confusion[k, k]),
    mistakes={
        "That is the recall, the share of the class that was found: predictions are the columns.":
            lambda confusion, k: _share(confusion[k].sum(), confusion[k, k]),
        "That is the share of all images; divide by those that were predicted to be of the class.":
            lambda confusion, k: confusion[k, k] / confusion.sum(),
        "That is the share of wrong ones among those predicted; you want the right ones.":
            lambda confusion, k: _share(confusion[:, k].sum(), confusion[:, k].sum() - confusion[k, k]),
        "Never predicted means zero divided by zero here; return 0 then.":
            lambda confusion, k: float(confusion[k, k]) / confusion[:, k].sum() if confusion[:, k].any() else np.nan,
    },
    praise="Correct: the column says what the model calls this class.",
)

NAMES = ["images/american_pit_bull_terrier_12.jpg", "images/Maine_Coon_7.jpg", "my_pets_2012/beagle_100.png"]

breed_in = Exercise(
    hint="What stands between the last slash and the last underscore?",
    run=lambda answer: [answer(name) for name in NAMES],
    solution=lambda name: Path(name).stem.rpartition("_")[0],
    mistakes={
        "That stops at the first underscore, but names of breeds contain some: look for the last one.":
            lambda name: Path(name).stem.partition("_")[0],
        "The folder is still in front: take the file's name alone.":
            lambda name: name.rpartition("_")[0],
        "The number is still there.": lambda name: Path(name).stem,
        "That is the number; the breed stands before it.": lambda name: Path(name).stem.rpartition("_")[2],
        "The last underscore is still there: leave it out with the number.":
            lambda name: Path(name).stem.rstrip("0123456789"),
    },
    praise="Correct: from the last underscore on it is the number.",
)

rates_of_the_slice = Exercise(
    hint="By which factor do you go from the first to the last, and what is half of that way?",
    run=lambda answer: [rate * 1e6 for rate in answer],
    solution=[1e-6, 1e-5, 1e-4],
    mistakes={
        "The steps are equal factors, not equal differences: the middle is a tenth of the last.":
            [1e-6, 5.05e-5, 1e-4],
        "That is the wrong way round: the group next to the image comes first and is the slowest.":
            [1e-4, 1e-5, 1e-6],
        "A slice with two ends does not give all groups but the last the low end.": [1e-6, 1e-6, 1e-4],
        "That is what a slice with one end gives: a tenth for all but the last.": [1e-5, 1e-5, 1e-4],
    },
    praise="Correct: from the low end to the high one by equal factors.",
)
