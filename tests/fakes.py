"""A tiny problem with a known answer, y = 3 x + 2, and a learner for it."""

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.learner import Learner
from coursekit.loaders import Loaders


def fake_tensors(n=200, seed=0):
    """`n` points of the line, nearly without noise."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(n, 1, generator=generator) * 2 - 1
    return x, 3 * x + 2 + 0.001 * torch.randn(n, 1, generator=generator)


def fake_loaders(n_train=200, n_valid=37, batch_size=16):
    """Batches of the line; 37 items in batches of 32 leave an uneven last batch."""
    train, valid = fake_tensors(n_train, 0), fake_tensors(n_valid, 1)
    return Loaders.from_tensors(*train, *valid, batch_size, device="cpu")


def fake_learner(model=None, **options):
    """A learner for the line on the CPU."""
    torch.manual_seed(0)
    options = {"loaders": fake_loaders(), "loss_func": F.mse_loss, "device": "cpu"} | options
    return Learner(nn.Linear(1, 1) if model is None else model, **options)


class TwoGroups(nn.Module):
    """A model with layer groups, batch norm and dropout: much that training may change."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.1))
        self.head = nn.Linear(8, 1)

    def groups(self):
        """Body and head."""
        return [self.body, self.head]

    def forward(self, x):
        """A number for each row."""
        return self.head(self.body(x))
