"""Exercises of lesson 04b: right answers and the usual wrong ones. Spoilers below."""

import math

import numpy as np

from coursekit.lesson import Exercise

four_gradients = Exercise(
    solution={"a": -10, "b": 15, "c": 5, "f": 4},
    mistakes={
        "Those are the slopes inside d = a * b + c; each still has to be multiplied by the slope of L with d.":
            {"a": -2, "b": 3, "c": 1, "f": 4},
        "Look at a and b again: the slope of a product with respect to one factor is the other factor.":
            {"a": 15, "b": -10, "c": 5, "f": 4},
        "L = d * f, so the slope with f is d, the value of a * b + c, and not f itself.":
            {"a": -10, "b": 15, "c": 5, "f": 5},
        "c is added to the product: nudge it by one, and d moves by one, whatever c is.":
            {"a": -10, "b": 15, "c": 50, "f": 4},
    },
)

_OUTPUTS = [0.0, 0.5, -0.9]


def _run_slope(answer):
    return [answer(output) for output in _OUTPUTS]


tanh_slope = Exercise(
    run=_run_slope,
    solution=lambda output: 1 - output**2,
    mistakes={
        "The argument is the output, so the tanh has been taken already: don't take it again.":
            lambda output: 1 - math.tanh(output) ** 2,
        "The square is missing: the slope is one minus the output squared.": lambda output: 1 - output,
        "The slope is never negative: tanh always rises.": lambda output: output**2 - 1,
        "That is the slope of the sigmoid, y (1 - y); for tanh it's one minus the output squared.":
            lambda output: output * (1 - output),
    },
)


def _run_matmul(answer):
    x, w = np.array([[1.0, -2.0, 3.0], [0.0, 4.0, 1.0]]), np.array([[2.0, 1.0], [-1.0, 3.0], [5.0, 0.0]])
    gradient = np.array([[1.0, -3.0], [2.0, 7.0]])
    return [answer(x[:1], w, gradient[:1]), answer(x, w, gradient), answer(x, w[:, :1], gradient[:, :1])]


def _flipped(x, w, gradient):
    return x.T @ gradient, gradient @ w.T


def _averaged(x, w, gradient):
    return gradient @ w.T, x.T @ gradient / len(x)


def _weight_turned(x, w, gradient):
    return gradient @ w.T, gradient.T @ x


matmul_gradients = Exercise(
    run=_run_matmul,
    solution=lambda x, w, gradient: (gradient @ w.T, x.T @ gradient),
    mistakes={
        "Both are right, in the wrong order: first the gradient of x, then that of w.": _flipped,
        "Add up over the images, don't average: the loss has divided by their number already.": _averaged,
        "The gradient of w must have the shape of w; yours is transposed.": _weight_turned,
    },
)


def _shrink(gradient, shape):
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, length in enumerate(shape):
        if length == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


def _run_shrink(answer):
    gradient = np.arange(24.0).reshape(2, 3, 4) ** 2
    return [answer(gradient, shape) for shape in [(2, 3, 4), (4,), (3, 1), (1, 3, 4), ()]]


def _with_mean(gradient, shape):
    while gradient.ndim > len(shape):
        gradient = gradient.mean(axis=0)
    for axis, length in enumerate(shape):
        if length == 1:
            gradient = gradient.mean(axis=axis, keepdims=True)
    return gradient


def _leading_axes_only(gradient, shape):
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    return gradient


def _first_row(gradient, shape):
    while gradient.ndim > len(shape):
        gradient = gradient[0]
    for axis, length in enumerate(shape):
        if length == 1:
            gradient = gradient.take([0], axis=axis)
    return gradient


shrink = Exercise(
    run=_run_shrink,
    solution=_shrink,
    mistakes={
        "Copies push in the same direction, so their gradients add up: a sum, not a mean.": _with_mean,
        "The missing axes are right; an axis of length 1 was repeated as well, so add up along it, with keepdims=True.":
            _leading_axes_only,
        "That keeps the gradient of one copy and drops the others: add them all up.": _first_row,
    },
)

_SIZES = [(100, 0.0), (784, 0.0), (50, 0.1), (64, 1.0)]


