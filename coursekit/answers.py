"""An answer beside the expected one, of any kind: are they alike, where do they differ first, and how it is shown."""

import textwrap
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
import torch


def plain(value: Any) -> Any:
    """`value` without gradients and devices: tensors and columns as arrays, tables as dicts, at any depth."""
    if isinstance(value, torch.Tensor):
        value = torch.zeros(value.shape) if value.is_meta else value.detach().cpu().to_dense()
        return (value.float() if value.dtype == torch.bfloat16 else value).numpy()
    if isinstance(value, pd.DataFrame):
        return {name: value[name].to_numpy() for name in value}
    if isinstance(value, (pd.Series, pd.Index, np.generic)):
        return np.asarray(value)
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [plain(part) for part in value]
    return value


def copied(value: Any) -> Any:
    """`value` with copies of the tensors, arrays and containers in it; anything else as it is."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, (np.ndarray, pd.DataFrame, pd.Series)):
        return value.copy()
    if type(value) in (list, tuple, set):
        return type(value)(copied(part) for part in value)
    return {key: copied(part) for key, part in value.items()} if type(value) is dict else value


def alike(value: Any, model: Any) -> Any:
    """`value` as the tensor, array or number that `model` is, if it can be read as one; otherwise as it is."""
    if type(model) in (list, tuple) and type(value) in (list, tuple) and len(value) == len(model):
        return type(model)(alike(*pair) for pair in zip(value, model, strict=True))
    try:
        if isinstance(model, torch.Tensor):
            value = torch.as_tensor(plain(value) if not isinstance(value, torch.Tensor) else value)
            value = value.to(model.dtype) if value.is_floating_point() and model.is_floating_point() else value
            return value.reshape(()) if model.ndim == 0 and value.shape == (1,) else value
        if isinstance(model, np.ndarray):
            return np.asarray(plain(value))
        if isinstance(model, Number) and not isinstance(value, (Number, str)):
            return np.asarray(plain(value)).reshape(()).item()
    except (TypeError, ValueError, RuntimeError):
        pass  # it is of another kind, which is what the learner will be told
    return value


def difference(got: Any, expected: Any, tolerance: float, typed: bool = False) -> str | None:
    """None if `got` is as good as `expected`, else what is wrong with it, in words that don't give it away.

    Whole numbers are compared exactly, others within the relative `tolerance`. Where the answer is `typed`,
    capitals and spaces around a word don't count.
    """
    got, expected = plain(got), plain(expected)
    if isinstance(got, Exception) or isinstance(expected, Exception):
        return _errors(got, expected)
    if isinstance(expected, dict):
        return _dicts(got, expected, tolerance, typed)
    if isinstance(expected, (set, frozenset)):
        return _sets(got, expected, typed)
    if isinstance(expected, list):
        return _lists(got, expected, tolerance, typed)
    if isinstance(expected, str):
        return _texts(got, expected, typed)
    if isinstance(expected, (Number, np.ndarray)):
        return _numbers(got, expected, tolerance)
    same = got is expected or type(got) is type(expected) and bool(np.all(got == expected))
    return None if same else f"it is {shown(got)}"


def _errors(got, expected):
    "Errors are alike if they are of one type and message."
    if type(got) is type(expected) and str(got) == str(expected):
        return None
    if isinstance(got, Exception):
        return f"it stopped with {type(got).__name__}: {got}"
    return f"it should have been refused with {type(expected).__name__}, and was not"


def _dicts(got, expected, tolerance, typed):
    "Dicts must have the same keys, in any order."
    if not isinstance(got, dict):
        return f"it should be a dict, and it is {shown(got)}"
    for keys, words in ((expected.keys() - got.keys(), "is missing"), (got.keys() - expected.keys(), "is too much")):
        if keys:
            return f"{min(keys, key=str)!r} {words}"
    return _parts([(repr(key), got[key], expected[key]) for key in expected], tolerance, typed)


def _sets(got, expected, typed):
    "Sets may be given in any container; what is in them counts once, typed words in small letters and capitals alike."
    if not isinstance(got, (set, frozenset, list)):
        return f"it should be a set, and it is {shown(got)}"
    try:
        got, expected = ({_clean(part, typed) for part in parts} for parts in (got, expected))
        missing, extra = len(expected - got), len(got - expected)
    except TypeError:  # lists and dicts cannot be in a set
        return f"it is {shown(got)}"
    return f"{missing} missing, {extra} too much" if missing or extra else None


def _lists(got, expected, tolerance, typed):
    "Lists, tuples and the rows of an array are alike part by part."
    if len(expected) == 1 and isinstance(got, Number) and not difference(got, expected[0], tolerance, typed):
        return f"the number is right, but a tuple of one needs a comma: ({got},)"
    if isinstance(got, np.ndarray) and got.ndim:
        got = list(got)
    if not isinstance(got, list):
        return f"it should have {_count(len(expected), 'part')}, and it is {shown(got)}"
    if len(got) != len(expected):
        return f"it has {_count(len(got), 'part')}, and it should have {len(expected)}"
    return _parts([(f"part {i} of {len(got)}", *pair) for i, pair in enumerate(zip(got, expected, strict=True), 1)],
                  tolerance, typed)


def _parts(parts, tolerance, typed):
    "Which of the parts (name, got, expected) are wrong; of a single one, in what way."
    wrong = [(name, said) for name, got, expected in parts if (said := difference(got, expected, tolerance, typed))]
    if not wrong:
        return None
    if len(wrong) == 1 or not typed:
        return (f"{wrong[0][0]}: " if len(parts) > 1 else "") + wrong[0][1]
    return f"{len(wrong)} of {len(parts)} are wrong: {', '.join(name.split(' of ')[0] for name, _ in wrong)}"


def _texts(got, expected, typed):
    "Texts are alike letter by letter; a typed one in small letters and capitals alike."
    if not isinstance(got, str):
        return f"it should be a text in quotes, and it is {shown(got)}"
    return None if _clean(got, typed) == _clean(expected, typed) else "it is another text"


def _clean(value, typed):
    "A text as it is compared; anything else as it is."
    return value.strip().casefold() if typed and isinstance(value, str) else value


def _numbers(got, expected, tolerance):
    "Numbers and arrays of them are alike in shape and value; (1,) will do for a single number."
    if isinstance(got, str) or got is None:
        return f"it should be {'a number' if np.ndim(expected) == 0 else 'numbers'}, and it is {shown(got)}"
    try:
        got, whole = np.asarray(got, dtype=float), np.asarray(expected).dtype.kind in "iub"
        expected = np.asarray(expected, dtype=float)
    except (TypeError, ValueError):  # text, objects, or rows of different lengths
        same = np.array_equal(got, expected)
        return None if same else f"it is {shown(got)}, which cannot be read as numbers of shape {np.shape(expected)}"
    if expected.ndim == 0 and got.shape == (1,):
        got = got.reshape(())
    if got.shape != expected.shape:
        return f"its shape is {got.shape}, and it should be {expected.shape}"
    finite = expected[np.isfinite(expected)]
    slack = 0 if whole else tolerance * max(np.abs(finite).max(initial=0), 0.01)
    right = np.isclose(got, expected, rtol=0, atol=slack, equal_nan=True)
    return None if right.all() else _values(got, expected, right)


def _values(got, expected, right):
    "Which values are wrong, and how the first of them is."
    place = tuple(int(i) for i in np.argwhere(~right)[0])
    a, b = got[place], expected[place]
    how = ("is nan" if np.isnan(a) else "should be nan" if np.isnan(b) else
           "has the wrong sign" if np.isclose(a, -b) and b else "is too large" if a > b else "is too small")
    if got.ndim == 0:
        return "it should be a number" if np.isnan(a) else f"it {how}"
    if got.size > 2 and np.allclose(np.sort(got, axis=None), np.sort(expected, axis=None), equal_nan=True):
        return f"the values are right, but not their places; the first wrong one stands at {list(place)}"
    return f"{(~right).sum()} of {right.size} values are wrong, the first at {list(place)}, which {how}"


def shown(value: Any, most: int = 8) -> str:
    """A short text for `value`, with the shapes of what has one; long ones are shortened between two numbers."""
    if isinstance(value, pd.Series):
        return f"a column of {len(value)}: {_listed(value.tolist(), most)}"
    if isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim:
        kind = "a tensor" if isinstance(value, torch.Tensor) else "an array"
        return f"{kind} of shape {tuple(value.shape)}{_inside(plain(value), 3 * most)}"
    if isinstance(value, pd.DataFrame):
        return f"a table of {len(value)} rows with the columns {', '.join(map(str, value.columns))}"
    if isinstance(value, dict):
        inside = [f"{key!r}: {shown(part, max(2, most // 2))}" for key, part in list(value.items())[:most]]
        return "{" + ", ".join(inside + _rest(value, most)) + "}"
    if isinstance(value, (list, tuple, set, frozenset)):
        return _listed(value, most)
    return _number(value)


def _inside(numbers, most):
    "What is in an array: all of a small one, the beginning of a large one."
    if numbers.size > most:
        return f" that starts {', '.join(map(_number, numbers.flatten()[:4].tolist()))}"
    return f", {_listed(numbers.tolist(), most)}" if numbers.size else ""


def _listed(values, most):
    "A list, a tuple or a set with at most `most` entries written out."
    left, right = ("(", ")") if isinstance(values, tuple) else ("{", "}") if isinstance(values, set) else ("[", "]")
    inside = [shown(value, max(2, most // 2)) for value in list(values)[:most]]
    comma = "," if isinstance(values, tuple) and len(values) == 1 else ""
    return left + ", ".join(inside + _rest(values, most)) + comma + right


def _rest(values, most):
    "What stands for the entries that are left out."
    return [f"and {len(values) - most} more"] if len(values) > most else []


def _number(value):
    "A single value: numbers with six digits, text in quotes, anything else by its name."
    value = plain(value)
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str):
        return repr(textwrap.shorten(value, 80, placeholder=" ...") if len(value) > 80 else value)
    if isinstance(value, Exception):
        return f"{type(value).__name__}: {value}"
    if isinstance(value, torch.nn.Module) or callable(value):
        return "a model" if isinstance(value, torch.nn.Module) else "a function"
    return str(value) if isinstance(value, (Number, type(None))) else f"a {type(value).__name__}"


def _count(n, word):
    "A number with its noun."
    return f"{n} {word}" if n == 1 else f"{n} {word}s"
