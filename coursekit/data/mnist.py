"""MNIST: 70,000 handwritten digits of 28 x 28 pixels (LeCun, Cortes and Burges, 1998)."""

import gzip
from dataclasses import dataclass

import numpy as np
import torch

from coursekit.data.fetch import Origin, locate

N_TRAIN = 50_000  # the lectures' split: the first 50,000 of the training file, its other 10,000 to validate


@dataclass(frozen=True)
class MNIST:
    """Images as (n, 784) float32, labels as (n,) int64; `raw_*` are the bytes as (n, 28, 28) uint8.

    `mean` and `std` are those of the 50,000 training images with pixels from 0 to 1.
    """

    x_train: torch.Tensor
    y_train: torch.Tensor
    x_valid: torch.Tensor
    y_valid: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor
    raw_train: torch.Tensor
    raw_valid: torch.Tensor
    raw_test: torch.Tensor
    mean: float
    std: float
    classes: list
    origin: Origin


def mnist(normalize=True):
    """MNIST in the lectures' split; pixels from 0 to 1, or minus the training mean and over its std."""
    folder, origin = locate("mnist")
    print(origin)
    raw, labels = _read(folder / "train-images-idx3-ubyte.gz"), _read(folder / "train-labels-idx1-ubyte.gz").long()
    raw_test, y_test = _read(folder / "t10k-images-idx3-ubyte.gz"), _read(folder / "t10k-labels-idx1-ubyte.gz").long()
    pixels, x_test = _flat(raw), _flat(raw_test)
    mean, std = pixels[:N_TRAIN].mean().item(), pixels[:N_TRAIN].std().item()
    if normalize:
        pixels.sub_(mean).div_(std)
        x_test.sub_(mean).div_(std)
    return MNIST(pixels[:N_TRAIN], labels[:N_TRAIN], pixels[N_TRAIN:], labels[N_TRAIN:], x_test, y_test,
                 raw[:N_TRAIN], raw[N_TRAIN:], raw_test, mean, std, [str(digit) for digit in range(10)], origin)


def _read(path):
    "A gzipped IDX file as a uint8 tensor: two zero bytes, type, rank, a big-endian length per axis, the bytes."
    data = gzip.decompress(path.read_bytes())
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path.name} is not an IDX file of bytes: it starts with {data[:4].hex()}, expected 000008. "
                         "Delete it and fetch it again.")
    rank = data[3]
    shape = np.frombuffer(data, ">u4", count=rank, offset=4).astype(int)
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape).copy())


def _flat(raw):
    "(n, 28, 28) bytes as (n, 784) floats from 0 to 1."
    return raw.flatten(1).float().div_(255)
