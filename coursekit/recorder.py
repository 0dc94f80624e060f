"""The numbers of a training, kept as plain lists; `plots` draws them."""

import math
from time import perf_counter
from typing import TYPE_CHECKING

from coursekit.callbacks import Callback
from coursekit.errors import LossDiverged, matched
from coursekit.metrics import Average, RunningAverage, by_name, one_number, start, to_numbers, weigher, weighted_mean

if TYPE_CHECKING:
    from coursekit.learner import Learner

KEPT = ("history", "losses", "smoothed", "lrs", "momentums", "_weights")  # a recorder's lists


class Scores(Callback):
    """Loss and `learn.metrics` of the latest pass over validation data, exact for batches of any size.

    That holds for losses and functions that are means of their targets, also where some are ignored or classes have
    weights, if `metrics.weigher` can see it; a metric that is no mean is an object with `update` and `compute`.
    """

    def before_epoch(self, learn: "Learner") -> None:
        """Start from nothing."""
        self.loss, self.weigh = Average(), weigher(learn.loss_func)
        self.measures = {name: start(metric, learn.device) for name, metric in by_name(learn.metrics).items()}

    def after_batch(self, learn: "Learner") -> None:
        """Take in one batch of validation data."""
        if not learn.training:
            target = learn.batch[-1]
            self.loss.update(learn.loss, self.weigh(target))
            for measure in self.measures.values():
                matched(measure.update, learn.preds, target)

    def values(self) -> dict[str, float]:
        """`valid_loss` and the metrics by name, as numbers."""
        measured = {name: one_number(measure.compute(), name) for name, measure in self.measures.items()}
        return {"valid_loss": self.loss.compute(), **measured}


class Recorder(Callback):
    """Everything worth knowing about a learner's training so far, over all its fits.

    `losses`, `smoothed`, `lrs`, `momentums`: one number for each training batch (rate and momentum are those
    of the last layer group, with which the batch moves the weights). `history`: one dict for each epoch with epoch,
    batches (so far), train_loss (the mean over the epoch, while the weights moved), valid_loss, metrics, seconds.
    Losses wait on the device and become numbers when `update()` is called: at each refresh of the display and at
    the end of an epoch.
    """

    order = -10  # before callbacks that read the latest row

    losses: list[float]
    smoothed: list[float]
    lrs: list[float]
    momentums: list[float]
    history: list[dict[str, float]]

    def __init__(self):
        self.scores, self.history = Scores(), []
        self.losses, self.smoothed, self.lrs, self.momentums = [], [], [], []
        self._waiting, self._weights, self._running = [], [], RunningAverage()

    def before_fit(self, learn: "Learner") -> None:
        """Remember where this fit begins."""
        self._first_of_fit = len(self.losses)

    def before_epoch(self, learn: "Learner") -> None:
        """Start the clock at training, the scores at validation."""
        if learn.training:
            self._first, self._started = len(self.losses), perf_counter()
            self.weigh = weigher(learn.loss_func, _targets(learn))
        self.scores.before_epoch(learn)

    def after_loss(self, learn: "Learner") -> None:
        """Note the rate before the step, after which a schedule moves on to the next one."""
        if learn.training:
            group = learn.optimizer.param_groups[-1]
            momentum = group["betas"][0] if "betas" in group else group.get("momentum", 0.0)
            self._rates = group["lr"], momentum

    def after_batch(self, learn: "Learner") -> None:
        """Note the batch; nothing here waits for the device."""
        if learn.training:
            self._waiting.append((learn.loss.detach(), self.weigh(learn.batch[-1]), *self._rates))
        self.scores.after_batch(learn)

    def after_epoch(self, learn: "Learner") -> None:
        """Write the epoch's row after training, and complete it after validation."""
        if learn.training:
            self.update()
            mean = weighted_mean(self.losses[self._first:], self._weights[self._first:])
            row = {"epoch": len(self.history) + 1, "batches": len(self.losses), "train_loss": mean}
            self.history.append(row | {"seconds": perf_counter() - self._started})
        else:
            row = self.history[-1] | self.scores.values()
            del row["seconds"]  # so that it stays the last column
            self.history[-1] = row | {"seconds": perf_counter() - self._started}

    def after_fit(self, learn: "Learner") -> None:
        """Keep the numbers of a fit that was cut short, too."""
        self._fetch()

    def update(self) -> None:
        """Turn the waiting losses into numbers; raises `LossDiverged` if training makes no sense any more."""
        first = len(self.losses)
        self._fetch()
        begun = self.losses[self._first_of_fit:][:10]
        limit = max(1.0, 1000 * max(map(abs, begun), default=0.0))
        for i in range(first, len(self.losses)):
            if not math.isfinite(self.losses[i]) or abs(self.smoothed[i]) > limit:
                n = i + 1 - self._first_of_fit
                raise LossDiverged(
                    f"The loss went from {begun[0]:.4g} to {self.losses[i]:.4g} in {n} batches, at "
                    f"learning rate {self.lrs[i]:.2g}: build the model again, try a rate ten times smaller "
                    "(lr_find suggests one) and look for nan or huge values in inputs and targets.")

    def _fetch(self):
        "One transfer from the device for all waiting losses."
        waiting, self._waiting = self._waiting, []
        losses, weights = (to_numbers([w[i] for w in waiting]) for i in (0, 1))
        for loss, weight, (_, _, lr, momentum) in zip(losses, weights, waiting, strict=True):
            if not weight:  # all targets are ignored, so there is no mean: nothing new
                loss = self.smoothed[-1] if self.smoothed else 0.0
            self.losses.append(loss)
            self.smoothed.append(self._running.add(loss))
            self._weights.append(weight)
            self.lrs.append(lr)
            self.momentums.append(momentum)

    def state_dict(self) -> dict:
        """All numbers so far."""
        return {name: getattr(self, name) for name in KEPT} | {"running": vars(self._running)}

    def load_state_dict(self, state: dict) -> None:
        """Go on from there."""
        vars(self._running).update(state["running"])
        for name in KEPT:
            setattr(self, name, list(state[name]))
        self._first_of_fit = len(self.losses)


def _targets(learn):
    "All targets to train on, if the loader has them and no callback may change them."
    may_change = any(type(callback).before_batch is not Callback.before_batch for callback in learn.told)
    return None if may_change else getattr(learn.loaders.train, "all_targets", None)
