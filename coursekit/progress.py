"""What a training shows while it runs: a bar and a live curve in Jupyter, a line for each epoch elsewhere.

For all else that takes a while there is `track`.
"""

import multiprocessing
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from html import escape
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self, TypeVar

from coursekit.callbacks import Callback
from coursekit.style import TRAIN, VALID, describe

if TYPE_CHECKING:
    from coursekit.learner import Learner

Item = TypeVar("Item")


class Progress(Callback):
    """Tells the epochs of `learn.recorder`; in Jupyter one display, drawn again every `interval` seconds.

    The curve is a line of text in SVG, which costs next to nothing; a figure for each refresh would cost a
    fifth of the training time.
    """

    order = 100  # after all that may change the numbers

    def __init__(self, interval: float = 0.5):
        self.interval, self.told, self.handle = interval, 0, None

    def before_fit(self, learn: "Learner") -> None:
        """Open the display, if there is a notebook to show it in."""
        self.first, self.first_batch = len(learn.recorder.history), len(learn.recorder.losses)
        if in_notebook():
            self.handle = open_display("Training ...")
        self.due = perf_counter() + self.interval

    def before_epoch(self, learn: "Learner") -> None:
        """Count the batches of a pass from 0."""
        self.batch = 0

    def after_batch(self, learn: "Learner") -> None:
        """Refresh when it is time to."""
        self.batch += 1
        if perf_counter() >= self.due:
            learn.recorder.update()
            if self.handle:
                self.handle.update(self.figure(learn), raw=True)
            self.due = perf_counter() + self.interval

    def after_epoch(self, learn: "Learner") -> None:
        """Print the epoch when its row is complete; in a notebook the display shows it."""
        if not self.handle and learn.epoch_is_over:
            self.tell(learn)

    def after_fit(self, learn: "Learner") -> None:
        """End with the epochs of this fit."""
        if not self.handle:
            return self.tell(learn)
        rows = learn.recorder.history[self.first:]
        text = "\n".join(map(line, rows)) or "No epoch was completed."
        self.handle.update({"text/html": table(rows) or text, "text/plain": text}, raw=True)
        self.handle = None

    def tell(self, learn: "Learner") -> None:
        """Print the rows that were not printed yet."""
        rows = learn.recorder.history
        for row in rows[self.told:]:
            print(line(row), flush=True)
        self.told = len(rows)

    def figure(self, learn: "Learner") -> dict[str, str]:
        """Bar, curve and table as they stand, with a line of text for those who see no HTML."""
        n_batches = len(learn.loaders.train if learn.training else learn.loaders.valid)
        which = "training" if learn.training else "validation"
        text = f"epoch {learn.epoch + 1} of {learn.epochs}, {which}, batch {self.batch} of {n_batches}"
        rows = learn.recorder.history[self.first:]
        dots = [(row["batches"] - self.first_batch, row["valid_loss"]) for row in rows if "valid_loss" in row]
        svg = curve(learn.recorder.smoothed[self.first_batch:], dots, learn.epochs * len(learn.loaders.train))
        bar = f'<progress value="{self.batch}" max="{n_batches}" aria-label="{text}"></progress>'
        return {"text/html": f"<div>{bar} {text}</div>{svg}{table(rows)}", "text/plain": text}


def track(items: Iterable[Item], what: str = "step", name: Callable[[Item], str] = str) -> Iterator[Item]:
    """Yield each of `items`; one line, fresh every second, says which one is at work and how long the rest may take.

    `what` is the word for one item, `name` makes its name. For work that shows nothing by itself: a loop over
    silent learners, a forest, images that are read. The line ends as "3 of 3 models".
    """
    items = list(items)
    with Ticker() as ticker:
        for done, item in enumerate(items):
            ticker.say(f"{what} {done + 1} of {len(items)}: {name(item)}", done / len(items))
            yield item
        ticker.end(f"{len(items)} of {len(items)} {what}s")


