"""PyTorch for CPUs alone: the lock's version, from the index that pytorch.org names, without CUDA's libraries."""

import os
import re

from coursekit.course.environment import CourseError, site_packages

VARIABLE = "COURSEKIT_TORCH_INDEX"  # names another index
INDEX = "https://download.pytorch.org/whl/cpu"
PYTORCH = r"(torch|torchvision)=="
FOR_CUDA = r"(nvidia-|cuda-|triton==)"


def index():
    """The address of the index that has PyTorch for CPUs."""
    return os.environ.get(VARIABLE) or INDEX


def divide(lock):
    """The requirements of PyTorch in the text of a lock, without their hashes, and the text of what else is needed."""
    entries = re.split(r"^(?=[\w.-]+==)", lock, flags=re.MULTILINE)
    pytorch = [entry.splitlines()[0].rstrip(" \\") for entry in entries if re.match(PYTORCH, entry)]
    return pytorch, "".join(entry for entry in entries if not re.match(f"{PYTORCH}|{FOR_CUDA}", entry))


def is_there():
    """Whether .venv holds a PyTorch of any kind."""
    return bool(site_packages() and list(site_packages().glob("torch-*.dist-info")))


def is_for_cpu():
    """Whether .venv holds a PyTorch for CPUs alone."""
    return bool(site_packages() and list(site_packages().glob("torch-*+cpu.dist-info")))


def check_asked(torch):
    """Raise `CourseError` if PyTorch for CPUs is asked for, and .venv holds CUDA's libraries."""
    if torch == "cpu" and site_packages() and (site_packages() / "nvidia").exists():
        raise CourseError("Expected a .venv without CUDA's libraries (TORCH=cpu), found one that holds them: remove "
                          ".venv and run the command again, or leave TORCH=cpu away.")
