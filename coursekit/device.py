"""Where tensors live: choose a device, move batches to it, seed it, describe it."""

import os
import platform
import random
from functools import cache

import numpy as np
import torch


def get_device():
    """The device to train on: `COURSEKIT_DEVICE` if set, else CUDA, then MPS, then the CPU."""
    wanted = os.environ.get("COURSEKIT_DEVICE")
    if wanted:
        return _check(wanted)
    if torch.cuda.is_available():
        return torch.device("cuda")
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


@cache
def _say_once(sentence):
    "Print `sentence` the first time only."
    print(sentence)


def to_device(batch, device):
    """`batch` with every tensor in it on `device`; tuples, lists and dicts may be nested."""
    if isinstance(batch, torch.Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, dict):
        return {key: to_device(value, device) for key, value in batch.items()}
    if isinstance(batch, (tuple, list)):
        return type(batch)(to_device(value, device) for value in batch)
    return batch


def seed_everything(seed=42):
    """Seed Python, NumPy and torch (every device), so that the same machine gives the same numbers twice."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def describe_machine(device=None):
    """One line: device, its memory, Python and torch."""
    device = device or get_device()
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        what = f"{properties.name}, {properties.total_memory / 2**30:.0f} GB"
    else:
        what = f"{device.type.upper()}, {torch.get_num_threads()} threads, {platform.machine()}"
    return f"{what}; Python {platform.python_version()}, torch {torch.__version__}"
