"""Tables made ready for a network: what is done is learned on training rows, and done to all others alike.

Source: lesson 6 (16:52 to 22:23, and `data.export`).
"""

import json
from pathlib import Path

import numpy as np
import torch

from coursekit.files import writing
from coursekit.tabular.columns import as_category, as_continuous, codes, get, sorted_levels

FORMAT, VERSION = "coursekit processors", 1


class Processor:
    """What all have in common: names of columns, and `learned`, the names of what `fit` finds out about them.

    `fit(frame)` learns from training rows and gives the processor itself; `transform(frame)` gives a new
    frame and never changes the one it gets. A column that is missing or of another kind is a ValueError.
    """

    learned, learned_type = (), (int, float)

    def __init__(self, categorical, continuous):
        self.categorical, self.continuous = list(categorical), list(continuous)
        for name in self.learned:
            setattr(self, name, None)

    def names(self):
        """The categorical and the continuous columns after this step."""
        return self.categorical, self.continuous

    def state(self):
        """Names and everything learned, as a dict of what JSON can hold."""
        self.require_fitted()
        return {name: getattr(self, name) for name in ("categorical", "continuous", *self.learned)}

    @classmethod
    def from_state(cls, state):
        """The processor that gave `state`; ValueError for a dict that none of this class has given."""
        types = {"categorical": list, "continuous": list, **dict.fromkeys(cls.learned, dict)}
        if {name: type(value) for name, value in state.items()} != types:
            expected = ", ".join(f"{name} ({kind.__name__})" for name, kind in types.items())
            found = ", ".join(f"{name} ({type(value).__name__})" for name, value in state.items())
            raise ValueError(f"Expected for {cls.__name__} {expected}, found {found or 'nothing'}.")
        processor = cls(state["categorical"], state["continuous"])
        for name in cls.learned:
            for column, value in state[name].items():
                if not isinstance(value, cls.learned_type):
                    raise ValueError(f"Expected another type in {cls.__name__}.{name} for {column}, found "
                                     f"{value!r}.")
            setattr(processor, name, state[name])
        return processor

    def require_fitted(self):
        """ValueError before `fit`."""
        if any(getattr(self, name) is None for name in self.learned):
            raise ValueError(f"Expected a fitted {type(self).__name__}: call fit(training_rows) first.")


class FillMissing(Processor):
    """Fills gaps in continuous columns by the median, and tells where they were in a new column NAME_na.

    Only in columns with gaps in the training rows. A gap in another is a ValueError, as in the lecture's
    library: the network has no input by which it could have learned what such a gap means.
    """

    learned = ("medians",)

    def names(self):
        """The columns after this step: the new ones are categorical."""
        self.require_fitted()
        return [*self.categorical, *(f"{name}_na" for name in self.medians)], self.continuous

    def fit(self, frame):
        """Take the medians of the columns that have gaps."""
        columns = [as_continuous(frame, name) for name in self.continuous]
        if empty := [column.name for column in columns if column.isna().all()]:
            raise ValueError(f"Expected numbers in the training rows of {', '.join(empty)}, found none: "
                             "leave it out.")
        self.medians = {column.name: float(column.median()) for column in columns if column.isna().any()}
        return self

    def transform(self, frame):
        """A frame without gaps in the continuous columns, and one column more for each that may have them."""
        self.require_fitted()
        new = {}
        for name in self.continuous:
            column = as_continuous(frame, name)
            if name in self.medians:
                new[name], new[f"{name}_na"] = column.fillna(self.medians[name]), column.isna()
            elif column.isna().any():
                raise ValueError(f"Expected no gaps in {name}, as in the training rows, found "
                                 f"{column.isna().sum()}: fill them, or train on rows that have some.")
        if done := [name for name in new if name.endswith("_na") and name in frame.columns]:
            raise ValueError(f"Expected a frame without {', '.join(done)}, which is added here: give the "
                             "rows as they were before.")
        return frame.assign(**new)


class Categorify(Processor):
    """Turns categorical columns into those of pandas, with the levels of the training rows in sorted order.

    They look as before, but a value that is not in the training rows is now missing. `codes` gives what an
    embedding needs. Levels are all text or all numbers; True and False count as numbers.
    """

    learned, learned_type = ("levels",), list

    def fit(self, frame):
        """Take the distinct values of each column, sorted."""
        self.levels = {name: sorted_levels(get(frame, name)) for name in self.categorical}
        return self

    def transform(self, frame):
        """A frame with columns of the type category."""
        self.require_fitted()
        return frame.assign(**{name: as_category(get(frame, name), levels)
                               for name, levels in self.levels.items()})


