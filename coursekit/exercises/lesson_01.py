"""Exercises of lesson 01: right answers and the usual wrong ones. Spoilers below."""

import math

import torch
from torch import nn, tensor

from coursekit.lesson import Exercise

my_line = Exercise(
    run=lambda line: {"slope": abs(line[0] - 3.05) < 0.3, "intercept": abs(line[1] - 2.45) < 0.2},
    solution=(3.05, 2.45),
    mistakes={
        "The slope is right. Now move the line up or down, until as many points lie above it as below.": (3.05, 2.0),
        "The height is right. Now tilt the line, until the points at both ends lie around it.": (2.0, 2.45),
    },
    praise="Correct. You have just trained a model by hand.",
    hint="The pair is (slope, intercept). Look at the points near x = 0 first: they show the intercept alone.",
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
        "You multiply the gradient by 0.1, which makes an average; PyTorch's form adds all of it.": _averaged,
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


def _step_all(parameters, loss, lr):
    loss.backward()
    with torch.no_grad():
        for parameter in parameters:
            parameter.sub_(lr * parameter.grad)
            parameter.grad.zero_()


def _step_all_full(parameters, loss, lr):
    loss.backward()
    with torch.no_grad():
        for parameter in parameters:
            parameter.sub_(lr * parameter.grad)


def _step_all_uphill(parameters, loss, lr):
    loss.backward()
    with torch.no_grad():
        for parameter in parameters:
            parameter.add_(lr * parameter.grad)
            parameter.grad.zero_()


def _step_first(parameters, loss, lr):
    _step_all(parameters[:1], loss, lr)
    for parameter in parameters[1:]:
        parameter.grad.zero_()


def _step_nowhere(parameters, loss, lr):
    loss.backward()
    for parameter in parameters:
        parameter = parameter - lr * parameter.grad


def _run_step_all(answer):
    seen = []
    for lr, shapes in [(0.1, [(2,)]), (0.1, [(3,), (1,)]), (0.05, [(2, 3), (3,), (1,)])]:
        parameters = [nn.Parameter(torch.arange(1.0, 1 + math.prod(shape)).reshape(shape)) for shape in shapes]
        for _ in range(2):
            answer(parameters, sum((parameter**2).sum() for parameter in parameters), lr)
        seen.append([parameter.detach().clone() for parameter in parameters])
    return {"the parameters after two calls": seen}


step_all = Exercise(
    run=_run_step_all,
    solution=_step_all,
    mistakes={
        "The gradients are never emptied, so the second step uses the sum of two: call zero_().": _step_all_full,
        "You walk uphill: subtract the gradient, do not add it.": _step_all_uphill,
        "You update one parameter only: loop over all of them.": _step_first,
        "`p = p - ...` makes a new tensor and leaves the parameter as it was: use sub_ inside no_grad.": _step_nowhere,
    },
)