def _run_std(answer):
    return [answer(n_inputs, slope) for n_inputs, slope in _SIZES]


leaky_std = Exercise(
    run=_run_std,
    solution=lambda n_inputs, slope: math.sqrt(2 / (n_inputs * (1 + slope**2))),
    mistakes={
        "That is the plain ReLU's: the negative half isn't lost, it keeps slope squared of its mean square.":
            lambda n_inputs, slope: math.sqrt(2 / n_inputs),
        "Squares count: the negative half is multiplied by slope, so its mean square by slope squared.":
            lambda n_inputs, slope: math.sqrt(2 / (n_inputs * (1 + slope))),
        "That is the variance; the standard deviation is its square root.":
            lambda n_inputs, slope: 2 / (n_inputs * (1 + slope**2)),
        "The other way round: the more a layer lets through, the smaller its weights may be.":
            lambda n_inputs, slope: math.sqrt(2 * (1 + slope**2) / n_inputs),
    },
)


def _run_dead(answer):
    outputs = np.array([[0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 0.3, 0.0], [0.0, 1.0, 0.0, 0.0]])
    return [float(answer(outputs)), float(answer(np.ones((3, 2)))), float(answer(np.eye(4)[:2]))]


dead_share = Exercise(
    run=_run_dead,
    solution=lambda outputs: (outputs == 0).all(axis=0).mean(),
    mistakes={
        "That is the share of zeros. A unit is dead only if it's zero for every image.":
            lambda outputs: (outputs == 0).mean(),
        "That counts units that are zero for at least one image; most healthy units are.":
            lambda outputs: (outputs == 0).any(axis=0).mean(),
        "Axis 0 runs over the images: go along it, and you have one answer for each unit.":
            lambda outputs: (outputs == 0).all(axis=1).mean(),
        "That is the number of dead units; divide by the number of all units.":
            lambda outputs: (outputs == 0).all(axis=0).sum(),
    },
)

logit_gradient = Exercise(
    solution=[-0.3, 0.2, 0.1],
    mistakes={
        "The signs are turned round: it's the probabilities minus the right answer.": [0.3, -0.2, -0.1],
        "Those are the probabilities; the right answer, a 1 at the true class, still has to be taken off.":
            [0.7, 0.2, 0.1],
        "The other logits aren't free of blame: each has a probability that should be zero.": [-0.3, 0, 0],
        "There's one image; divide by the number of images, not of classes.": [-0.1, 0.2 / 3, 0.1 / 3],
    },
)


def _run_maximum(answer):
    a, b = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([[0.0, 4.0], [0.5, 7.0]])
    gradient = np.array([[10.0, 20.0], [30.0, -40.0]])
    return [answer(a[:1], b[:1], gradient[:1]), answer(a, b, gradient), answer(-a, -b, gradient)]


maximum_gradients = Exercise(
    run=_run_maximum,
    solution=lambda a, b, gradient: (gradient * (a >= b), gradient * (b > a)),
    mistakes={
        "The other way round: the larger of the two is the one that's passed on, so it gets the gradient.":
            lambda a, b, gradient: (gradient * (a < b), gradient * (b <= a)),
        "Only one of the two was passed on; a little more of the other wouldn't change the maximum.":
            lambda a, b, gradient: (gradient, gradient),
        "The maximum isn't an average: the whole gradient goes to the larger of the two.":
            lambda a, b, gradient: (gradient / 2, gradient / 2),
        "The slope is 1 where a number is passed on; multiplied by the number itself, it's too much.":
            lambda a, b, gradient: (gradient * a * (a >= b), gradient * b * (b > a)),
        "Where the two are equal, the gradient should go to a and not to both.":
            lambda a, b, gradient: (gradient * (a >= b), gradient * (b >= a)),
        "Equal numbers are left out: there the gradient should go to a.":
            lambda a, b, gradient: (gradient * (a > b), gradient * (b > a)),
        "That asks whether the numbers are positive; here they compete with each other.":
            lambda a, b, gradient: (gradient * (a > 0), gradient * (b > 0)),
    },
)
