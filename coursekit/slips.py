"""The commonest slips in what a learner is given, each answered in one sentence."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from coursekit.metrics import by_name, setting


def check_arguments(model: object, loaders: object, loss_func: object, metrics: object, optimizer: object,
                    callbacks: object, accumulate: object) -> None:
    """Raise TypeError or ValueError, in words, for what `Learner` cannot work with."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"Expected an nn.Module as the model, found {_name(model)}: "
                        "write Learner(model, loaders, loss_func).")
    if not hasattr(loaders, "train") or isinstance(loaders, nn.Module):
        mend = "Loaders(*pair)" if isinstance(loaders, (tuple, list)) else "Loaders(train, valid)"
        raise TypeError(f"Expected Loaders, found {_name(loaders)}: write {mend}.")
    if isinstance(loss_func, type) or not callable(loss_func):
        raise TypeError(f"Expected a loss, a function of (predictions, target), found {_name(loss_func)}: "
                        "for a class, make an object, such as nn.CrossEntropyLoss().")
    if setting(loss_func, "reduction") == "sum":
        raise ValueError('Expected a loss that is the mean of a batch, found reduction="sum": take reduction="mean", '
                         "so that batches of any size count right.")
    for name, values in {"metrics": metrics, "callbacks": callbacks}.items():
        if not isinstance(values, (list, tuple)):
            raise TypeError(f"Expected a list of {name}, found {_name(values)}: put it in square brackets.")
    by_name(metrics)
    if not callable(optimizer):
        raise TypeError(f"Expected what makes an optimizer, found {_name(optimizer)}: pass its class, such as "
                        "torch.optim.SGD, or partial(torch.optim.SGD, momentum=0.9); each fit makes a fresh one.")
    if not isinstance(accumulate, int) or accumulate < 1:
        raise ValueError(f"Expected accumulate=1 or more batches for a step, found {accumulate!r}.")


@contextmanager
def explain_optimizer(make: Callable) -> Iterator[None]:
    """Say what is wanted where `make` does not take (parameter groups, lr, weight_decay)."""
    kind = getattr(make, "func", make)  # what a partial is made from
    if isinstance(kind, type) and issubclass(kind, torch.optim.LBFGS):
        raise TypeError("LBFGS computes the loss several times in a step, which this loop does not do: call its "
                        "step(closure) in a loop of your own, or take another optimizer.")
    try:
        yield
    except TypeError as error:
        error.add_note("The learner calls optimizer(groups, lr=..., weight_decay=...). For one that takes other "
                       "arguments: optimizer=lambda groups, lr, weight_decay: torch.optim.SparseAdam(groups, lr=lr).")
        raise


def _name(value):
    "A value in words: the name of a class or function, else its type."
    kind = "the class " if isinstance(value, type) else "the function " if hasattr(value, "__name__") else "a "
    return kind + getattr(value, "__name__", type(value).__name__)
