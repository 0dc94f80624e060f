"""Times of functions in pairs, taken in a Jupyter kernel, so that the live display is on.

All is computed by one thread, and times are the processor's: what else a machine does changes them little.
"""

import importlib.util
import logging
import os
import statistics
import sys
import warnings
from time import process_time


def seconds(function, *arguments):
    """How long the processor works on a call, its display and other threads included."""
    begin = process_time()
    function(*arguments)
    return process_time() - begin


def pair(first, second, *arguments, swapped):
    """The times of two functions, called one after the other, in turn with this and with that one ahead."""
    if swapped:
        return pair(second, first, *arguments, swapped=False)[::-1]
    return seconds(first, *arguments), seconds(second, *arguments)


def compare_pairs(first, second, *arguments, pairs):
    """Median seconds of each, and the median of the pairs' ratios, second to first; a call of each warms up."""
    seconds(first, *arguments), seconds(second, *arguments)
    times = [pair(first, second, *arguments, swapped=i % 2) for i in range(pairs)]
    medians = (statistics.median(column) for column in zip(*times, strict=True))
    return *medians, statistics.median(two / one for one, two in times)


def report_pairs(what, by_hand, by_learner, data, goal, pairs):
    """Print the learner's time as a ratio to that of a loop by hand."""
    hand, ours, ratio = compare_pairs(by_hand, by_learner, data, pairs=pairs)
    print(f"{what}: {hand:.2f} s by hand, Learner {ours:.2f} s, median ratio {ratio:.3f} of {pairs} pairs "
          f"(goal: at most {goal:.2f})", flush=True)


def report_fastai(by_learner, by_fastai, data, goal, pairs=3):
    """Print fastai's time as a ratio to the learner's, if fastai is installed."""
    if importlib.util.find_spec("fastai") is None:
        print("fastai: not installed (pip install 'coursekit[bench]')", flush=True)
        return
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    _, theirs, ratio = compare_pairs(by_learner, by_fastai, data, pairs=pairs)
    print(f"fastai: {theirs:.2f} s, {ratio:.1f} times as long as the Learner (goal: at least {goal})", flush=True)


def in_kernel(code):
    """Run `code` in a kernel of this Python, on one thread, and print what it prints."""
    from jupyter_client.manager import start_new_kernel

    def show(message):
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            sys.stdout.write(message["content"]["text"])
            sys.stdout.flush()

    manager, client = start_new_kernel(kernel_name="python3", cwd=os.getcwd())
    try:
        one_thread = "import torch; torch.set_num_threads(1)\n"
        reply = client.execute_interactive(one_thread + code, output_hook=show)
        if reply["content"]["status"] != "ok":
            sys.exit("\n".join(reply["content"]["traceback"]))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
