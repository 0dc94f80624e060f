"""Exercises: put an answer to work beside the right one, and say what is wrong with it without giving it away."""

import functools
import inspect
import sys
import traceback
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from coursekit import solved
from coursekit.answers import alike, copied, difference, plain, shown

TYPED, COMPUTED = 5e-3, 1e-4
FUNCTIONS = types.FunctionType, types.BuiltinFunctionType, types.MethodType, functools.partial, np.ufunc
LIBRARIES = sys.prefix, sys.base_prefix, str(Path(__file__).parent), "<frozen", "<__array"
EXERCISES = str(Path(__file__).parent / "exercises")
TRIES_BEFORE_HELP = 3


@dataclass
class Exercise:
    """An exercise with its right answer and the usual wrong ones.

    `run` puts an answer to work (calls the function, builds the class) and returns numbers or tensors, the
    same ones each time it is called; without it the answer itself is compared. A dict with words as keys
    tells the learner which property failed; a list with an entry for each call tells which call it was.
    `mistakes` maps a sentence that names a mistake to the wrong answer which that mistake gives. The first
    sentence that fits is told. `hint` is for those who were wrong three times.
    `tolerance` is relative: 0.005 for numbers that are typed, 0.0001 for those that a function computes;
    whole numbers are always compared exactly.
    """

    solution: Any
    mistakes: dict
    run: Callable = lambda answer: answer
    praise: str = "Correct."
    tolerance: float | None = None
    hint: str = ""
    tries: set = field(default_factory=set, init=False, repr=False, compare=False)

    @property
    def typed(self) -> bool:
        """Whether the answer is a value that the learner writes down, not a function or a class."""
        return not callable(self.solution)

    def accepts(self, answer: Any) -> bool:
        """Whether `answer` does the same as the solution, and changes none of its arguments that the solution keeps."""
        expected = self._attempt(self.solution)
        got = self._attempt(answer, expected.calls)
        return self._difference(got, expected) is None and not _changed(got, expected)

    def diagnose(self, answer: Any) -> str:
        """'not attempted yet', 'correct', or what is wrong: a named mistake, or the smallest input that shows it."""
        left = _left_open(answer)
        if answer is ... or answer is None and not self.typed or left is all:
            return "not attempted yet"
        if left:
            return f"Still open: {', '.join(left)}."
        expected = self._attempt(self.solution)
        got = self._attempt(answer, expected.calls)
        if isinstance(got.outcome, NotImplementedError):
            return "not attempted yet"
        if self._difference(got, expected) is None:
            changed = _changed(got, expected)
            return f"The result is right, but your function changes {changed}, which its caller still needs: " \
                   "work on a copy." if changed else "correct"
        for sentence, wrong in self.mistakes.items():
            if self._difference(got, self._attempt(wrong, expected.calls)) is None:
                return sentence
        return self._explain(got, expected)

    def _attempt(self, answer, like=()):
        "What `run` makes of `answer`; a mistake in a learner's code is a result too."
        watched = _Watched(answer, like) if isinstance(answer, FUNCTIONS) else answer
        calls = watched.calls if isinstance(watched, _Watched) else []
        try:
            return _Attempt(self.run(watched), calls)
        except Exception as error:  # noqa: BLE001 - anything may be wrong with a learner's code
            theirs = any(call.result is error for call in calls) if watched is not answer else _is_theirs(error)
            return _Attempt(error, calls, theirs)

    def _difference(self, got, expected):
        "What is wrong with one outcome beside another, or None."
        tolerance = self.tolerance or (TYPED if self.typed else COMPUTED)
        return difference(got.outcome, expected.outcome, tolerance, self.typed)

    def _explain(self, got, expected):
        "What is wrong with an answer for which no sentence was written."
        if isinstance(got.outcome, Exception):
            return _explain_error(got)
        said = self._difference(got, expected)
        if self.typed:
            return f"Not yet: {said}."
        shortest = self._smallest(got, expected)
        if shortest is None:
            return f"Not yet. The check tried your answer, and {said}."
        call, said = shortest
        return f"Not yet. {call}: {said}."

    def _smallest(self, got, expected):
        "(the call with the smallest input whose result differs, what is wrong with it), or None."
        n = len(got.calls)
        if not n or n != len(expected.calls):
            return None
        outcomes = [attempt.outcome if n > 1 else [attempt.outcome] for attempt in (got, expected)]
        if not all(isinstance(outcome, (list, tuple)) and len(outcome) == n for outcome in outcomes):
            outcomes = [[call.result for call in attempt.calls] for attempt in (got, expected)]
        pairs = zip(got.calls, *outcomes, strict=True)
        wrong = [(call, said) for call, *pair in pairs if (said := difference(*pair, self.tolerance or COMPUTED))]
        return min(wrong, key=lambda pair: pair[0].size()) if wrong else None


@dataclass
class _Attempt:
    "What came of an answer: the outcome of `run` (an error, too), the calls, and whether the error is the learner's."
    outcome: Any
    calls: list
    theirs: bool = False


