"""A process's share of every batch, where several processes train together (`distributed`)."""

import copy
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch.utils.data import DataLoader, IterableDataset, Sampler

from coursekit.device import map_leaves
from coursekit.loaders import Loader, in_order, made_anew


class Share:
    """Share `rank` of `n` of each batch: as many items as any other, but that the last ones may have fewer or none.

    Who has none gets the first item of the batch, which must not count. `sizes` holds, for each batch that was cut,
    how many items it had and how many of them are this share's.
    """

    def __init__(self, rank: int, n: int):
        self.rank, self.n, self.sizes, self.largest = rank, n, deque(), 0

    def of_loader(self, loader: Loader, seed: int) -> Loader:
        """`loader` with this share of its batches; it reads and augments no more than that, where it knows how.

        A DataLoader does, and a loader with another in its attribute `batches`, as those of images. What shuffles
        by torch's own random state, which differs from process to process, gets a generator begun with `seed`.
        """
        divided = self._divided(loader, seed)
        divided.plain = partial(in_order, loader)  # what measures in the middle of a fit reads all of it
        return divided

    def _divided(self, loader, seed):
        "By the indices of a DataLoader, by what an outer loader is made from, or else by cutting what is read."
        if isinstance(loader, DataLoader) and loader.batch_size and not isinstance(loader.dataset, IterableDataset):
            batches = copy.copy(loader.batch_sampler)
            if getattr(getattr(batches, "sampler", None), "generator", self) is None:
                batches.sampler = copy.copy(batches.sampler)
                batches.sampler.generator = torch.Generator().manual_seed(seed)
            return made_anew(loader, batch_sampler=Part(batches, self.of_indices),
                             persistent_workers=loader.persistent_workers)
        if not hasattr(loader, "batches"):
            return Part(loader, self.of_batch)
        loader = copy.copy(loader)
        loader.batches = self.of_loader(loader.batches, seed)
        loader.generator = torch.Generator().manual_seed(seed + self.rank)
        return loader

    def of_indices(self, indices: list) -> list:
        """This share of the indices of a batch."""
        return indices[self._place(len(indices))]

    def of_batch(self, batch: tuple) -> tuple:
        """This share of a batch of tensors; raises TypeError for other things in it, ValueError for unequal lengths."""
        leaves = []
        map_leaves(leaves.append, batch)
        if other := [type(leaf).__name__ for leaf in leaves if not isinstance(leaf, torch.Tensor)]:
            raise TypeError(f"Expected a batch of tensors, which can be divided among processes, found a {other[0]} in "
                            "it: make tensors in the loader, or take a DataLoader, whose indices are divided.")
        if len({len(leaf) for leaf in leaves}) > 1:
            raise ValueError("Expected tensors whose first axis counts the items of the batch, found lengths "
                             f"{[len(leaf) for leaf in leaves]}: move that axis to the front.")
        place = self._place(len(leaves[0]))
        return map_leaves(lambda leaf: leaf[place], batch)

    def _place(self, size):
        "Where this share lies in a batch of `size` items; refuses loaders of which no batch has one for everybody."
        self.largest = max(self.largest, size)
        if self.largest < self.n:
            raise ValueError(f"Expected a batch of at least {self.n} items, one for each process, found {size}: start "
                             "fewer processes, or make larger batches.")
        each = -(-size // self.n)
        begin = each * self.rank
        length = max(0, min(each, size - begin))
        self.sizes.append((size, length))
        return slice(begin, begin + length) if length else slice(1)


class Part:
    """The batches of a loader, or of a sampler of batches, each as `cut` leaves it."""

    def __init__(self, batches: Loader | Sampler, cut: Callable):
        self.batches, self.cut = batches, cut

    def __len__(self) -> int:
        """As many as there are uncut."""
        return len(self.batches)

    def __iter__(self) -> Iterator:
        """One pass."""
        return map(self.cut, self.batches)
