"""Where tensors live: choose a device, move batches to it, seed it, describe it."""

import copy
import os
import platform
import random
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TypeVar

import numpy as np
import torch
from torch import distributed

Nested = TypeVar("Nested")  # tensors in any containers; what comes back is of the same kind


def get_device() -> torch.device:
    """The device to train on: `COURSEKIT_DEVICE` if set, else CUDA, then MPS, then the CPU.

    Of several GPUs each process of a launcher's takes its own.
    """
    wanted = os.environ.get("COURSEKIT_DEVICE")
    if wanted:
        return _own(_check(wanted))
    if torch.cuda.is_available():
        return _own(torch.device("cuda"))
    if torch.backends.mps.is_available():
        return torch.device("mps")
    _say_once("No GPU found: training runs on the CPU. The lessons are sized for two cores; larger models of your "
              "own would take many times longer than on a GPU.")
    return torch.device("cpu")


def _check(wanted):
    "The device named by the user, or a sentence that says why it cannot be used."
    try:
        device = torch.device(wanted)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(f"COURSEKIT_DEVICE is {wanted!r}, which cannot be used here ({str(error).splitlines()[0]}). "
                         "Set it to cpu, cuda or mps, or unset it.") from error
    return device


def _own(device):
    "The GPU of this process, where a launcher has numbered the processes of this machine."
    if device.type != "cuda" or device.index is not None or "LOCAL_RANK" not in os.environ:
        return device
    return torch.device("cuda", int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())


def processes() -> tuple[int, int]:
    """The number of this process, from 0, and how many train together: (0, 1) for one alone; see `distributed`."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return 0, 1
    return distributed.get_rank(), distributed.get_world_size()


@cache
def _say_once(sentence):
    "Print `sentence` the first time only."
    print(sentence)


def to_device(batch: Nested, device: torch.device | str) -> Nested:
    """`batch` with every tensor in it on `device`; `batch` itself stays as it is.

    Tuples (named ones too), lists, mappings and dataclasses may be nested and keep their kind; anything else that has
    a method `to`, as packed sequences have, is asked to move itself; what has none stays where it is.
    """
    def move(value):
        if isinstance(value, torch.Tensor):
            return value.to(device, non_blocking=True)
        return value.to(device) if hasattr(value, "to") else value

    return map_leaves(move, batch)


def map_leaves(function: Callable, nested: Nested) -> Nested:
    """`nested` with `function` of everything in it that is no container; the containers keep their kind.

    Containers are tuples, lists, mappings and dataclasses without a method `to`.
    """
    if type(nested) is tuple:  # the usual batch
        return tuple([map_leaves(function, value) for value in nested])
    if hasattr(nested, "to") or isinstance(nested, type):
        return function(nested)
    if isinstance(nested, (tuple, list)):
        values = [map_leaves(function, value) for value in nested]
        return nested._make(values) if hasattr(nested, "_make") else type(nested)(values)
    if isinstance(nested, Mapping):
        return _with_items(nested, {key: map_leaves(function, value) for key, value in nested.items()})
    if is_dataclass(nested):
        return _with_fields(nested, function)
    return function(nested)


def _with_items(mapping, items):
    "A copy of a mapping with other values; a dict where it cannot be changed."
    if not isinstance(mapping, MutableMapping):
        return items
    mapping = copy.copy(mapping)
    for key, value in items.items():  # one by one: not every kind has a method update
        mapping[key] = value
    return mapping


def _with_fields(record, function):
    "A copy of a dataclass, maybe a frozen one, with other fields."
    record = copy.copy(record)
    for field in fields(record):
        object.__setattr__(record, field.name, map_leaves(function, getattr(record, field.name)))
    return record


def seed_everything(seed: int = 42) -> None:
    """Seed Python, NumPy and torch (every device), so that the same machine gives the same numbers twice."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def describe_machine(device: torch.device | None = None) -> str:
    """One line: device, its memory, Python and torch."""
    device = device or get_device()
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        what = f"{properties.name}, {properties.total_memory / 2**30:.0f} GB"
    else:
        what = f"{device.type.upper()}, {torch.get_num_threads()} threads, {platform.machine()}"
    return f"{what}; Python {platform.python_version()}, torch {torch.__version__}"
