"""What a lesson imports to say how it went: its results against the lecture's, and the checks of its exercises."""

import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from IPython.display import display

from coursekit.checking import Exercise, check

__all__ = ["FULL_SCALE", "BoundBroken", "Exercise", "Results", "check"]
FULL_SCALE = Path(__file__).parent.parent / "results"


class BoundBroken(AssertionError):
    """A measured result lies outside the bound that the lesson promises."""


@dataclass
class Results:
    """The table that ends a lesson: what the lecture reported, what was measured here, what must hold.

    `data` says on which data it was measured, and `column` in a few words, such as "981 photographs": so the figures'
    column is called where they are stored. `own` are the lesson's parameters as published, `used` the ones of this
    run: where they differ, a broken bound is reported and not raised. With `apart`, the lecture's figures get rows of
    their own, because they were measured on data of another kind.
    """

    lesson: str
    data: str
    own: dict = field(default_factory=dict)
    used: dict = field(default_factory=dict)
    rows: list = field(default_factory=list)
    column: str = ""
    apart: bool = False

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
        """The rows as a data frame, with the figures of results/ where they are stored, in a column named by data."""
        column, stored = self._stored()
        columns = [{"result": row["name"], "lecture": "-" if self.apart else row["lecture"],
                    "measured here": _number(row), "must be": _bound(row), column: stored.get(row["name"], "")}
                   for row in self.rows]
        columns += [{"result": f"the lecture's {row['name']}", "lecture": row["lecture"], "measured here": "-",
                     "must be": "-", column: ""} for row in self.rows if self.apart and row["lecture"] != "-"]
        frame = pd.DataFrame(columns).set_index("result")
        return frame if stored else frame.drop(columns=column)

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

    def _stored(self):
        "The column's name, and row name -> figure with its origin, from results/<lesson>.json."
        path = FULL_SCALE / f"{self.lesson}.json"
        if not path.exists():
            return "stored", {}
        stored = json.loads(path.read_text(encoding="utf-8"))
        figures = {row["name"]: f"{row['value']} ({row['data']}; {row['machine']})" for row in stored["rows"]}
        return stored["column"], figures


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
