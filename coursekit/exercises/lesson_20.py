"""Exercises of lesson 20: right answers and the usual wrong ones. Spoilers below."""

from collections import Counter

import numpy as np

from coursekit.lesson import Exercise

clicks = Exercise(
    hint="Go through the sentence, and count a click for each thing that you do.",
    solution=[5, 37, 7.4, 1.0],
    mistakes={
        "The lasso is a click, too.": [4, 37, 9.25, 1.0],
        "Typing the name and giving it counts once.": [6, 37, 6.17, 1.0],
        "The three odd ones get no label: 37 labels, not 40.": [5, 37, 8.0, 1.0],
        "The other person labels the same 37 images, not all 40.": [5, 40, 7.4, 1.0],
    },
    praise="Correct: more than seven labels a click, and it grows with the size of a pure group.",
)


def _similar(rows, chosen, n):
    distances = np.linalg.norm(rows - rows[chosen].mean(axis=0), axis=1)
    distances[chosen] = np.inf
    return np.argsort(distances)[:n]


def _with_chosen(rows, chosen, n):
    return np.argsort(np.linalg.norm(rows - rows[chosen].mean(axis=0), axis=1))[:n]


def _farthest(rows, chosen, n):
    distances = np.linalg.norm(rows - rows[chosen].mean(axis=0), axis=1)
    distances[chosen] = -np.inf
    return np.argsort(-distances)[:n]


def _to_the_first(rows, chosen, n):
    distances = np.linalg.norm(rows - rows[chosen[0]], axis=1)
    distances[chosen] = np.inf
    return np.argsort(distances)[:n]


def _run_similar(answer):
    rows = np.random.default_rng(0).normal(size=(40, 6))
    return [[int(i) for i in answer(rows.copy(), chosen, n)]
            for chosen, n in (([3, 4, 5], 5), ([10, 20, 30, 39], 5), ([7], 3))]


find_similar = Exercise(
    hint="How can the chosen ones be made infinitely far away?",
    run=_run_similar,
    solution=_similar,
    mistakes={
        "The chosen images are among the answers; leave them out.": _with_chosen,
        "These are the farthest; sort from small to large.": _farthest,
        "Compare with the mean of all chosen images, not with the first of them.": _to_the_first,
    },
    praise="Correct: this is all that \"find similar\" does.",
)


def _estimate(guessed, asked):
    share = float(np.mean(np.array(guessed) == np.array(asked)))
    return share, 2 * float(np.sqrt(share * (1 - share) / len(asked)))


def _run_estimate(answer):
    asked = ["side"] * 40 + ["front"] * 30 + ["rear"] * 30
    guessed = ["side"] * 45 + ["front"] * 33 + ["rear"] * 22
    return [[float(value) for value in answer(guessed[:n], asked[:n])] for n in (100, 60, 80)]


def _wrong_estimate(change):
    return lambda guessed, asked: change(_estimate(guessed, asked)[0], len(asked))


honest_estimate = Exercise(
    hint="First the share of places where the two lists agree.",
    run=_run_estimate,
    solution=_estimate,
    mistakes={
        "That is one standard error; the task asks for two.":
            _wrong_estimate(lambda p, n: (p, (p * (1 - p) / n) ** 0.5)),
        "Divide by the number of images under the root, not after it.":
            _wrong_estimate(lambda p, n: (p, 2 * (p * (1 - p)) ** 0.5 / n)),
        "The square root is missing.": _wrong_estimate(lambda p, n: (p, 2 * p * (1 - p) / n)),
        "That is the share of wrong answers.":
            _wrong_estimate(lambda p, n: (1 - p, 2 * (p * (1 - p) / n) ** 0.5)),
    },
    praise="Correct: with fifty random images you know an accuracy of nine in ten to within about eight points.",
)


def _pseudo(labels, names, confidence, threshold, most, keep=True, limit=True, surest=True):
    chosen = {i: label for i, label in enumerate(labels) if label is not None} if keep else {}
    counts = Counter()
    for i in sorted(range(len(labels)), key=lambda i: -confidence[i] if surest else i):
        free = labels[i] is None or not keep
        if free and confidence[i] >= threshold and (counts[names[i]] < most or not limit):
            chosen[i] = names[i]
            counts[names[i]] += 1
    return chosen


def _everything(labels, names, confidence, threshold, most):
    return _pseudo(labels, names, confidence, 0, most)


def _run_pseudo(answer):
    random = np.random.default_rng(1)
    names = random.choice(["a", "b", "c"], 30).tolist()
    labels = [["a", "b", "c"][i % 3] if i < 9 else None for i in range(30)]
    confidence = random.uniform(0.4, 1, 30)
    chosen = [dict(answer(labels, names, confidence, threshold, most)) for threshold, most in
              ((0.6, 3), (0.9, 30), (0.5, 1), (float(np.sort(confidence[9:])[5]), 30))]
    return [sorted(given.items()) for given in chosen]


choose_pseudo = Exercise(
    hint="Go through the guesses from the surest on, with a counter for each name.",
    run=_run_pseudo,
    solution=_pseudo,
    mistakes={
        "A label that a person gave stays as it is, whatever the model says.":
            lambda *given: _pseudo(*given, keep=False),
        "There are more guesses of one name than `most` allows.": lambda *given: _pseudo(*given, limit=False),
        "The surest guesses come first, not those that stand first in the list.":
            lambda *given: _pseudo(*given, surest=False),
        "A guess below the threshold is no label.": _everything,
    },
    praise="Correct: sure, and not too many of a kind.",
)
