"""How much one request may ask for, and how a request is refused."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What the app accepts.

    `max_bytes` of a file, `max_pixels` of the image in it, `seconds` for each of the three parts of a request
    (its image arrives, waits, is worked on), and `slots`: how many requests are inside at the same time.
    """

    max_bytes: int = 10_000_000
    max_pixels: int = 25_000_000
    seconds: float = 10.0
    slots: int = 8


class Refused(Exception):
    """A request that gets no prediction: the HTTP `status`, a sentence for its sender, more `headers`."""

    def __init__(self, status, message, **headers):
        super().__init__(message)
        self.status, self.message = status, message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
