"""Exercises of lesson 05: right answers and the usual wrong ones. Spoilers below."""

import torch
from torch import tensor

from coursekit.lesson import Exercise
from coursekit.sheets.sheet import Sheet

after_one_step = Exercise(
    hint="First compute the new memory in each form, then move by the rate times that.",
    solution=(3.2, 5.9),
    mistakes={
        "The other way round: the lecture multiplies the derivative by 0.1, PyTorch does not.": (5.9, 3.2),
        "You walk uphill: subtract the direction, and it is negative here.": (0.8, -1.9),
        "You forgot the memory: nine tenths of it belong to the new direction.": (2.3, 5.0),
        "In the lecture's form the memory has the 0.9 and the derivative the 0.1.": (4.8, 5.9),
        "That is the new memory; the intercept moves by a tenth of it.": (-12, -39),
    },
)


def _rmsprop(place, gradient, lr, steps, alpha=0.9, eps=1e-8):
    average = torch.zeros_like(place)
    for _ in range(steps):
        g = gradient(place)
        average = alpha * average + (1 - alpha) * g**2
        place = place - lr * g / (average.sqrt() + eps)
    return place


def _without_root(place, gradient, lr, steps, alpha=0.9, eps=1e-8):
    average = torch.zeros_like(place)
    for _ in range(steps):
        g = gradient(place)
        average = alpha * average + (1 - alpha) * g**2
        place = place - lr * g / (average + eps)
    return place


def _late_average(place, gradient, lr, steps, alpha=0.9, eps=1e-8):
    average = torch.zeros_like(place)
    for _ in range(steps):
        g = gradient(place)
        place = place - lr * g / (average.sqrt() + eps)
        average = alpha * average + (1 - alpha) * g**2
    return place


def _without_share(place, gradient, lr, steps, alpha=0.9, eps=1e-8):
    average = torch.zeros_like(place)
    for _ in range(steps):
        g = gradient(place)
        average = alpha * average + g**2
        place = place - lr * g / (average.sqrt() + eps)
    return place


def _shares_swapped(place, gradient, lr, steps, alpha=0.9, eps=1e-8):
    return _rmsprop(place, gradient, lr, steps, 1 - alpha, eps)


def _forgetful(place, gradient, lr, steps, alpha=0.9, eps=1e-8):
    for _ in range(steps):
        g = gradient(place)
        place = place - lr * g / (((1 - alpha) * g**2).sqrt() + eps)
    return place


def _gradient(place):
    return tensor([1.0, 10.0]) * place


def _run_descent(answer):
    start = tensor([2.0, -1.0])
    return [answer(start.clone(), _gradient, *more) for more in
            ((0.02, 1), (0.02, 2), (0.02, 25), (0.01, 3, 0.6), (0.05, 0))]


descend_with_rmsprop = Exercise(
    hint="Of the two lines in the loop, which must come first, and what must exist before the loop?",
    run=lambda answer: [*_run_descent(answer), answer(tensor([0.0, 2.0]), _gradient, 0.02, 2, eps=0.5),
                        answer(tensor([0.0, 2.0]), _gradient, 0.02, 2)],
    solution=_rmsprop,
    mistakes={
        "You divide by the average of squares itself: take its root.": _without_root,
        "You divide before the average knows the new gradient: update the average first.": _late_average,
        "The newest square has the weight 1 - alpha, not 1.": _without_share,
        "The shares are swapped: the old average keeps alpha, the newest square gets the rest.": _shares_swapped,
        "The average is made anew in every step, so it forgets: create it once, before the loop.": _forgetful,
    },
)


def _lengths(answer):
    "A step goes down, so both of its lengths may have a minus."
    downhill = isinstance(answer, (list, tuple)) and all(isinstance(x, (int, float)) and x < 0 for x in answer)
    return [-x for x in answer] if downhill else answer


