"""A book to learn to write from: Nietzsche's *Beyond Good and Evil*, or Melville's *Moby Dick* in its place."""

import gzip
from dataclasses import dataclass

from coursekit.data.fetch import Origin, locate

N_CHARACTERS, N_DISTINCT = 600_893, 84  # of the lecture's copy; others begin differently or hold broken letters


@dataclass(frozen=True)
class Book:
    """The whole text, its title, and `is_lectures`: whether it is the lecture's very copy."""

    text: str
    title: str
    is_lectures: bool
    origin: Origin


def nietzsche():
    """The lecture's text (lesson 6 of part 2) where it was fetched, else *Moby Dick*, stored with the course.

    Raises ValueError if a file called nietzsche.txt is another copy than the lecture's.
    """
    folder, origin = locate("nietzsche")
    print(origin)
    if origin.source == "git":
        text = gzip.decompress((folder / "moby-dick.txt.gz").read_bytes()).decode("utf-8")
        return Book(text, "Moby Dick", False, origin)
    text = (folder / "nietzsche.txt").read_text(encoding="utf-8")
    found = len(text), len(set(text))
    if found != (N_CHARACTERS, N_DISTINCT):
        raise ValueError(f"Expected nietzsche.txt with {N_CHARACTERS:,} characters, {N_DISTINCT} distinct, found "
                         f"{found[0]:,} and {found[1]}: it is another copy; remove it, or fetch the lecture's with "
                         "`python -m coursekit data get nietzsche`.")
    return Book(text, "Beyond Good and Evil", True, origin)
