"""Tables of categorical and continuous columns: an embedding for each category, then a plain network.

Source: lesson 6 (22:23 to 54:49), after Guo and Berkhahn, Entity Embeddings of Categorical Variables (2016).
"""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import nn
from torch.nn import functional as F

from coursekit.layers import ScaledSigmoid, embedding, linear_block
from coursekit.learner import Learner
from coursekit.loaders import Loaders, TensorLoader
from coursekit.metrics import Average, n_items
from coursekit.optimizers import adamw_short
from coursekit.tabular.columns import as_category, get, held_out_rows, sorted_levels
from coursekit.tabular.processors import Processors

LOSSES = {"number": F.mse_loss, "log": F.mse_loss, "class": F.cross_entropy}


def embedding_size(n: int) -> int:
    """How many numbers stand for each of `n` codes: min(50, n // 2 + 1), as in the lecture's library."""
    return min(50, n // 2 + 1)


class TabularModel(nn.Module):
    """Embeddings of categories and normalized continuous columns, side by side, through linear layers of `sizes`.

    `embeddings` holds (number of codes, size) for each categorical column. Before all linear layers but the
    first come batch norm, if `batch_norm`, and dropout: a number for each of `sizes`, or one for all. With
    `y_range` the output is squeezed into that range. Source: lesson 6 (41:02).
    """

    def __init__(self, embeddings: Sequence[tuple[int, int]], n_continuous: int, n_outputs: int = 1,
                 sizes: Sequence[int] = (1000, 500), dropout: float | Sequence[float] = 0.0,
                 embedding_dropout: float = 0.0, y_range: tuple[float, float] | None = None,
                 batch_norm: bool = True):
        super().__init__()
        self.embeddings = nn.ModuleList(embedding(n, size) for n, size in embeddings)
        self.embedding_dropout = nn.Dropout(embedding_dropout)
        self.normalize = nn.BatchNorm1d(n_continuous) if n_continuous else None
        n_inputs = sum(size for _, size in embeddings) + n_continuous
        self.layers = nn.Sequential(*stack(n_inputs, sizes, n_outputs, dropout, batch_norm))
        self.to_range = nn.Identity() if y_range is None else ScaledSigmoid(*y_range)

    def forward(self, codes: torch.Tensor, continuous: torch.Tensor) -> torch.Tensor:
        """From codes (n, n_categorical) and continuous columns (n, n_continuous) to (n, n_outputs), or (n,) for one."""
        parts = []
        if len(self.embeddings):
            looked_up = [layer(codes[:, i]) for i, layer in enumerate(self.embeddings)]
            parts.append(self.embedding_dropout(torch.cat(looked_up, dim=1)))  # (n, sum of sizes)
        if self.normalize is not None:
            parts.append(self.normalize(continuous))  # (n, n_continuous)
        x = self.to_range(self.layers(torch.cat(parts, dim=1)))
        return x.squeeze(1) if x.shape[1] == 1 else x

    def start_at(self, value: float) -> None:
        """Set the last bias so that predictions begin near `value`, not at 0 or in the middle of `y_range`.

        With the mean of the targets, the first batches need not be spent on finding it.
        """
        bias = torch.tensor(float(value))
        if isinstance(self.to_range, ScaledSigmoid):
            low, high = float(self.to_range.low), float(self.to_range.high)
            if not low < value < high:
                raise ValueError(f"Expected y_range to hold the targets' mean {value:.3g}, found {low:.3g} "
                                 f"to {high:.3g}: for the log of a target take logs of the range, too.")
            bias = torch.logit((bias - low) / (high - low))
        nn.init.constant_(self.layers[-1].bias, bias.item())


def stack(n_inputs: int, sizes: Sequence[int], n_outputs: int, dropout: float | Sequence[float] = 0.0,
          batch_norm: bool = True) -> list[nn.Module]:
    """The layers of a `TabularModel` after its inputs, as a flat list."""
    dropout = [dropout] * len(sizes) if isinstance(dropout, (int, float)) else list(dropout)
    if len(dropout) != len(sizes):
        raise ValueError(f"Expected a dropout for each of the {len(sizes)} layers, found {len(dropout)}: "
                         "give as many, or one number for all.")
    widths = [n_inputs, *sizes, n_outputs]
    layers = []
    for i, p in enumerate([0.0, *dropout]):
        activation = nn.ReLU if i < len(sizes) else None
        layers += linear_block(widths[i], widths[i + 1], batch_norm and i > 0, p, activation)
    return layers


class TabularData:
    """A data frame as tensors: `train` and `valid` are tuples (codes, continuous, targets) on the CPU.

    `valid` holds True (held out) or False for each row; see `held_out_rows`. The `processors` are fitted on the
    training rows alone. `kind` says what the column `target` is: a "number", one whose "log" is predicted,
    or a "class"; it is never guessed from the type of the column.

    Shapes: codes int64 (n, n_categorical), continuous float32 (n, n_continuous), targets (n,): float32, or int64
    for classes, whose names are in `classes` (sorted).
    """

    def __init__(self, frame: pd.DataFrame, categorical: Sequence[str], continuous: Sequence[str], target: str,
                 valid: ArrayLike, kind: str = "number"):
        _check_arguments([*categorical, *continuous], target, kind)
        valid = held_out_rows(frame, valid)
        self.target, self.kind = target, kind
        train_rows, valid_rows = frame[~valid], frame[valid]
        self.processors = Processors(categorical, continuous).fit(train_rows)
        self.classes = sorted_levels(train_rows[target]) if kind == "class" else None
        self.train = (*self.inputs(train_rows), self.targets(train_rows))
        self.valid = (*self.inputs(valid_rows), self.targets(valid_rows))

    def inputs(self, frame: pd.DataFrame) -> tuple[torch.Tensor, torch.Tensor]:
        """Codes and continuous columns for a frame with the same columns, in the form that `Learner.predict` takes."""
        return self.processors.inputs(frame)

    def targets(self, frame: pd.DataFrame) -> torch.Tensor:
        """The column `target` of a frame as a tensor."""
        column = get(frame, self.target)
        if column.isna().any():
            raise ValueError(f"Expected a target in every row, found none in {column.isna().sum()} rows of "
                             f"{self.target}: leave these rows out.")
        if self.kind == "class":
            return self._class_codes(column)
        if self.kind == "log" and not (column > 0).all():
            raise ValueError(f"Expected a target above 0 to take its log, found {column.min()} in "
                             f"{self.target}: leave such rows out, or predict a number.")
        values = column.to_numpy("float64")
        return torch.tensor(np.log(values) if self.kind == "log" else values, dtype=torch.float32)

    def _class_codes(self, column):
        "Class numbers, int64 (n,)."
        found = as_category(column, self.classes).cat.codes.to_numpy("int64")
        if (found < 0).any():
            raise ValueError(f"Expected in {self.target} only classes of the training rows, found "
                             f"{column[found < 0].iloc[0]!r}: leave these rows out.")
        return torch.from_numpy(found)

    @property
    def n_codes(self) -> dict[str, int]:
        """How many codes each categorical column has, flags included: one for each level, 0 for missing."""
        return {name: len(levels) + 1 for name, levels in self.processors.levels.items()}

    @property
    def n_continuous(self) -> int:
        """The number of continuous columns."""
        return len(self.processors.continuous)

    def embeddings(self, chosen: Mapping[str, int] | None = None) -> list[tuple[int, int]]:
        """(number of codes, size) for each categorical column: sizes by the rule, or by name in `chosen`."""
        chosen = dict(chosen or {})
        if unknown := set(chosen) - set(self.n_codes):
            raise ValueError(f"Expected sizes for categorical columns, found {', '.join(sorted(unknown))}: "
                             f"choose among {', '.join(self.n_codes)}.")
        return [(n, chosen.get(name, embedding_size(n))) for name, n in self.n_codes.items()]

    def loaders(self, batch_size: int = 64, seed: int = 0, device: torch.device | str | None = None) -> Loaders:
        """Shuffled training batches (codes, continuous, targets), and validation batches twice as large."""
        train = TensorLoader(*self.train, batch_size=batch_size, shuffle=True, seed=seed, device=device)
        return Loaders(train, TensorLoader(*self.valid, batch_size=2 * batch_size, device=device))


def tabular_learner(data: TabularData, sizes: Sequence[int] = (1000, 500), dropout: float | Sequence[float] = 0.0,
                    embedding_dropout: float = 0.0, y_range: tuple[float, float] | None = None,
                    batch_norm: bool = True, start_at_mean: bool = True,
                    embedding_sizes: Mapping[str, int] | None = None, batch_size: int = 64, seed: int = 0,
                    optimizer: Callable[..., torch.optim.Optimizer] = adamw_short, **options: Any) -> Learner:
    """A learner ready to fit `data`, a `TabularData`; loss and number of outputs follow from its target.

    Predictions of numbers start at the targets' mean, unless `start_at_mean` is False, as in the lecture.
    `embedding_sizes` maps names of columns to sizes that replace the rule's; `options` go to the `Learner`.
    Source: lesson 6 (27:12).
    """
    n_outputs = len(data.classes) if data.kind == "class" else 1
    model = TabularModel(data.embeddings(embedding_sizes), data.n_continuous, n_outputs, sizes, dropout,
                         embedding_dropout, y_range, batch_norm)
    if start_at_mean and data.kind != "class":
        model.start_at(data.train[2].mean().item())
    return Learner(model, data.loaders(batch_size, seed, options.get("device")), LOSSES[data.kind],
                   optimizer=optimizer, **options)


class RootMeanSquare:
    """A metric made from a function of (preds, target) that gives errors: the root of their mean square.

    Called on tensors it gives the value for them. In a learner it is exact over all batches: squares are
    averaged, and the root is taken at the end. The mean of the batches' roots would be smaller.
    """

    def __init__(self, errors: Callable):
        self.errors, self.average = errors, Average()
        functools.update_wrapper(self, errors)

    def __call__(self, preds: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The value for these items, a scalar tensor."""
        return self.errors(preds, target).square().mean().sqrt()

    def update(self, preds: torch.Tensor, target: torch.Tensor) -> None:
        """Take in one batch."""
        self.average.update(self.errors(preds, target).square().mean(), n_items(target))

    def compute(self) -> float:
        """The value over all items so far."""
        return math.sqrt(self.average.compute())


@RootMeanSquare
def exp_rmspe(preds: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Root mean square percentage error of what has logs `preds` and `target`, both (n,).

    sqrt(mean(((y - prediction) / y)**2)) with y = exp(target) and prediction = exp(preds).
    Source: lesson 6 (9:48 and 27:12).
    """
    if preds.shape != target.shape:
        raise ValueError(f"Expected logs of one shape, found {tuple(preds.shape)} and {tuple(target.shape)}: "
                         "reshape one, or each would be compared with all.")
    return 1 - (preds - target).exp()


def _check_arguments(names, target, kind):
    "Refuse, in plain words, what makes no sense."
    if kind not in LOSSES:
        raise ValueError(f"Expected a kind of target among {', '.join(LOSSES)}, found {kind!r}.")
    if not names or target in names or len(set(names)) < len(names):
        raise ValueError(f"Expected input columns, each once and without the target {target}, found "
                         f"{', '.join(map(str, names)) or 'none'}.")
