"""The learner's peak memory above that of a loop by hand, each in a fresh process."""

import statistics
import subprocess
import sys

RUNS, GOAL = 5, 10
SCRIPT = """
import resource, torch
from bench.learner import {function}, tensors
torch.set_num_threads(1)
{function}([50], tensors(50_000))
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(function):
    """The peak of a process that trains by `function` of bench.learner, in MB."""
    done = subprocess.run([sys.executable, "-c", SCRIPT.format(function=function)], check=True, capture_output=True,
                          text=True)
    kilobytes = int(done.stdout.split("peak ")[1])
    return kilobytes / 1e3 / (1000 if sys.platform == "darwin" else 1)  # macOS tells bytes


def main():
    """Print the difference of the medians."""
    hand, ours = ([peak(function) for _ in range(RUNS)] for function in ("by_hand", "by_learner"))
    medians = statistics.median(hand), statistics.median(ours)
    print(f"memory, MNIST's epoch: {medians[0]:.0f} MB by hand, Learner {medians[1] - medians[0]:+.1f} MB beside it"
          f" (medians of {RUNS} runs; goal: at most +{GOAL})", flush=True)
