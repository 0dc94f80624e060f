"""Exercises of lesson 04: right answers and the usual wrong ones. Spoilers below."""

import torch
from torch.nn import functional as F

from coursekit.callbacks import Callback
from coursekit.lesson import Exercise

n_parameters = Exercise(
    solution=784 * 100 + 100 + 100 * 10 + 10,
    mistakes={
        "You counted the matrices and forgot the biases, one for each output of each layer.": 784 * 100 + 100 * 10,
        "The second layer gets 100 numbers from the first, not 784.": 784 * 100 + 100 + 784 * 10 + 10,
        "ReLU has no parameters: it only changes activations.": 784 * 100 + 100 + 100 * 10 + 10 + 100,
    },
)


def _run_hidden_net(answer):
    generator = torch.Generator().manual_seed(1)
    shapes = [(5, 6), (6, 4), (4,), (4, 3), (3,)]
    return answer(*(torch.randn(shape, generator=generator) for shape in shapes))


hidden_net = Exercise(
    run=_run_hidden_net,
    solution=lambda x, w1, b1, w2, b2: F.relu(x @ w1 + b1) @ w2 + b2,
    mistakes={
        "There is no bend between the matrices, so this is one matrix.":
            lambda x, w1, b1, w2, b2: (x @ w1 + b1) @ w2 + b2,
        "The ReLU belongs between the matrices; at the end it cuts off every negative score.":
            lambda x, w1, b1, w2, b2: F.relu((x @ w1 + b1) @ w2 + b2),
        "One ReLU too many: the last layer's scores may be negative.":
            lambda x, w1, b1, w2, b2: F.relu(F.relu(x @ w1 + b1) @ w2 + b2),
        "The loss does the softmax itself; return the raw scores.":
            lambda x, w1, b1, w2, b2: torch.softmax(F.relu(x @ w1 + b1) @ w2 + b2, dim=1),
        "The biases are missing.": lambda x, w1, b1, w2, b2: F.relu(x @ w1) @ w2,
    },
)


def _relu_gradient(x, gradient):
    return gradient * (x > 0)


relu_gradient = Exercise(
    run=lambda answer: answer(torch.tensor([-2.0, -0.5, 0.5, 3.0]), torch.tensor([1.0, -2.0, 3.0, -4.0])),
    solution=_relu_gradient,
    mistakes={
        "That applies ReLU to the gradient: what counts is the sign of x, not of the gradient.":
            lambda x, gradient: gradient.clamp(min=0),
        "Chain rule: the slope of ReLU, 0 or 1, times the gradient that comes in.": lambda x, gradient: (x > 0).float(),
        "That multiplies by x itself; the slope is 1 wherever x is positive.":
            lambda x, gradient: gradient * x.clamp(min=0),
        "The other way round: it lets through where x is positive.": lambda x, gradient: gradient * (x < 0),
    },
)


def _running_average(values, beta):
    average, averages = 0.0, []
    for n, value in enumerate(values, start=1):
        average = beta * average + (1 - beta) * value
        averages.append(average / (1 - beta**n))
    return averages


def _uncorrected(values, beta):
    average, averages = 0.0, []
    for value in values:
        average = beta * average + (1 - beta) * value
        averages.append(average)
    return averages


def _swapped(values, beta):
    return _running_average(values, 1 - beta)


def _corrected_in_place(values, beta):
    average, averages = 0.0, []
    for n, value in enumerate(values, start=1):
        average = (beta * average + (1 - beta) * value) / (1 - beta**n)
        averages.append(average)
    return averages


def _off_by_one(values, beta):
    average, averages = 0.0, []
    for n, value in enumerate(values, start=1):
        average = beta * average + (1 - beta) * value
        averages.append(average / (1 - beta ** (n + 1)))
    return averages


running_average = Exercise(
    run=lambda answer: answer([4.0, 2.0, 3.0, 1.0], 0.8),
    solution=_running_average,
    mistakes={
        "The average starts at zero and is pulled towards it: divide what you report by 1 - beta**n.": _uncorrected,
        "beta is the weight of the past; you gave it to the new value.": _swapped,
        "Correct only what you report; the average itself goes on uncorrected.": _corrected_in_place,
        "Count from one: after the first value the divisor is 1 - beta.": _off_by_one,
    },
)


class _StopBelow(Callback):
    training_only = True

    def __init__(self, loss):
        self.loss = loss

    def after_batch(self, learn):
        if learn.loss < self.loss:
            learn.stop = True


class _StopsItself(_StopBelow):
    def after_batch(self, learn):
        if learn.loss < self.loss:
            self.stop = True


class _StopsAbove(_StopBelow):
    def after_batch(self, learn):
        if learn.loss > self.loss:
            learn.stop = True


class _StopsAtEpochs(_StopBelow):
    def after_batch(self, learn):
        pass

    def after_epoch(self, learn):
        if learn.loss < self.loss:
            learn.stop = True


class _Rehearsal:
    "A learner with given losses in place of a model: four batches an epoch, two epochs."

    def __init__(self, callback):
        self.stop, self.n_batches, self.training = False, 0, True
        for start in (0, 4):
            for loss in [2.0, 1.5, 0.9, 0.4, 0.6, 0.3, 0.2, 0.1][start:start + 4]:
                self.loss, self.n_batches = loss, self.n_batches + 1
                callback.after_batch(self)
                if self.stop:
                    return
            callback.after_epoch(self)
            if self.stop:
                return


stop_below = Exercise(
    run=lambda answer: [_Rehearsal(answer(limit)).n_batches for limit in (1.0, 0.5, 0.0)],
    solution=_StopBelow,
    mistakes={
        "You set the callback's own attribute; the learner looks at learn.stop.": _StopsItself,
        "That stops as long as the loss is high: compare the other way round.": _StopsAbove,
        "That waits for the end of the epoch; use after_batch.": _StopsAtEpochs,
    },
)