@dataclass
class _Call:
    "One call of an answer: what went in, by name, what came out, and which arguments it changed."
    given: dict
    result: Any = None
    changed: tuple = ()

    def size(self):
        "How many values went in."
        return sum(_size(value) for value in self.given.values())

    def __str__(self):
        given = ", ".join(f"{name} = {shown(value)}" for name, value in self.given.items())
        return f"For {given} your function gives {shown(self.result)}" if given else f"It gives {shown(self.result)}"


class _Watched:
    "A function whose calls are kept. What it returns is read as what the solution returned there, `like`."

    def __init__(self, function, like=()):
        self.function, self.like, self.calls = function, like, []

    def __call__(self, *args, **kwargs):
        given = _named(self.function, args, kwargs)
        call = _Call(copied(given))
        self.calls.append(call)
        try:
            result = self.function(*args, **kwargs)
        except Exception as error:
            call.result = error
            raise
        call.changed = tuple(name for name, value in given.items() if not _unchanged(value, call.given[name]))
        n = len(self.calls) - 1
        call.result = copied(result)
        return alike(result, self.like[n].result) if n < len(self.like) else result


def _named(function, args, kwargs):
    "The arguments by name, as far as names are known."
    try:
        return dict(inspect.signature(function).bind(*args, **kwargs).arguments)
    except (TypeError, ValueError):  # a function without a signature, or other arguments than it takes
        return {f"argument {i}": value for i, value in enumerate(args, 1)} | kwargs


def _size(value):
    "How many single values are in `value`."
    value = plain(value)
    if isinstance(value, (list, dict)):
        return sum(_size(part) for part in (value.values() if isinstance(value, dict) else value))
    return value.size if isinstance(value, np.ndarray) else 1


def _unchanged(value, before):
    "Whether an argument is as it was; objects that cannot be copied count as such."
    return difference(value, before, tolerance=1e-9) is None


def _changed(got, expected):
    "The names of the arguments that an answer changes and the solution does not."
    pairs = zip(got.calls, expected.calls, strict=False)
    return " and ".join(dict.fromkeys(name for call, other in pairs if not other.changed for name in call.changed))


def _place(exercise):
    "(lesson, name) of an exercise of the course, from the module that holds it; None for any other."
    for module in list(sys.modules):
        if module.startswith("coursekit.exercises.lesson_"):
            for name, value in vars(sys.modules[module]).items():
                if value is exercise:
                    return module.rpartition("lesson_")[2], name
    return None


def _left_open(answer):
    "Which entries of a typed answer are still dots: their names, or `all`."
    if not isinstance(answer, (dict, list, tuple)):
        return []
    entries = answer.items() if isinstance(answer, dict) else enumerate(answer, 1)
    left = [str(name) if isinstance(answer, dict) else f"part {name}" for name, value in entries if value is ...]
    return all if left and len(left) == len(answer) else left


def _is_theirs(error):
    "Whether an error arose in code of the learner's, not in a check or in a library that the check called."
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    checks = [i for i, name in enumerate(files) if name.startswith(EXERCISES)]
    deeper = files[checks[-1] + 1:] if checks else files
    return any(not name.startswith(LIBRARIES) for name in deeper)


def _explain_error(got):
    "An error told as what it is: the answer's, or the check's at an answer that it cannot use."
    error = f"{type(got.outcome).__name__}: {got.outcome}"
    failed = [call for call in got.calls if call.result is got.outcome]
    if failed:
        given = ", ".join(f"{name} = {shown(value)}" for name, value in failed[-1].given.items())
        return f"Your code stopped with {error}" + (f" (for {given})" if given else "")
    if got.theirs:
        return f"Your code stopped with {error}"
    came = f" It gave {shown(got.calls[-1].result)}." if got.calls else ""
    return f"Your code ran, but the check cannot use what it gave ({error}).{came} Is that the kind the task asks for?"


def without(names: set[str], *tensors: torch.Tensor) -> list[torch.Tensor]:
    """The tensors, made so that torch's functions called `names` raise RuntimeError for them and what comes of them.

    For tasks that ask for a way around a function: let one of the exercise's `mistakes` use it.
    """
    class Without(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            if getattr(function, "__name__", "") in names:
                raise RuntimeError("this exercise is to be solved without this function of torch's")
            return super().__torch_function__(function, types, args, kwargs or {})

    return [tensor.as_subclass(Without) for tensor in tensors]


def check(exercise: Exercise, answer: Any) -> None:
    """Print what `exercise` says of `answer`, and keep what is solved; the lesson goes on whatever it says.

    After three different wrong answers a hint is added if there is one, and then where the solution is.
    """
    verdict = exercise.diagnose(answer)
    marks = {"correct": "✔ " + exercise.praise, "not attempted yet": "○ Not attempted yet."}
    print(marks.get(verdict, "✘ " + verdict))
    if verdict == "correct" and (place := _place(exercise)):
        solved.keep(*place)
    if verdict in marks:
        return
    exercise.tries.add((verdict, shown(answer)))
    n = len(exercise.tries) - TRIES_BEFORE_HELP
    if n >= 0 and exercise.hint:
        print("  Hint: " + exercise.hint)
    if n >= bool(exercise.hint):
        print("  The solution is folded in the cell below; open it, close it, and write it once more.")
