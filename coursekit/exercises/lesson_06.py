"""Exercises of lesson 06: right answers and the usual wrong ones. Spoilers below."""

import torch
from torch import nn, tensor
from torch.nn import functional as F

from coursekit.lesson import Exercise


class OwnDropout(nn.Module):
    """Inverted dropout."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        return self.drop(x) if self.training else x

    def drop(self, x):
        """Zero with probability p, the rest scaled."""
        return x * (torch.rand_like(x) >= self.p) / (1 - self.p)


class KeepsP(OwnDropout):
    """Takes p for the probability to keep."""

    def drop(self, x):
        return x * (torch.rand_like(x) < self.p) / self.p


class NotScaled(OwnDropout):
    """Drops and does not scale."""

    def drop(self, x):
        return x * (torch.rand_like(x) >= self.p)


class Always(OwnDropout):
    """Drops in evaluation too."""

    def forward(self, x):
        return self.drop(x)


class PaperForm(OwnDropout):
    """Drops without scaling, and scales in evaluation: the paper's form."""

    def forward(self, x):
        return x * (torch.rand_like(x) >= self.p) if self.training else x * (1 - self.p)


class WholeRows(OwnDropout):
    """Drops whole items instead of activations."""

    def drop(self, x):
        return x * (torch.rand(len(x), 1) >= self.p) / (1 - self.p)


def _run_dropout(answer):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layer, x = answer(0.25), 3 * torch.ones(400, 250)
        dropped = layer(x)
        zeros = dropped == 0
        mixed = bool((zeros.any(1) & ~zeros.all(1)).float().mean() > 0.9)
        kept = dropped[~zeros].unique().tolist()
        return {"share of zeros in training": round(zeros.float().mean().item(), 2),
                "what the others became, all of them 3 before": kept,
                "whether each number has a draw of its own": mixed,
                "whether everything stays in evaluation": torch.equal(layer.eval()(x), x)}


own_dropout = Exercise(
    run=_run_dropout,
    solution=OwnDropout,
    mistakes={
        "You keep with probability p; PyTorch's p is the probability to drop.": KeepsP,
        "What remains must be divided by 1 - p, or the next layer receives less than it will in evaluation.": NotScaled,
        "That's the paper's form; PyTorch divides by 1 - p in training, and leaves evaluation alone.": PaperForm,
        "In evaluation mode nothing may be dropped: look at self.training.": Always,
        "Whole rows are dropped; every activation has its own draw.": WholeRows,
    },
    praise="Correct: a quarter dropped, the rest scaled, nothing done in evaluation.",
)

def _run_gradient(answer):
    return [answer(tensor([1.0, 2.0]), tensor([3.0, -5.0]), wd) for wd in (0.1, 0.5, 0.0)]


penalized_gradient = Exercise(
    run=_run_gradient,
    solution=lambda gradient, w, wd: gradient + wd * w,
    mistakes={
        "The half in front of the sum cancels the 2 of the derivative.":
            lambda gradient, w, wd: gradient + 2 * wd * w,
        "The half is used up: the derivative of w squared is 2 w.": lambda gradient, w, wd: gradient + wd / 2 * w,
        "You added the penalty itself; what's asked for is its derivative.":
            lambda gradient, w, wd: gradient + wd / 2 * (w**2).sum(),
        "The penalty is added to the loss, so its gradient is added, too.": lambda gradient, w, wd: gradient - wd * w,
        "Each weight has its own derivative: no sum.": lambda gradient, w, wd: gradient + wd * w.sum(),
    },
)

decayed_step = Exercise(
    run=lambda answer: [answer(2.0, 0.5, 0.1, 0.3), answer(-1.0, 0.2, 0.01, 0.1), answer(0.5, -3.0, 0.5, 0.0)],
    solution=lambda weight, step, lr, wd: weight * (1 - lr * wd) - step,
    mistakes={
        "The learning rate is already in the step: subtract it as it is.":
            lambda weight, step, lr, wd: weight * (1 - lr * wd) - lr * step,
        "The learning rate is missing: PyTorch takes lr times wd off.":
            lambda weight, step, lr, wd: weight * (1 - wd) - step,
        "The decay is missing.": lambda weight, step, lr, wd: weight - step,
        "The decay comes first, on the weight before the step.":
            lambda weight, step, lr, wd: (weight - step) * (1 - lr * wd),
        "That adds to the weight; decay shrinks it.": lambda weight, step, lr, wd: weight * (1 + lr * wd) - step,
    },
)


