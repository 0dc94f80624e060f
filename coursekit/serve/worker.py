"""One thread that works while the server goes on listening, and a bound on how many may wait for it."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from coursekit.serve.limits import Refused


class Worker:
    """Works on one request after another, in a thread of its own, for at most `slots` requests at a time.

    A model on the CPU uses all cores for one image already: a second thread would only slow the first down.
    """

    def __init__(self, slots, seconds):
        self.pool, self.free, self.seconds = ThreadPoolExecutor(1, "classifier"), slots, seconds
        self.since = None  # when the work that is going on began

    @contextmanager
    def slot(self):
        """A slot for one request, taken before its image is read; raises `Refused` if none is free.

        None is free either while the thread is stuck, or what waits in vain would fill the memory.
        """
        if self.free == 0 or self.is_stuck():
            raise Refused(503, "All slots are taken: ask again in a second.", Retry_After="1")
        self.free -= 1
        try:
            yield
        finally:
            self.free += 1

    async def run(self, function, *arguments):
        """What `function` gives, without stopping the event loop; raises `Refused` if it takes too long."""
        work = asyncio.get_running_loop().run_in_executor(self.pool, self._work, function, arguments)
        try:
            return await asyncio.wait_for(work, self.seconds)
        except TimeoutError as error:
            raise Refused(503, f"No prediction within {self.seconds:g} seconds: ask again later.",
                          Retry_After="5") from error

    def is_stuck(self):
        """True if one image has taken three times the time allowed: no thread can be stopped from outside."""
        return self.since is not None and time.monotonic() - self.since > 3 * self.seconds

    def close(self):
        """Begin no more work."""
        self.pool.shutdown(wait=False, cancel_futures=True)

    def _work(self, function, arguments):
        self.since = time.monotonic()
        try:
            return function(*arguments)
        finally:
            self.since = None
