"""One column of a table: its numbers, its levels, codes for an embedding; and which rows are held out."""

import numpy as np
import pandas as pd
from pandas.api.types import is_float_dtype, is_numeric_dtype


def get(frame, name):
    """The column `name` of a data frame; ValueError if it is not there just once, or its name is no text."""
    if not isinstance(frame, pd.DataFrame):
        raise ValueError(f"Expected a data frame, found a {type(frame).__name__}: give frame.iloc[[i]] for row i of "
                         "a frame, or pd.DataFrame([row]) for one in a dict.")
    if not isinstance(name, str):
        raise ValueError(f"Expected text as the name of a column, found {name!r}: rename the columns, for instance "
                         "with frame.columns = frame.columns.map(str).")
    if name not in frame.columns:
        raise ValueError(f"Expected a column {name}, found {', '.join(map(str, frame.columns))}: add it.")
    if not isinstance(frame[name], pd.Series):
        raise ValueError(f"Expected one column {name}, found several: rename or drop all but one.")
    return frame[name]


def held_out_rows(frame, valid):
    """`valid` as booleans (n,), True where a row of `frame` is held out; a series of them is matched by its index.

    ValueError unless it holds True or False for each row, and some of both.
    """
    if isinstance(valid, pd.Series) and not valid.index.equals(frame.index):
        valid = valid.reindex(frame.index)
    rows = np.asarray(valid)
    if rows.dtype == object:  # what pandas makes of booleans beside which there may be gaps
        rows = np.array(rows.tolist())
    if rows.dtype != bool or rows.shape != (len(frame),) or rows.all() or not rows.any():
        raise ValueError(f"Expected `valid` to hold True or False for each of the {len(frame)} rows, and "
                         f"some of both, found {rows.dtype} of shape {rows.shape}: {valid!r:.60}.")
    return rows


def as_continuous(frame, name):
    """The column `name` as float64, nan where it is missing; ValueError if it does not hold numbers."""
    column = get(frame, name)
    if not is_numeric_dtype(column):
        raise ValueError(f"Expected numbers in {name}, found {column.dtype}: convert it with pd.to_numeric, or, "
                         "if it is an input, make it categorical.")
    return column.astype("float64")


def distinct(column):
    """The index of each row's value among the distinct ones, or -1 where it is missing; and these, as a list.

    A float32 counts as the decimal number that it is written as, 0.1, so that float64 has the same.
    """
    indices, found = pd.factorize(column)
    if is_float_dtype(found) and found.dtype.itemsize < 8:
        found = np.asarray(found).astype(str).astype("float64")
    return indices, found.tolist()


def sorted_levels(column):
    """The distinct values of a column without the missing, sorted; ValueError if they are not of one kind."""
    levels = distinct(column)[1]
    if None in map(_kind, levels) or len(set(map(_kind, levels))) > 1:
        found = " and ".join(sorted({type(level).__name__ for level in levels}))
        raise ValueError(f"Expected all text or all numbers in the categorical column {column.name}, found "
                         f"{found}: convert it, for instance with astype(str).")
    return sorted(levels)


def as_category(column, levels):
    """The column in the type category with these `levels`; what is not among them becomes missing.

    Text where `levels` are numbers, or the reverse, is a ValueError: every such value would be unknown.
    """
    order, found = distinct(column)
    index_of = {level: i for i, level in enumerate(levels)}
    indices = np.array([*(index_of.get(value, -1) for value in found), -1])  # the last: missing
    strange = [value for value in found if levels and _kind(value) != _kind(levels[0])]
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
