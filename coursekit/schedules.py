"""Learning rates that change while training: one cycle, and the search for a good rate."""

import math
import random
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch.optim.lr_scheduler import ExponentialLR, OneCycleLR

from coursekit.callbacks import Callback
from coursekit.metrics import RunningAverage


class OneCycle(Callback):
    """One cycle over the whole fit: the rate rises from a 25th to its maximum, then falls to almost nothing.

    Up in the first 30 % of the batches, down to a 10,000th of the start in the rest, both along a cosine.
    Momentum (for Adam the first beta) does the opposite, .95 to .85 and back; SGD without it stays plain.
    """

    order = 10  # after the recorder, which notes the rate that the batch was trained with
    training_only = True

    def before_fit(self, learn):
        """Lay torch's scheduler over all batches of the fit, with each group's own rate as its maximum."""
        optimizer = learn.optimizer
        cycles = "betas" in optimizer.defaults or bool(optimizer.defaults.get("momentum"))
        self.scheduler = OneCycleLR(
            optimizer, max_lr=[group["lr"] for group in optimizer.param_groups],
            total_steps=learn.epochs * len(learn.loaders.train), pct_start=0.3, div_factor=25,
            final_div_factor=1e4, cycle_momentum=cycles, base_momentum=0.85, max_momentum=0.95)

    def after_batch(self, learn):
        """On to the next batch's rate."""
        self.scheduler.step()


class LRFinder(Callback):
    """Raise the rate by equal factors, batch by batch, until the loss runs away; notes rates and losses.

    The fit must begin at the rate `start`. Stops after `steps` batches, or when the smoothed loss is more
    than 4 times its best or no number. Reads each loss at once, so it waits for the device: it is short.
    """

    order = 10
    training_only = True

    def __init__(self, start=1e-7, end=10.0, steps=100):
        self.factor, self.steps = (end / start) ** (1 / (steps - 1)), steps
        self.lrs, self.losses, self.raw, self.running = [], [], [], RunningAverage()

    def before_fit(self, learn):
        """Take the optimizer's rates as the start."""
        self.scheduler = ExponentialLR(learn.optimizer, gamma=self.factor)

    def after_batch(self, learn):
        """Note rate and smoothed loss, decide whether to stop, raise the rate."""
        raw = learn.loss.item()
        loss = self.running.add(raw)
        if not math.isfinite(loss) or loss > 4 * min([*self.losses, loss]) > 0:
            learn.stop = True
            return
        self.lrs.append(learn.optimizer.param_groups[-1]["lr"])
        self.losses.append(loss)
        self.raw.append(raw)
        learn.stop = learn.stop or len(self.losses) == self.steps
        self.scheduler.step()


@dataclass(frozen=True, repr=False)
class LRSearch:
    """What the search for a learning rate has seen, batch by batch, and two suggestions.

    `losses` are smoothed, and so lag behind by some batches; `raw` are not.
    """

    lrs: list
    losses: list
    raw: list

    def __post_init__(self):
        if len(self.losses) < 2:
            raise ValueError("The loss is no number from the first batches on, so no rate was found: "
                             "look for nan or huge values in inputs, targets and weights.")

    @property
    def minimum_over_10(self):
        """A tenth of the rate at which the loss was lowest: close to the edge, but on this side of it."""
        return self.lrs[self.losses.index(min(self.losses))] / 10

    @property
    def steepest(self):
        """The rate in the middle of the fifth of all batches whose raw losses fall most steeply."""
        width = max(len(self.raw) // 5, 2)
        windows = np.lib.stride_tricks.sliding_window_view(self.raw, width)  # (n - width + 1, width)
        slopes = windows @ (np.arange(width) - (width - 1) / 2)  # of the best lines, but for a factor
        before_minimum = slopes[:windows.mean(axis=1).argmin() + 1]
        return self.lrs[before_minimum.argmin() + width // 2]

    def __repr__(self):
        return f"steepest {self.steepest:.1e}, minimum / 10 {self.minimum_over_10:.1e}"


@contextmanager
def unchanged(model, loader, device):
    """Put back, at the end, the model's weights and buffers and every random state that training moves."""
    weights = [(weight, weight.detach().clone()) for weight in model.parameters()]
    buffers = [(module, name, buffer, buffer.clone()) for module in model.modules()
               for name, buffer in module._buffers.items() if buffer is not None]
    random_states = [(put, get()) for get, put in _random_sources(loader, device)]
    try:
        yield
    finally:
        with torch.no_grad():
            for weight, old in weights:
                weight.copy_(old)
                weight.grad = None
            for module, name, buffer, old in buffers:  # the module may hold another tensor by now
                module._buffers[name] = buffer.copy_(old)
        for put, state in random_states:
            put(state)


def _random_sources(loader, device):
    "How to read and to set each random state: Python's, NumPy's, torch's, the device's and the loader's own."
    yield from ((random.getstate, random.setstate), (np.random.get_state, np.random.set_state),
                (torch.get_rng_state, torch.set_rng_state))
    if device.type in ("cuda", "mps"):
        backend = getattr(torch, device.type)
        yield backend.get_rng_state, backend.set_rng_state
    for holder in (loader, getattr(loader, "sampler", None), getattr(loader, "batch_sampler", None)):
        generator = getattr(holder, "generator", None)
        if isinstance(generator, torch.Generator):
            yield generator.get_state, generator.set_state
