"""One column of a table: its numbers, its levels, and codes for an embedding."""

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype


def get(frame, name):
    """The column `name`; ValueError if it is not there."""
    if name not in frame.columns:
        raise ValueError(f"Expected a column {name}, found {', '.join(map(str, frame.columns))}: add it.")
    return frame[name]


def as_continuous(frame, name):
    """The column `name` as float64, nan where it is missing; ValueError if it does not hold numbers."""
    column = get(frame, name)
    if not is_numeric_dtype(column):
        raise ValueError(f"Expected numbers in the continuous column {name}, found {column.dtype}: convert "
                         "it, or make it categorical.")
    return column.astype("float64")


def sorted_levels(column):
    """The distinct values of a column without the missing, sorted; ValueError if they are not of one kind."""
    levels = pd.factorize(column)[1].tolist()
    if None in map(_kind, levels) or len(set(map(_kind, levels))) > 1:
        found = " and ".join(sorted({type(level).__name__ for level in levels}))
        raise ValueError(f"Expected all text or all numbers in the categorical column {column.name}, found "
                         f"{found}: convert it, for instance with astype(str).")
    return sorted(levels)


def as_category(column, levels):
    """The column in the type category with these `levels`; what is not among them becomes missing.

    Text where `levels` are numbers, or the reverse, is a ValueError: every such value would be unknown.
    """
    order, found = pd.factorize(column)  # the index of each row's value in `found`, or -1
    index_of = {level: i for i, level in enumerate(levels)}
    indices = np.array([*(index_of.get(value, -1) for value in found.tolist()), -1])  # the last: missing
    strange = [value for value in found.tolist() if levels and _kind(value) != _kind(levels[0])]
    if strange:
        raise ValueError(f"Expected {_kind(levels[0])} in {column.name}, as in the training rows, found "
                         f"{strange[0]!r}: convert the column.")
    category = pd.Categorical.from_codes(indices[order], categories=pd.Index(levels), ordered=True)
    return pd.Series(category, index=column.index, name=column.name)


def codes(column):
    """Codes for an embedding, int64 (n,): those of a column of the type category plus 1; 0 is missing."""
    return column.cat.codes.to_numpy("int64") + 1


def _kind(value):
    "What a level is; None for what cannot be one."
    return "text" if isinstance(value, str) else "numbers" if isinstance(value, (int, float)) else None
