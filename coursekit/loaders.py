"""Batches. In the whole course a batch is `(*inputs, target)`: the target last, everything on the device."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch.nn.utils.rnn import PackedSequence
from torch.utils.data import DataLoader, RandomSampler

from coursekit.device import get_device

Array = torch.Tensor | np.ndarray


class Loader(Protocol):
    """What a learner reads: it has a length in batches and gives batches `(*inputs, target)`."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator: ...


class TensorLoader:
    """Batches cut from tensors that lie on the device as a whole; the last tensor is the target.

    Batches are copies, so that a callback or a model may change one; the tensors themselves stay as they are.
    With `shuffle` each pass has a new order, drawn from `generator`, which `seed` starts; without a seed it
    is started from torch's own random state. The order is the same on every device.
    """

    def __init__(self, *tensors: Array, batch_size: int = 64, shuffle: bool = False, seed: int | None = None,
                 device: torch.device | str | None = None):
        device = get_device() if device is None else torch.device(device)
        self.tensors = tuple(torch.as_tensor(tensor).to(device) for tensor in tensors)
        self.batch_size, self.shuffle = batch_size, shuffle
        self.n_items = _same_length(self.tensors)
        if batch_size < 1:
            raise ValueError(f"The batch size must be at least 1, but it is {batch_size}.")
        if seed is None:
            seed = torch.randint(2**62, ()).item() if shuffle else 0
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        """The number of batches; the last one may be smaller."""
        return -(-self.n_items // self.batch_size)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        """The batches of one pass."""
        if not self.shuffle:
            yield from copies(zip(*(tensor.split(self.batch_size) for tensor in self.tensors), strict=True))
            return
        order = torch.randperm(self.n_items, generator=self.generator).to(self.tensors[0].device)
        for chosen in order.split(self.batch_size):
            yield tuple(tensor[chosen] for tensor in self.tensors)

    @property
    def all_targets(self) -> torch.Tensor:
        """The targets of one pass, in their own order."""
        return self.tensors[-1]

    def plain(self) -> "TensorLoader":
        """The same items in their own order."""
        return TensorLoader(*self.tensors, batch_size=self.batch_size, device=self.tensors[0].device)


def copies(batches: Iterable[tuple[torch.Tensor, ...]]) -> Iterator[tuple[torch.Tensor, ...]]:
    """The batches, tuples of tensors, each as copies: what was a view of the data may then be changed."""
    for batch in batches:
        yield tuple(tensor.clone() for tensor in batch)


def _same_length(tensors):
    "The number of items; refuses none and unequal ones."
    lengths = [len(tensor) for tensor in tensors]
    if len(lengths) < 2:
        raise ValueError(f"A batch needs an input and a target, but {len(lengths)} tensor(s) were given.")
    if len(set(lengths)) > 1:
        raise ValueError(f"All tensors need the same number of items, but they have {lengths}.")
    if lengths[0] == 0:
        raise ValueError("The tensors are empty: there is nothing to make batches of.")
    return lengths[0]


@dataclass
class Loaders:
    """What a learner trains on and what it is measured on; each a `TensorLoader`, a `DataLoader` or the like.

    Anything serves that has a length in batches and gives batches `(*inputs, target)`; `valid` may be None. What a
    loader gives may be changed by callbacks and models, so it should not give its own data, only copies of them.
    """

    train: Loader
    valid: Loader | None = None

    @classmethod
    def from_tensors(cls, x_train: Array, y_train: Array, x_valid: Array, y_valid: Array, batch_size: int = 64,
                     seed: int | None = 0, device: torch.device | str | None = None) -> "Loaders":
        """Shuffled training batches, and validation batches twice as large (they store no gradients)."""
        train = TensorLoader(x_train, y_train, batch_size=batch_size, shuffle=True, seed=seed, device=device)
        return cls(train, TensorLoader(x_valid, y_valid, batch_size=2 * batch_size, device=device))


def check_loader(loader: Loader) -> None:
    """Refuse, in plain words, a loader that has no length or no batches."""
    try:
        n_batches = len(loader)
    except TypeError as error:
        raise TypeError(f"{type(loader).__name__} does not say how many batches it has: give it a method "
                        "__len__.") from error
    if n_batches == 0:
        raise ValueError("The loader has no batches: its data set is empty, or smaller than one batch while "
                         "drop_last is on.")


def check_batch(batch: tuple | list) -> tuple | list:
    """`batch` itself; refuses, in plain words, one that is not `(*inputs, target)`."""
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        raise TypeError("A batch must be a tuple (*inputs, target), the target last, but the loader gave a "
                        f"{type(batch).__name__} of length {len(batch)}.")
    return batch


def in_order(loader: Loader) -> Loader:
    """`loader` in the order of its data and without augmentation, where it knows how: by a method `plain`.

    A DataLoader that shuffles is made anew with its data, workers and batches; other samplers of it keep their order.
    The loader itself stays as it is, and so does a pass over it that has begun.
    """
    if hasattr(loader, "plain"):
        return loader.plain()
    if type(loader) is DataLoader and loader.batch_size and isinstance(loader.sampler, RandomSampler):
        return made_anew(loader, batch_size=loader.batch_size)
    return not_begun(loader)


def made_anew(loader: DataLoader, **settings: Any) -> DataLoader:
    """A DataLoader like `loader`, with its data and workers, whose batches are made as `settings` say."""
    same = ("num_workers", "collate_fn", "pin_memory", "timeout", "worker_init_fn", "multiprocessing_context",
            "prefetch_factor")
    return DataLoader(loader.dataset, **{name: getattr(loader, name) for name in same}, **settings)


def inputs_of(data: torch.Tensor | tuple[torch.Tensor, ...] | Loader, batch_size: int) -> Iterator[tuple]:
    """The inputs of each batch, in order: of a tensor or a tuple of them, or of a loader, without the target.

    Those of tensors are copies, as a model may change what it gets. Raises TypeError for a packed sequence.
    """
    if isinstance(data, PackedSequence):
        raise TypeError("Expected a tensor, a tuple of tensors or a loader, found a PackedSequence, which cannot be "
                        "cut into batches: give a list of batches (packed sequence, target).")
    if isinstance(data, torch.Tensor):
        data = (data,)
    if isinstance(data, tuple):
        for batch in zip(*(tensor.split(batch_size) for tensor in data), strict=True):
            yield tuple(part.clone() for part in batch)
        return
    for batch in in_order(data):
        yield tuple(check_batch(batch)[:-1])


def not_begun(loader: Loader) -> Loader:
    """`loader` itself, or a copy of a DataLoader that shares no workers with it."""
    if not isinstance(loader, DataLoader):
        return loader
    loader = copy.copy(loader)
    loader._iterator = None
    return loader


def join(outputs: list) -> Any:
    """One output from those of many batches, on the CPU: tensors below each other; tuples, lists and dicts by part."""
    first = outputs[0]
    if isinstance(first, torch.Tensor):
        return torch.cat([output.cpu() for output in outputs])
    if isinstance(first, Mapping):
        return {key: join([output[key] for output in outputs]) for key in first}
    if isinstance(first, (tuple, list)):
        return tuple(join(list(part)) for part in zip(*outputs, strict=True))
    raise TypeError(f"Expected a model that gives tensors, or a tuple or dict of them, found {type(first).__name__}.")