class Ticker:
    """A line of text that a thread of its own keeps up to date, so that it lives while the work says nothing."""

    def __init__(self, interval: float = 1.0):
        self.interval, self.text, self.share = interval, "", 0.0
        self.finished, self.handle = threading.Event(), None
        self.thread = threading.Thread(target=self._run, name="Ticker", daemon=True)

    def __enter__(self) -> Self:
        self.start = perf_counter()
        if in_notebook():
            self.handle = open_display("...")
            on_cell_end(self.finished.set)  # after an error the loop, and with it this block, is kept for the debugger
            self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.finished.set()
        if self.handle:
            self.thread.join()

    def say(self, text: str, share: float) -> None:
        """From now on show `text`; `share`, from 0 to 1, of the whole is done."""
        self.text, self.share = text, share
        if not self.handle:
            print(text, flush=True)
        self._show()

    def end(self, text: str) -> None:
        """Show `text` for good."""
        self.finished.set()
        if self.handle:
            self.thread.join()
            self.handle.update({"text/plain": text}, raw=True)

    def _run(self):
        while not self.finished.wait(self.interval):
            self._show()

    def _show(self):
        seconds = perf_counter() - self.start
        left = f", about {seconds / self.share - seconds:.0f} s left" if self.share else ""
        if self.handle:
            self.handle.update({"text/plain": f"{self.text} ({seconds:.0f} s so far{left})"}, raw=True)


def open_display(text: str) -> Any:
    """A display of Jupyter's that shows `text` and can be updated."""
    from IPython.display import display  # here, so that a script which trains needs no IPython

    return display({"text/plain": text}, raw=True, display_id=True)


def on_cell_end(function: Callable[[], object]) -> None:
    """Call `function` once, when the cell that is running has ended, well or badly."""
    events = sys.modules["IPython"].get_ipython().events

    def call(result):
        events.unregister("post_run_cell", call)
        function()

    events.register("post_run_cell", call)


def in_notebook() -> bool:
    """Whether this runs in a Jupyter kernel, which can show HTML; a copy of it, made by a fork, can only print."""
    return ("IPython" in sys.modules and hasattr(sys.modules["IPython"].get_ipython(), "kernel")
            and multiprocessing.parent_process() is None)


def number(value: float) -> str:
    """A number of an epoch as text: whole ones whole, the others with four digits."""
    return str(value) if isinstance(value, int) else f"{value:#.4g}" if abs(value) < 0.01 else f"{value:.4f}"


def line(row: dict[str, float]) -> str:
    """One epoch as a line of text."""
    told = [f"{key} {number(row[key])}" for key in row if key not in ("epoch", "batches", "seconds")]
    return f"epoch {row['epoch']}: {', '.join(told)}, {row['seconds']:.1f} s"


def table(rows: list[dict[str, float]]) -> str:
    """The epochs as an HTML table; nothing if there are none."""
    keys = [key for key in rows[0] if key not in ("batches", "seconds")] if rows else []
    head = "".join(f'<th scope="col">{escape(key)}</th>' for key in [*keys, "seconds"])
    body = ["".join(f"<td>{number(row[key]) if key in row else ''}</td>" for key in keys)
            + f"<td>{row['seconds']:.1f}</td>" for row in rows]
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{cells}</tr>' for cells in body)}</table>" if rows else ""


def curve(losses: list[float], dots: list[tuple[float, float]], n_total: int, width: int = 420,
          height: int = 110) -> str:
    """An SVG of the running loss and, as `dots`, `(batches, validation loss)`; it says what it shows."""
    if len(losses) < 2:
        return ""
    xs = range(0, len(losses), -(-len(losses) // 200))  # 200 points are enough for the eye
    values = [losses[i] for i in xs]
    low, high = (edge([*values, *(loss for _, loss in dots)]) for edge in (min, max))

    def place(i, loss):
        return 50 + (width - 60) * i / n_total, 10 + (height - 20) * (high - loss) / ((high - low) or 1)

    points = " ".join("{:.1f},{:.1f}".format(*place(i, losses[i])) for i in xs)
    circles = "".join('<circle cx="{:.1f}" cy="{:.1f}" r="3"/>'.format(*place(*dot)) for dot in dots)
    label = f"The running training loss {describe(values)} in {len(losses)} batches"
    return (f'<svg role="img" aria-label="{label}" width="{width}" height="{height}" font-size="11">'
            f'<text y="14" fill="currentColor">{high:.3g}</text>'
            f'<text y="{height - 6}" fill="currentColor">{low:.3g}</text>'
            f'<polyline points="{points}" fill="none" stroke="{TRAIN}"/>'
            f'<g fill="{VALID}">{circles}</g></svg>')