class Normalize(Processor):
    """Shifts and scales continuous columns to mean 0 and standard deviation 1 in the training rows.

    The standard deviation is the sample's (n - 1), and 1e-7 is added to it, as in the lecture's library. A column
    that is constant in the training rows is a ValueError: any other value, divided by 1e-7, would be enormous.
    """

    learned = ("means", "stds")

    def fit(self, frame):
        """Take mean and standard deviation of each column; gaps are left out."""
        columns = [as_continuous(frame, name).dropna() for name in self.continuous]
        if infinite := [column.name for column in columns if np.isinf(column).any()]:
            raise ValueError(f"Expected finite numbers in the training rows of {', '.join(infinite)}, found inf: "
                             "mend these rows or leave them out.")
        if constant := [column.name for column in columns if _is_constant(column)]:
            raise ValueError("Expected numbers that differ in the training rows of "
                             f"{', '.join(constant)}, found at most one: leave it out, or make it categorical.")
        self.means = {column.name: float(column.mean()) for column in columns}
        self.stds = {column.name: float(column.std()) for column in columns}
        return self

    def transform(self, frame):
        """A frame with (x - mean) / (std + 1e-7) in the continuous columns."""
        self.require_fitted()
        return frame.assign(**{name: (as_continuous(frame, name) - self.means[name]) / (self.stds[name] + 1e-7)
                               for name in self.continuous})


KINDS = {kind.__name__: kind for kind in (FillMissing, Categorify, Normalize)}


class Processors:
    """Processors one after the other, as one; `kinds` holds classes, in the order of `KINDS`.

    After `fit`: `steps`, the processors; `categorical`, which includes what FillMissing adds; `continuous`;
    `levels`, a list for each categorical column, whose codes are 1, 2, 3, ...
    """

    def __init__(self, categorical, continuous, kinds=(FillMissing, Categorify, Normalize)):
        self.raw, self.kinds, self.steps = (list(categorical), list(continuous)), list(kinds), []
        if not self.kinds or self.kinds != [kind for kind in KINDS.values() if kind in self.kinds]:
            raise ValueError(f"Expected processors in the order {', '.join(KINDS)}, found {self.kinds}.")

    def fit(self, frame):
        """Fit each on what the one before it makes of the training rows; gives itself."""
        self._require_columns(frame)
        steps, names = [], self.raw
        for kind in self.kinds:
            steps.append(kind(*names).fit(frame))
            frame, names = steps[-1].transform(frame), steps[-1].names()
        return self._keep(steps)

    def transform(self, frame):
        """A new frame, gone through all processors."""
        self._require_fitted()
        self._require_columns(frame)
        for step in self.steps:
            frame = step.transform(frame)
        return frame

    def inputs(self, frame):
        """Codes, int64 (n, n_categorical), and continuous columns, float32 (n, n_continuous), for unprepared rows."""
        frame = self.transform(frame)
        columns = [codes(frame[name]) for name in self.levels]
        with np.errstate(over="ignore"):  # what is too large for float32 becomes inf
            values = frame[self.continuous].to_numpy("float32", copy=True)
        finite = np.isfinite(values).all(axis=0)
        if not finite.all():
            wrong = [name for name, fine in zip(self.continuous, finite, strict=True) if not fine]
            raise ValueError(f"Expected finite numbers in {', '.join(wrong)}, found gaps or inf: use FillMissing for "
                             "gaps, and mend rows with inf or leave them out.")
        stacked = np.stack(columns, axis=1) if columns else np.zeros((len(frame), 0), "int64")
        return torch.from_numpy(stacked), torch.from_numpy(values)

    def save(self, path):
        """Write all that was learned to `path` as JSON; if that fails, an older file there stays whole."""
        self._require_fitted()
        steps = [{"kind": type(step).__name__, **step.state()} for step in self.steps]
        text = json.dumps({"format": FORMAT, "version": VERSION, "steps": steps}, indent=1, allow_nan=False)
        with writing(path) as partial:
            partial.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path):
        """The processors that `save` wrote to `path`; ValueError if the file holds something else."""
        try:
            steps = [KINDS[step.pop("kind")].from_state(step) for step in _steps(Path(path).read_bytes())]
            processors = cls(steps[0].categorical, steps[0].continuous, [type(step) for step in steps])
        except ValueError as error:
            raise ValueError(f"{path} cannot be read: {error} Write it again with save().") from error
        return processors._keep(steps)

    def _keep(self, steps):
        "Take fitted processors, and the names that follow from them."
        self.steps = steps
        self.categorical, self.continuous = steps[-1].names()
        self.levels = next((step.levels for step in steps if isinstance(step, Categorify)), {})
        return self

    def _require_columns(self, frame):
        for name in (*self.raw[0], *self.raw[1]):
            get(frame, name)

    def _require_fitted(self):
        if not self.steps:
            raise ValueError("Expected fitted processors: call fit(training_rows) first.")


def _is_constant(column):
    "Whether the numbers of a column are, but for rounding, one and the same."
    return len(column) < 2 or np.isclose(column.min(), column.max(), rtol=1e-9, atol=0)


def _steps(text):
    "The list of steps in what `save` has written."
    try:
        state = json.loads(text)
    except ValueError as error:
        raise ValueError(f"Expected JSON, found something else ({error}).") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT or state.get("version") != VERSION:
        raise ValueError(f'Expected "format": "{FORMAT}" and "version": {VERSION}, found {repr(state)[:60]}.')
    steps = state.get("steps")
    if not steps or any(not isinstance(step, dict) or step.get("kind") not in KINDS for step in steps):
        raise ValueError(f"Expected steps of the kinds {', '.join(KINDS)}, found {repr(steps)[:60]}.")
    return steps
