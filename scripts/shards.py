"""One shard of the lessons, about as long as each other: `python scripts/shards.py 1/4` prints its notebooks' paths.

The seconds are those of the README's table. Only the standard library is needed: nothing has to be installed.
"""

import argparse
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"\(nbs/(.+?)\.ipynb\) \|.*\| (\d+) \| [\d.]+ GB \|")


def read_seconds(text):
    """File name without its ending -> seconds, from the README's table in `text`."""
    return {stem: int(seconds) for stem, seconds in ROW.findall(text)}


def divide(lessons, seconds, count):
    """`lessons` in `count` lists: the longest first, each to the shard with the least to do.

    A lesson that was not measured counts as the mean of those that were.
    """
    mean = sum(seconds.values()) / len(seconds) if seconds else 1
    shards, loads = [[] for _ in range(count)], [0] * count
    for lesson in sorted(lessons, key=lambda lesson: -seconds.get(lesson, mean)):
        least = loads.index(min(loads))
        shards[least].append(lesson)
        loads[least] += seconds.get(lesson, mean)
    return [sorted(shard) for shard in shards]


def read_part(text):
    """(2, 4) from "2/4"; raises ValueError for anything that is not a part of a whole."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise ValueError(f"Expected a part such as 2/4, found {text!r}: the first number counts from 1 to the second.")
    return int(match[1]), int(match[2])


def main(arguments=None):
    """Print the paths of the lessons in one shard, in one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", help="which shard of how many, such as 1/4")
    chosen = parser.parse_args(arguments)
    try:
        number, count = read_part(chosen.part)
    except ValueError as error:
        parser.error(str(error))
    lessons = [path.stem for path in sorted((ROOT / "nbs").glob("*.ipynb"))]
    shard = divide(lessons, read_seconds((ROOT / "README.md").read_text(encoding="utf-8")), count)[number - 1]
    print(" ".join(f"nbs/{lesson}.ipynb" for lesson in shard))


if __name__ == "__main__":
    main()
