"""Classifiers of images: a body that knows ImageNet, and a new head."""

import copy
from collections.abc import Callable, Sequence
from typing import Any, Self

import torch
from torch import nn
from torch.nn import functional as F

from coursekit.layers import ConcatPool2d, head
from coursekit.learner import Learner
from coursekit.loaders import Loader, Loaders, in_order
from coursekit.metrics import Metric, error_rate
from coursekit.vision.backbones import Body

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.SyncBatchNorm)
AT_ONCE = 4  # images that a CPU sends through a body together: what a layer makes of them fits into its cache


class ConvNet(nn.Module):
    """`body` and `head`, in three layer groups: early body, late body, head.

    A frozen part of the body runs in evaluation mode while the rest is trained: otherwise its batch norms
    would normalize by each batch and move their averages, and the features would change although no
    parameter does. With `train_bn` they do that, as in the lectures' library.
    """

    def __init__(self, body: Body, head: nn.Module, train_bn: bool = False):
        super().__init__()
        self.body, self.head, self.train_bn = body, head, train_bn

    def groups(self) -> list[nn.Module]:
        """The layer groups, the one next to the image first."""
        return [*self.body.groups(), self.head]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Numbers before softmax, (n, n_classes), for images (n, 3, height, width) from 0 to 1."""
        return self.head(self.body(x))

    def train(self, mode: bool = True) -> Self:
        """Training mode, but for the frozen groups of the body."""
        super().train(mode)
        for group in filter(is_frozen, self.body.groups()):
            for module in group.modules():
                if not (self.train_bn and isinstance(module, BATCH_NORMS)):
                    module.training = False
        return self


def is_frozen(module: nn.Module) -> bool:
    """True if no parameter of `module` is trained."""
    return not any(parameter.requires_grad for parameter in module.parameters())


def image_learner(loaders: Loaders, body: Body, n_classes: int, dropout: float = 0.5, train_bn: bool = False,
                  loss_func: Callable = F.cross_entropy, metrics: Sequence[Metric] = (error_rate,),
                  **options: Any) -> Learner:
    """A learner with a new head on `body`, of which only the head is trained until `unfreeze()`.

    The head: concat pooling, batch norm, dropout / 2, 512, ReLU, batch norm, dropout, classes. `options` go
    to the `Learner`. Source: lesson 6 (the head printed at the end of the net).
    """
    model = ConvNet(body, head(body.n_features, n_classes, dropout), train_bn)
    learn = Learner(model, loaders, loss_func, metrics=metrics, **options)
    learn.freeze()
    return learn


@torch.no_grad()
def body_features(body: Body, loader: Loader) -> tuple[torch.Tensor, torch.Tensor]:
    """What `body` makes of all images of `loader`, after concat pooling, and their labels, on the CPU.

    Shapes (n, 2 * n_features) and (n,), in the order of the loader. In evaluation mode, as in a frozen body;
    on a CPU a few images at once and channels last, which is about twice as fast.
    """
    pool, device = ConcatPool2d(), next(body.parameters()).device
    body = copy.deepcopy(body).eval().to(memory_format=torch.channels_last)
    pooled = []
    for x, y in loader:
        parts = x.to(device).split(AT_ONCE if device.type == "cpu" else len(x))
        pooled.append((torch.cat([pool(body(part)).flatten(1) for part in parts]).cpu(), y.cpu()))
    features, labels = zip(*pooled, strict=True)
    return torch.cat(features), torch.cat(labels)


def head_learner(learn: Learner, batch_size: int = 64, seed: int = 0) -> Learner:
    """A learner for the head of `learn` alone, on features that its frozen body computes now, once.

    It trains the very head of `learn.model`, with the same result as frozen training without augmentation,
    at almost no cost for each epoch. The images of the training loader are taken without augmentation.
    """
    loaders = [loader and in_order(loader) for loader in (learn.loaders.train, learn.loaders.valid)]
    train, valid = (loader and body_features(learn.model.body, loader) for loader in loaders)
    if valid is None:
        raise ValueError("Expected training and validation images, found no validation: give both.")
    after_pooling = learn.model.head[2:]
    return Learner(after_pooling, Loaders.from_tensors(*train, *valid, batch_size, seed, learn.device),
                   learn.loss_func, learn.metrics, learn.make_optimizer, device=learn.device)
