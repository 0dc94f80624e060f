"""The learner: a model, its data and a loss, and the loop that brings them together."""

import copy
import math
import os
from pathlib import Path

import torch

from coursekit import param_groups
from coursekit.callbacks import Callback
from coursekit.device import get_device, to_device
from coursekit.errors import TORCH_ERRORS, explain, no_silent_broadcast
from coursekit.loaders import Loaders, check_batch, check_loader
from coursekit.progress import Progress
from coursekit.recorder import Recorder, Scores
from coursekit.schedules import LRFinder, LRSearch, OneCycle, unchanged


def adamw(groups, lr, weight_decay):
    """Torch's AdamW, in its fused form (one call for all parameters) where torch offers it."""
    devices = {parameter.device.type for group in groups for parameter in group["params"]}
    fused = devices <= {"cpu", "cuda", "mps"}
    return torch.optim.AdamW(groups, lr=lr, weight_decay=weight_decay, fused=fused)


class Learner:
    """Trains `model` on `loaders` by `loss_func`, and measures it by `loss_func` and `metrics`.

    `optimizer` makes one from (parameter groups, lr, weight_decay): `adamw`, `torch.optim.SGD`,
    `partial(torch.optim.SGD, momentum=0.9)`. `loaders` may be replaced between fits. `recorder` keeps the
    numbers of all fits. After a fit the model is in evaluation mode.
    """

    def __init__(self, model, loaders, loss_func, metrics=(), optimizer=adamw, callbacks=(), device=None):
        self.device = get_device() if device is None else torch.device(device)
        self.model = model.to(self.device)
        self.loaders, self.loss_func, self.metrics = loaders, loss_func, list(metrics)
        self.make_optimizer, self.callbacks = optimizer, list(callbacks)
        self.recorder = Recorder(metrics)
        self.reporters = [self.recorder, Progress()]
        self.training, self.stop, self.told = False, False, []

    # The loop

    def fit(self, epochs, lr=1e-3, wd=0.01, callbacks=()):
        """Train for `epochs` with a fresh optimizer; `lr` is a number or a slice over the layer groups.

        Interrupting keeps the model and the records as they are. Raises `LossDiverged` for a loss that is no
        number any more.
        """
        self._prepare(epochs, lr, wd, callbacks)
        try:
            self.notify("before_fit")
            for self.epoch in range(epochs):
                self.run_epoch(self.loaders.train, training=True)
                if self.loaders.valid is not None and not self.stop:
                    self.run_epoch(self.loaders.valid, training=False)
                if self.stop:
                    break
        except KeyboardInterrupt:
            print(f"Interrupted in epoch {self.epoch + 1} of {epochs}: the model keeps what it has learned.")
        finally:
            self.notify("after_fit")
            self.model.eval()

    def run_epoch(self, loader, training):
        """One pass over `loader`: with updates when `training`, otherwise only to measure."""
        self.training = training
        self.model.train(training)
        with torch.set_grad_enabled(training), no_silent_broadcast():
            self.notify("before_epoch")
            for batch in loader:
                self.run_batch(batch)
                if self.stop:
                    break
            self.notify("after_epoch")

    def run_batch(self, batch):
        """From a batch to a loss and, in training, to an optimizer step."""
        self.batch, self.preds = to_device(check_batch(batch), self.device), None
        try:
            self.notify("before_batch")
            *inputs, target = self.batch
            self.preds = self.model(*inputs)
            self.loss = self.loss_func(self.preds, target)
            self.notify("after_loss")
            if self.training:
                self.loss.backward()
                self.notify("after_backward")
                self.optimizer.step()
                self.optimizer.zero_grad()
            self.notify("after_batch")
        except TORCH_ERRORS as error:
            error.add_note(explain(error, self.model, self.batch[:-1], self.batch[-1], self.preds))
            raise

    def notify(self, event):
        """Tell every callback of `event`, in their order."""
        validating = not self.training and not event.endswith("_fit")
        for callback in self.told:
            if not (validating and callback.training_only):
                getattr(callback, event)(self)

    def _prepare(self, epochs, lr, wd, callbacks):
        "A fresh optimizer with one parameter group for each layer group, and the callbacks in their order."
        check_loader(self.loaders.train)
        if self.loaders.valid is not None:
            check_loader(self.loaders.valid)
        self.model.to(self.device)
        groups = param_groups.layer_groups(self.model)
        rates = param_groups.spread(lr, len(groups))
        self.optimizer = self.make_optimizer(
            [{"params": group, "lr": rate} for group, rate in zip(groups, rates, strict=True)],
            lr=rates[-1], weight_decay=wd)
        self.optimizer.zero_grad()  # none may be left from before, or a frozen layer would move
        self.epochs, self.epoch, self.training, self.stop = epochs, 0, True, False
        self.told = _in_order([*self.reporters, *self.callbacks, *callbacks])

    # Ways to fit

    def fit_one_cycle(self, epochs, lr=1e-3, wd=0.01, callbacks=()):
        """Train for `epochs` in one cycle of the learning rate, up to `lr` and down to almost nothing."""
        self.fit(epochs, lr, wd, [OneCycle(), *callbacks])

    def lr_find(self, start=1e-7, end=10.0, steps=100, wd=0.01):
        """Train with a rising learning rate, put everything back as it was, and give what was seen.

        The result has `lrs`, `losses`, `steepest` and `minimum_over_10`. Weights, buffers, random states, the
        loader's order and the history are as before.
        """
        finder = LRFinder(start, end, steps)
        scout = copy.copy(self)  # shares the model and the callbacks, and nothing else
        scout.loaders, scout.reporters = Loaders(self.loaders.train), [finder]
        check_loader(self.loaders.train)
        with unchanged(self.model, self.loaders.train, self.device):
            scout.fit(math.ceil(steps / len(self.loaders.train)), start, wd)
        return LRSearch(finder.lrs, finder.losses, finder.raw)

    # Using the model

    def validate(self, loader=None):
        """Loss and metrics on `loader`, by default the validation data, as a dict; changes nothing."""
        loader = self.loaders.valid if loader is None else loader
        if loader is None:
            raise ValueError("There is no validation data: give a loader, or make Loaders(train, valid).")
        check_loader(loader)
        scout, scores = copy.copy(self), Scores(self.metrics)
        scout.stop, scout.told = False, _in_order([scores, *self.callbacks])
        scout.run_epoch(loader, training=False)
        return scores.values()

    @torch.no_grad()
    def predict(self, data, batch_size=256):
        """The model's output for `data`, in evaluation mode, as one tensor on the CPU.

        `data` is a tensor or a tuple of tensors, one for each input and without a target, or a loader, whose
        batches end with the target, which is left out. Callbacks are not told.
        """
        self.model.eval()
        if isinstance(data, torch.Tensor):
            data = (data,)
        if isinstance(data, tuple):
            batches = zip(*(tensor.split(batch_size) for tensor in data), strict=True)
        else:
            batches = (check_batch(batch)[:-1] for batch in data)
        return torch.cat([self.model(*to_device(tuple(inputs), self.device)).cpu() for inputs in batches])

    def freeze(self):
        """Train only the last layer group."""
        param_groups.freeze(self.model)

    def freeze_to(self, n):
        """Train the layer groups from `n` on; -2 means the last two."""
        param_groups.freeze_to(self.model, n)

    def unfreeze(self):
        """Train all layer groups."""
        param_groups.unfreeze(self.model)

    # Keeping the model

    def save(self, path):
        """Write the model's weights to `path`; whatever goes wrong, an older file there stays whole."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            torch.save(self.model.state_dict(), partial)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)

    def load(self, path):
        """Read weights that `save` has written; nothing but tensors is read, so a file cannot run code.

        Raises ValueError if the file holds something else or the weights belong to another model.
        """
        try:
            weights = torch.load(path, map_location=self.device, weights_only=True)
        except OSError:
            raise
        except Exception as error:  # a damaged or foreign file can make the reader fail in any way
            raise ValueError(f"{path} is damaged, or holds other things than weights, which might run code "
                             "and are not read: write it again with learn.save().") from error
        try:
            self.model.load_state_dict(weights)
        except (RuntimeError, TypeError) as error:
            reason = "; ".join(part.strip() for part in str(error).splitlines()[1:4]) or str(error)
            raise ValueError(f"The weights in {path} belong to another model: {reason}") from error


def _in_order(callbacks):
    "Lower `order` first; refuses what is no callback."
    for callback in callbacks:
        if not isinstance(callback, Callback):
            raise TypeError(f"{callback!r} is no callback: pass an object of a class derived from Callback.")
    return sorted(callbacks, key=lambda callback: callback.order)
