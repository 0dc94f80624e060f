"""Plain words for the errors that torch raises most often in training."""

import math
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

TORCH_ERRORS = (RuntimeError, ValueError, IndexError, TypeError, UserWarning)


class LossDiverged(FloatingPointError):
    """The loss became nan, infinite or a thousand times what it was at the start."""


class FitInterrupted(KeyboardInterrupt):
    """A fit was interrupted: the model keeps what it has learned, and Jupyter goes no further in "Run all"."""

    def __init__(self, epoch: int, epochs: int):
        super().__init__(f"Interrupted in epoch {epoch + 1} of {epochs}: the model keeps what it has learned.")

    def _render_traceback_(self):
        "What IPython shows instead of a traceback."
        return [str(self)]


def explain(error: Exception, model: nn.Module, inputs: Sequence, target: Any, preds: Any) -> str:
    """What `error` usually means and how to mend it, then the shapes, types and devices that were seen."""
    seen = {"inputs": inputs, "target": target, "model's output": preds}
    facts = [f"{name} {describe(value)}" for name, value in seen.items() if value is not None]
    facts += [f"the model's weights {weight.dtype} on {weight.device}".replace("torch.", "")
              for weight in list(model.parameters())[:1]]
    return f"{advice(error, inputs, target, preds)} Seen: {'; '.join(facts)}.".strip()


def advice(error: Exception, inputs: Sequence, target: Any, preds: Any) -> str:
    """The sentence for `error`, or nothing if it is not among the usual ones."""
    for pattern, sentence in ADVICE:
        found = re.search(pattern, str(error))
        if found:
            return sentence(found, inputs, target, preds) if callable(sentence) else sentence
    return ""


def describe(value: object) -> str:
    """Type, shape and device of a tensor, or of several, in words."""
    if isinstance(value, torch.Tensor):
        return f"{value.dtype} {tuple(value.shape)} on {value.device}".replace("torch.", "")
    if isinstance(value, (tuple, list)):
        return ", ".join(describe(each) for each in value)
    return type(value).__name__


