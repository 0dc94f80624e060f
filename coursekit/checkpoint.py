"""Keeping a model: its weights in a file, the best of a fit, and a fit that goes on where it was killed."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from coursekit.callbacks import Callback, latest
from coursekit.device import processes
from coursekit.files import writing
from coursekit.states import get_random_states, set_random_states

if TYPE_CHECKING:
    from coursekit.learner import Learner

COMPILED = "_orig_mod."  # what torch.compile puts before the names of a model's weights


def save_weights(model: nn.Module, path: str | Path) -> None:
    """Write the weights of `model` to `path`, under their plain names; an older file there stays whole on failure."""
    with writing(path) as partial:
        torch.save({name.replace(COMPILED, ""): weight for name, weight in model.state_dict().items()}, partial)


def load_weights(model: nn.Module, path: str | Path, device: torch.device) -> None:
    """Read weights that `save_weights` has written; raises ValueError for anything else."""
    put_weights(model, read(path, device), path)


def put_weights(model: nn.Module, weights: dict[str, torch.Tensor], path: str | Path) -> None:
    """Set the weights of `model`, compiled or not; raises ValueError, naming `path`, if they are another model's."""
    names = {name.replace(COMPILED, ""): name for name in model.state_dict()}
    try:
        model.load_state_dict({names.get(name, name): weight for name, weight in weights.items()})
    except (AttributeError, RuntimeError, TypeError) as error:
        reason = "; ".join(part.strip() for part in str(error).splitlines()[1:4]) or str(error)
        raise ValueError(f"The weights in {path} belong to another model: {reason}") from error


def read(path: str | Path, device: torch.device) -> Any:
    """What `torch.save` has written to `path`: tensors, numbers and texts only, so that no code can run."""
    try:
        return torch.load(path, map_location=device, weights_only=True)
    except OSError:
        raise
    except Exception as error:  # a damaged or foreign file can make the reader fail in any way
        raise ValueError(f"{path} is damaged, or holds other things than weights, which might run code "
                         "and are not read: write it again.") from error


class KeepBest(Callback):
    """Ends a fit with the weights of its best epoch, by `monitor`: "valid_loss" or the name of a metric.

    `mode` "min" or "max" says what is better. With `patience` the fit ends when that many epochs in a row were not
    better. `best` and `epoch` (from 1) tell what was kept.
    """

    order, in_search = 20, False
    best: float | None
    weights: dict[str, torch.Tensor] | None

    def __init__(self, monitor: str = "valid_loss", mode: str = "min", patience: int | None = None):
        if mode not in ("min", "max"):
            raise ValueError(f'Expected mode="min" or "max", found {mode!r}.')
        self.monitor, self.mode, self.patience = monitor, mode, patience

    def before_fit(self, learn: "Learner") -> None:
        """Nothing was measured yet."""
        self.best, self.epoch, self.weights = None, 0, None

    def after_epoch(self, learn: "Learner") -> None:
        """Keep a copy of better weights; stop when patience has run out."""
        if not learn.epoch_is_over:
            return
        value = latest(learn, self.monitor)
        if self.best is None or (value < self.best if self.mode == "min" else value > self.best):
            self.best, self.epoch = value, learn.epoch + 1
            self.weights = {name: weight.clone() for name, weight in learn.model.state_dict().items()}
        elif self.patience is not None and learn.epoch + 1 - self.epoch >= self.patience:
            learn.stop = True

    def after_fit(self, learn: "Learner") -> None:
        """Back to the best, also after an error or an interruption."""
        if self.weights is not None:
            learn.model.load_state_dict(self.weights)

    def state_dict(self) -> dict:
        """The best so far."""
        return {"best": self.best, "epoch": self.epoch, "weights": self.weights}

    def load_state_dict(self, state: dict) -> None:
        """Go on from there."""
        self.best, self.epoch, self.weights = state["best"], state["epoch"], state["weights"]


class Checkpoint(Callback):
    """Writes everything that a fit needs to `path` after each epoch; the same fit, started again, goes on from there.

    `learn.fit_one_cycle(10, 1e-2, callbacks=[Checkpoint("pets.pt")])`, killed at any moment and run again in a new
    process, ends with the same weights bit by bit as if it had run through, on the same kind of device. A fit that is
    complete is not trained again: remove the file for that. (Persistent workers of a DataLoader have random states of
    their own, which are not kept.) Raises ValueError for a file of another model or another fit.
    """

    order, in_search = 90, False  # after all that an epoch's end may change; what comes later has no state to keep

    def __init__(self, path: str | Path):
        self.path = Path(path)

    def before_fit(self, learn: "Learner") -> None:
        """Take up what is in the file, when the other callbacks have begun."""
        self.others = list(learn.told)
        names = [type(callback).__name__ for callback in self.others]
        self.plan = {"epochs": learn.epochs, "steps": learn.n_steps, "processes": processes()[1], "callbacks": names}
        if self.path.exists():
            self._take_up(learn, read(self.path, learn.device))

    def after_epoch(self, learn: "Learner") -> None:
        """Write the file; until it is whole, the one before it stays."""
        if not learn.epoch_is_over:
            return
        state = {"plan": self.plan, "done": learn.epoch + 1, "stopped": learn.stop,
                 "model": learn.model.state_dict(), "optimizer": learn.optimizer.state_dict(),
                 "precision": learn.precision.state_dict(),
                 "callbacks": [callback.state_dict() for callback in self.others],
                 "random": get_random_states(learn.loaders.train, learn.device)}
        if processes()[0] == 0:  # one file: of processes that train together the first writes it
            with writing(self.path) as partial:
                torch.save(state, partial)

    def _take_up(self, learn, state):
        "Put everything back as it was after the last epoch in the file."
        if not isinstance(state, dict) or state.get("plan") != self.plan:
            found = state.get("plan", "weights only") if isinstance(state, dict) else type(state).__name__
            raise ValueError(f"Expected {self.path} to be of this fit, {self.plan}, found {found}: remove it to begin "
                             "anew, or give another path.")
        put_weights(learn.model, state["model"], self.path)
        learn.optimizer.load_state_dict(state["optimizer"])
        learn.precision.load_state_dict(state["precision"])
        set_random_states(state["random"], learn.loaders.train, learn.device)
        for callback, own in zip(self.others, state["callbacks"], strict=True):
            callback.load_state_dict(own)
        learn.epoch = learn.epochs if state["stopped"] else state["done"]
        if processes()[0] == 0:
            print(f"{self.path}: {state['done']} of {learn.epochs} epochs are done"
                  + (", and that was all." if learn.epoch == learn.epochs else "."))
