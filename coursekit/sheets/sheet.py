"""Small tables that compute like a spreadsheet: named cells, a formula for each column, rows that feed the next."""

import html
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from coursekit.files import writing
from coursekit.plots import figure, show
from coursekit.sheets.formulas import FormulaError, compute, parse, references, spell
from coursekit.style import describe

FIRST_ROW = 4  # row 1 names the cells, row 2 holds them, row 3 names the columns
STYLE = """<style>
.sheet {position: relative; padding-top: 1.7em; overflow-x: auto; font-size: 12px}
.sheet.sheet table {border-collapse: collapse; margin: 0}
.sheet.sheet :is(td, th) {border: 1px solid #ccc; padding: 1px 6px; text-align: right; white-space: nowrap}
.sheet td[title]:hover {outline: 2px solid #0072B2}
.sheet td[title]:hover::after {content: attr(title); position: absolute; left: 0; top: 0; font-family: monospace}
</style>"""


class Sheet:
    """A table that computes like a spreadsheet, and whose columns can be carried on from pass to pass.

    - `columns`: dict of name -> values (numbers or words), or -> a formula (see `coursekit.sheets.formulas`).
    - `cells`: dict of name -> number; the named cells, free to change: `sheet.cells["lr"] = 0.01`.
    - `start`: dict of column -> cell; what `above.column` means in the first row.
    - `totals`: dict of name -> formula over whole columns, as "SUM(column.error)".
    - `carry`: dict of cell -> column; `step()` puts the last value of the column into the cell and computes again.

    Raises FormulaError for a name that does not exist, columns of different lengths, or cells that wait for each other.
    Source: lecture 5, the sheets `graddesc` and `entropy_example`.
    """

    def __init__(self, columns, cells=None, start=None, totals=None, carry=None):
        self.data = {name: list(values) for name, values in columns.items() if not isinstance(values, str)}
        self.formulas = {name: parse(text) for name, text in columns.items() if isinstance(text, str)}
        self.columns = list(columns)
        self.cells = {name: float(value) for name, value in (cells or {}).items()}
        self.totals = {name: parse(text) for name, text in (totals or {}).items()}
        self.start, self.carry = dict(start or {}), dict(carry or {})
        self._check()
        self._first = dict(self.cells)
        self.n_rows = len(next(iter(self.data.values())))
        self.history = [self._named()]

    @property
    def frame(self):
        """All columns as a DataFrame, computed from the cells as they are now."""
        reckoning = Reckoning(self)
        return pd.DataFrame({name: [reckoning.cell(name, i) for i in range(self.n_rows)] for name in self.columns})

    def total(self, name):
        """The number in the cell of totals `name`."""
        return Reckoning(self).total(name)

    def step(self):
        """One epoch: the last values of the carried columns become the cells, and the sheet computes again."""
        last = self.frame.iloc[-1]
        self.cells |= {cell: float(last[column]) for cell, column in self.carry.items()}
        self.history.append(self._named())
        return self

    def run(self, epochs=5):
        """`epochs` steps, five as the lecture's button makes; `history` holds cells and totals after each."""
        for _ in range(epochs):
            self.step()
        return self

    def reset(self):
        """Give the carried cells their first values again and forget the history; the other cells stay."""
        self.cells |= {name: self._first[name] for name in self.carry}
        self.history = [self._named()]
        return self

    def formula(self, name, row=0):
        """The formula of column `name` in `row` (from 0), or of the total `name`, as a spreadsheet writes it."""
        if name not in self.formulas and name not in self.totals:
            raise FormulaError(f"Expected a column with a formula, among {[*self.formulas, *self.totals]}, "
                               f"found `{name}`.")
        return "=" + spell(self.formulas.get(name, self.totals.get(name)), lambda *place: self._address(*place, row))

    def chart(self, name, title="", goal=None):
        """The figure, and a sentence about it, of cell or total `name` after each epoch; a line marks `goal`."""
        values = [entry[name] for entry in self.history]
        fig, ax = figure(height=2.8)
        ax.plot(values, "o-", markersize=4)
        if goal is not None:
            ax.axhline(goal, color="grey", linestyle="--")
        ax.set(xlabel="epoch", ylabel=name, title=title)
        return fig, f"{title}: {name} after {len(values) - 1} epochs {describe(values)}."

    def plot(self, name, title="", goal=None):
        """Show the chart beside the sheet: cell or total `name` after each epoch."""
        show(*self.chart(name, title, goal))

    def save_xlsx(self, path):
        """Write a workbook with live formulas to `path`, whole or not at all; returns the path."""
        book, path = Workbook(), Path(path)
        for row, line in enumerate(self._grid(), start=1):
            for column, (value, formula) in enumerate(line, start=1):
                cell = book.active.cell(row, column, formula or (value if _is_finite(value) else "#NUM!"))
                if isinstance(value, str):
                    cell.data_type = "s"  # a word stays a word, even if it begins with "="
        with writing(path) as partial:
            book.save(partial)
        return path

    def to_html(self, n_rows=None):
        """The sheet as an HTML table, at most `n_rows` rows of it; a cell under the pointer shows its formula."""
        letters = _line("", [(get_column_letter(i + 1), "") for i in range(len(self.columns))], "th")
        lines = [_line(number, line, "th" if number in (1, 3) else "td")
                 for number, line in enumerate(self._grid(), start=1)]
        end = FIRST_ROW + n_rows - 2 if n_rows else len(lines)  # the last line is always shown
        if lines[end:-1]:
            lines[end:-1] = [_line("⋮", [], "td")]
        return f'{STYLE}<div class="sheet"><table>{letters}{"".join(lines)}</table></div>'

    def _repr_html_(self):
        return self.to_html(n_rows=10)

    def __repr__(self):
        return "\n".join([*(f"{name} = {value:.7g}" for name, value in self._named().items()),
                          self.frame.to_string(max_rows=10)])

    def _grid(self):
        "The (value, formula) of every cell, line by line, as they stand on the page and in the workbook."
        reckoning = Reckoning(self)
        names = [*self.cells, *self.totals]
        named = [(value, "") for value in self.cells.values()]
        named += [(reckoning.total(name), self.formula(name)) for name in self.totals]
        rows = [[(reckoning.cell(name, i), self.formula(name, i) if name in self.formulas else "")
                 for name in self.columns] for i in range(self.n_rows)]
        return [[(name, "") for name in names], named, [(name, "") for name in self.columns], *rows]

    def _address(self, place, name, row):
        "Where a formula in `row` finds `name`: E4, $A$2 or E$4:E$32."
        if name in self.columns and not (place == "above" and row == 0):
            letter = get_column_letter(self.columns.index(name) + 1)
            if place == "column":
                return f"{letter}${FIRST_ROW}:{letter}${FIRST_ROW + self.n_rows - 1}"
            return f"{letter}{FIRST_ROW + row - (place == 'above')}"
        cell = self.start[name] if place == "above" else name
        return f"${get_column_letter([*self.cells, *self.totals].index(cell) + 1)}$2"

    def _named(self):
        "The cells and the totals, all numbers that have a name."
        reckoning = Reckoning(self)
        return self.cells | {name: float(reckoning.total(name)) for name in self.totals}

    def _check(self):
        "Refuse what cannot be computed before anything is."
        lengths = {name: len(values) for name, values in self.data.items()}
        if len(set(lengths.values())) != 1 or 0 in lengths.values():
            raise FormulaError(f"Expected columns of data of one length, found {lengths}.")
        if twice := {*self.columns} & {*self.cells, *self.totals} | {*self.cells} & {*self.totals}:
            raise FormulaError(f"Expected one meaning for each name, found two of {sorted(twice)}: rename one.")
        for names, among in [(self.start, self.formulas), (self.start.values(), self.cells),
                             (self.carry, self.cells), (self.carry.values(), self.columns)]:
            if unknown := set(names) - set(among):
                raise FormulaError(f"Expected names among {sorted(among)} in start and carry, found {sorted(unknown)}.")
        for name, tree in self.formulas.items():
            self._check_formula(name, tree, {*self.columns, *self.cells, *self.totals}, self.start)
        for name, tree in self.totals.items():
            self._check_formula(name, tree, {*self.cells, *self.totals}, ())

    def _check_formula(self, owner, tree, here, above):
        "Every name that the formula of `owner` asks for must exist where it looks for it."
        for place, name in references(tree):
            known = {"here": here, "above": above, "column": self.columns}[place]
            if name not in known:
                advice = (f"give it a start, as start={{{name!r}: cell}}" if place == "above" and name in self.formulas
                          else f"write column.{name}" if name in self.columns else "check its spelling")
                raise FormulaError(f"The formula of `{owner}` asks for `{name}`, which is not among "
                                   f"{sorted(known)}: {advice}.")


