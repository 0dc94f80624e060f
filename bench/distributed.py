"""Two processes with one thread each against one process with two: the LSTM's epoch, seconds of the clock as a ratio.

It pays where a step computes long beside what the processes tell each other, as here; for the small net of
`bench.learner`, whose step takes 0.8 ms, each of two processes works more than twice as long as one process alone.
On a machine that others use too the ratio says nothing: each process waits for the slower one.
"""

import statistics
from time import perf_counter

import torch
from torch import distributed

from bench.text import LONGEST, LR, WD, new_model, streams
from coursekit.callbacks import ClipGradients
from coursekit.device import processes
from coursekit.distributed import on_all_devices
from coursekit.launch import launch
from coursekit.learner import Learner
from coursekit.text import ResetState, sequence_loss

PAIRS, GOAL = 5, 0.75


def seconds(join, threads):
    """How long an epoch takes, in one cycle, with validation; `join` makes a learner one of many."""
    torch.set_num_threads(threads)
    learn = join(Learner(new_model(), streams(), sequence_loss, device="cpu"))
    learn.reporters = [learn.recorder]
    distributed.barrier()
    begin = perf_counter()
    learn.fit_one_cycle(1, LR, WD, callbacks=[ResetState(), ClipGradients(LONGEST)])
    return perf_counter() - begin


def measure(pairs):
    """Print the median ratio; in turn the first process computes alone, while the other waits, and both do."""
    on_all_devices(Learner(new_model(), streams(), sequence_loss, device="cpu"))
    times = []
    for _ in range(pairs + 1):
        first = processes()[0] == 0
        if not first:
            distributed.barrier()
        alone = seconds(lambda learn: learn, 2) if first else None
        distributed.barrier()
        times.append((alone, seconds(on_all_devices, 1)))
    if first:
        alone, both = (statistics.median(column) for column in zip(*times[1:], strict=True))
        ratio = statistics.median(two / one for one, two in times[1:])
        print(f"two processes, one epoch of the LSTM: {alone:.2f} s by one with two threads, {both:.2f} s by two with "
              f"one, median ratio {ratio:.3f} of {pairs} pairs (goal: at most {GOAL})", flush=True)


def main():
    """Measure in copies of this process, which has computed nothing yet."""
    launch(measure, PAIRS)
