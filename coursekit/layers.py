"""Layers that several models share; each is a few lines on torch's own."""

from collections.abc import Callable

import torch
from torch import nn


def embedding(n: int, size: int, std: float = 0.01) -> nn.Embedding:
    """An embedding of `n` things in `size` numbers, drawn from a normal distribution cut off at 2 `std`."""
    layer = nn.Embedding(n, size)
    nn.init.trunc_normal_(layer.weight, std=std, a=-2 * std, b=2 * std)
    return layer


class ScaledSigmoid(nn.Module):
    """A sigmoid from `low` to `high`.

    It never quite reaches its ends: for targets from 1 to 5 take a little more, such as 0.5 to 5.5.
    """

    def __init__(self, low: float, high: float):
        super().__init__()
        self.low, self.high = low, high

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`x` squeezed between `low` and `high`."""
        return torch.sigmoid(x) * (self.high - self.low) + self.low

    def extra_repr(self) -> str:
        """What print(model) shows in the brackets."""
        return f"{self.low}, {self.high}"


def linear_block(n_in: int, n_out: int, batch_norm: bool = True, dropout: float = 0.0,
                 activation: Callable[[], nn.Module] | None = nn.ReLU) -> nn.Sequential:
    """Batch norm, dropout, linear layer, activation, in this order; `activation=None` for the last layer."""
    layers: list[nn.Module] = [nn.BatchNorm1d(n_in)] if batch_norm else []
    if dropout:
        layers.append(nn.Dropout(dropout))
    layers.append(nn.Linear(n_in, n_out))
    if activation is not None:
        layers.append(activation())
    return nn.Sequential(*layers)


class ConcatPool2d(nn.Module):
    """Each channel's mean and maximum over the image, side by side: twice as many channels, 1 x 1 large."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From (n, channels, height, width) to (n, 2 * channels, 1, 1)."""
        return torch.cat([x.mean(dim=(2, 3), keepdim=True), x.amax(dim=(2, 3), keepdim=True)], dim=1)


def head(n_channels: int, n_classes: int, dropout: float = 0.5) -> nn.Sequential:
    """The last part of an image classifier: from (n, n_channels, height, width) to (n, n_classes)."""
    return nn.Sequential(
        ConcatPool2d(), nn.Flatten(),  # (n, 2 * n_channels)
        linear_block(2 * n_channels, 512, dropout=dropout / 2),
        linear_block(512, n_classes, dropout=dropout, activation=None),
    )
