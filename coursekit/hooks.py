"""Hooks: what a layer puts out, or the gradient that comes back to it, kept for a moment.

A hook runs in every pass until it is removed, and what it keeps stays in memory; so these are context
managers, which remove it at the end of the `with` block, also after an error. Source: lesson 6.
"""

from typing import Self

import torch
from torch import nn


class Activations:
    """Keeps the output of `module` of every forward pass in the `with` block; `stored` is the last one.

        with Activations(model.body) as kept:
            model(x)
        kept.stored  # still there after the block

    The outputs are copies, since a next layer that works in place would overwrite them, and off the graph of gradients.
    """

    def __init__(self, module: nn.Module):
        self.module = module
        self.stored: torch.Tensor | None = None

    def __enter__(self) -> Self:
        self._handle = self.module.register_forward_hook(self._keep)
        return self

    def __exit__(self, *error: object) -> None:
        self._handle.remove()

    def _keep(self, module, inputs, output):
        self.stored = output.detach().clone()


class Gradients:
    """Keeps the gradient of what is derived, with respect to the output of `module`; see `Activations`.

    Of a module that is called several times it is that of the last call, whose output `Activations` keeps. It comes
    for a frozen module too: its output is then made to take gradients.
    """

    def __init__(self, module: nn.Module):
        self.module = module
        self.stored: torch.Tensor | None = None

    def __enter__(self) -> Self:
        self._handles = [self.module.register_forward_hook(self._watch)]
        return self

    def __exit__(self, *error: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _watch(self, module, inputs, output):
        for older in self._handles[1:]:
            older.remove()
        is_new = not output.requires_grad
        if is_new:
            output.requires_grad_()
        self._handles = [self._handles[0], output.register_hook(self._keep)]
        return output.clone() if is_new else output  # torch lets nobody change in place what was made to take gradients

    def _keep(self, gradient):
        self.stored = gradient.detach()
