"""Exercises of lesson 00: right answers and the usual wrong ones. Spoilers below."""

import torch

from coursekit.lesson import Exercise

n_weights = Exercise(
    solution=784 * 50 + 50,
    mistakes={
        "You counted the weights but not the 50 biases, one for each result.": 784 * 50,
        "There is a bias for each of the 50 results, not for each of the 784 inputs.": 784 * 50 + 784,
        "One weight for every pair of input and result: multiply, do not add.": 784 + 50,
    },
)

SCORES = torch.tensor([[0.1, 2.0, -1.0, 0.5, 0, 0, 0, 0, 0, 0.3],
                       [3.0, 2.5, 1.0, 0, 0, 0, 0, 0, 0, 2.9],
                       [-5.0, -4, -3, -9, -9, -9, -9, -2, -9, -9]])

read_digits = Exercise(
    run=lambda answer: [answer(SCORES), answer(SCORES[1:, :5]), answer(-SCORES[:1])],
    solution=lambda scores: scores.argmax(1),
    mistakes={
        "That looks down the columns: the digits lie along axis 1.": lambda scores: scores.argmax(0),
        "That is one position in the flattened table; ask for one per row: argmax(1).": lambda scores: scores.argmax(),
        "Those are the largest scores; the digit is where they stand.": lambda scores: scores.max(1).values,
        "max(1) gives values and positions; take the positions.": lambda scores: scores.max(1),
        "argmin finds the lowest score.": lambda scores: scores.argmin(1),
    },
)

steps_per_epoch = Exercise(
    solution=782,
    mistakes={
        "The division leaves 16 images over, and they make a last, smaller batch.": 781,
        "A step count is a whole number; the remaining images make one more batch.": 50_000 / 64,
    },
)