first_step = Exercise(
    hint="Write both averages after one value, beginning from zero, and divide one by the other's root.",
    run=_lengths,
    solution=(0.5, 1.0),
    mistakes={
        "You forgot the root under the fraction: the average of squares stands under one.": (5.0, 1.0),
        "The other way round: the correction makes both averages true ones.": (1.0, 0.5),
        "The newest value has the weight 1 - beta, not beta.": (0.95 / 0.99**0.5, 1.0),
        "The gradient's size cancels: 5 over the root of 5 squared.": (2.5, 5.0),
        "That is the average alone; it is still to be divided by the root of the other.": (0.05, 1.0),
    },
)

unimpressed = Exercise(
    hint="Multiply the gradient by 1000 in each formula: where does the factor cancel?",
    solution={"RMSProp", "Adam"},
    mistakes={
        "The other way round: these two step by the gradient itself, and it has grown a thousandfold.":
            {"SGD", "momentum"},
        "RMSProp divides by the usual size of the gradient too.": {"Adam"},
        "Adam divides by the usual size of the gradient too.": {"RMSProp"},
        "Momentum averages gradients but does not divide by their size.": {"momentum", "RMSProp", "Adam"},
        "SGD and momentum step by the gradient, and it has grown a thousandfold.":
            {"SGD", "momentum", "RMSProp", "Adam"},
    },
)


def _nesterov(place, gradient, lr, steps, momentum=0.9):
    velocity = torch.zeros_like(place)
    for _ in range(steps):
        g = gradient(place)
        velocity = momentum * velocity + g
        place = place - lr * (g + momentum * velocity)
    return place


def _plain_momentum(place, gradient, lr, steps, momentum=0.9):
    velocity = torch.zeros_like(place)
    for _ in range(steps):
        velocity = momentum * velocity + gradient(place)
        place = place - lr * velocity
    return place


def _without_factor(place, gradient, lr, steps, momentum=0.9):
    velocity = torch.zeros_like(place)
    for _ in range(steps):
        g = gradient(place)
        velocity = momentum * velocity + g
        place = place - lr * (g + velocity)
    return place


def _without_gradient(place, gradient, lr, steps, momentum=0.9):
    velocity = torch.zeros_like(place)
    for _ in range(steps):
        velocity = momentum * velocity + gradient(place)
        place = place - lr * momentum * velocity
    return place


def _without_memory(place, gradient, lr, steps, momentum=0.9):
    for _ in range(steps):
        place = place - lr * (1 + momentum) * gradient(place)
    return place


descend_with_nesterov = Exercise(
    hint="Keep the gradient in a variable, as it is used twice in a step.",
    run=_run_descent,
    solution=_nesterov,
    mistakes={
        "That is plain momentum; the step is the gradient plus momentum times the new velocity.": _plain_momentum,
        "The new velocity enters the step times momentum, not whole.": _without_factor,
        "The gradient itself belongs to the step too, beside the velocity.": _without_gradient,
        "The velocity is made anew in every step, so it forgets: create it once, before the loop.": _without_memory,
    },
)


def _run_formula(answer):
    x = [1, 3, 2]
    sheets = [Sheet({"x": x, "y": [2 * value + 30 for value in x], "b": "above.new_b", "de_db": "2*(x + b - y)",
                     "J": answer.strip().lstrip("="), "new_b": "b - lr*J"},
                    cells={"intercept": 1, "lr": 0.01, "beta": beta, "J_start": 5},
                    start={"new_b": "intercept", "J": "J_start"}, carry={"intercept": "new_b", "J_start": "J"})
              for beta in (0.9, 0.5)]
    return [sheet.run(2).frame[["J", "new_b"]].to_numpy() for sheet in sheets]


velocity_formula = Exercise(
    hint="In a sheet the old value of a column stands in the row before.",
    run=_run_formula,
    solution="beta*above.J + de_db",
    mistakes={
        "That is the lecture's average; PyTorch adds the whole derivative.": "beta*above.J + (1 - beta)*de_db",
        "J cannot wait for itself: the old value stands in the row above.": "beta*J + de_db",
        "Nothing is ever forgotten: the old value must be multiplied by beta.": "above.J + de_db",
        "beta belongs to the old value, not to the derivative.": "above.J + beta*de_db",
        "There is no memory in it: the row above is missing.": "de_db",
        "That is right until somebody changes beta: use its name instead of its number.": "0.9*above.J + de_db",
    },
)