@contextmanager
def no_silent_broadcast() -> Iterator[None]:
    """Make torch's warning about a target of another shape than the predictions an error.

    With shapes (64, 1) and (64,) a mean squared error compares all pairs, trains, and is wrong.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Using a target size")
        yield


SCALAR = ("gaussian_nll_loss", "hinge_embedding_loss", "multilabel_soft_margin_loss", "poisson_nll_loss", "kl_div",
          "dist")  # functions of torch's that compare all pairs without a word and give one number


class Pairing(TorchFunctionMode):
    """In the `with` block no operation may combine shapes (n,) and (n, 1) to (n, n); raises ValueError.

    What NumPy does is not seen, so that it may not be given tensors of both shapes.
    """

    def __init__(self, n: int):
        super().__init__()
        self.n, self.given_to_numpy = n, set()

    def __torch_function__(self, function: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        """Called by torch in place of `function`."""
        result = function(*args, **(kwargs or {}))
        given = (*args, *(kwargs or {}).values())
        shapes = {tuple(arg.shape) for arg in given if isinstance(arg, torch.Tensor)}
        name = getattr(function, "__name__", "")
        if name in ("numpy", "__array__"):
            self.given_to_numpy |= shapes
            if self.given_to_numpy >= {(self.n,), (self.n, 1)}:
                raise ValueError(f"Expected arrays of one shape for NumPy, found ({self.n},) and ({self.n}, 1), of "
                                 "which it would compare all pairs: take .squeeze(1) of the tensor with two axes "
                                 "before.")
        is_square = name in SCALAR or getattr(result, "shape", None) == (self.n, self.n)
        if is_square and shapes == {(self.n,), (self.n, 1)}:
            raise ValueError(f"Expected predictions and target of one shape, found ({self.n},) and ({self.n}, 1), of "
                             f"which {name} would compare all pairs: take .squeeze(1) of the one with two axes.")
        return result


def matched(function: Callable, preds: Any, target: Any) -> Any:
    """`function(preds, target)`, a loss or metric; raises ValueError if it compares all pairs of (n,) and (n, 1).

    Torch's operations, and what is given to NumPy, are watched while the function runs, if `preds` and `target` have
    shapes that may lead to that.
    """
    if (_is_column(preds) or _is_column(target)) and getattr(preds, "shape", None) != getattr(target, "shape", None):
        with Pairing(len(preds) if _is_column(preds) else len(target)):
            return function(preds, target)
    return function(preds, target)


def _is_column(value):
    "Whether it is a tensor (n, 1), n above 1."
    return isinstance(value, torch.Tensor) and value.dim() == 2 and value.size(1) == 1 and value.size(0) > 1


def _matmul(found, inputs, target, preds):
    "A linear layer that gets another number of features than it was made for."
    got, expected, shape = int(found[1]), int(found[2]), inputs[0].shape
    if len(shape) > 2 and math.prod(shape[1:]) == expected:
        return f"The layer expects rows of {expected} numbers, not {tuple(shape)}: put nn.Flatten() first."
    return f"A layer made for {expected} features gets {got}: make it for {got}, or reshape what goes in."


def _range(found, inputs, target, preds):
    "A class number that the model has no output for."
    lowest, highest, n_classes = target.min().item(), target.max().item(), preds.shape[1]
    return (f"The target holds classes {lowest} to {highest}, but the model's {n_classes} outputs stand for "
            f"0 to {n_classes - 1}: number classes from 0 and give the last layer an output for each.")


def _class_target(found, inputs, target, preds):
    "A target for cross entropy that has an axis too many."
    mend = "use target.squeeze(1)" if target.shape[1:] == (1,) else "or probabilities of the output's shape"
    return (f"The target is {tuple(target.shape)}, but there must be one class number for each item, "
            f"({len(preds)},): {mend}.")


ADVICE = (  # what torch says, and what to do about it: a sentence, or a function that makes one
    (r"out of memory|can't allocate memory",
     "The memory is full: take smaller batches, inputs or models; restart the kernel if it stays full."),
    (r"Connection (closed|reset) by peer|Timed out waiting",
     "Another process of this training has ended, or has not come this far in time: its own error tells why."),
    (r"device-side assert",
     "The GPU stopped, most often at a class number or an embedding index outside its range: restart the "
     "kernel and run once with COURSEKIT_DEVICE=cpu to see which."),
    (r"same device|on the expected device|\(torch\.(cuda|mps)\.\w+\) and",
     "Two tensors are on different devices: move batches with to_device(batch, device), and make new tensors "
     "inside the model with device=x.device."),
    (r"mat1 and mat2 shapes .*x(\d+) and (\d+)x", _matmul),
    (r"mat1 and mat2 must have the same dtype|Input type \(|expected .*scalar type (Float|Half|Double)",
     "Inputs and weights have different types: use x.float(); bytes of pixels usually want x.float() / 255."),
    (r"Target -?\d+ is out of bounds", _range),
    (r"multi-target not supported|Expected floating point type for target", _class_target),
    (r"expected (target dtype to be|scalar type) Long",
     "Cross entropy wants class numbers as whole numbers: use target.long()."),
    (r"to match target batch_size|Target size .* must be the same|^Using a target size|^The size of tensor a",
     "Predictions and target must have the same shape: reshape one, for instance preds.squeeze(1) or "
     "target[:, None]; for classes use F.cross_entropy, which takes one class number per item."),
    (r"can't be cast to the desired output type Long|Found dtype Long",
     "This loss wants a target of real numbers: use target.float()."),
    (r"to have \d+ channels, but got",
     "The layer was made for another number of channels: images are (n, channels, height, width), so grey "
     "ones need x[:, None] and a single one x[None]."),
    (r"\(batched\) input|^expected .*input \(got",
     "The input has the wrong number of axes, often for want of the batch axis: x[None] is a batch of one."),
    (r"more than 1 value per channel",
     "Batch norm cannot train on one item: choose a batch size that does not leave one for the last batch."),
    (r"index out of range in self",
     "An index is too large for its embedding, which must be as long as the largest index plus one."),
    (r"argument #1 'indices'", "Embeddings want whole numbers as indices: use x.long()."),
    (r"forward\(\) (takes|missing)",
     "A batch is (*inputs, target) and the model gets all but the last: its forward must take as many."),
    (r"does not require grad",
     "No trained weight leads to the loss: all are frozen (then learn.unfreeze()) or it was detached."),
    (r"only for scalar outputs", "The loss must be one number: average it with .mean()."),
)
