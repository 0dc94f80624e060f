"""The shares of batches: together they are the whole, of every kind of loader."""

from itertools import chain

import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from coursekit.loaders import TensorLoader, in_order
from coursekit.shares import Share
from coursekit.text import StreamLoader
from coursekit.vision.file_loaders import FileLoader, ImageFiles
from coursekit.vision.images import ImageLoader


def shares(loader, n):
    """For each of `n` shares, its batches with those left out that must not count."""
    kept = []
    for rank in range(n):
        share = Share(rank, n)
        batches = list(share.of_loader(loader, seed=3))
        assert len(batches) == len(share.sizes) == len(loader)
        kept.append([batch for batch, (_, length) in zip(batches, share.sizes, strict=True) if length])
    return kept


def items(batches):
    """The first input of all batches, as numbers."""
    return [number for batch in batches for number in batch[0].flatten().tolist()]


def numbered(n):
    """`n` numbered items, and a target for each."""
    return torch.arange(n)[:, None].float(), torch.arange(n)


class Stream(IterableDataset):
    """Items that come in one order only."""

    def __iter__(self):
        return iter(zip(*numbered(19), strict=True))

    def __len__(self):
        return 19


LOADERS = {
    "tensors": lambda: TensorLoader(*numbered(19), batch_size=6, device="cpu"),
    "a DataLoader": lambda: DataLoader(TensorDataset(*numbered(19)), 6),
    "two workers": lambda: DataLoader(TensorDataset(*numbered(19)), 6, num_workers=2),
    "a stream": lambda: DataLoader(Stream(), 6)}


@pytest.mark.parametrize("make", LOADERS.values(), ids=LOADERS)
@pytest.mark.parametrize("n", [2, 3, 5])
def test_together_the_shares_are_the_whole_batch(make, n):
    found = shares(make(), n)
    assert sorted(chain(*map(items, found))) == list(range(19))
    assert items([found[0][0]]) == list(range(-(-6 // n)))


def test_a_data_loader_reads_its_share_only():
    class Reading(Dataset):
        read = []

        def __len__(self):
            return 20

        def __getitem__(self, index):
            self.read.append(index)
            return torch.tensor([index]), index

    share = Share(1, 2)
    loader = DataLoader(Reading(), 6, shuffle=True)
    batches = list(share.of_loader(loader, seed=3))
    assert sorted(Reading.read) == sorted(items(batches)) and len(Reading.read) == 10
    other = items(Share(0, 2).of_loader(loader, seed=3))
    assert sorted(other + items(batches)) == list(range(20))
    assert other != items(Share(0, 2).of_loader(loader, seed=4))


def test_images_are_augmented_by_chance_of_their_own_and_only_the_share():
    seen = []

    def augment(images, generator):
        seen.append((len(images), torch.rand(1, generator=generator).item()))
        return images

    pixels = torch.arange(10, dtype=torch.uint8)[:, None, None, None].expand(10, 3, 2, 2)
    batches = []
    for rank in (0, 1):
        loader = ImageLoader(pixels, torch.arange(10), augment, batch_size=4, shuffle=True, seed=1, device="cpu")
        batches.append([labels.tolist() for _, labels in Share(rank, 2).of_loader(loader, seed=3)])
    assert [n for n, _ in seen] == [2, 2, 1, 2, 2, 1] and len({number for _, number in seen}) == 6
    assert sorted(chain(*batches[0], *batches[1])) == list(range(10))


def test_images_read_by_other_processes_are_divided_by_their_indices(tmp_path):
    files = [tmp_path / f"{i}.png" for i in range(10)]
    for file in files:
        Image.new("RGB", (2, 2)).save(file)
    seen = []
    for rank in (0, 1):
        loader = FileLoader(ImageFiles(files, torch.arange(10), 2), None, 4, shuffle=True, workers=0, device="cpu")
        divided = Share(rank, 2).of_loader(loader, seed=3)
        seen += [label for _, labels in divided for label in labels.tolist()]
        assert [labels.tolist() for _, labels in in_order(divided)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert sorted(seen) == list(range(10)) and seen != sorted(seen)


def test_streams_of_text_stay_with_their_process():
    codes = torch.arange(41)
    loader = StreamLoader(codes, 4, 5, "cpu")
    (first, second), = [[x.tolist() for x, _ in Share(1, 2).of_loader(loader, seed=0)]]
    assert [row[-1] + 1 for row in first] == [row[0] for row in second]


def test_who_has_none_gets_the_first_item():
    share = Share(2, 3)
    *_, (x, _) = share.of_loader(TensorLoader(*numbered(7), batch_size=6, device="cpu"), seed=0)
    assert x.tolist() == [[6.0]] and list(share.sizes) == [(6, 2), (1, 0)]


def test_what_cannot_be_divided_is_refused():
    share = Share(0, 2)
    with pytest.raises(ValueError, match="at least 2 items, one for each process, found 1: start fewer"):
        list(share.of_loader(TensorLoader(*numbered(1), device="cpu"), seed=0))
    with pytest.raises(TypeError, match="found a str in it: make tensors"):
        share.of_batch((torch.rand(2, 1), ["a", "b"]))
    with pytest.raises(ValueError, match=r"first axis counts the items of the batch, found lengths \[2, 3\]"):
        share.of_batch((torch.rand(2, 1), torch.rand(3)))


def test_nested_batches_are_divided_in_all_their_parts():
    (words, more), target = Share(1, 2).of_batch(((torch.arange(4), {"a": torch.arange(4)}), torch.arange(4)))
    assert words.tolist() == more["a"].tolist() == target.tolist() == [2, 3]
