"""What a lesson says about itself: its results against the lecture's, and the checks of its exercises."""

import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from IPython.display import display

FULL_SCALE = Path(__file__).parent.parent / "results"


class BoundBroken(AssertionError):
    """A measured result lies outside the bound that the lesson promises."""


@dataclass
class Results:
    """The table that ends a lesson: what the lecture reported, what was measured here, what must hold.

    `data` says on which data it was measured. `own` are the lesson's parameters as published, `used` the
    ones of this run: where they differ, a broken bound is reported and not raised.
    """

    lesson: str
    data: str
    own: dict = field(default_factory=dict)
    used: dict = field(default_factory=dict)
    rows: list = field(default_factory=list)

    def add(self, name, measured, lecture="-", at_least=None, at_most=None, digits=4, only_for=None):
        """Add a row; `only_for` limits its bound to data whose description contains that text."""
        if only_for and only_for not in self.data:
            at_least = at_most = None
        self.rows.append(dict(name=name, lecture=lecture, measured=measured, at_least=at_least,
                              at_most=at_most, digits=digits))

    def broken(self):
        """One sentence for every bound that does not hold; nan breaks every bound."""
        return [f"{row['name']}: measured {_number(row)}, but it must be {_bound(row)}."
                for row in self.rows if not _holds(row)]

    def table(self):
        """The rows as a data frame, with the full-scale figures of results/ where they are stored."""
        stored = self._full_scale()
        columns = [{"result": row["name"], "lecture": row["lecture"], "measured here": _number(row),
                    "must be": _bound(row), "full scale": stored.get(row["name"], "")} for row in self.rows]
        frame = pd.DataFrame(columns).set_index("result")
        return frame if stored else frame.drop(columns="full scale")

    def show(self):
        """Display the table; raise `BoundBroken` if a bound breaks with the lesson's own parameters."""
        display(self.table())
        print(f"Measured on: {self.data}")
        broken = self.broken()
        changed = [key for key in self.own if self.used.get(key) != self.own[key]]
        if broken and (not changed or os.environ.get("COURSEKIT_TEST")):
            raise BoundBroken(" ".join(broken))
        if broken:
            print(f"You changed {', '.join(changed)}, so these are only reported:", *broken, sep="\n  ")
        else:
            print("Every bound holds.")

    def _full_scale(self):
        "Row name -> figure with its origin, from results/<lesson>.json."
        path = FULL_SCALE / f"{self.lesson}.json"
        if not path.exists():
            return {}
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {row["name"]: f"{row['value']} ({row['data']}; {row['machine']})" for row in stored["rows"]}


def _number(row):
    "The measured value, printed with the row's number of digits."
    value = row["measured"]
    return f"{value:.{row['digits']}f}" if isinstance(value, float) else str(value)


def _bound(row):
    "The bound in words."
    low, high = row["at_least"], row["at_most"]
    if low is not None and high is not None:
        return f"{low} to {high}"
    return f"at least {low}" if low is not None else f"at most {high}" if high is not None else "-"


def _holds(row):
    "Whether the measured value respects its bound."
    low, high, value = row["at_least"], row["at_most"], row["measured"]
    if low is None and high is None:
        return True
    return not math.isnan(value) and (low is None or value >= low) and (high is None or value <= high)


@dataclass
class Exercise:
    """An exercise with its right answer and the usual wrong ones.

    `run` puts an answer to work (calls the function, builds the class) and returns numbers or tensors, the
    same ones each time it is called; without it the answer itself is compared. `mistakes` maps a sentence
    that names a mistake to the wrong answer which that mistake gives. The first sentence that fits is told.
    """

    solution: Any
    mistakes: dict
    run: Callable = lambda answer: answer
    praise: str = "Correct."
    tolerance: float = 1e-4

    def diagnose(self, answer):
        """'not attempted yet', 'correct', or one sentence that says what is wrong."""
        if answer is None or answer is ...:
            return "not attempted yet"
        got, expected = _outcome(self.run, answer), _outcome(self.run, self.solution)
        if isinstance(got, NotImplementedError):
            return "not attempted yet"
        if _same(got, expected, self.tolerance):
            return "correct"
        for sentence, wrong in self.mistakes.items():
            if _same(got, _outcome(self.run, wrong), self.tolerance):
                return sentence
        if isinstance(got, Exception):
            return f"Your code stopped with {type(got).__name__}: {got}"
        return f"Not yet. Expected {_brief(expected)}, got {_brief(got)}."


def check(exercise, answer):
    """Print what `exercise` says of `answer`; the lesson goes on whatever it says."""
    verdict = exercise.diagnose(answer)
    marks = {"correct": "✔ " + exercise.praise, "not attempted yet": "○ Not attempted yet."}
    print(marks.get(verdict, "✘ " + verdict))


def _outcome(run, answer):
    "What `run` gives for `answer`; a mistake in a learner's code is a result too."
    try:
        return run(answer)
    except Exception as error:  # noqa: BLE001 - anything may be wrong with a learner's code
        return error


def _same(a, b, tolerance):
    "Whether two outcomes are built alike, and agree in each value; an error agrees with one of its type and message."
    if isinstance(a, Exception) or isinstance(b, Exception):
        return type(a) is type(b) and str(a) == str(b)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key], tolerance) for key in a)
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(_same(x, y, tolerance) for x, y in zip(a, b, strict=True))
    return _same_value(a, b, tolerance)


def _same_value(a, b, tolerance):
    "Whether two values agree: text and None exactly, numbers and arrays in shape and, within `tolerance`, in value."
    if isinstance(a, str) or isinstance(b, str) or a is None or b is None:
        return np.array_equal(a, b)
    try:
        a, b = _array(a), _array(b)
    except (TypeError, ValueError):  # something that is no number
        return False
    return a.shape == b.shape and np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)


def _array(value):
    "A number, or an array or a tensor of any type, as a float array."
    return np.asarray(value.detach().cpu().double() if isinstance(value, torch.Tensor) else value, dtype=np.float64)


def _brief(value):
    "A short text for a message."
    if isinstance(value, torch.Tensor) and value.numel() > 6:
        return f"a tensor of shape {tuple(value.shape)} starting {value.detach().flatten()[:4].tolist()}"
    return str(value)[:200]
