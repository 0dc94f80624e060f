"""Exercises of lesson 01: right answers and the usual wrong ones. Spoilers below."""

import math

import torch
from torch import tensor

from coursekit.lesson import Exercise

weight_shape = Exercise(
    solution=(2352, 10),
    mistakes={
        "Right sizes, wrong order: in x @ w the columns of x meet the rows of w.": (10, 2352),
        "That is a grey image; in colour each pixel has three numbers.": (784, 10),
        "The batch size does not appear in the weights: the same matrix serves every image.": (64, 10),
    },
)


def _hand_update(a, b, x, y, lr):
    difference = 2 * (a * x + b - y)
    return a - lr * (x * difference).mean(), b - lr * difference.mean()


def _uphill(a, b, x, y, lr):
    difference = 2 * (a * x + b - y)
    return a + lr * (x * difference).mean(), b + lr * difference.mean()


def _summed(a, b, x, y, lr):
    difference = 2 * (a * x + b - y)
    return a - lr * (x * difference).sum(), b - lr * difference.sum()


def _without_x(a, b, x, y, lr):
    step = lr * (2 * (a * x + b - y)).mean()
    return a - step, b - step


def _without_two(a, b, x, y, lr):
    difference = a * x + b - y
    return a - lr * (x * difference).mean(), b - lr * difference.mean()


def _in_turn(a, b, x, y, lr):
    a = a - lr * (x * 2 * (a * x + b - y)).mean()
    return a, b - lr * (2 * (a * x + b - y)).mean()


def _run_hand_update(answer):
    x = tensor([0.0, 1.0, 2.0, 4.0])
    return [answer(a, b, x[:n], 3 * x[:n] + 8, lr) for a, b, n, lr in
            [(-1.0, 1.0, 4, 0.05), (5.0, 2.0, 4, 0.05), (2.0, -3.0, 3, 0.2)]]


hand_update = Exercise(
    run=_run_hand_update,
    solution=_hand_update,
    mistakes={
        "You walk uphill: subtract the gradient, do not add it.": _uphill,
        "You summed over the points; the loss is a mean, so its gradient is a mean too.": _summed,
        "The slope's derivative needs a factor x for every point.": _without_x,
        "The derivative of a square has a factor 2.": _without_two,
        "You changed a before you used it for b: compute both derivatives first.": _in_turn,
    },
)


def _momentum(a, gradient, lr, steps, momentum=0.9):
    velocity = torch.zeros_like(a)
    for _ in range(steps):
        velocity = momentum * velocity + gradient(a)
        a = a - lr * velocity
    return a


def _plain(a, gradient, lr, steps, momentum=0.9):
    for _ in range(steps):
        a = a - lr * gradient(a)
    return a


def _averaged(a, gradient, lr, steps, momentum=0.9):
    velocity = torch.zeros_like(a)
    for _ in range(steps):
        velocity = momentum * velocity + (1 - momentum) * gradient(a)
        a = a - lr * velocity
    return a


def _forgetful(a, gradient, lr, steps, momentum=0.9):
    for _ in range(steps):
        velocity = momentum * torch.zeros_like(a) + gradient(a)
        a = a - lr * (1 + momentum) * velocity
    return a


def _late(a, gradient, lr, steps, momentum=0.9):
    velocity = torch.zeros_like(a)
    for _ in range(steps):
        a = a - lr * velocity
        velocity = momentum * velocity + gradient(a)
    return a


def _run_momentum(answer):
    def gradient(a):
        return tensor([1.0, 10.0]) * a

    start = tensor([2.0, -1.0])
    return [answer(start.clone(), gradient, *more) for more in
            ((0.02, 1), (0.02, 2), (0.02, 25), (0.01, 3, 0.5), (0.05, 0))]


descend_with_momentum = Exercise(
    run=_run_momentum,
    solution=_momentum,
    mistakes={
        "No memory: that is plain gradient descent, the velocity is never used.": _plain,
        "You multiply the gradient by 0.1, as the lecture's sheet does; PyTorch's form adds all of it.": _averaged,
        "The velocity is made anew in every step, so it forgets: create it once, before the loop.": _forgetful,
        "You step before the velocity knows the new gradient: update the velocity first.": _late,
    },
)


def _judge(losses):
    first, last = losses[0], losses[-1]
    if not last <= first:
        return "too large"
    return "too small" if last > 0.9 * first else "fine"


def _judge_without_nan(losses):
    first, last = losses[0], losses[-1]
    if last > first:
        return "too large"
    return "too small" if last > 0.9 * first else "fine"


def _judge_share(losses):
    first, last = losses[0], losses[-1]
    if not last <= first:
        return "too large"
    return "too small" if last > 0.1 * first else "fine"


judge = Exercise(
    run=lambda answer: [answer(losses) for losses in
                        ([8.0, 2.0, 0.1], [8.0, 7.9, 7.8], [8.0, 50.0, 1e9], [8.0, 9.0, math.nan], [8.0, 5.0, 4.0],
                         [8.0, 9.0, 10.0, 2.0], [8.0, 2.0, 9.0], [4.0, 4.0], [10.0, 1.0, 9.0])],
    solution=_judge,
    mistakes={
        "A nan slips through: every comparison with nan is false, so test `not last <= first`.": _judge_without_nan,
        "You ask for nine tenths to be gone; the exercise calls a tenth enough.": _judge_share,
    },
)
