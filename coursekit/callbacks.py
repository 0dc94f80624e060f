"""The moments of a training at which other code can take part."""

from difflib import get_close_matches
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from coursekit.learner import Learner


class Callback:
    """Something that is told what happens while a learner trains; every event receives the learner.

    `learn` offers `batch`, `preds`, `loss`, `epoch`, `training`, `optimizer`; `learn.stop = True` ends the
    fit after the batch or epoch at hand. Epoch events come once for each pass: training, then validation;
    `learn.epoch_is_over` says whether more of the epoch is to come.
    """

    order = 0  # lower is told first
    training_only = False  # True: not told about epochs and batches of validation
    in_search = True  # False: lr_find goes without it, as it writes files or stops a training

    def before_fit(self, learn: "Learner") -> None:
        """Once, before the first epoch."""

    def before_epoch(self, learn: "Learner") -> None:
        """Before each pass over a loader; `learn.training` says which."""

    def before_batch(self, learn: "Learner") -> None:
        """`learn.batch` is on the device and may be changed."""

    def after_loss(self, learn: "Learner") -> None:
        """`learn.preds` and `learn.loss` are set; nothing has been updated."""

    def after_backward(self, learn: "Learner") -> None:
        """The gradients of a step are complete; weights are not updated yet. Only in training."""

    def after_step(self, learn: "Learner") -> None:
        """The optimizer has updated the weights: after each batch, or each `accumulate` batches. Only in training."""

    def after_batch(self, learn: "Learner") -> None:
        """The batch is done, and in training its step, if one was due."""

    def after_epoch(self, learn: "Learner") -> None:
        """After each pass over a loader."""

    def after_fit(self, learn: "Learner") -> None:
        """Once, at the end, also after an error or an interruption."""

    def state_dict(self) -> dict:
        """What `Checkpoint` keeps of this callback: tensors, numbers and texts, in dicts and lists."""
        return {}

    def load_state_dict(self, state: dict) -> None:
        """Go on from what `state_dict` gave; called after `before_fit`."""

    def __init_subclass__(cls, **kwargs: object):
        "Refuse a misspelt event, which would otherwise never be called."
        super().__init_subclass__(**kwargs)
        for name in vars(cls):
            close = get_close_matches(name, EVENTS, n=1, cutoff=0.8)
            if name not in EVENTS and (close or name.startswith(("before_", "after_", "on_"))):
                hint = f"did you mean {close[0]}?" if close else f"the events are {', '.join(EVENTS)}."
                raise TypeError(f"{cls.__name__}.{name} is not an event and would never be called: {hint}")


EVENTS = tuple(name for name in vars(Callback) if name.startswith(("before_", "after_")))


def latest(learn: "Learner", name: str) -> float:
    """The number `name` in the latest row of the history; raises KeyError, in words, if there is none."""
    row = learn.recorder.history[-1]
    if name not in row:
        measured = [key for key in row if key not in ("epoch", "batches", "seconds")]
        raise KeyError(f"Expected one of the numbers that each epoch measures, {', '.join(measured)}, found {name!r}.")
    return row[name]


class ClipGradients(Callback):
    """Shortens the gradient of all weights together to the length `longest`; `norms` keeps how long it was."""

    training_only = True

    def __init__(self, longest: float = 1.0):
        self.longest = longest
        self.norms: list[torch.Tensor] = []

    def after_backward(self, learn: "Learner") -> None:
        """Between the gradients and the step."""
        norm = nn.utils.clip_grad_norm_(learn.model.parameters(), self.longest)
        self.norms.append(norm.detach())  # stays on the device: reading it here would wait for a GPU
