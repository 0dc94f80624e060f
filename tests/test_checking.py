"""Checks tell right answers from wrong ones, name the usual mistakes, and never give the answer away."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from coursekit.checking import Exercise, check

double = Exercise(
    run=lambda answer: [answer(torch.tensor([1.0, 2.0])), answer(torch.tensor(3.0))],
    solution=lambda x: 2 * x,
    mistakes={"You squared.": lambda x: x**2, "You returned nothing.": lambda x: None},
)


def stub(x):
    raise NotImplementedError("your turn")


def broken(x):
    raise KeyError("oops")


@pytest.mark.parametrize(("answer", "verdict"), [
    (lambda x: x + x, "correct"),
    (lambda x: x * x, "You squared."),
    (lambda x: None, "You returned nothing."),
    (stub, "not attempted yet"),
    (..., "not attempted yet"),
    (None, "not attempted yet"),
])
def test_verdicts(answer, verdict):
    assert double.diagnose(answer) == verdict


def test_an_unknown_mistake_is_shown_on_the_smallest_input_without_the_right_number():
    assert double.diagnose(lambda x: 3 * x) == "Not yet. For x = 3 your function gives 9: it is too large."


def test_the_smallest_input_is_the_smallest_that_differs():
    said = double.diagnose(lambda x: 2 * x if x.ndim == 0 else 2 * x + 1)
    assert "x = a tensor of shape (2,), [1, 2] your function gives a tensor of shape (2,), [3, 5]" in said
    assert "2 of 2 values are wrong, the first at [0], which is too large" in said


def test_an_error_of_the_check_is_not_laid_at_the_learners_door():
    exercise = Exercise(run=lambda answer: answer().numerator.no_such_name, solution=lambda: 1, mistakes={})
    said = exercise.diagnose(lambda: "one")
    assert said.startswith("Your code ran, but the check cannot use what it gave (AttributeError") and "'one'" in said


def test_an_error_shows_what_went_in():
    assert "(for x = a tensor of shape (2,), [1, 2])" in double.diagnose(broken)


@pytest.mark.parametrize("change", [
    lambda x: (2 * x).tolist(), lambda x: (2 * x).numpy(), lambda x: (2 * x).double(), lambda x: (2 * x).reshape(-1)
    if x.ndim == 0 else 2 * x, lambda x: pd.Series(2 * x.numpy()) if x.ndim else 2 * x.item(),
    lambda x: (2 * x).clone().requires_grad_(),
])
def test_other_kinds_of_the_right_values_are_right(change):
    assert double.diagnose(change) == "correct"


def test_a_check_may_use_a_tensor_where_the_learner_gives_a_list():
    exercise = Exercise(run=lambda answer: answer().float().sum(), solution=lambda: torch.ones(3), mistakes={})
    assert exercise.accepts(lambda: [1, 1, 1]) and exercise.accepts(lambda: np.ones(3))


def test_what_belongs_to_the_caller_must_not_change():
    exercise = Exercise(run=lambda answer: answer(torch.ones(2)), solution=lambda x: x + 1, mistakes={})
    assert "your function changes x" in exercise.diagnose(lambda x: x.add_(1))
    assert not exercise.accepts(lambda x: x.add_(1))


@pytest.mark.parametrize("strange", [
    [torch.ones(2, requires_grad=True)], nn.Linear(1, 1), ValueError("no"), {"a": nn.ReLU()}, object(), {1, 2},
    [[1, 2], [3]], np.array([None, "a"], dtype=object), torch.sparse_coo_tensor(size=(2, 2)), [{}], float, 1j,
])
def test_nothing_that_is_given_stops_a_check(strange, capsys):
    kinds = [1.0, [1.0, 2.0], {"a": 1}, "word", {"word"}, torch.ones(2), None]
    for expected in kinds:
        check(Exercise(solution=expected, mistakes={}), strange)
        check(Exercise(solution=lambda value=expected: value, run=lambda answer: answer(), mistakes={}),
              lambda: strange)
    marks = [line[0] for line in capsys.readouterr().out.splitlines() if line[0] in "✔✘○"]
    assert len(marks) == 2 * len(kinds) and "✘" in marks


def test_an_open_part_is_named():
    exercise = Exercise(solution={"A": "low", "B": "high"}, mistakes={})
    assert exercise.diagnose({"A": ..., "B": ...}) == "not attempted yet"
    assert exercise.diagnose({"A": "low", "B": ...}) == "Still open: B."


def test_after_three_different_wrong_tries_comes_the_hint_and_then_the_solution(capsys):
    exercise = Exercise(solution=7, mistakes={}, hint="It is prime.")
    texts = []
    for answer in (1, 2, 2, 3, 4):
        check(exercise, answer)
        texts.append(capsys.readouterr().out)
    assert ["Hint: It is prime." in text for text in texts] == [False, False, False, True, True]
    assert ["solution is folded" in text for text in texts] == [False, False, False, False, True]
    assert not any("7" in text for text in texts)


def test_an_error_in_the_answer_is_reported_and_not_raised(capsys):
    check(double, broken)
    assert "✘ Your code stopped with KeyError" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [lambda x: (2 * x)[None], lambda x: "2x", lambda x: (2 * x).tolist() + [1]])
def test_shapes_and_types_must_match_too(wrong):
    exercise = Exercise(run=lambda answer: answer(torch.tensor([1.0, 2.0])), solution=lambda x: 2 * x, mistakes={})
    assert exercise.diagnose(wrong) != "correct"


def test_plain_values_are_compared_without_a_run():
    shape = Exercise(solution=(3, 4), mistakes={"The other way round.": (4, 3)})
    assert [shape.diagnose(answer) for answer in [(3, 4), [4, 3]]] == ["correct", "The other way round."]


def test_of_values_it_is_said_which_are_wrong():
    shape = Exercise(solution=(3, 4, 5), mistakes={})
    assert shape.diagnose((3, 9, 5)) == "Not yet: part 2 of 3: it is too large."
    assert shape.diagnose((1, 9, 5)) == "Not yet: 2 of 3 are wrong: part 1, part 2."
    assert Exercise(solution=(64,), mistakes={}).diagnose(64).endswith("a tuple of one needs a comma: (64,).")


def test_typed_words_and_numbers_may_be_rounded_and_in_capitals():
    exercise = Exercise(solution=["Adam", 1 / 0.9, 167_560], mistakes={})
    assert exercise.accepts((" adam", 1.11, 167_560.0))
    assert not exercise.accepts(["Adam", 1.2, 167_560]) and not exercise.accepts(["Adam", 1.11, 167_550])
