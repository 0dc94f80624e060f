"""What looking at a model must not move: modes, weights, random states; each put back at the end of a `with` block."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode in the `with` block; then every module is in the mode that it was in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def same_chance(loader: object, device: torch.device) -> Iterator[None]:
    """The random states of Python, NumPy, torch, `device` and `loader` are put back."""
    states = get_random_states(loader, device)
    try:
        yield
    finally:
        set_random_states(states, loader, device)


@contextmanager
def unchanged(model: nn.Module, loader: object, device: torch.device) -> Iterator[None]:
    """The weights and buffers of `model` and every random state are put back; gradients are None."""
    weights = [(weight, weight.detach().clone()) for weight in model.parameters()]
    buffers = [(module, name, buffer, buffer.clone()) for module in model.modules()
               for name, buffer in module._buffers.items() if buffer is not None]
    try:
        with same_chance(loader, device):
            yield
    finally:
        with torch.no_grad():
            for weight, old in weights:
                weight.copy_(old)
                weight.grad = None
            for module, name, buffer, old in buffers:  # the module may hold another tensor by now
                module._buffers[name] = buffer.copy_(old)


def get_random_states(loader: object, device: torch.device) -> list:
    """Everything that decides what chance brings next: numbers and tensors, in a list."""
    return [get() for get, _ in _sources(loader, device)]


def set_random_states(states: list, loader: object, device: torch.device) -> None:
    """Go back to what `get_random_states` gave for this loader and device."""
    for state, (_, put) in zip(states, _sources(loader, device), strict=True):
        put(state)


def _sources(loader, device):
    "How to read and to set each random state: Python's, NumPy's, torch's, the device's and those in the loader."
    yield random.getstate, random.setstate
    yield _get_numpy, _set_numpy
    yield torch.get_rng_state, torch.set_rng_state
    if device.type in ("cuda", "mps"):
        backend = getattr(torch, device.type)
        yield backend.get_rng_state, backend.set_rng_state
    for generator in _generators(loader):
        yield generator.get_state, generator.set_state


def _generators(loader):
    "The generators of `loader` and of the samplers and loaders in it, each once."
    found, holders = {}, [loader]
    for holder in holders:  # grows on the way
        if isinstance(getattr(holder, "generator", None), torch.Generator):
            found[id(holder.generator)] = holder.generator
        inner = (getattr(holder, name, None) for name in ("sampler", "batch_sampler", "batches"))
        holders += [each for each in inner if each is not None]
    return found.values()


def _get_numpy():
    "NumPy's random state in plain numbers, which a file of weights may hold."
    name, keys, *rest = np.random.get_state()
    return name, keys.tolist(), *rest


def _set_numpy(state):
    "Back from plain numbers."
    name, keys, *rest = state
    np.random.set_state((name, np.array(keys, dtype=np.uint32), *rest))
