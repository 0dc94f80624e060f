"""The learner: a model, its data and a loss, and the loop that brings them together."""

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from coursekit import checkpoint, param_groups
from coursekit.callbacks import Callback
from coursekit.device import get_device, to_device
from coursekit.errors import TORCH_ERRORS, FitInterrupted, explain, matched, no_silent_broadcast
from coursekit.loaders import Loader, Loaders, check_batch, check_loader, in_order, inputs_of, join, not_begun
from coursekit.metrics import Metric, n_items, weigher
from coursekit.optimizers import adamw
from coursekit.precision import Precision
from coursekit.progress import Progress
from coursekit.recorder import Recorder, Scores
from coursekit.schedules import LRFinder, LRSearch, OneCycle
from coursekit.slips import check_arguments, explain_optimizer
from coursekit.states import evaluating, same_chance, unchanged


class Learner:
    """Trains `model` on `loaders` by `loss_func`, and measures it by `loss_func` and `metrics`.

    `optimizer` makes one from (parameter groups, lr, weight_decay): `adamw`, `torch.optim.SGD`,
    `partial(torch.optim.SGD, momentum=0.9)`. `callbacks` are told of every fit, `device` is a GPU where there is one.
    `precision` "bf16" or "fp16" computes in 16 bits where that is safe; weights stay as they are. `accumulate` batches
    together make one step. `loaders` may be replaced between fits. `recorder` keeps the numbers of all fits. After a
    fit the model is in evaluation mode.
    """

    batch: tuple | list  # what callbacks see of the batch at hand: on the device, the target last
    preds: Any
    loss: torch.Tensor
    optimizer: torch.optim.Optimizer

    def __init__(self, model: nn.Module, loaders: Loaders, loss_func: Callable, metrics: Sequence[Metric] = (),
                 optimizer: Callable[..., torch.optim.Optimizer] = adamw, callbacks: Sequence[Callback] = (),
                 device: torch.device | str | None = None, precision: str | None = None, accumulate: int = 1):
        check_arguments(model, loaders, loss_func, metrics, optimizer, callbacks, accumulate)
        self.device = get_device() if device is None else torch.device(device)
        self.model = model.to(self.device)
        self.loaders, self.loss_func, self.metrics = loaders, loss_func, list(metrics)
        self.make_optimizer, self.callbacks = optimizer, list(callbacks)
        self.precision, self.accumulate = Precision(precision, self.device), accumulate
        self.recorder = Recorder()
        self.reporters = [self.recorder, Progress()]
        self.training, self.stop, self.told, self.n_waiting = False, False, [], 0

    # The loop

    def fit(self, epochs: int, lr: float | slice = 1e-3, wd: float = 0.01,
            callbacks: Sequence[Callback] = ()) -> None:
        """Train for `epochs` with a fresh optimizer; `lr` is a number or a slice over the layer groups.

        Interrupting keeps the model and the records as they are and raises `FitInterrupted`, so that "Run all" stops.
        Raises `LossDiverged` for a loss that is no number any more.
        """
        beginning = self._prepare(epochs, lr, wd, callbacks)
        try:
            for callback in beginning:
                callback.before_fit(self)
                self.told.append(callback)
            for epoch in range(self.epoch, epochs):  # not from 0 where a checkpoint is taken up
                self.epoch = epoch
                self.run_epoch(self.loaders.train, training=True)
                if self.loaders.valid is not None and not self.stop:
                    self.run_epoch(self.loaders.valid, training=False)
                if self.stop:
                    break
        except KeyboardInterrupt:
            raise FitInterrupted(self.epoch, epochs) from None
        finally:
            self.notify("after_fit")
            self.model.eval()

    def run_epoch(self, loader: Iterable, training: bool) -> None:
        """One pass over `loader`: with updates when `training`, otherwise only to measure."""
        self.training, self.n_waiting = training, 0
        self.model.train(training)
        with torch.set_grad_enabled(training), no_silent_broadcast():
            self.notify("before_epoch")
            for batch in loader:
                self.run_batch(batch)
                if self.stop:
                    break
            if self.n_waiting:
                self.step()
            self.notify("after_epoch")

    def run_batch(self, batch: tuple | list) -> None:
        """From a batch to a loss and, in training, to gradients and a step."""
        self.batch, self.preds = to_device(check_batch(batch), self.device), None
        try:
            self.notify("before_batch")
            *inputs, target = self.batch
            with self.precision.autocast():
                self.preds = self.precision.full(self.model(*inputs))
                self.loss = matched(self.loss_func, self.preds, target)
            self.notify("after_loss")
            if self.training:
                self.backward()
                if self.n_waiting == self.accumulate:
                    self.step()
            self.notify("after_batch")
        except TORCH_ERRORS as error:
            error.add_note(explain(error, self.model, self.batch[:-1], self.batch[-1], self.preds))
            raise

    def backward(self) -> None:
        """The gradients of the loss, added to those of the batches that wait for the same step."""
        loss = self.loss
        if self.accumulate > 1:  # each batch weighs as many as its items: the mean is that of one large batch
            n = self.weigh(self.batch[-1])
            if not self.n_waiting:
                self.n_first, self.n_items = n_items(self.batch[-1]), 1e-12  # not 0, if no target counts
            self.n_items += n
            loss = loss * (n / self.n_first)
        self.precision.scale(loss).backward()
        self.n_waiting += 1

    def step(self) -> None:
        """From complete gradients to new weights; a subclass may step several optimizers here."""
        self.precision.unscale(self.optimizer)
        if self.accumulate > 1:
            gradients = [weight.grad for weight in self.model.parameters() if weight.grad is not None]
            torch._foreach_div_(gradients, self.n_items / self.n_first)
        self.notify("after_backward")
        stepped = self.precision.step(self.optimizer)
        self.optimizer.zero_grad()
        self.n_waiting = 0
        if stepped:
            self.notify("after_step")

    def notify(self, event: str) -> None:
        """Tell every callback of `event`, in their order."""
        validating = not self.training and not event.endswith("_fit")
        for callback in self.told:
            if not (validating and callback.training_only):
                getattr(callback, event)(self)

    def _prepare(self, epochs, lr, wd, callbacks):
        "A fresh optimizer with one parameter group for each layer group; the callbacks, in their order."
        check_loader(self.loaders.train)
        if self.loaders.valid is not None:
            check_loader(self.loaders.valid)
        self.model.to(self.device)
        groups = param_groups.layer_groups(self.model)
        rates = param_groups.spread(lr, len(groups))
        with explain_optimizer(self.make_optimizer):
            self.optimizer = self.make_optimizer(
                [{"params": group, "lr": rate} for group, rate in zip(groups, rates, strict=True)],
                lr=rates[-1], weight_decay=wd)
        self.optimizer.zero_grad()  # none may be left from before, or a frozen layer would move
        self.epochs, self.epoch, self.training, self.stop, self.told = epochs, 0, True, False, []
        self.weigh = weigher(self.loss_func)
        return _in_order([*self.reporters, *self.callbacks, *callbacks])

    @property
    def n_steps(self) -> int:
        """The steps of the optimizer in the whole fit."""
        return self.epochs * math.ceil(len(self.loaders.train) / self.accumulate)

    @property
    def epoch_is_over(self) -> bool:
        """Whether the pass at hand is the last of its epoch: validation, or training where there is none."""
        return not self.training or self.loaders.valid is None

    # Ways to fit

    def fit_one_cycle(self, epochs: int, lr: float | slice = 1e-3, wd: float = 0.01, callbacks: Sequence[Callback] = (),
                      **cycle: float) -> None:
        """Train for `epochs` in one cycle of the learning rate, up to `lr` and down to almost nothing.

        `cycle` may hold `pct_start`, `div_factor` and `final_div_factor`: see `OneCycle`.
        """
        self.fit(epochs, lr, wd, [OneCycle(**cycle), *callbacks])

    def lr_find(self, start: float = 1e-7, end: float = 10.0, steps: int = 100, wd: float = 0.01) -> LRSearch:
        """Train with a rising learning rate, put everything back as it was, and give what was seen.

        The result has `lrs`, `losses`, `steepest` and `minimum_over_10`. Weights, buffers, random states, the
        loader's order, the callbacks and the history are as before: copies of the callbacks take part.
        """
        check_loader(self.loaders.train)
        finder, train = LRFinder(start, end, steps), not_begun(self.loaders.train)
        scout = copy.copy(self)  # shares the model, and nothing else that changes
        scout.loaders, scout.reporters = Loaders(train), [finder]
        kept = {id(part): part for part in (self.model, self, self.loaders)}
        scout.callbacks = [copy.deepcopy(callback, kept) for callback in self.callbacks if callback.in_search]
        scout.precision = copy.deepcopy(self.precision)
        with unchanged(self.model, train, self.device):
            scout.fit(math.ceil(steps * self.accumulate / len(train)), start, wd)
        return LRSearch(finder.lrs, finder.losses, finder.raw)

    # Using the model

    def validate(self, loader: Loader | None = None) -> dict[str, float]:
        """Loss and metrics on `loader`, by default the validation data, as a dict; changes nothing."""
        loader = self.loaders.valid if loader is None else loader
        if loader is None:
            raise ValueError("There is no validation data: give a loader, or make Loaders(train, valid).")
        check_loader(loader)
        scout, scores = copy.copy(self), Scores()
        scout.stop, scout.told = False, _in_order([scores, *self.callbacks])
        with evaluating(self.model), same_chance(loader, self.device):
            scout.run_epoch(in_order(loader), training=False)
        return scores.values()

    @torch.no_grad()
    def predict(self, data: torch.Tensor | tuple[torch.Tensor, ...] | Loader, batch_size: int = 256) -> Any:
        """The model's output for `data`, in evaluation mode, on the CPU; changes nothing.

        `data` is a tensor or a tuple of tensors, one for each input and without a target, or a loader, whose
        batches end with the target, which is left out; a loader that shuffles is read in the order of its data. A model
        with several outputs gives as many. Callbacks are not told.
        """
        with evaluating(self.model), same_chance(data, self.device), self.precision.autocast():
            return join([self.precision.full(self.model(*to_device(inputs, self.device)))
                         for inputs in inputs_of(data, batch_size)])

    def freeze(self) -> None:
        """Train only the last layer group."""
        param_groups.freeze(self.model)

    def freeze_to(self, n: int) -> None:
        """Train the layer groups from `n` on; -2 means the last two."""
        param_groups.freeze_to(self.model, n)

    def unfreeze(self) -> None:
        """Train all layer groups."""
        param_groups.unfreeze(self.model)

    def save(self, path: str | Path) -> None:
        """Write the model's weights to `path`; whatever goes wrong, an older file there stays whole."""
        checkpoint.save_weights(self.model, path)

    def load(self, path: str | Path) -> None:
        """Read weights that `save` has written; nothing but tensors is read, so a file cannot run code.

        Raises ValueError if the file holds something else or the weights belong to another model.
        """
        checkpoint.load_weights(self.model, path, self.device)


def _in_order(callbacks):
    "Lower `order` first; refuses what is no callback."
    for callback in callbacks:
        if not isinstance(callback, Callback):
            raise TypeError(f"{callback!r} is no callback: pass an object of a class derived from Callback.")
    return sorted(callbacks, key=lambda callback: callback.order)