class Reckoning:
    """One computing of a sheet: each cell once, when a formula first asks for it."""

    def __init__(self, sheet):
        self.sheet, self.done, self.waiting = sheet, {}, []

    def cell(self, name, row):
        """The value of column `name` in `row`, both of the sheet."""
        if name in self.sheet.data:
            value = self.sheet.data[name][row]
            return value if isinstance(value, str) else np.float64(value)
        return self._find((name, row), self.sheet.formulas[name], row)

    def total(self, name):
        """The value of the total `name`."""
        return self._find((name, None), self.sheet.totals[name], None)

    def _find(self, key, tree, row):
        if key in self.waiting:
            names = " -> ".join(name for name, _ in [*self.waiting[self.waiting.index(key):], key])
            raise FormulaError(f"These cells wait for each other: {names}; let one of them use above.name instead.")
        if key not in self.done:
            self.waiting.append(key)
            with np.errstate(all="ignore"):
                self.done[key] = compute(tree, lambda place, name: self._look_up(place, name, row))
            self.waiting.pop()
        return self.done[key]

    def _look_up(self, place, name, row):
        sheet = self.sheet
        if place == "column":
            return np.array([self.cell(name, i) for i in range(sheet.n_rows)])
        if place == "above":
            return self.cell(name, row - 1) if row else np.float64(sheet.cells[sheet.start[name]])
        if name in sheet.columns:
            return self.cell(name, row)
        return np.float64(sheet.cells[name]) if name in sheet.cells else self.total(name)


def _line(number, values, tag):
    "One row of the HTML table, with the row's number in front."
    cells = "".join(f"<{tag}{_title(get_column_letter(i), number, formula)}>{html.escape(_text(value))}</{tag}>"
                    for i, (value, formula) in enumerate(values, start=1))
    return f"<tr><th>{number}</th>{cells}</tr>"


def _title(letter, number, formula):
    return f' title="{letter}{number} {html.escape(formula)}"' if formula else ""


def _is_finite(value):
    return isinstance(value, str) or np.isfinite(value)


def _text(value):
    return value if isinstance(value, str) else f"{value:.7g}"
