"""Starting the processes that train together: of a script, on one machine or several, or of a notebook's function."""

import io
import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import torch
from accelerate import notebook_launcher
from torch.distributed import run
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

THREADS = "OMP_NUM_THREADS"


class LaunchError(ValueError):
    """Processes cannot be started as asked; the message is a sentence that says why, and what to do."""


def launch(function: Callable, *arguments: Any, processes: int = 2) -> None:
    """Run `function(*arguments)` in `processes` copies of this one, on this machine; returns when all have ended.

    For a notebook: the copies know all that was defined before, print and show as usual, and leave behind only what
    they write to files. Each computes with one thread on the CPU. Raises torch's ChildFailedError, with the error of
    the first process that failed. No GPU may have been used before, as a copy cannot go on with it.
    """
    shown = sys.stdout

    def in_copy():
        os.environ[THREADS] = "1"
        torch.set_num_threads(1)  # a copy has none of the threads that computed here before, and would wait for them
        with redirect_stdout(shown):
            return function(*arguments)

    _check_processes(processes)
    with redirect_stdout(io.StringIO()):  # accelerate tells of GPUs, even where there are none
        notebook_launcher(in_copy, num_processes=processes, rdzv_backend="c10d", rdzv_endpoint="127.0.0.1:0")


def launch_script(script: str | Path, arguments: Sequence[str] = (), processes: int | None = None, machines: int = 1,
                  machine: int = 0, address: str | None = None, port: int = 29500) -> int:
    """Run a script in several processes and give the exit status; if one fails, its error is shown and all are ended.

    `processes` on each machine, by default one for each GPU. With `machines` above 1 this command is given on each of
    them, with its number as `machine`; number 0 is reached by the others at `address` and `port`. Raises `LaunchError`.
    """
    processes = max(1, torch.cuda.device_count()) if processes is None else processes
    _check_processes(processes)
    if not Path(script).is_file():
        raise LaunchError(f"Expected a Python script, found no file {script}: give its path.")
    where = ["--standalone"] if machines == 1 else _where(machines, machine, address, port)
    os.environ.setdefault(THREADS, str(max(1, torch.get_num_threads() // processes)))
    try:
        run.run(run.parse_args([*where, f"--nproc-per-node={processes}", str(script), *arguments]))
    except ChildFailedError:
        print("A process has failed, and so all were ended: its error stands above.")
        return 1
    return 0


def _check_processes(processes):
    "Refuses none, and more than there are GPUs, where those are used."
    if processes < 1:
        raise LaunchError(f"Expected at least one process, found {processes}: one for each device is usual.")
    if 0 < torch.cuda.device_count() < processes and os.environ.get("COURSEKIT_DEVICE", "cuda").startswith("cuda"):
        raise LaunchError(f"Expected at most {torch.cuda.device_count()} processes, one for each GPU, found "
                          f"{processes}: start fewer, or set COURSEKIT_DEVICE=cpu.")


def _where(machines, machine, address, port):
    "Torchrun's options for several machines; refuses what would wait in vain."
    if not 0 <= machine < machines:
        raise LaunchError(f"Expected a machine from 0 to {machines - 1}, found {machine}: number them from 0.")
    if not address:
        raise LaunchError(f"Expected the network name of machine 0 for {machines} machines, found none: give it as "
                          "--address, the same on each.")
    try:
        socket.getaddrinfo(address, port)
    except OSError as error:
        raise LaunchError(f"Expected the network name of machine 0, found {address!r}, which this machine does not "
                          f"know ({error.strerror}): `hostname --fqdn` on machine 0 says it.") from error
    return [f"--nnodes={machines}", f"--node-rank={machine}", f"--master-addr={address}", f"--master-port={port}"]
