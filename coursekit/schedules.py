"""Learning rates that change while training: one cycle, any schedule of torch's, and the search for a good rate."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from torch.optim.lr_scheduler import ConstantLR, ExponentialLR, OneCycleLR, ReduceLROnPlateau

from coursekit.callbacks import Callback, latest
from coursekit.metrics import RunningAverage

if TYPE_CHECKING:
    from coursekit.learner import Learner


class Schedule(Callback):
    """Any scheduler of torch's: `make(optimizer)` makes it, and it moves on with `each` "batch" or "epoch".

    `Schedule(partial(CosineAnnealingLR, T_max=10), each="epoch")`. One that wants a measure, such as
    ReduceLROnPlateau, gets `monitor` of each epoch: "valid_loss" or the name of a metric. With `accumulate`, "batch"
    means a step of the optimizer.
    """

    order = 10

    def __init__(self, make: Callable, each: str = "batch", monitor: str = "valid_loss"):
        if each not in ("batch", "epoch"):
            raise ValueError(f'Expected each="batch" or each="epoch", found {each!r}.')
        self.make, self.each, self.monitor = make, each, monitor

    def before_fit(self, learn: "Learner") -> None:
        """Make the scheduler for this fit's optimizer."""
        self.scheduler = self.make(learn.optimizer)
        if self.each == "batch" and isinstance(self.scheduler, ReduceLROnPlateau):
            raise ValueError('Expected each="epoch" with ReduceLROnPlateau, which looks at the measure of an epoch, '
                             'found each="batch".')

    def after_step(self, learn: "Learner") -> None:
        """On to the next step's rate."""
        if self.each == "batch":
            self.scheduler.step()

    def after_epoch(self, learn: "Learner") -> None:
        """On to the next epoch's rate, once the epoch is measured."""
        if self.each == "epoch" and learn.epoch_is_over:
            measured = [latest(learn, self.monitor)] if isinstance(self.scheduler, ReduceLROnPlateau) else []
            self.scheduler.step(*measured)

    def state_dict(self) -> dict:
        """Where the scheduler stands."""
        return self.scheduler.state_dict()

    def load_state_dict(self, state: dict) -> None:
        """Go on from there."""
        self.scheduler.load_state_dict(state)


class OneCycle(Schedule):
    """One cycle over the whole fit: the rate rises to its maximum, then falls to almost nothing, along a cosine.

    It starts at a `div_factor`-th of each group's rate, is highest after the share `pct_start` of all steps and ends
    at a `final_div_factor`-th of the start. Momentum (for Adam the first beta) does the opposite, .95 to .85 and back;
    SGD without it stays plain. Fewer than four steps are no cycle: each has the full rate.
    """

    def __init__(self, pct_start: float = 0.3, div_factor: float = 25, final_div_factor: float = 1e4):
        self.each = "batch"
        self.shape = {"pct_start": pct_start, "div_factor": div_factor, "final_div_factor": final_div_factor}

    def before_fit(self, learn: "Learner") -> None:
        """Lay torch's scheduler over all steps of the fit, with each group's own rate as its maximum."""
        optimizer = learn.optimizer
        if learn.n_steps < 4:
            self.scheduler = ConstantLR(optimizer, factor=1)
            return
        cycles = "betas" in optimizer.defaults or bool(optimizer.defaults.get("momentum"))
        self.scheduler = OneCycleLR(
            optimizer, max_lr=[group["lr"] for group in optimizer.param_groups], total_steps=learn.n_steps,
            cycle_momentum=cycles, base_momentum=0.85, max_momentum=0.95, **self.shape)


class LRFinder(Callback):
    """Raise the rate by equal factors, step by step, until the loss runs away; notes rates and losses.

    The fit must begin at the rate `start`. Stops after `steps` steps, or when the smoothed loss is more
    than 4 times its best or no number. A batch whose targets are all ignored has no loss and is passed over.
    Reads each loss at once, so it waits for the device: it is short.
    """

    order = 10
    training_only = True

    def __init__(self, start: float = 1e-7, end: float = 10.0, steps: int = 100):
        self.factor, self.steps = (end / start) ** (1 / (steps - 1)), steps
        self.lrs: list[float] = []
        self.losses: list[float] = []
        self.raw: list[float] = []
        self.running = RunningAverage()

    def before_fit(self, learn: "Learner") -> None:
        """Take the optimizer's rates as the start."""
        self.scheduler = ExponentialLR(learn.optimizer, gamma=self.factor)

    def after_step(self, learn: "Learner") -> None:
        """Note rate and loss, decide whether to stop, raise the rate."""
        if learn.weigh(learn.batch[-1]):
            self._note(learn)
        self.scheduler.step()
        learn.stop = learn.stop or self.scheduler.last_epoch == self.steps

    def _note(self, learn):
        "Rate, loss and smoothed loss, or the end of the search."
        raw = learn.loss.item()
        loss = self.running.add(raw)
        if not math.isfinite(loss) or loss > 4 * min([*self.losses, loss]) > 0:
            learn.stop = True
            return
        self.lrs.append(learn.optimizer.param_groups[-1]["lr"])
        self.losses.append(loss)
        self.raw.append(raw)


@dataclass(frozen=True, repr=False)
class LRSearch:
    """What the search for a learning rate has seen, batch by batch, and two suggestions.

    `losses` are smoothed, and so lag behind by some batches; `raw` are not.
    """

    lrs: list[float]
    losses: list[float]
    raw: list[float]

    def __post_init__(self) -> None:
        if len(self.losses) < 2:
            raise ValueError("The loss is no number from the first batches on, so no rate was found: "
                             "look for nan or huge values in inputs, targets and weights.")

    @property
    def minimum_over_10(self) -> float:
        """A tenth of the rate at which the loss was lowest: close to the edge, but on this side of it."""
        return self.lrs[self.losses.index(min(self.losses))] / 10

    @property
    def steepest(self) -> float:
        """The rate in the middle of the fifth of all batches whose raw losses fall most steeply."""
        width = max(len(self.raw) // 5, 2)
        windows = np.lib.stride_tricks.sliding_window_view(self.raw, width)  # (n - width + 1, width)
        slopes = windows @ (np.arange(width) - (width - 1) / 2)  # of the best lines, but for a factor
        before_minimum = slopes[:windows.mean(axis=1).argmin() + 1]
        return self.lrs[before_minimum.argmin() + width // 2]

    def __repr__(self) -> str:
        return f"steepest {self.steepest:.1e}, minimum / 10 {self.minimum_over_10:.1e}"