def _best_epoch(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best == patience:
            break
    return best


def _stopping_epoch(losses, patience):
    return min(_best_epoch(losses, patience) + patience, len(losses) - 1)


def _best_before_rises(losses, patience):
    rises = 0
    for epoch in range(1, len(losses)):
        rises = rises + 1 if losses[epoch] > losses[epoch - 1] else 0
        if rises == patience:
            return losses.index(min(losses[:epoch + 1]))
    return losses.index(min(losses))


def _run_best_epoch(answer):
    runs = [([5, 4, 3, 4, 5, 2], 2), ([5, 4, 3, 4, 5, 6, 7, 2], 2), ([3, 1, 2, 1.5, 1.4, 0.5], 3), ([3, 2, 1], 2),
            ([4, 2, 3, 1, 5, 6], 2), ([2, 2, 2, 1], 2), ([5], 1), ([4, 3, 5, 5, 1, 6], 3)]
    return [answer(losses, patience) for losses, patience in runs]


best_epoch = Exercise(
    run=_run_best_epoch,
    solution=_best_epoch,
    mistakes={
        "That's the lowest of all losses; you stop before you see some of them.":
            lambda losses, patience: losses.index(min(losses)),
        "That's the epoch in which you stop; the weights you keep are those of the best one.": _stopping_epoch,
        "Compare with the lowest loss so far, not with the loss of the epoch before.": _best_before_rises,
        "You wait one epoch too long.": lambda losses, patience: _best_epoch(losses, patience + 1),
        "You stop one epoch too early.": lambda losses, patience: _best_epoch(losses, patience - 1),
        "The number is right, but epochs count from 0.": lambda losses, patience: _best_epoch(losses, patience) + 1,
    },
    praise="Correct: stopped in time, and back to the best weights.",
)


def _update(running_mean, running_var, batch, momentum=0.1, correction=1):
    return ((1 - momentum) * running_mean + momentum * batch.mean(0),
            (1 - momentum) * running_var + momentum * batch.var(0, correction=correction))


def _run_update(answer):
    batch = tensor([[1.0, 10.0], [3.0, 10.0], [8.0, 13.0]])
    means, variances = tensor([0.0, 5.0]), tensor([1.0, 2.0])
    return [answer(means, variances, batch[:n], *momentum) for n, *momentum in ((3,), (2, 0.1), (3, 0.3))]


running_update = Exercise(
    run=_run_update,
    solution=_update,
    mistakes={
        "Momentum is the weight of the new value here, not of the old one.":
            lambda mean, var, batch, momentum=0.1: _update(mean, var, batch, 1 - momentum),
        "The momentum is an argument; you wrote 0.1 into the formula.":
            lambda mean, var, batch, momentum=0.1: _update(mean, var, batch, 0.1),
        "The running variance receives the one that divides by m - 1.":
            lambda mean, var, batch, momentum=0.1: _update(mean, var, batch, momentum, correction=0),
        "That mixes in the standard deviation; the layer keeps the variance.":
            lambda mean, var, batch, momentum=0.1: ((1 - momentum) * mean + momentum * batch.mean(0),
                                                    (1 - momentum) * var + momentum * batch.std(0)),
        "The statistics are one for each activation: average over the batch, axis 0.":
            lambda mean, var, batch, momentum=0.1: ((1 - momentum) * mean + momentum * batch.mean(),
                                                    (1 - momentum) * var + momentum * batch.var()),
    },
)


def _move(image, down, right, value=None):
    height, width = image.shape
    padded = F.pad(image, (2, 2, 2, 2), value=image.min().item() if value is None else value)
    return padded[2 - down:2 - down + height, 2 - right:2 - right + width]


def _run_move(answer):
    image = torch.arange(20.0).reshape(4, 5) % 7 - 3
    moves = [(image, 1, 0), (image, 0, -2), (image, 2, 1), (image, -1, 2), (image, 0, 0), (image[:3, :3] + 9, -2, -1)]
    return [answer(*given) for given in moves]


move = Exercise(
    hint="Pad the image by two pixels on each side, and think which window of the result you want.",
    run=_run_move,
    solution=_move,
    mistakes={
        "What leaves at one edge comes back at the other: that's what torch.roll does; let background come in instead.":
            lambda image, down, right: torch.roll(image, (down, right), (0, 1)),
        "What comes in is background, the image's smallest value, and here that isn't 0.":
            lambda image, down, right: _move(image, down, right, 0.0),
        "It moves the other way: to move the content down, take a window that begins higher up.":
            lambda image, down, right: _move(image, -down, -right),
        "Down and right are exchanged: rows are the first axis.":
            lambda image, down, right: _move(image, right, down),
    },
    praise="Correct: still the same digit, and new to the net.",
)
