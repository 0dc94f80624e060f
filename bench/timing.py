"""Times of functions in pairs, taken in a Jupyter kernel, so that the live display is on."""

import os
import statistics
import sys
from time import perf_counter


def seconds(function, *arguments):
    """How long a call takes."""
    begin = perf_counter()
    function(*arguments)
    return perf_counter() - begin


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


def in_kernel(code):
    """Run `code` in a kernel of this Python, and print what it prints."""
    from jupyter_client.manager import start_new_kernel

    def show(message):
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            sys.stdout.write(message["content"]["text"])
            sys.stdout.flush()

    manager, client = start_new_kernel(kernel_name="python3", cwd=os.getcwd())
    try:
        reply = client.execute_interactive(code, output_hook=show)
        if reply["content"]["status"] != "ok":
            sys.exit("\n".join(reply["content"]["traceback"]))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
